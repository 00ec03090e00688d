"""tcp: what is checked when it is loaded, and a connection that met itself."""

import socket

import msgspec
import pytest

from gtm import PluginFault
from gtm_plugins.tcp import Tcp
from gtm_plugins.tcp.contact import meets_itself
from tests.plugins.policies import made


def test_what_is_sent_for_no_answer_is_refused():
    with pytest.raises(PluginFault, match="send has no effect without expect"):
        made(Tcp, send="PING")


@pytest.mark.parametrize(
    "options", [{"expect": ""}, {"send": "", "expect": "x"}, {"expect": "x" * 201}, {"expct": "x"}]
)
def test_texts_are_bounded_and_keys_known(options):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(options, Tcp.Options)


def test_a_connection_that_met_itself_is_no_listener():
    with socket.socket() as alone:
        alone.bind(("127.0.0.1", 0))
        alone.connect(alone.getsockname())
        assert meets_itself(alone)


def test_a_connection_to_a_listener_did_not_meet_itself():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as connection,
    ):
        assert not meets_itself(connection)
