"""The laws of the house as functions of a checkout's folder: each lists what breaks it, with its place."""

import ast
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

LAYERS = {
    "dns": 0,
    "model": 1,
    "chain": 2,
    "gtm": 2,  # the public names
    "config": 3,
    "health": 3,
    "engine": 4,
    "serve": 5,
    "stream": 4,
    "tally": 2,
    "limit": 0,
    "control": 5,
    "processes": 6,
    "cli": 7,
    "__main__": 8,
}
ENTRIES = {"pyproject.toml", "Corefile.toml", "gtm", "plugins", "geodata", "tests", "examples", "README.md"}
ENTRIES |= {"CHANGELOG.md", "LICENSE", "Makefile", "SECURITY.md", ".ci", ".gitignore", ".git"}
FORBIDDEN = {"util", "utils", "helper", "helpers", "common", "misc"}
FILE, FUNCTION = 300, 40
# words that are a plugin's name and mean something else as well: the files of ``gtm`` in which they may stand
OTHER_MEANINGS = {
    # tables and keys of the Corefile
    "zone": {"config/tables", "config/load", "config/schema", "chain/explain", "cli/check"},
    "lines": {"config/tables", "config/laws", "chain/law"},
    "ttl": {"config/domains"},
    # a hook
    "rescue": {"chain/chain", "chain/choose"},
    # what an answer is under another name
    "alias": {"chain/flat"},
    # policies of which the Corefile's own laws speak
    "round_robin": {"config/schema", "model/member"},
    "sequence": {"config/schema"},
    "nearest": {"config/schema"},
    # transports of a query
    "tcp": {"dns/transport"},
    # schemes of the URL that a database is fetched from
    "http": {"control/geo"},
    "https": {"control/geo"},
    # a command
    "geo": {"cli/main"},
}
MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
MAKERS = {"list", "dict", "set", "bytearray", "defaultdict", "deque", "Counter", "OrderedDict"}


def sources(root: Path, *folders: str) -> Iterator[tuple[Path, ast.Module]]:
    """Yield each Python file of these folders with its tree, the path relative to the root."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            yield path.relative_to(root), ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Yield (module, name, line) of each import anywhere in a file; relative ones made absolute."""
    package = list(path.parts[:-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "", node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            lead = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*lead, *([node.module] if node.module else [])])
            yield from ((module, alias.name, node.lineno) for alias in node.names)


def layer(parts: tuple[str, ...]) -> str:
    """Name the layer that a module of ``gtm`` belongs to."""
    return parts[1] if len(parts) > 1 and parts[1] != "__init__" else "gtm"


def _target(root: Path, module: str, name: str) -> tuple[str, ...]:
    """Split what is imported into parts, the name included where it is a module."""
    parts = tuple(module.split("."))
    inner = root.joinpath(*parts, name)
    return (*parts, name) if name and (inner.is_dir() or inner.with_suffix(".py").exists()) else parts


def arrows(root: Path) -> list[str]:
    """Find imports within ``gtm`` that point up, or sideways into a part of the same height."""
    wrong = []
    for path, tree in sources(root, "gtm"):
        here = layer(path.with_suffix("").parts)
        for module, name, line in imports(path, tree):
            if module.split(".")[0] != "gtm":
                continue
            there = layer(_target(root, module, name))
            if here not in LAYERS or there not in LAYERS:
                wrong.append(f"{path}:{line}: {here} or {there} is no part of the house")
            elif here != there and LAYERS[there] >= LAYERS[here] and here != "gtm":
                wrong.append(f"{path}:{line}: {here} imports {there}")
    return wrong


def cycles(root: Path) -> list[str]:
    """Find modules of ``gtm`` or of a plugin that come back to themselves by way of their imports."""
    graph: dict[str, set[str]] = {}
    for path, tree in sources(root, "gtm", "plugins"):
        parts = path.with_suffix("").parts
        own = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        targets = (".".join(_target(root, module, name)) for module, name, _ in imports(path, tree))
        graph[own] = {target for target in targets if target != own}
    return sorted(module for module in graph if module in _reached(graph, module))


def _reached(graph: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def plugin_names(root: Path) -> set[str]:
    """List the plugins that come along: a folder each, or a name of its own where a folder holds several."""
    project = root / "pyproject.toml"
    data = tomllib.loads(project.read_text(encoding="utf-8")) if project.exists() else {}
    points = data.get("project", {}).get("entry-points", {}).get("gtm.plugins", {})
    return {path.parent.name for path in (root / "plugins").glob("*/__init__.py")} | set(points)


def names_plugins(root: Path) -> list[str]:
    """Find places where ``gtm`` names a plugin: an import, or a literal that is no other word as well."""
    known, wrong = plugin_names(root), []
    for path, tree in sources(root, "gtm"):
        for module, name, line in imports(path, tree):
            if {module.split(".")[0], name} & {"gtm_plugins", "plugins"} and not module.startswith("gtm."):
                wrong.append(f"{path}:{line}: imports {module}")
        here = "/".join(path.with_suffix("").parts[1:])
        for word, line in literals(tree):
            if "gtm_plugins" in word or (word in known and here not in OTHER_MEANINGS.get(word, ())):
                wrong.append(f'{path}:{line}: names "{word}"')
    return wrong


def idle_meanings(root: Path) -> list[str]:
    """Find words that may stand somewhere and do not: a door that nobody goes through is left open for the wrong one."""
    used = {
        (word, "/".join(path.with_suffix("").parts[1:]))
        for path, tree in sources(root, "gtm")
        for word, _ in literals(tree)
    }
    allowed = {(word, place) for word, places in OTHER_MEANINGS.items() for place in places}
    return [f'{place}: never says "{word}"' for word, place in sorted(allowed - used)]


def literals(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield every text in a file that is no docstring."""
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value, node.lineno


def public(root: Path) -> set[str]:
    """List ``gtm.__all__``."""
    tree = ast.parse((root / "gtm" / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def plugin_imports(root: Path) -> list[str]:
    """Find imports of plugins that are neither public names, nor modules of their own, nor somebody else's library."""
    offered, wrong = public(root), []
    for path, tree in sources(root, "plugins"):
        if len(path.parts) < 3:
            continue
        own = ".".join(path.parts[:2])
        for module, name, line in imports(path, tree):
            top = module.split(".")[0]
            if top == "gtm" and (module != "gtm" or name not in offered):
                wrong.append(f"{path}:{line}: {module} {name} is no public name")
            if top in ("gtm_plugins", "plugins") and module != own and not module.startswith(f"{own}."):
                wrong.append(f"{path}:{line}: {module} is not its own")
    return wrong


def sizes(root: Path) -> list[str]:
    """Find files and functions that are too long, outside of tests."""
    wrong = []
    for path, tree in sources(root, "gtm", "plugins", "geodata", "examples"):
        lines = len((root / path).read_text(encoding="utf-8").splitlines())
        if lines > FILE:
            wrong.append(f"{path}: {lines} lines")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                long = (node.end_lineno or 0) - node.lineno + 1
                if long > FUNCTION:
                    wrong.append(f"{path}:{node.lineno}: {node.name} has {long} lines")
    return wrong


def forbidden(root: Path) -> list[str]:
    """Find files and folders whose name says nothing."""
    folders = [root / name for name in ("gtm", "plugins", "geodata", "tests", "examples")]
    return [str(p.relative_to(root)) for folder in folders for p in sorted(folder.rglob("*")) if p.stem in FORBIDDEN]


def strays(root: Path) -> list[str]:
    """Find entries at the top that have no place there; what ``.gitignore`` names does not count."""
    lines = (root / ".gitignore").read_text(encoding="utf-8").split()
    ignored = [line.strip("/") for line in lines if not line.startswith("#")]
    found = sorted(path.name for path in root.iterdir())
    return [name for name in found if name not in ENTRIES and not any(fnmatch(name, rule) for rule in ignored)]


def mutable_state(root: Path) -> list[str]:
    """Find module-level values that can be changed; a filled table whose name says that it is constant is none."""
    wrong = []
    for path, tree in sources(root, "gtm", "plugins"):
        bound = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None]
        wrong += [f"{path}:{node.lineno}: {ast.unparse(node)[:60]}" for node in bound if _changes(node, node.value)]
        wrong += [f"{path}:{node.lineno}: global" for node in ast.walk(tree) if isinstance(node, ast.Global)]
    return wrong


def _changes(node: ast.Assign | ast.AnnAssign, value: ast.expr) -> bool:
    made = isinstance(value, ast.Call) and ast.unparse(value.func).split(".")[-1] in MAKERS
    name = ast.unparse(node.target if isinstance(node, ast.AnnAssign) else node.targets[0])
    inside = (
        value.args
        if isinstance(value, ast.Call)
        else [n for n in ast.iter_child_nodes(value) if isinstance(n, ast.expr)]
    )
    return (made or isinstance(value, MUTABLE)) and name != "__all__" and (not inside or not name.isupper())
