"""What the machine is asked for: Debian packages that are missing, and a network of our own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

PACKAGES = {
    "ip": "iproute2",
    "knotd": "knot",
    "named": "bind9",
    "nsd": "nsd",
    "unbound": "unbound",
    "zonemaster-cli": "zonemaster-cli",
}
"""Programs, and the packages that bring them."""
INSIDE = "GTM_CONFORMANCE_INSIDE"
"""Set in the environment of who is in a network of its own already."""
_POLICY = Path("/usr/sbin/policy-rc.d")
_PATHS = "/usr/sbin:/sbin"
_MOST = 300


def widen() -> None:
    """Look for programs where servers are, too, and an ordinary user does not look."""
    os.environ["PATH"] += f":{_PATHS}"


def missing() -> list[str]:
    """List the packages whose programs are not there."""
    return sorted(package for program, package in PACKAGES.items() if not shutil.which(program))


def install(packages: Iterable[str]) -> str:
    """Install them, if that may be done here, without starting what they bring; say in a word how that went."""
    packages = list(packages)
    if not packages:
        return ""
    named = " ".join(packages)
    if os.geteuid() or not shutil.which("apt-get"):
        return f"not installed, for want of root or of apt-get: {named}"
    kept = _POLICY.exists()
    if not kept:
        _POLICY.write_text("#!/bin/sh\nexit 101\n")
        _POLICY.chmod(0o755)
    try:
        for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
            given = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            done = subprocess.run(
                ["apt-get", *words], capture_output=True, text=True, check=False, env=given, timeout=_MOST
            )
    except subprocess.TimeoutExpired:
        return f"not installed, apt-get took more than {_MOST} s: {named}"
    finally:
        if not kept:
            _POLICY.unlink()
    return f"not installed: {done.stderr.strip()[-300:]}" if done.returncode else f"installed: {named}"


def enclose() -> bool:
    """Begin this program anew in a network that has nothing but loopback; False where the machine does not permit that."""
    if os.environ.get(INSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return True
    for options in (["--net"], ["--net", "--map-root-user"]):
        command = ["unshare", *options]
        if (
            shutil.which("unshare")
            and not subprocess.run([*command, "ip", "link"], capture_output=True, check=False).returncode
        ):
            sys.stdout.flush()
            os.environ[INSIDE] = "yes"
            os.execvp("unshare", [*command, sys.executable, "-m", "tests.conformance", *sys.argv[1:]])
    return False
