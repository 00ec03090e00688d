"""ping on real sockets: over loopback, and in network namespaces whose addresses are silent or unreachable."""

import asyncio
import errno
import json
import os
import shutil
import socket
import subprocess
import sys

import pytest

from gtm import PluginFault, Setup, Target
from gtm_plugins.ping import Ping
from gtm_plugins.ping.sockets import Sockets


def made(setup=None, **options):
    try:
        return Ping(Ping.Options(**options), setup or Setup())
    except PluginFault as fault:
        pytest.skip(str(fault))


def target(address, timeout=5.0):
    return Target(address, 0, address, timeout, None)


@pytest.mark.parametrize("backend", ["own", "aioping"])
@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "::1"])
def test_who_is_there_replies_to_every_packet(backend, address):
    if backend == "aioping":
        pytest.importorskip("aioping")
    seen = asyncio.run(made(backend=backend, gap=0.01).probe(target(address)))
    assert seen.is_well, seen
    assert seen.reason == "5 of 5 packets came back"
    assert seen.seconds < 2


def test_hundreds_of_pings_share_a_socket_and_none_takes_another_s_reply():
    setup = Setup()
    plugins = [made(setup, packets=3, gap=0.01), made(setup, packets=4, gap=0.0)]
    sockets = setup.once(Sockets, Sockets)

    async def main():
        wanted = [plugins[n % 2].probe(target(f"127.0.1.{n % 200 + 1}")) for n in range(600)]
        doing = asyncio.gather(*wanted)
        most = 0
        while not doing.done():
            most = max(most, len(sockets._open))
            await asyncio.sleep(0)
        return most, doing.result()

    most, seen = asyncio.run(main())
    assert most == 1
    assert {one.reason for one in seen} == {"3 of 3 packets came back", "4 of 4 packets came back"}
    assert not sockets._open


def test_a_ping_that_is_cancelled_leaves_nothing_behind():
    setup = Setup()
    plugin = made(setup, packets=100, gap=0.05)
    sockets = setup.once(Sockets, Sockets)

    async def main():
        doing = asyncio.create_task(plugin.probe(target("127.0.0.2", 60.0)))
        while not sockets._open:  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0)
        doing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await doing

    asyncio.run(main())
    assert not sockets._open


# what a namespace is told: a neighbour, one that is not there and is asked for in vain, no way, and no way behind a router
SCENE = """
ip link set lo up
ip route add unreachable 10.9.9.0/24
unshare -n sleep 60 & router=$!
trap 'kill $router' EXIT
until [ "$(readlink /proc/$router/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
ip link add near type veth peer name far && ip link set far netns $router
ip neigh add 10.1.0.77 lladdr 02:00:00:00:00:77 dev near nud permanent
ip addr add 10.1.0.1/24 dev near && ip -6 addr add fd01::1/64 dev near nodad && ip link set near up
nsenter -t $router -n sh -c '
  ip addr add 10.1.0.2/24 dev far && ip -6 addr add fd01::2/64 dev far nodad && ip link set far up
  echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
  ip route add unreachable 10.2.0.0/24; ip -6 route add unreachable fd02::/64'
ip route add 10.2.0.0/24 via 10.1.0.2; ip -6 route add fd02::/64 via fd01::2
"""
SCRIPT = """
import asyncio, json, sys
from gtm import PluginFault, Setup, Target
from gtm_plugins.ping import Ping
from gtm_plugins.ping.sockets import opened

async def main():
    plugin = Ping(Ping.Options(gap=0.02), Setup())
    tried = [plugin.probe(Target(one, 0, one, 1.0, None)) for one in sys.argv[1:]]
    return await asyncio.gather(*tried)

try:
    found = [(one.is_well, one.reason, one.seconds) for one in asyncio.run(main())]
    with opened(2) as made:
        print(json.dumps([made.type, found]))
except PluginFault as fault:
    print(json.dumps(str(fault)))
"""
ADDRESSES = ["127.0.0.2", "10.1.0.2", "fd01::2", "10.1.0.77", "10.9.9.1", "10.2.0.1", "fd02::1"]
FAR = "5 of 5 packets came back"
LOST = "no reply to 5 of 5 packets"
REASONS = [FAR, FAR, FAR, LOST, f"no route to 10.9.9.1; {LOST}", f"no route to 10.2.0.1; {LOST}"]


def inside(groups, user="", script=SCRIPT, given=ADDRESSES):
    """Run a script in a namespace of its own, whose groups may open datagram sockets or not."""
    if os.geteuid() or not shutil.which("unshare"):
        pytest.skip("namespaces need root")
    scene = f"{SCENE}\necho '{groups}' > /proc/sys/net/ipv4/ping_group_range\n{user} \"$@\""
    command = ["unshare", "-n", "sh", "-ec", scene, "sh", sys.executable, "-c", script, *given]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if not ran.stdout and ("not permitted" in ran.stderr or "not supported" in ran.stderr):
        pytest.skip(ran.stderr)
    assert ran.stdout, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize(("groups", "kind"), [("0 2147483647", 2), ("1 0", 3)], ids=["datagram", "raw"])
def test_what_is_silent_or_unreachable_is_lost_and_the_reason_says_which(groups, kind):
    used, found = inside(groups)
    assert used == kind
    assert [reason for _, reason, _ in found][:6] == REASONS
    assert found[6][1].startswith("network unreachable")
    assert [is_well for is_well, _, _ in found] == [True] * 3 + [False] * 4
    # all of a round lies within its time, and what is known to be lost is not waited for
    assert max(seconds for *_, seconds in found) < 1.2
    assert found[4][2] < 0.8


LATER = """
import asyncio, json, os, sys
from gtm import Setup, Target
from gtm_plugins.ping import Ping

plugin = Ping(Ping.Options(backend=sys.argv[1]), Setup())
os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
seen = asyncio.run(plugin.probe(Target("127.0.0.2", 0, "127.0.0.2", 1.0, None)))
print(json.dumps([seen.is_well, seen.reason]))
"""


@pytest.mark.parametrize("backend", ["own", "aioping"])
def test_who_may_no_longer_ping_once_he_is_another_user_has_seen_nothing(backend):
    """A server is loaded as root, and then becomes ``[server] user``: no target is dead for that."""
    if backend == "aioping":
        pytest.importorskip("aioping")
    is_well, reason = inside("1 0", script=LATER, given=[backend])
    assert is_well is None
    assert "net.ipv4.ping_group_range" in reason


@pytest.mark.parametrize("backend", ["own", "aioping"])
def test_a_machine_without_room_for_a_socket_has_seen_nothing(backend, monkeypatch):
    if backend == "aioping":
        pytest.importorskip("aioping")
    plugin = made(backend=backend)

    async def main():
        probe = plugin.probe(target("127.0.0.2"))

        def full(*_):
            raise OSError(errno.EMFILE, "Too many open files")

        monkeypatch.setattr(socket, "socket", full)
        return await probe

    seen = asyncio.run(main())
    assert (seen.is_well, seen.reason) == (None, "too many open files here; raise the limit of open files")


def test_who_may_open_neither_kind_is_told_which_setting_lets_them_in():
    if not shutil.which("setpriv"):
        pytest.skip("no setpriv")
    said = inside("1 0", "setpriv --reuid 65534 --clear-groups --inh-caps -all --bounding-set -all")
    assert "net.ipv4.ping_group_range" in said
