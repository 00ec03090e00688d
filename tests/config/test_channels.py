"""Alerts: which plugin tells whom of what, globally and for an access domain alone (R-112), and under which key."""

import asyncio

import pytest

from gtm import Alert
from gtm.model.event import CONFIGURATION_REFUSED, EVENTS
from tests.config.conftest import TELLS

HEAD = "[[alert]]\n"
DOMAIN = '[[domain]]\nname = "www.example.com"\ntype = "A"\npools = ["good"]\n'
AT = "Corefile.toml:{}: [[alert]] #1{}"
OF_DOMAIN = 'Corefile.toml:{}: [[domain]] #1 "www.example.com A" alerts #1{}'

# what an [[alert]] and an entry of a domain's ``alerts`` may say wrong: the line, and what is told of it
ROWS = {
    "a plugin that nobody has": (
        'webhok = "http://127.0.0.1/"',
        ' webhok: "webhok" is not a key of this table; did you mean "webhook"?',
    ),
    "events misspelt": ('event = ["pool_up"]', ' event: "event" is not a key of this table; did you mean "events"?'),
    "a key like no other": (
        "xyzzy = {}",
        ' xyzzy: "xyzzy" is not a key of this table; its keys are "command", "email", ',
    ),
    "a plugin that tells nobody": ('ttl = "x"', ' ttl: plugin "ttl" has no notify hook; known: "command", "email", '),
    "a strangers' plugin that tells nobody": (
        '"./looks.py" = {}',
        ' "./looks.py": plugin "looks" has no notify hook; known: "command", "email", ',
    ),
    "a file that is missing": (
        '"./mine.py" = {}',
        ' "./mine.py": there is no file "./mine.py" in plugin_dir, "plugins"',
    ),
    "a number": ('"./tells.py" = 5', ' "./tells.py": 5 is not a text or a table of options'),
    "an array": ('"./tells.py" = ["me"]', ' "./tells.py": an array is not a text or a table of options'),
    "an option that there is not": (
        '"./tells.py" = { who = "me", hows = "loudly" }',
        ' "./tells.py" hows: "hows" is not a key of this table; did you mean "how"?',
    ),
    "an option that is missing": (
        '"./tells.py" = { how = "loudly" }',
        ' "./tells.py": "who" is missing; it must be a string',
    ),
    "an option of another type": ('"./tells.py" = { who = 5 }', ' "./tells.py" who: 5 is not a string'),
}


@pytest.mark.parametrize(("line", "expected"), ROWS.values(), ids=ROWS.keys())
def test_a_channel_that_is_wrong_is_told_in_one_line(folder, line, expected):
    (told,) = folder.faults(f"{HEAD}{line}\n")
    assert told.startswith(AT.format(2, expected))


@pytest.mark.parametrize(("line", "expected"), ROWS.values(), ids=ROWS.keys())
def test_an_access_domains_own_channel_is_checked_alike(folder, line, expected):
    (told,) = folder.faults(f"{DOMAIN}alerts = [{{ {line} }}]\n")
    assert told.startswith(OF_DOMAIN.format(5, expected))


def test_an_event_that_there_is_not_is_told_with_those_there_are(folder):
    (told,) = folder.faults(f'{HEAD}events = ["pool_up", "pool_done"]\n"./tells.py" = "me"\n')
    assert told.startswith(AT.format(2, ' events #2: "pool_done" is not one of "address_down", '))
    assert told.endswith('; did you mean "pool_down"?')


def test_an_alert_that_tells_nobody_is_a_fault(folder):
    expected = ': nobody is told; name a plugin that tells, such as webhook = "http://…"'
    assert folder.faults(f'{HEAD}events = ["pool_up"]\n') == [AT.format(1, expected)]
    assert folder.faults(f"{DOMAIN}alerts = [{{}}]\n") == [OF_DOMAIN.format(5, expected)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", " alerts: a table is not an array, each element a table"),
        ("[3]", " alerts #1: 3 is not a table"),
        ('"webhook"', ' alerts: "webhook" is not an array, each element a table'),
    ],
)
def test_an_access_domains_alerts_are_an_array_of_tables(folder, text, expected):
    where = 'Corefile.toml:5: [[domain]] #1 "www.example.com A"'
    assert folder.faults(f"{DOMAIN}alerts = {text}\n") == [where + expected]


def test_a_text_needs_a_plugin_that_says_what_it_stands_for(folder):
    folder.write("plugins/mine.py", TELLS.replace('short = "who"', ""))
    assert folder.faults(f'{HEAD}"./mine.py" = "me"\n') == [
        AT.format(2, ' "./mine.py": a text is not a table of options')
    ]


CODE = {
    "a constructor that refuses": (
        ("super().__init__(options, setup)", "raise PluginFault('nobody is called me')"),
        ": nobody is called me",
    ),
    "a constructor with a fault": (("super().__init__(options, setup)", "1 / 0"), ': plugin "tells" raised ZeroDiv'),
    "a label with a fault": (('f"tells {self.options.how}"', "1 / 0"), ': plugin "tells" raised ZeroDivisionError'),
    "a label that is no text": (
        ('f"tells {self.options.how}"', "5"),
        ': plugin "tells": its label is 5, not a line of text',
    ),
    "a label of two lines": (
        ('f"tells {self.options.how}"', '"one\\ntwo"'),
        ': plugin "tells": its label is "one\\u000atwo", not a line of text',
    ),
    "a hook that can't wait": (("async def", "def"), ': plugin "tells": notify is not async'),
    "a short form of nothing": (
        ('short = "who"', 'short = "whom"'),
        ': "./mine.py": short of class Tells is "whom", not one of its options',
    ),
    "a short form that is no text": (
        ('short = "who"', "short = 5"),
        ': "./mine.py": short of class Tells is 5, not one of its options',
    ),
}


@pytest.mark.parametrize(("change", "expected"), CODE.values(), ids=CODE.keys())
def test_a_plugin_that_breaks_its_law_is_a_fault_and_no_traceback(folder, change, expected):
    assert change[0] in TELLS
    folder.write("plugins/mine.py", TELLS.replace("Plugin, hookimpl", "Plugin, PluginFault, hookimpl").replace(*change))
    (told,) = folder.faults(f'{HEAD}"./mine.py" = "me"\n')
    assert told.startswith(AT.format(2, ' "./mine.py"' + expected))


def plugin(channel):
    return channel.notify.__self__


def test_a_text_stands_for_the_option_that_the_plugin_names(folder):
    loaded = folder.load(f'{HEAD}"./tells.py" = "me"\n{HEAD}"./tells.py" = {{ who = "you", how = "loudly" }}\n')
    assert [(plugin(one).options.who, one.label) for one in loaded.channels] == [
        ("me", "tells softly"),
        ("you", "tells loudly"),
    ]
    alert = Alert("pool_up", "pool:hk", "", 0.0)
    asyncio.run(loaded.channels[0].notify((alert,)))
    assert [plugin(one).told for one in loaded.channels] == [[(alert,)], []]


def test_a_channel_hears_of_everything_unless_it_says_of_what(folder):
    text = f'{HEAD}"./tells.py" = "me"\n{HEAD}events = ["pool_up", "probe_late"]\n"./tells.py" = "you"\n'
    every, some = folder.load(text).channels
    assert every.events == set(EVENTS)
    assert some.events == {"pool_up", "probe_late"}
    assert every.domain is some.domain is None


def test_one_alert_may_name_several_plugins(folder):
    folder.write("plugins/mine.py", TELLS.replace('"tells"', '"mine"'))
    loaded = folder.load(f'{HEAD}"./tells.py" = "me"\n"./mine.py" = "you"\n')
    assert [plugin(one).options.who for one in loaded.channels] == ["me", "you"]


def test_an_access_domain_may_have_channels_of_its_own_or_none(folder):
    other = DOMAIN.replace("www", "api") + "alerts = []\n"
    plain = DOMAIN.replace("www", "cdn")
    text = f'{DOMAIN}[[domain.alerts]]\nevents = ["domain_down"]\n"./tells.py" = "us"\n{other}{plain}{HEAD}"./tells.py" = "all"\n'
    loaded = folder.load(text)
    assert loaded.alone == {"domain:www.example.com/A", "domain:api.example.com/A"}
    assert [(one.domain, one.events, plugin(one).options.who) for one in loaded.channels] == [
        (None, set(EVENTS), "all"),
        ("domain:www.example.com/A", {"domain_down"}, "us"),
    ]


def test_what_concerns_no_access_domain_is_not_told_to_one(folder):
    entry = f'events = ["{CONFIGURATION_REFUSED}"], "./tells.py" = "us"'
    assert folder.warnings(f"{DOMAIN}alerts = [{{ {entry} }}]\n") == [
        OF_DOMAIN.format(5, ' events: "configuration_refused" concerns no access domain; an [[alert]] may hear of it')
    ]


def keys(folder, *tables):
    return [one.key for one in folder.load("".join(f"{HEAD}{table}\n" for table in tables)).channels]


ME, YOU = '"./tells.py" = "me"', '"./tells.py" = "you"'


def test_a_channel_keeps_its_key_wherever_and_however_the_corefile_says_the_same(folder):
    me, you = keys(folder, ME, YOU)
    assert me != you
    assert keys(folder, YOU, "# a word\n" + ME) == [you, me]
    assert keys(folder, '"./tells.py" = { who = "me" }') == [me]
    assert keys(folder, 'events = ["pool_up"]\n' + ME) == [me]  # what waits for it is still to be told


def test_channels_that_are_alike_have_keys_of_their_own(folder):
    one, two, three = keys(folder, ME, ME, ME)
    assert len({one, two, three}) == 3
    assert keys(folder, ME, ME) == [one, two]


def test_channels_that_call_themselves_the_same_are_told_apart_by_their_order(folder):
    found = folder.load(
        "".join(f"{HEAD}{table}\n" for table in (ME, YOU, '"./tells.py" = {who = "x", how = "loudly"}', ME))
    )
    assert [one.label for one in found.channels] == [
        "tells softly",
        "tells softly #2",
        "tells loudly",
        "tells softly #3",
    ]


def test_a_key_shows_nothing_of_what_the_corefile_says(folder):
    (key,) = keys(folder, '"./tells.py" = "hunter2"')
    assert key.startswith("tells-")
    assert "hunter2" not in key


def test_an_access_domains_channel_is_another_than_the_global_one(folder):
    loaded = folder.load(f"{DOMAIN}alerts = [{{ {ME} }}]\n{HEAD}{ME}\n")
    assert len({one.key for one in loaded.channels}) == 2
