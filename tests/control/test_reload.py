"""Loading anew: what is good is taken, what is faulty changes nothing and says why, and no change of a file is missed."""

import asyncio
import gc
import sys

import pytest

from gtm.config.load import load
from gtm.control.reload import Reloader

COREFILE = """
include = []
[server]
listen = ["127.0.0.1:0"]
include = ["more/*.toml"]

[[zone]]
name = "example.com"
chain = ["health", "round_robin", { use = "zone", file = "example.com.zone" }]
"""
ZONE = "@ 300 SOA ns hostmaster 1 3600 600 86400 300\n@ NS ns\nns A 192.0.2.53\n"


class Site:
    """A Corefile, and who takes it over."""

    def __init__(self, folder):
        self.folder, self.path = folder, folder / "Corefile.toml"
        (folder / "example.com.zone").write_text(ZONE)
        self.path.write_text(COREFILE.replace("include = []\n", ""))
        self.taken, self.fault = [], None
        self.reloader = Reloader(self.path, load(self.path), self.take)

    async def take(self, loaded):
        if self.fault:
            raise self.fault
        self.taken.append(loaded)

    def reload(self):
        return asyncio.run(self.reloader.reload())

    def changed(self):
        """Look until a change stands still: twice."""
        return [asyncio.run(self.reloader.changed()) for _ in range(2)][-1]

    def put(self, name, text):
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / "beside").write_text(text)
        (self.folder / "beside").replace(self.folder / name)


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Site(tmp_path)


def test_a_good_configuration_is_taken_and_heals_a_refusal(site):
    before = site.reloader.since
    site.put("example.com.zone", "@ 300 SOA")
    assert not site.reload()
    assert "example.com.zone" in site.reloader.refused[1][0]
    assert (site.taken, site.reloader.since) == ([], before)
    site.put("example.com.zone", ZONE)
    assert site.reload()
    assert (len(site.taken), site.reloader.refused) == (1, None)
    assert site.reloader.since > before


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            OSError(98, "127.0.0.1 port 53, UDP: Address already in use"),
            "127.0.0.1 port 53, UDP: Address already in use",
        ),
        (ValueError("no room"), "no room"),
        (KeyError("surprise"), "KeyError('surprise')"),
    ],
)
def test_what_can_not_be_served_is_refused_in_words_whatever_it_raises(site, fault, words, caplog):
    site.fault = fault
    assert not site.reload()
    assert words in site.reloader.refused[1][0]
    assert caplog.messages[-1] == "the old configuration keeps answering"
    site.fault = None
    assert site.reload()


@pytest.mark.parametrize("name", ["Corefile.toml", "example.com.zone"])
def test_every_file_that_was_read_is_looked_at(site, name):
    assert not site.changed()
    site.put(name, (site.folder / name).read_text() + "\n")
    assert site.changed()
    assert not site.changed()


def test_a_new_file_that_is_included_is_news_and_one_that_is_not_is_none(site):
    site.put("more/notes.txt", "")
    assert not site.changed()
    site.put("more/one.toml", "[pools.a]\naddresses = ['192.0.2.1']\n")
    assert site.changed()
    assert site.reload()
    assert "a" in site.taken[0].pools


def test_a_refused_configuration_is_looked_at_until_it_is_mended(site):
    site.put("other.zone", "@ 300 SOA")
    site.put("Corefile.toml", site.path.read_text().replace("example.com.zone", "other.zone"))
    assert not site.reload()
    assert not site.changed()
    site.put("other.zone", ZONE)
    assert site.changed()
    assert site.reload()


def test_what_changes_while_it_is_loaded_is_news(site):
    async def take(_loaded):
        site.put("example.com.zone", ZONE + "new A 192.0.2.54\n")

    site.take = take
    site.reloader = Reloader(site.path, load(site.path), take)
    assert site.reload()
    assert site.changed()


def test_two_at_once_come_one_after_the_other(site):
    under_way = []

    async def take(_loaded):
        under_way.append(+1)
        assert sum(under_way) == 1
        await asyncio.sleep(0)
        under_way.append(-1)

    async def both():
        reloader = Reloader(site.path, load(site.path), take)
        return await asyncio.gather(reloader.reload(), reloader.reload())

    assert asyncio.run(both()) == [True, True]


@pytest.mark.parametrize("fault", [None, OSError("no")])
def test_the_interpreter_is_left_as_it_was(site, fault):
    site.fault, before = fault, sys.getswitchinterval()
    site.reload()
    assert (gc.isenabled(), sys.getswitchinterval()) == (True, before)
