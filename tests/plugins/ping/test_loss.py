"""ping: what a round of packets says (R-91, AMB-5, AMB-21), and whether this process may ping at all."""

import socket

import msgspec
import pytest

from gtm import PluginFault, Setup
from gtm_plugins.ping import Ping
from gtm_plugins.ping.loss import Round, observed
from tests.plugins.policies import made


@pytest.mark.parametrize(
    ("packets", "answered", "loss", "is_well"),
    [
        (5, 5, 80, True),
        (5, 2, 80, True),
        (5, 1, 80, False),
        (5, 0, 80, False),
        (5, 0, 100, False),
        (5, 1, 100, True),
        (5, 4, 1, False),
        (5, 5, 1, True),
        (20, 15, 30, True),
        (20, 14, 30, False),
        (1, 1, 100, True),
        (100, 1, 99, False),
    ],
)
def test_a_loss_that_reaches_the_percentage_fails_the_round(packets, answered, loss, is_well):
    assert observed(Round(packets, [0.01] * answered), loss, 0.5).is_well is is_well


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (Round(5, [0.1] * 5), "5 of 5 packets came back"),
        (Round(5, [0.1] * 2), "2 of 5 packets came back"),
        (Round(5, []), "no reply to 5 of 5 packets"),
        (Round(5, [0.1]), "no reply to 4 of 5 packets"),
        (Round(5, [], ["no route", "network down", "no route"]), "no route; no reply to 5 of 5 packets"),
    ],
)
def test_the_reason_says_how_many_and_why_where_that_is_known(found, reason):
    assert observed(found, 80, 0.5).reason == reason


def test_its_parts_are_the_fastest_and_the_slowest_packet():
    assert observed(Round(3, [0.2, 0.1, 0.3]), 80, 0.5).parts == (("fastest", 0.1), ("slowest", 0.3))


@pytest.mark.parametrize("wrong", [{"packets": 0}, {"packets": 101}, {"loss": 0}, {"loss": 101}, {"gap": -1}])
def test_options_have_their_ranges(wrong):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Ping.Options)


def test_where_no_socket_is_permitted_the_configuration_is_refused_with_what_to_do(monkeypatch):
    def refused(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(socket, "socket", refused)
    with pytest.raises(PluginFault, match=r"net\.ipv4\.ping_group_range"):
        made(Ping)


def test_a_back_end_that_is_not_installed_is_refused_with_what_to_do(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "aioping", None)
    monkeypatch.setattr("gtm_plugins.ping._permitted", lambda: None)
    with pytest.raises(PluginFault, match="pip install aioping"):
        Ping(Ping.Options(backend="aioping"), Setup())
