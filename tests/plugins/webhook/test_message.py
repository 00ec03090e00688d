"""What a webhook says: the documented JSON, texts for robots, their signatures, and what their answers mean."""

import json
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import Alert
from gtm_plugins.webhook.message import Message, Style, body, once, refused, signed, text

README = Path(__file__).parents[3] / "plugins" / "webhook" / "README.md"
ALERTS = (
    Alert("address_down", "address:hk-1", "web:80 status 503", 1780315203.25, "a", 0, ("pool:hk",), ("domain:w/A",)),
    Alert("pool_down", "pool:hk", "0 of 2 addresses are available", 1780315203.25, "b", 3, ("pool:hk",)),
)
LINE = "2026-06-01 12:00:03 UTC address:hk-1 is down: web:80 status 503"


def fences():
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", README.read_text(), re.DOTALL)]


def test_the_readme_shows_the_schema_and_an_example_that_keeps_to_it():
    example, schema = fences()
    assert schema == msgspec.json.schema(Message)
    assert json.loads(msgspec.json.encode(msgspec.convert(example, Message))) == example
    assert {*example["alerts"][0]} == {*schema["$defs"]["Told"]["properties"]}


def test_json_says_all_of_an_alert():
    octets = msgspec.json.encode(body("json", "dns1", ALERTS))
    made = json.loads(octets)
    assert made["version"] == 1
    assert made["server"] == "dns1"
    assert made["alerts"][0] == {
        "event": "address_down",
        "subject": "address:hk-1",
        "reason": "web:80 status 503",
        "moment": "2026-06-01T12:00:03.250000Z",
        "key": "a",
        "flaps": 0,
        "pools": ["pool:hk"],
        "domains": ["domain:w/A"],
        "name": "",
    }
    assert msgspec.json.decode(octets, type=Message).alerts[1].flaps == 3


@pytest.mark.parametrize(
    ("style", "where"),
    [
        ("slack", lambda made: made["text"]),
        ("dingtalk", lambda made: (made["msgtype"] == "text") and made["text"]["content"]),
        ("wecom", lambda made: (made["msgtype"] == "text") and made["text"]["content"]),
        ("feishu", lambda made: (made["msg_type"] == "text") and made["content"]["text"]),
    ],
)
def test_a_chat_gets_a_text_where_it_wants_it(style, where):
    assert where(body(style, "dns1", ALERTS)).splitlines()[:2] == ["gtm on dns1", LINE]


def test_a_chat_gets_no_mark_up_of_somebody_elses():
    alert = Alert("pool_down", "pool:<!channel>", 'a & <at user_id="all">', 0.0)
    assert "pool:&lt;!channel&gt; is down: a &amp; &lt;at" in body("slack", "dns1", [alert])["text"]
    assert "<" not in body("feishu", "dns1", [alert])["content"]["text"]


@pytest.mark.parametrize(
    ("alert", "wanted"),
    [
        (Alert("pool_up", "pool:hk", "", 0.0), "pool:hk is up"),
        (Alert("probe_late", "check:web:80@192.0.2.1", "late", 0.0), "check:web:80@192.0.2.1: probe late: late"),
        (
            Alert("configuration_refused", "configuration", "Corefile.toml:3: …", 0.0),
            "configuration refused: Corefile.toml:3: …",
        ),
    ],
)
def test_nothing_is_said_twice_or_left_open(alert, wanted):
    assert text("dns1", [alert]) == f"gtm on dns1\n1970-01-01 00:00:00 UTC {wanted}"


def test_an_address_is_told_of_by_its_name_as_well():
    alert = Alert("address_down", "address:hk/192.0.2.1", "why", 0.0, name="hk-1")
    assert "UTC address:hk/192.0.2.1 (hk-1) is down: why" in text("dns1", [alert])
    assert body("json", "dns1", [alert])["alerts"][0]["name"] == "hk-1"


@given(
    st.lists(
        st.builds(Alert, st.just("pool_down"), st.text(max_size=50), st.text(max_size=1500), st.floats(0, 4e9)),
        min_size=1,
        max_size=30,
    )
)
def test_a_text_is_short_and_counts_what_it_leaves_out(alerts):
    found = text("dns1", alerts)
    assert len(found.encode()) <= 2040
    left = re.search(r"\nand (\d+) more\Z", found)
    if not left:
        assert all(alert.reason[:100] in found for alert in alerts)
    else:
        shown = found.count(" UTC pool:") + found.count(" UTC ")
        assert 1 <= len(alerts) - int(left[1]) <= shown


@pytest.mark.parametrize(
    ("style", "secret", "timestamp", "sign"),
    [
        ("dingtalk", "SECtest", "1750000000000", "5UoSm1fEteWal9+c6gtVnsJpkXwoI8xsOh9vAk4sQ+A="),
        ("feishu", "demo", "1750000000", "Q6P82acmfKMk0U0bsnGlwlzoF2W/r5njEQFW0Uw/qEI="),
    ],
)
def test_signatures_are_those_that_openssl_makes(style, secret, timestamp, sign):
    assert signed(style, secret, 1750000000.0) == {"timestamp": timestamp, "sign": sign}


@pytest.mark.parametrize(
    ("style", "octets", "reason"),
    [
        ("dingtalk", b'{"errcode":0,"errmsg":"ok"}', None),
        ("dingtalk", b'{"errcode":310000,"errmsg":"sign not match"}', "code 310000: sign not match"),
        ("wecom", b'{"errcode":93000,"errmsg":"invalid webhook url"}', "code 93000: invalid webhook url"),
        ("wecom", b'{"code":0}', "the answer has no code"),
        ("feishu", b'{"code":0,"msg":"success","data":{}}', None),
        ("feishu", b'{"StatusCode":0,"StatusMessage":"success"}', None),
        ("feishu", b'{"code":19021,"msg":"sign match fail"}', "code 19021: sign match fail"),
        ("feishu", b'{"StatusCode":9,"StatusMessage":"no"}', "code 9: no"),
        ("feishu", b"<html>", "the answer is no robot's"),
        ("dingtalk", b"\xff", "the answer is no robot's"),
        ("dingtalk", b"[" * 60000, "the answer is no robot's"),
        ("dingtalk", b"", "the answer is no robot's"),
    ],
)
def test_a_robot_took_a_message_only_if_its_code_says_so(style, octets, reason):
    assert refused(style, octets) == reason


def test_a_delivery_has_a_name_that_depends_on_its_alerts_alone():
    assert once(ALERTS) == once(tuple(ALERTS))
    assert once(ALERTS) != once(ALERTS[:1])
    assert re.fullmatch(r"[0-9a-f]{32}", once(ALERTS))


def test_every_style_has_a_body():
    for style in Style.__args__:
        assert json.loads(msgspec.json.encode(body(style, "dns1", ALERTS)))
