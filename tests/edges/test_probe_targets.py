"""Catalogue 3.2, SSRF through HTTP checks: no form of a target, no name and no redirect leads where nothing may be probed.

Here 127.0.0.3 is what must not be reached. Loopback as a whole is not denied: an agent on the machine that it probes is
the ordinary case; who wants it denied adds it to ``probe_deny``.
"""

import asyncio
import time
from ipaddress import ip_network

import pytest

from gtm import Check, Setup
from gtm.config.loaded import Probe
from gtm.config.schema import PROBE_DENY
from gtm.control.attempt import Task, attempt
from gtm.control.lookup import Lookup
from gtm.model.template import Template
from gtm_plugins.http import Http
from tests.edges.nameserver import reply, serving
from tests.edges.test_probe_http import OK, Server, moved

DENY = tuple(map(ip_network, (*PROBE_DENY, "127.0.0.3")))


async def tried(name, port, resolver=None):
    """Probe a target as the control process does."""
    template = Template("web", "http", timeout=5.0, resolver=resolver)
    probe = Probe(template, "http", Http(Http.Options(), Setup()).probe, 1)
    return await attempt(Task(Check("web", port, name), probe), Lookup(DENY), time.monotonic)


async def inside(name, resolver=None):
    """Probe a target on the port of a server inside; what was seen, and what the server heard."""
    async with Server([OK], address="127.0.0.3") as server:
        return await tried(name, server.port, resolver), server.heard


@pytest.mark.parametrize(
    "name",
    ["127.0.0.3", "::ffff:127.0.0.3", "::ffff:7f00:3", "2130706435", "0x7f000003", "0177.0.0.3", "127.3", "0x7f.0.0.3"],
)
def test_an_address_is_refused_in_every_form_that_the_system_takes(name):
    seen, heard = asyncio.run(inside(name))
    assert (seen.is_well, heard) == (False, [])
    assert "in which nothing is probed" in seen.reason


@pytest.mark.parametrize("name", ["169.254.169.254", "::ffff:a9fe:a9fe", "2852039166", "0251.0376.0251.0376"])
def test_where_clouds_tell_secrets_is_denied_by_default(name):
    seen = asyncio.run(tried(name, 80))
    assert "lies in 169.254.0.0/16, in which nothing is probed" in seen.reason


def test_a_name_that_leads_elsewhere_between_lookup_and_connect_is_looked_up_once():
    """The name of a server outside leads inside from the second lookup on."""

    async def main():
        asked = []

        def flips(query):
            asked.append(query)
            return [reply(query, f"web.example. A {'127.0.0.1' if len(asked) == 1 else '127.0.0.3'}")]

        async with serving(flips) as resolver, Server([OK]) as outside:
            first = await tried("web.example", outside.port, ("127.0.0.1", resolver))
            assert (first.is_well, len(asked), len(outside.heard)) == (True, 1, 1)
            second, heard = await inside("web.example", ("127.0.0.1", resolver))
            assert (len(asked), heard) == (2, [])
            return second

    assert "127.0.0.3 lies in 127.0.0.3/32, in which nothing is probed" in asyncio.run(main()).reason


def test_a_redirect_to_a_name_goes_to_the_address_that_was_looked_at():
    async def main():
        asked = []

        def flips(query):
            asked.append(query)
            return [reply(query, f"other.example. A {'127.0.0.1' if len(asked) == 1 else '127.0.0.3'}")]

        async with serving(flips) as resolver, Server([OK]) as other:
            async with Server(moved(f"http://other.example:{other.port}/")) as first:
                seen = await tried("127.0.0.1", first.port, ("127.0.0.1", resolver))
            return seen.reason, len(asked), len(other.heard)

    assert asyncio.run(main()) == ("status 200 after 1 redirect", 1, 1)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        pytest.param("http://127.0.0.3:{}/", "in which nothing is probed", id="internal"),
        pytest.param("http://[::ffff:127.0.0.3]:{}/", "in which nothing is probed", id="mapped"),
        pytest.param("http://2130706435:{}/", "in which nothing is probed", id="decimal"),
        pytest.param("http://0177.0.0.3:{}/", "in which nothing is probed", id="octal"),
        pytest.param("http://x@127.0.0.3:{}/", "in which nothing is probed", id="behind a login"),
        pytest.param("//127.0.0.3:{}/", "in which nothing is probed", id="without a scheme"),
        pytest.param("http://169.254.169.254/latest/meta-data/", "in which nothing is probed", id="metadata"),
        pytest.param("file:///etc/passwd", 'redirects to "file"', id="file"),
        pytest.param("gopher://127.0.0.3:{}/_x", 'redirects to "gopher"', id="gopher"),
    ],
)
def test_a_redirect_leads_nowhere_inside(where, words):
    async def main():
        async with Server([OK], address="127.0.0.3") as within, Server(moved(where.format(within.port))) as outside:
            return await tried("127.0.0.1", outside.port), within.heard

    seen, heard = asyncio.run(main())
    assert heard == []
    assert words in seen.reason


def test_no_word_of_a_body_is_told():
    async def main():
        async with Server([b"HTTP/1.1 500 Oops\r\nContent-Length: 12\r\n\r\nroot:secret\n"]) as server:
            return await tried("127.0.0.1", server.port)

    assert asyncio.run(main()).reason == "status 500"
