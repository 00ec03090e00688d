"""The README's failover, typed as it is written: two web servers, one killed; the answers, the alert and the reason."""

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECTION = re.search(r"^## Watch a failover\n(.*?)^## ", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)[1]
BLOCKS = re.findall(r"^```console\n(.*?)^```", SECTION, re.DOTALL | re.MULTILINE)
COMMANDS = [line[2:] for block in BLOCKS for line in block.splitlines() if line.startswith("$ ")]
SHOWN = [line for block in BLOCKS for line in block.splitlines() if not line.startswith("$ ") and line != "..."]
NEEDED = [("127.0.0.1", 5300), ("127.0.0.1", 8053), ("127.0.0.1", 9000), ("127.0.0.2", 8080), ("127.0.0.3", 8080)]
# what a reader sees before going on: that the servers listen, and that the alert has come
PAUSES = {
    "gtm serve": "until dig @127.0.0.1 -p 5300 www.example.com +short +time=1 +tries=1 2>&1 | grep -q ^127; do :; done",
    "time until": "until grep -q address_down hooked; do sleep 0.1; done; sleep 1.2",
}


def free(place):
    with socket.socket() as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return opened.connect_ex(place) != 0


def general(line):
    """Leave out what is another one each time: moments and lengths of time."""
    return re.sub(r"\s+", " ", re.sub(r"\d+(\.\d+)? (s|min)\b|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "#", line)).strip()


@pytest.fixture
def folder(tmp_path):
    """A checkout in which a reader stands: the examples, and the command in its virtual environment."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("state"))
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    return tmp_path


@pytest.mark.skipif(not shutil.which("dig"), reason="dig is not installed")
def test_the_failover_of_the_readme_happens_as_it_is_written(folder):
    if not all(map(free, NEEDED)):
        pytest.skip("somebody has the README's ports")
    script = ["exec 2>&1"]
    for written in COMMANDS:
        command = written.replace("hook.py &", "hook.py > hooked &").replace("python3", sys.executable)
        script += [command, *(pause for word, pause in PAUSES.items() if word in command)]
    script += ["wait", "cat hooked"]
    bash = ["bash", "-c", "\n".join(script)]
    told = subprocess.run(bash, check=False, cwd=folder, capture_output=True, text=True, timeout=60)
    printed = [general(line) for line in told.stdout.splitlines()]
    assert [line for line in map(general, SHOWN) if line not in printed] == [], told.stdout
    # the alert arrived once
    assert printed.count("address_down address:web/127.0.0.2: web:8080 connection refused") == 1
    # and the answers changed within what gtm check printed, its TTL left out
    took = re.search(r"^real\s+(\d+)m([\d.]+)s", told.stdout, re.MULTILINE)
    promised = re.search(r"answered for ([\d.]+) s: .* ([\d.]+) s of TTL", told.stdout)
    assert int(took[1]) * 60 + float(took[2]) <= float(promised[1]) - float(promised[2]) + 0.5
