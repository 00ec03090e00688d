"""Plugins that raise, or return what they must not, at every hook: it costs one word, is told, and nothing more."""

import dns.message
import pytest

from gtm import (
    Alias,
    Known,
    NoData,
    NoName,
    Place,
    Ranking,
    Record,
    Records,
    Referral,
    Refusal,
    Share,
    Tier,
    TooLong,
    codes,
    hookimpl,
)
from gtm import name as names
from tests.chain.making import (
    NOON,
    SOA,
    ZONE,
    All,
    Static,
    Stranger,
    domain,
    engine,
    host,
    pool,
    query,
    service,
    walked,
)
from tests.engine.reading import read, values

HK = pool("hk", "192.0.2.1")
WWW = domain("www.example.com", HK)
ELSEWHERE = pool("elsewhere", "192.0.2.66").members[0]


class Unshowable:
    """A value that can't even be shown."""

    def __repr__(self):
        raise RuntimeError("not for your eyes")


class Angry(Exception):
    """An exception that can't be shown."""

    def __str__(self):
        raise self


def raising(error):
    def word(*_given):
        raise error

    return word


RAISED = {
    "ValueError": ValueError("a mistake"),
    "KeyError": KeyError("x"),
    "RecursionError": RecursionError(),
    "MemoryError": MemoryError(),
    "StopIteration": StopIteration(),
}
WORDS = {
    "classify": [17, "DE", (), True],
    "rank": [
        17,
        "all",
        (),
        True,
        NoData(),
        Ranking((17,)),
        Ranking(17),
        Ranking((Tier(17),)),
        Ranking((Tier((Share(ELSEWHERE),)),)),
    ],
    "admit": [17, "no", True, False, Ranking(), ValueError("x")],
    "rescue": [17, "all", True, Refusal("x"), Ranking((17,)), Ranking((Tier.of(ELSEWHERE),))],
    "expire": [-1, 2**31, "30", 30.0, True, None.__class__, float("nan")],
    "fallback": [17, "NXDOMAIN", True, Ranking(), SOA, (SOA,)],
}


class Faulty(Stranger):
    """Raises or talks nonsense at one hook; passes at all others."""

    name = "faulty"

    def __init__(self, hook, word):
        self._hook, self._word = hook, word

    def _say(self, hook):
        if hook != self._hook:
            return None
        return self._word() if callable(self._word) and not isinstance(self._word, type) else self._word

    @hookimpl
    def classify(self):
        return self._say("classify")

    @hookimpl
    def rank(self, facts):
        facts.country  # noqa: B018  reading is what makes somebody classify
        return self._say("rank")

    @hookimpl
    def admit(self):
        return self._say("admit")

    @hookimpl
    def rescue(self):
        return self._say("rescue")

    @hookimpl
    def expire(self):
        return self._say("expire")

    @hookimpl
    def fallback(self):
        return self._say("fallback")


class Refuses(Stranger):
    """Refuses everybody."""

    @hookimpl
    def admit(self):
        return Refusal("nobody today")


class Rescues(Stranger):
    """Rescues with everybody."""

    @hookimpl
    def rescue(self, group):
        return Ranking((Tier.of(*group.members),))


CASES = [
    pytest.param(hook, raising(error), id=f"{hook} raises {kind}") for hook in WORDS for kind, error in RAISED.items()
]
CASES += [pytest.param(hook, word, id=f"{hook} says {word!r}"[:60]) for hook, words in WORDS.items() for word in words]
SOUND = Static({("static.example.com", codes.A): host("static.example.com")})


def serving(plugins, *domains):
    reports = []
    return engine(plugins, *domains, report=lambda error, question: reports.append((error, question))), reports


def ask(server, text="www.example.com", now=NOON, **more):
    return server.answer(query(text, **more), "198.51.100.1", now)


@pytest.mark.parametrize(("hook", "word"), CASES)
def test_a_fault_counts_as_pass_and_is_reported_with_the_plugins_name(hook, word):
    sound = [All(), Rescues(), SOUND]
    before = [Refuses()] if hook == "rescue" else []
    server, reports = serving([Faulty(hook, word), *before, *sound], WWW)
    asked = "static.example.com" if hook == "fallback" else "www.example.com"
    wire = ask(server, asked)
    assert values(wire) == ["192.0.2.1"]
    assert reports
    assert {(error.plugin, error.hook) for error, _ in reports} == {("faulty", hook)}
    assert all(error.reason.startswith(("raised ", "returned ", "named ")) for error, _ in reports)
    for _ in range(3):
        assert values(ask(server, asked)) == ["192.0.2.1"]


@pytest.mark.parametrize(("hook", "word"), [case for case in CASES if case.values[0] in ("rank", "rescue", "fallback")])
def test_when_nobody_else_answers_a_fault_ends_in_servfail_and_never_in_a_denial(hook, word):
    before = [All(), Refuses()] if hook == "rescue" else []
    server, reports = serving([*before, Faulty(hook, word)], WWW)
    read(ask(server), rcode=codes.SERVFAIL, flags=0x8100)
    assert ("faulty", hook) in {(error.plugin, error.hook) for error, _ in reports}


@pytest.mark.parametrize("error", RAISED.values(), ids=RAISED.keys())
def test_a_plugin_that_raises_for_one_name_spoils_no_other(error):
    class Picky(Static):
        @hookimpl
        def fallback(self, question):
            if question.name == names.parse("bad.example.com"):
                raise error
            return super().fallback(question)

    server, reports = serving(
        [Picky({(f"n{number}.example.com", codes.A): host(f"n{number}.example.com") for number in range(100)})]
    )
    for number in range(100):
        read(ask(server, "bad.example.com"), rcode=codes.SERVFAIL, flags=0x8100)
        assert values(ask(server, f"n{number}.example.com")) == ["192.0.2.1"]
    assert reports


def test_what_a_fault_led_to_is_tried_again_after_a_second():
    moody = []

    class Moody(All):
        @hookimpl
        def rank(self, group):
            if not moody:
                raise ValueError("not yet")
            return super().rank(group)

    server, reports = serving([Moody(), Static()], WWW)
    read(ask(server), rcode=codes.SERVFAIL, flags=0x8100)
    moody.append("ready")
    read(ask(server, now=NOON + 0.5), rcode=codes.SERVFAIL, flags=0x8100)
    assert values(ask(server, now=NOON + 1.1)) == ["192.0.2.1"]
    assert len(reports) == 1


BROKEN_ENDINGS = [
    Records(None),
    Records(17),
    Records((), target=17),
    Records((SOA,), target=b"\3ab"),
    NoData(17),
    NoName("SOA"),
    Referral(None),
    TooLong(None),
    Records((17,)),
    Records((Record(ZONE, codes.CNAME, 5, b"\3ab"),)),
    Records((Record(b"\3ab", codes.A, 5, bytes(4)),)),
    Records((SOA,), additional=17),
    Alias(17, 60),
    Alias(b"\3ab", 60),
    Alias(ZONE, -1),
    Alias(ZONE, 2**31),
    Alias(ZONE, True),
    Alias(ZONE, None),
    Records((Record(ZONE, codes.SRV, 5, b"\0\0\0\0\0\0\3ab"),)),
]


@pytest.mark.parametrize("word", BROKEN_ENDINGS, ids=repr)
def test_an_ending_with_something_broken_inside_ends_in_servfail_and_is_reported(word):
    server, reports = serving([Faulty("fallback", word)])
    wire = ask(server)
    assert wire[:2] == query("www.example.com")[:2]
    read(wire, rcode=codes.SERVFAIL, flags=0x8100)
    assert reports
    read(ask(server, "other.example.org"), rcode=codes.REFUSED, flags=0x8100)


@pytest.mark.parametrize("word", BROKEN_ENDINGS, ids=repr)
def test_an_ending_with_something_broken_inside_counts_as_pass(word):
    server, reports = serving([Faulty("fallback", word), SOUND])
    assert values(ask(server, "static.example.com")) == ["192.0.2.1"]
    assert {(error.plugin, error.hook) for error, _ in reports} == {("faulty", "fallback")}


@pytest.mark.parametrize("hook", [hook for hook in WORDS if hook != "classify"])
@pytest.mark.parametrize("word", [Unshowable(), raising(Angry())], ids=["value", "exception"])
def test_what_can_not_be_shown_is_a_fault_like_others(hook, word):
    before = [Refuses()] if hook == "rescue" else []
    server, reports = serving([Faulty(hook, word), *before, All(), Rescues(), SOUND], WWW)
    wire = ask(server, "static.example.com" if hook == "fallback" else "www.example.com")
    assert values(wire) == ["192.0.2.1"]
    assert {(error.plugin, error.hook) for error, _ in reports} == {("faulty", hook)}


class KnowsBadly(Stranger):
    """Reads a country."""

    name = "reader"

    @hookimpl
    def rank(self, facts):
        facts.country  # noqa: B018  to read is enough


@pytest.mark.parametrize("country", ["DE", 17], ids=repr)
def test_a_place_with_something_else_than_known_values_ends_in_an_answer(country):
    server, reports = serving([Faulty("classify", Place(country=country)), KnowsBadly(), All(), Static()], WWW)
    assert values(ask(server)) == ["192.0.2.1"]
    assert reports
    assert values(ask(server)) == ["192.0.2.1"]


def test_a_fault_in_classify_costs_the_place_and_not_the_answer():
    walk, outcome, facts = walked(service([KnowsBadly(), All()], WWW))
    assert walk.errors == []
    assert [found.value for found in facts.reads.values() if found.client] == [None]
    assert outcome.question.name == WWW.name


def test_more_records_than_a_message_can_count_end_in_servfail():
    many = Records(host("www.example.com").answer * 65_536)

    class Many(Stranger):
        name = "many"

        @hookimpl
        def fallback(self, question):
            return many if question.name == WWW.name else None

    server, reports = serving([Many()])
    read(ask(server), rcode=codes.SERVFAIL, flags=0x8100)
    assert [(error.plugin, error.hook) for error, _ in reports] == [("", "answer")]


class Misplaces(Stranger):
    """Says where a client is, in a way that breaks the law."""

    name = "misplaces"

    def __init__(self, **known):
        self._place = Place(**known)

    @hookimpl
    def classify(self):
        return self._place


class BadLines:
    """Lines that answer with whatever they were made with."""

    def __init__(self, answer):
        self._answer = answer

    def best(self, among):
        if isinstance(self._answer, BaseException):
            raise self._answer
        return self._answer


class ReadsLine(Stranger):
    """Reads a line, and ranks everybody."""

    name = "reads_line"

    @hookimpl
    def rank(self, group, facts):
        facts.line(["telecom"])
        return Ranking((Tier.of(*group.members),))


@pytest.mark.parametrize("prefix", [-1, 33, None, "8", 1000])
def test_a_place_that_rests_on_bits_that_no_address_has_is_refused(prefix):
    server, reports = serving([Misplaces(country=Known("DE", prefix)), KnowsBadly(), All(), Static()], WWW)
    assert values(ask(server, subnet="192.0.2.0/24")) == ["192.0.2.1"]
    assert {(error.plugin, error.hook) for error, _ in reports} == {("misplaces", "classify")}


@pytest.mark.parametrize(
    "answer",
    [
        Known("telecom", -1),
        Known("telecom", 33),
        Known(["telecom"], 8),
        "telecom",
        None,
        ValueError("no"),
        SystemExit(3),
    ],
    ids=repr,
)
def test_lines_that_can_not_be_told_cost_the_line_and_not_the_answer(answer):
    server, reports = serving([Misplaces(lines=BadLines(answer)), ReadsLine(), Static()], WWW)
    for network in ("192.0.2.0/24", "192.0.2.0/24", "198.51.100.0/24"):
        wire = ask(server, subnet=network)
        assert values(wire) == ["192.0.2.1"]
        # of a client of whom nothing is known, nothing is known of its neighbours either
        assert dns.message.from_wire(wire).options[0].scopelen == 32
    assert {error.hook for error, _ in reports} == {"classify"}
    assert "line among telecom" in reports[0][0].reason
