"""What the admin door is told: whether there are answers, and that whatever is asked for is made from the same beliefs."""

from pathlib import Path

from gtm.control.control import Control
from gtm.control.desk import Desk
from gtm.control.door import StatusQuery
from gtm.control.tree import build
from tests.control.viewing import NOON, pair


class Answering:
    """Processes that answer: so many."""

    workers = 0
    addresses = ()

    def publish(self, state):
        """Answer from it."""


def test_the_door_is_ready_when_a_worker_answers_and_says_why_it_is_not(tmp_path):
    answering = Answering()
    control = Control(Path("Corefile.toml"), pair(), answering, tmp_path)
    desk = Desk(control, Path("Corefile.toml"))

    def told():
        found = build(desk.view(), StatusQuery(), NOON)
        assert found.server.not_ready == desk.ready()
        assert desk.measured().now.is_ready is (desk.ready() is None)
        return desk.ready()

    assert told() == "the first round of probes is under way"
    control.begun.set()
    assert told() == "no worker answers"
    answering.workers = 1
    assert told() is None
