"""Doors: all or none, one port for all who answer there, and nobody else's."""

import contextlib
import socket

import pytest

from gtm.serve.doors import opened


def bound(kind, port, host="127.0.0.1"):
    """Tell whether somebody has a port."""
    with socket.socket(socket.AF_INET, kind) as other:
        try:
            other.bind((host, port))
        except OSError:
            return True
        return False


@pytest.fixture
def doors():
    with contextlib.ExitStack() as stack:

        def kept(*given):
            made = opened(*given)
            for door in made:
                stack.callback(door.close)
            return made

        yield kept


@pytest.mark.parametrize("count", [1, 3])
def test_every_pair_of_a_door_has_the_same_port_over_both_transports(doors, count):
    (door,) = doors([("127.0.0.1", 0)], count)
    ports = {each.getsockname()[1] for pair in door.pairs for each in pair}
    assert ports == {door.address[1]}
    assert len(door.pairs) == count
    assert bound(socket.SOCK_DGRAM, door.address[1])
    door.close()
    assert not bound(socket.SOCK_DGRAM, ports.pop())


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(
    ("kind", "word"), [(socket.SOCK_DGRAM, "UDP"), (socket.SOCK_STREAM, "TCP")], ids=["udp", "tcp"]
)
def test_a_port_that_somebody_has_is_refused_and_named(doors, kind, word, count):
    with socket.socket(socket.AF_INET, kind) as other:
        if count > 1:  # even if that one would share it
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            other.listen()
        port = other.getsockname()[1]
        with pytest.raises(OSError, match=f"127.0.0.1 port {port}, {word}: Address already in use"):
            doors([("127.0.0.1", port)], count)


def test_when_one_can_not_be_opened_none_is_and_what_was_open_stays(doors):
    (first,) = doors([("127.0.0.1", 0)], 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.2", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.3", 0))
            port = free.getsockname()[1]
        places = [("127.0.0.1", 0), ("127.0.0.3", port), other.getsockname()]
        with pytest.raises(OSError, match=r"127\.0\.0\.2"):
            doors(places, 1, [first])
        assert not bound(socket.SOCK_DGRAM, port, "127.0.0.3")
    assert bound(socket.SOCK_DGRAM, first.address[1])


def test_a_door_that_stays_is_the_same_one(doors):
    first = doors([("127.0.0.1", 0)], 2)
    both = doors([("127.0.0.1", 0), ("127.0.0.2", 0)], 2, first)
    assert both[0] is first[0]
    assert both[1].place == ("127.0.0.2", 0)


@pytest.mark.parametrize("count", [1, 2])
def test_all_addresses_in_the_place_of_one_of_them_take_a_restart_and_the_refusal_says_so(doors, count):
    (first,) = doors([("127.0.0.1", 0)], count)
    port = first.address[1]
    first.close()
    (first,) = doors([("127.0.0.1", port)], count)
    with pytest.raises(
        OSError,
        match=f"^.*0.0.0.0 port {port}, UDP: Address already in use, by this server for 127.0.0.1; that takes a",
    ):
        doors([("0.0.0.0", port)], count, [first])
    assert bound(socket.SOCK_DGRAM, port)
