"""What a README says of options and of chains, read so that it can be compared with what the code does."""

import re
from pathlib import Path

FENCE = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
SCRIPT = re.compile(r"`my_plugins/(\w+\.py)`.*?^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLUGINS = "my_plugins"
HEAD = "| option | type | default | meaning |\n| --- | --- | --- | --- |\n"


def examples(text: str) -> list[str]:
    """List the TOML fences."""
    return FENCE.findall(text)


def table(text: str) -> dict[str, str] | None:
    """Read the option table as option to default; None where there is no table."""
    if text.count(HEAD) != 1:
        return None
    rows = text.partition(HEAD)[2].partition("\n\n")[0]
    return {name: default for name, _, default, _ in ROW.findall(rows)}


def corefile(example: str) -> str:
    """Make a whole Corefile of an example, which may be a chain alone."""
    listen = "" if "[server]" in example else '[server]\nlisten = ["127.0.0.1:0"]\n'
    if '"./' in example:
        listen += f'plugin_dir = "{PLUGINS}"\n'
    if "[[zone]]" in example:
        return listen + example
    # what follows the chain at the top, such as [lines.office], is no part of the zone
    chain, mark, rest = example.partition("\n[")
    return f'{listen}[[zone]]\nname = "example.com"\n{chain}{mark}{rest}'


def scripts(text: str) -> dict[str, str]:
    """List the plugins that a README shows in full, by file name."""
    return dict(SCRIPT.findall(text))


def files(example: str) -> list[str]:
    """List the files that an example names."""
    named = re.findall(r'(?:file|catalogue)\s*=\s*"([^"]+)"', example)
    return named + re.findall(r'"([^"]+\.mmdb)"', example)


def supply(folder: Path, example: str, database: bytes, catalogue: bytes, zone: str) -> None:
    """Put every file that an example names into a folder."""
    for name in files(example):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        suffix = path.suffix
        content = {".mmdb": database, ".toml": catalogue}.get(suffix, zone.encode())
        path.write_bytes(content)
