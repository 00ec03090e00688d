"""TOML written in several layouts, so that the scanner meets more than one hand."""

import json
from datetime import date


def document(data: dict, breaks: bool, above: tuple[str, ...] = ()) -> str:
    """Write values as pairs, then tables and arrays of tables under headers; ``breaks`` spreads arrays over lines."""
    pairs, tables = [], []
    for key, value in data.items():
        path = (*above, key)
        header = ".".join(map(string, path))
        if isinstance(value, dict):
            tables.append(f"[{header}]\n{document(value, breaks, path)}")
        elif isinstance(value, list) and value and all(isinstance(inner, dict) for inner in value):
            tables += [f"  [[ {header} ]] # {key!r}\n{document(inner, breaks, path)}" for inner in value]
        else:
            pairs.append(f"{string(key)} = {inline(value, breaks)}\n")
    return "".join(pairs + tables)


def inline(value: object, breaks: bool) -> str:
    """Write a value on one line, or, where TOML allows it, on several."""
    end = " # ]}\n\t" if breaks else ""
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{string(key)} = {inline(inner, breaks)}" for key, inner in value.items()) + "}"
        case list():
            return f"[{end}" + "".join(f"{inline(inner, breaks)},{end}" for inner in value) + "]"
        case str():
            return f'"""\n{string(value)[1:-1]}"""' if breaks else string(value)
        case date():
            return value.isoformat()
        case _:
            return repr(value)


def string(text: str) -> str:
    """Write a basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
