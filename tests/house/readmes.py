"""What a README says of options and of Corefiles, read so that it can be compared with what the code does."""

import re
import tomllib
from pathlib import Path

FENCE = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
SCRIPT = re.compile(r"`my_plugins/(\w+\.py)`.*?^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTION = re.compile(r"^(?=## )", re.MULTILINE)
COMMAND = re.compile(r'"([\w-]+\.sh)"')
PLUGINS, COMMANDS = "my_plugins", "commands"
REST = '[[zone]]\nname = "example.com"\nchain = ["round_robin", "sequence", "weighted", "ttl"]\n'
POOL = '[pools.{0}]\naddresses = ["192.0.2.1"]\n'
HEAD = "| option | type | default | meaning |\n| --- | --- | --- | --- |\n"
SECRET = b"0123456789abcdef\n"


def examples(text: str) -> list[str]:
    """List the TOML fences, without those of a pyproject.toml."""
    return [fence for fence in FENCE.findall(text) if not fence.startswith("[project")]


def table(text: str) -> dict[str, str] | None:
    """Read the option table as option to default; None where there is no table."""
    if text.count(HEAD) != 1:
        return None
    rows = text.partition(HEAD)[2].partition("\n\n")[0]
    return {name: default for name, _, default, _ in ROW.findall(rows)}


def told(text: str, name: str, beside: set[str]) -> dict[str, str] | None:
    """Read what is told of a plugin: the README's own table, and what the plugin's section adds to it.

    ``beside`` are the plugins of the folder that have such sections.
    """
    sections = SECTION.split(text)
    common = table("".join(part for part in sections if part.partition("\n")[0].removeprefix("## ") not in beside))
    if name not in beside:
        return common
    own = table("".join(part for part in sections if part.startswith(f"## {name}\n")))
    return None if common is None or own is None else common | own


def corefile(example: str) -> str:
    """Make a whole Corefile of an example, which may be a chain alone, or tables without a zone."""
    given = {
        'listen = ["127.0.0.1:0"]': "listen =" not in example,
        f'plugin_dir = "{PLUGINS}"': '"./' in example and "plugin_dir" not in example,
        f'command_dir = "{COMMANDS}"': bool(COMMAND.search(example)) and "command_dir" not in example,
    }
    server = "[server]\n" + "".join(f"{line}\n" for line, is_wanted in given.items() if is_wanted)
    whole = example.replace("[server]\n", server, 1) if "[server]" in example else server + example
    if "[[zone]]" in example:
        return whole
    if not re.match(r"chain\b", example):
        return f"{whole}\n{REST}" + "".join(map(POOL.format, sorted(pools(example))))
    # what follows the chain at the top, such as [lines.office], is no part of the zone
    return whole.replace("chain", '[[zone]]\nname = "example.com"\nchain', 1)


def pools(example: str) -> set[str]:
    """List the pools that an example names and does not define; what is no TOML names none."""
    try:
        data = tomllib.loads(example)
    except tomllib.TOMLDecodeError:
        return set()
    named = [pool for domain in data.get("domain", []) for pool in domain.get("pools", [])]
    return {pool if isinstance(pool, str) else pool["pool"] for pool in named} - set(data.get("pools", {}))


def scripts(text: str) -> dict[str, str]:
    """List the plugins that a README shows in full, by file name."""
    return dict(SCRIPT.findall(text))


def files(example: str) -> list[str]:
    """List the files that an example names."""
    named = re.findall(r'(?:file|catalogue)\s*=\s*"([^"]+)"', example)
    for secrets in re.findall(r"header_files\s*=\s*\{(.*?)\}", example):
        named += re.findall(r'"([^"]+)"', secrets)
    commands = (re.findall(r'command_dir\s*=\s*"([^"]+)"', example) or [COMMANDS])[0]
    return [*named, *re.findall(r'"([^"]+\.mmdb)"', example), *(f"{commands}/{c}" for c in COMMAND.findall(example))]


def supply(folder: Path, example: str, database: bytes, catalogue: bytes, zone: str) -> None:
    """Put every file that an example names into a folder."""
    contents = {".mmdb": database, ".toml": catalogue, ".zone": zone.encode(), ".sh": b"#!/bin/sh\n"}
    for name in files(example):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents.get(path.suffix, SECRET))
        path.chmod(0o700)
