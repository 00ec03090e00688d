"""An ordinary user: who the processes are once the sockets are open, what they may still do, and what is said when they may not."""

import os
import pwd
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest

from tests.edges.conftest import until
from tests.edges.running import FIRST, SECOND, ask, write

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
NOBODY = pwd.getpwnam("nobody")
BIND = 1 << 10


@pytest.fixture
def folder():
    """A folder that everybody may enter."""
    made = Path(tempfile.mkdtemp(prefix="gtm-rights-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def rights(pid):
    """Tell who a process is: its user, its groups, the rights of root that it has, and whether it can gain more."""
    rows = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    capable = {int(rows[key], 16) for key in ("CapPrm", "CapEff")} | {int(rows["CapInh"], 16) | int(rows["CapAmb"], 16)}
    who = {*rows["Uid"].split(), *rows["Gid"].split(), *rows["Groups"].split()}
    return who, capable - {0}, rows["NoNewPrivs"].strip()


# what it needs is imported first: the interpreter may lie where nobody else can read it
AS_NOBODY = f"""
import os, sys
from pathlib import Path
from gtm.cli.serve import serve
from gtm.config.load import load
load(Path(sys.argv[-1]))
os.setgroups([])
os.setresgid({NOBODY.pw_gid}, {NOBODY.pw_gid}, {NOBODY.pw_gid})
os.setresuid({NOBODY.pw_uid}, {NOBODY.pw_uid}, {NOBODY.pw_uid})
serve([sys.argv[-1]])
"""
ORDINARY = {str(NOBODY.pw_uid), str(NOBODY.pw_gid)}


@pytest.mark.parametrize("workers", [0, 2])
def test_once_the_sockets_are_open_nobody_is_root(folder, outside, backends, workers):
    server = outside(write(folder, backends.port, server=f'user = "nobody"\nworkers = {workers}'))
    assert ask(server.port) == FIRST
    assert len(server.children) == (3 if workers else 0)
    assert rights(server.process.pid) == (ORDINARY, {BIND}, "1")
    for name, pids in server.children.items():
        assert rights(pids[0]) == (ORDINARY, set() if "worker" in name else {BIND}, "1")
    until((folder / "state" / "verdicts.json").exists)
    assert {file.lstat().st_uid for file in (folder / "state").rglob("*")} == {NOBODY.pw_uid}
    assert not [line for line in server.lines if "WARNING" in line or "Traceback" in line]
    assert server.stop() == 0


def test_every_thread_of_one_process_that_does_it_all_is_an_ordinary_one(folder, outside, backends):
    server = outside(write(folder, backends.port, server='user = "nobody"\nworkers = 0'))
    assert ask(server.port) == FIRST
    tasks = list(Path(f"/proc/{server.process.pid}/task").iterdir())
    assert len(tasks) > 1
    assert {int(re.search(r"CapEff:\s*(\w+)", (task / "status").read_text())[1], 16) for task in tasks} <= {0, BIND}


def test_a_reload_may_open_another_low_port(folder, outside, backends):
    path = write(folder, backends.port, server='user = "nobody"')
    server = outside(path)
    assert ask(server.port) == FIRST
    server.forget()
    path.write_text(path.read_text().replace('"127.0.0.1:0"', '"127.0.0.1:0", "127.0.0.77:53"', 1))
    server.signal(signal.SIGHUP)
    server.wait_for("loaded anew")
    server.wait_for(r"listening on 127\.0\.0\.77:53")


@pytest.mark.parametrize(
    ("key", "options", "words"),
    [
        pytest.param('user = "nosuchuser"', {}, 'there is no user "nosuchuser"', id="unknown"),
        pytest.param(
            'user = "root"', {"before": (sys.executable, "-c", AS_NOBODY)}, 'only root can become "root"', id="not root"
        ),
    ],
)
@pytest.mark.parametrize("workers", [0, 1])
def test_a_user_who_can_not_be_had_is_refused(folder, outside, key, options, words, workers):
    server = outside(write(folder, 1, server=f"{key}\nworkers = {workers}"), **options)
    server.wait_for(rf"\[server\] user: {words}")
    assert server.process.wait(10) == 2


def test_who_is_that_user_already_needs_no_root(folder, outside, backends):
    path = write(folder, backends.port, server='user = "nobody"')
    os.chown(folder, NOBODY.pw_uid, NOBODY.pw_gid)
    server = outside(path, before=(sys.executable, "-c", AS_NOBODY))
    assert ask(server.port) == FIRST
    assert not [line for line in server.lines if "WARNING" in line]


def test_root_without_a_user_is_warned(folder, outside, backends):
    server = outside(write(folder, backends.port))
    server.wait_for(r"WARNING running as root; name an ordinary user as \[server\] user")


def test_what_he_can_not_write_or_read_is_told_at_the_start_and_answers_go_on(folder, outside, backends):
    (folder / "state").mkdir(mode=0o755)
    path = write(folder, backends.port, server='user = "nobody"\nadmin_token_file = "token"')
    (folder / "token").write_text("0123456789abcdef\n")
    (folder / "token").chmod(0o600)
    server = outside(path)
    port = server.port
    server.wait_for(
        rf'WARNING \[server\] state: user "nobody" can\'t write to "{folder}/state".*chown -R nobody {folder}'
    )
    server.wait_for(rf'WARNING user "nobody" can\'t read "{folder}/token", so the next reload will be refused')
    path.write_text(path.read_text().replace('"127.0.0.2"', '"127.0.0.3"', 1))
    server.wait_for("configuration refused: .*admin_token_file.*can't be read: permission denied")
    assert ask(port) == FIRST
    (folder / "token").chmod(0o644)
    server.signal(signal.SIGHUP)
    until(lambda: ask(port) == SECOND)
