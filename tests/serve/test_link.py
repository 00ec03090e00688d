"""The line to the control process, as a worker has it: news come through, and a cut line harms no answer."""

import asyncio

from gtm.serve.link import Link
from gtm.stream import Counted, Frames, Hello, News, frame
from gtm.tally import Tally


class Wire(asyncio.Transport):
    """The other end of the line; what was written lies here."""

    def __init__(self):
        super().__init__()
        self.written, self.waiting, self.is_cut = b"", 0, False

    def write(self, data):
        self.written += data

    def get_write_buffer_size(self):
        return self.waiting

    def abort(self):
        self.is_cut = True

    def read(self):
        return list(Frames().feed(self.written))


def linked():
    heard = []
    link, wire = Link("hub", Hello(1, 7), heard.append), Wire()
    link.connection_made(wire)
    return link, wire, heard


NEWS = News(is_whole=True, healthy={"address:192.0.2.1": False})


def test_it_says_who_it_is_and_passes_news_on():
    link, wire, heard = linked()
    assert wire.read() == [Hello(1, 7)]
    for octet in frame(NEWS) + frame(NEWS):
        link.data_received(bytes((octet,)))
    assert heard == [NEWS, NEWS]


def test_counts_are_sent_only_while_they_are_read():
    link, wire, _ = linked()
    assert link.ready
    link.tell(Tally(hits=2))
    assert wire.read() == [Hello(1, 7), Counted(Tally(hits=2))]
    wire.waiting = 1
    assert not link.ready
    link.connection_lost(None)
    assert not link.ready
    link.tell(Tally(hits=1))
    assert len(wire.read()) == 2


def test_nonsense_cuts_the_line_and_what_came_before_it_counts():
    link, wire, heard = linked()
    link.data_received(frame(NEWS) + b"GET / HTTP/1.1")
    assert heard == [NEWS]
    assert wire.is_cut


def test_a_new_line_begins_with_nothing_of_the_old_one():
    link, _, heard = linked()
    link.data_received(frame(NEWS)[:5])
    link.connection_lost(None)
    again = Wire()
    link.connection_made(again)
    assert again.read() == [Hello(1, 7)]
    link.data_received(frame(NEWS))
    assert heard == [NEWS]
