"""Whatever a Corefile says, loading it ends in a configuration or in Faults: nothing else is ever raised."""

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from gtm.config.schema import Corefile
from tests.config.writing import document as written

SOUND = """\
[server]
plugin_dir = "plugins"
listen = ["127.0.0.1:5300", "[::1]:53"]
start = "up"
admin = "127.0.0.1:8053"
admin_token_file = "token"
command_dir = "plugins"
overrides = "overrides.toml"
probe_deny = ["10.0.0.0/8"]
alert_days = 9
include = ["more/*.toml"]
[[zone]]
name = "example.com"
chain = [{ use = "./every.py", size = 4, names = ["a"] }, "./every.py"]
[templates.web]
protocol = "./looks.py"
interval = 1.5
confirm = 0.2
resolver = "192.0.2.53"
path = "/"
[templates.echo]
protocol = "tcp"
port = 7
[addresses.one]
value = "192.0.2.1"
probe = "host.example.net:8080"
[pools.hk]
healthy_when = "30%"
checks = ["web", "web:8080"]
addresses = ["one", { value = "192.0.2.2", lines = ["default"], checks = ["web"] }]
[[domain]]
name = "www.example.com"
type = "A"
policy = "nearest"
pools = [{ pool = "hk", weight = 3, lines = ["default", "oversea"] }]
when_all_down = ["192.0.2.9"]
alerts = [{ events = ["domain_down"], "./tells.py" = "us" }]
[lines.office]
networks = ["203.0.113.0/24"]
[[alert]]
events = ["pool_up"]
"./tells.py" = { who = "me" }
[[expect]]
ask = "www.example.com A"
from = "192.0.2.1"
down = ["pool:hk", "address:one"]
answer = ["192.0.2.1"]
"""

PIECES = st.one_of(
    st.text(max_size=4),
    st.sampled_from(
        [
            "[",
            "]",
            "{",
            "}",
            '"',
            "'",
            "=",
            ",",
            ".",
            "\n",
            "#",
            "[[",
            '"""',
            "-1",
            "inf",
            "nan",
            "1e400",
            "0x7f",
            "true",
            "..",
            "/",
            "\\",
            "\\u0000",
            "::",
            "%",
            "*",
            "example.com",
            "9" * 30,
            "2024-01-01",
            "é",
        ]
    ),
)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(SOUND)), st.integers(0, 12), PIECES), min_size=1, max_size=4))
def test_a_mutated_text_loads_or_has_faults(shared, mutations):
    text = SOUND
    for place, length, piece in mutations:
        text = text[:place] + piece + text[place + length :]
    shared.outcome(text)


def test_what_is_mutated_was_sound(shared):
    assert shared.load(SOUND, alone=True).warnings == ()


leaves = st.one_of(
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.dates(),
    st.text(max_size=8),
    st.sampled_from(["one", "hk", "web", "web:80", "any", "./every.py", "example.com", "192.0.2.1", "::1", "default"]),
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300)
@given(st.data())
def test_a_value_of_any_type_at_any_place_loads_or_has_faults(shared, data):
    document = tomllib.loads(SOUND)
    target = document
    while True:
        keys = list(target) if isinstance(target, dict) else list(range(len(target)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(target[key], dict | list) or data.draw(st.integers(0, 3)) == 0:
            target[key] = data.draw(values)
            break
        target = target[key]
    shared.outcome(written(document, False))


@given(st.dictionaries(st.sampled_from(Corefile.__struct_fields__), values, max_size=4))
def test_any_document_loads_or_has_faults(shared, document):
    shared.outcome(written(document, False))
