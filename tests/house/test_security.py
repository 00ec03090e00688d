"""SECURITY.md tells the limits as they are."""

import re
from pathlib import Path

import msgspec
import pytest

from gtm.config.loaded import Limits
from gtm.config.schema import ServerTable
from gtm.control import admin, gate
from gtm.dns import edns
from gtm.processes import children, snapshot, watchdog
from gtm.serve import udp

TEXT = (Path(__file__).parents[2] / "SECURITY.md").read_text(encoding="utf-8")
OPTIONS = dict(re.findall(r"^\| `(\w+)` \| `(.+?)` \|", TEXT, re.MULTILINE))
FIXED = dict(re.findall(r"^\| ([a-z].+?) \| ([\d.]+) \|$", TEXT, re.MULTILINE))
BOUNDS = {
    "reply over UDP, octets": edns.UDP_CEILING,
    "query over UDP, octets": udp.MOST,
    "idle TCP connection, seconds": Limits().idle,
    "message begun on it and not finished, seconds": Limits().message,
    "replies that nobody reads, seconds": Limits().unread,
    "connections at the admin door": gate.MOST,
    "a connection there that asks for nothing, seconds": gate.IDLE,
    "body of a request at the admin door, octets": admin.BODY,
    "a plugin that holds an answering process up, seconds": watchdog.STUCK,
    "a process that says nothing, seconds": children.HANGS,
    "last good configurations kept": snapshot.KEPT,
}


@pytest.mark.parametrize("option", OPTIONS)
def test_a_default_is_the_one_of_the_schema(option):
    defaults = {field.encode_name: field.default for field in msgspec.structs.fields(ServerTable)}
    assert msgspec.json.encode(defaults[option]).decode() == OPTIONS[option]


def test_every_limit_of_the_schema_is_told():
    limits = {field.encode_name for field in msgspec.structs.fields(ServerTable) if re.match("rate_|tcp_", field.name)}
    assert limits - {"rate_exempt"} <= OPTIONS.keys()


def test_a_fixed_limit_is_the_one_of_the_code():
    assert {what: float(bound) for what, bound in FIXED.items()} == BOUNDS
