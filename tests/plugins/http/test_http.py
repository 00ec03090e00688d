"""http and https: what is checked when they are loaded."""

import msgspec
import pytest

from gtm import PluginFault, Setup
from gtm_plugins.http import Http, Https
from gtm_plugins.http.statuses import below, listed
from tests.plugins.policies import made


@pytest.mark.parametrize(
    ("statuses", "passing", "failing"),
    [
        (below(500, strict=False), (200, 301, 404, 499), (500, 503, 599)),
        (below(500, strict=True), (200, 404, 500), (501, 503)),
        (below(400, strict=False), (200, 399), (400, 404)),
        (listed(["200-299", "401"]), (200, 204, 299, 401), (199, 300, 400, 402, 500)),
        (listed([503, 204]), (204, 503), (200, 500)),
    ],
    ids=["code", "strict", "400", "ranges", "numbers"],
)
def test_statuses_pass_or_fail(statuses, passing, failing):
    assert [status for status in passing if status not in statuses] == []
    assert [status for status in failing if status in statuses] == []


FAULTS = [
    (Http, {"path": "health"}, 'path "health" is none'),
    (Http, {"path": "/a b"}, "no spaces"),
    (Http, {"path": "/a#b"}, "#"),
    (Http, {"path": "/a\r\nX: y"}, "path"),
    (Http, {"host": "www.example.com\r\nX: y"}, "is no host"),
    (Http, {"host": "bücher.example"}, "xn--"),
    (Http, {"host": ""}, "is no host"),
    (Http, {"host": "::1"}, "is no host"),
    (Http, {"headers": {"Host": "x"}}, 'use the option "host"'),
    (Http, {"headers": {"content-LENGTH": "9"}}, "set by the probe itself"),
    (Http, {"headers": {"a b": "x"}}, 'headers: "a b" is no name'),
    (Http, {"headers": {"X": "a\r\nY: b"}}, 'the value of "X"'),
    (Http, {"headers": {"X": "ü"}}, 'the value of "X"'),
    (Http, {"headers": {"X": " a"}}, 'the value of "X"'),
    (Http, {"status": ()}, "status is empty"),
    (Http, {"status": ("2xx",)}, 'status "2xx" is neither'),
    (Http, {"status": (99,)}, 'status "99"'),
    (Http, {"status": ("300-200",)}, 'status "300-200"'),
    (Http, {"status": (200,), "strict": True}, "contradict"),
    (Http, {"status": (200,), "code": 400}, "contradict"),
    (Http, {"body": "ok", "body_regex": "ok"}, "two ways"),
    (Http, {"body": "ok", "method": "HEAD"}, "brings no body"),
    (Https, {"ca_file": "ca.pem"}, "set verify = true"),
    (Https, {"verify": True, "sni": False}, "verify needs sni"),
]


@pytest.mark.parametrize(
    ("plugin", "options", "wanted"), FAULTS, ids=[f"{list(case[1])}: {case[2]}" for case in FAULTS]
)
def test_an_option_that_can_not_be_met_is_refused(plugin, options, wanted):
    with pytest.raises(PluginFault, match=wanted):
        made(plugin, **options)


def test_a_secret_in_a_header_is_never_shown():
    with pytest.raises(PluginFault) as fault:
        made(Http, headers={"Authorization": "Bearer abc\n"})
    assert "abc" not in str(fault.value)


@pytest.mark.parametrize(
    "options",
    [
        {"code": 99},
        {"code": 600},
        {"method": "get"},
        {"body": ""},
        {"body_limit": 0},
        {"verify": True},
        {"body_limit": 2**21},
    ],
    ids=str,
)
def test_values_out_of_range_and_keys_of_https_are_unknown_to_http(options):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(options, Http.Options)


@pytest.mark.parametrize(("text", "wanted"), [(None, "can't be read"), ("nothing", "holds no certificate")])
def test_a_file_of_authorities_must_hold_some(text, wanted, tmp_path):
    if text is not None:
        (tmp_path / "ca.pem").write_text(text)
    with pytest.raises(PluginFault, match=wanted):
        Https(Https.Options(verify=True, ca_file="ca.pem"), Setup(folder=tmp_path))


def test_templates_of_a_configuration_share_what_tls_costs():
    setup = Setup()
    first, second = Https(Https.Options(), setup), Https(Https.Options(warn_days=3), setup)
    assert first._plan.trust.context is second._plan.trust.context
