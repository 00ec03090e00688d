"""A catalogue that contradicts itself is refused, and so is an operator's line that it knows already."""

from ipaddress import ip_network

import pytest

from gtm import Client, Known, Place, PluginFault, Setup
from gtm_plugins.lines import LinesOptions, LinesPlugin

TEMPLATE = "[[template]]\neach = ['p']\ncode = 'x_{}'\nname = ''\ncategory = 'isp'\n"
ASIA = '[[line]]\ncode = "asia"\nname = "Asia"\ncategory = "region"\ncountries = ["HK"]\n'


def entry(code: str, **keys: object) -> str:
    told = {"name": code, "category": "region", **keys}
    lines = [f"{key} = {str(one).lower() if isinstance(one, bool) else repr(one)}" for key, one in told.items()]
    return "\n".join(["[[line]]", f'code = "{code}"', *lines, ""])


def loaded(tmp_path, text: str, **lines) -> LinesPlugin:
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    return LinesPlugin(LinesOptions(catalogue="own.toml"), Setup(folder=tmp_path, lines=lines))


FAULTS = {
    "not TOML": ("[[line]]\ncode = = 1\n", "the catalogue is not TOML", 2),
    "an unknown key": (ASIA + "countrys = ['DE']\n", "unknown field `countrys`", None),
    "a missing key": ("[[line]]\ncode = 'x'\n", "missing required field `name`", None),
    "a wrong category": (entry("x", category="continent"), "Invalid enum value 'continent'", None),
    "a code that stands twice": (ASIA + entry("asia"), 'line "asia" stands twice: as Asia and as asia', None),
    "a code with capitals": (entry("Asia"), 'line "Asia": a code has lower-case letters', None),
    "default": (entry("default"), 'line "default" is everybody who is on no other line', None),
    "an unknown parent": (
        ASIA + entry("x", parent="assia"),
        'parent "assia" is not in the catalogue; did you mean "asia"',
        None,
    ),
    "a parent of another category": (
        ASIA + entry("x", parent="asia", category="isp"),
        'of category "isp" below "asia"',
        None,
    ),
    "a loop": (entry("x", parent="y") + entry("y", parent="x"), "each other's parents: x > y > x", None),
    "its own parent": (entry("x", parent="x"), "each other's parents: x > x", None),
    "no country": (entry("x", countries=["Germany"]), 'countries has "Germany", which is no code such as CN', None),
    "no subdivision": (entry("x", subdivisions=["BJ"]), 'subdivisions has "BJ", which is no code such as CN-BJ', None),
    "no AS": (entry("x", asns=[0]), '"0" is no AS number; these are 1 to 4294967295', None),
    "no network": (
        entry("x", networks=["10.0.0.1/8"]),
        "has host bits set; write a network such as 192.0.2.0/24",
        None,
    ),
    "no pattern": (entry("x", organizations=["("]), '"(" is no regular expression', None),
    "a union that says something": (entry("x", union=True, asns=[1]), 'line "x" is a union', None),
    "unknown rows": (TEMPLATE.format("x"), 'there are no rows "p"', None),
    "an unknown column": (
        TEMPLATE.format("{p.y}") + "[rows.p]\ncolumns = ['key']\nvalues = [['a']]\n",
        '"{p.y}" is no column of its rows',
        None,
    ),
    "a short row": (
        TEMPLATE.format("{p}") + "[rows.p]\ncolumns = ['key', 'name']\nvalues = [['a']]\n",
        "has 1 values for 2 columns",
        None,
    ),
}


@pytest.mark.parametrize(("text", "message", "line"), FAULTS.values(), ids=FAULTS.keys())
def test_a_faulty_catalogue_is_refused(tmp_path, text: str, message: str, line: int | None) -> None:
    with pytest.raises(PluginFault) as caught:
        loaded(tmp_path, text)
    assert message in str(caught.value)
    assert (caught.value.file, caught.value.line) == (tmp_path / "own.toml", line)


def test_a_missing_catalogue_is_refused(tmp_path) -> None:
    with pytest.raises(PluginFault, match="can't be read"):
        LinesPlugin(LinesOptions(catalogue="none.toml"), Setup(folder=tmp_path))


def test_an_own_catalogue_replaces_the_shipped_one(tmp_path) -> None:
    plugin = loaded(tmp_path, ASIA, office=(ip_network("10.0.0.0/8"),))
    assert plugin.lines() == {"asia", "office", "default"}
    assert list(plugin.files()) == [tmp_path / "own.toml"]
    place = plugin.classify(Client.of("198.51.100.7"), Place(country=Known("HK", 8)))
    assert place.lines.best(["asia", "telecom"]) == Known("asia", 8)


def test_the_shipped_catalogue_is_no_file_of_the_operators() -> None:
    assert list(LinesPlugin(LinesOptions(), Setup()).files()) == []


def test_custom_lines_of_a_catalogue_may_nest(tmp_path) -> None:
    text = entry("site", category="custom", networks=["10.0.0.0/8"])
    text += entry("lab", category="custom", parent="site", networks=["10.1.0.0/16", "192.168.0.0/16"])
    best = loaded(tmp_path, text).classify(Client.of("10.1.0.1"), Place()).lines.best
    assert best(["site", "lab"]) == Known("lab", 16)
    assert best(["site"]) == Known("site", 8)
    outside = loaded(tmp_path, text).classify(Client.of("192.168.0.1"), Place()).lines.best
    assert outside(["site", "lab"]).value is None  # not on the line above, so not on this one


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "telecom",
            r'line "telecom" is in the catalogue \(China Telecom\); give your own another code, such as "my_telecom"',
        ),
        ("default", 'line "default" is everybody who is on no other line; give your own another code'),
    ],
)
def test_a_code_that_is_taken_is_refused(code: str, message: str) -> None:
    with pytest.raises(PluginFault, match=message):
        LinesPlugin(LinesOptions(), Setup(lines={code: (ip_network("10.0.0.0/8"),)}))


def lines_of(plugin: LinesPlugin, **known: Known):
    return plugin.classify(Client.of("198.51.100.7"), Place(**known)).lines


def test_an_entry_holds_whoever_fits_any_of_its_keys_and_rests_on_those_that_were_read(tmp_path) -> None:
    plugin = loaded(tmp_path, entry("x", asns=[1], networks=["198.51.100.0/24"]))
    assert lines_of(plugin, asn=Known(1, 10)).best(["x"]) == Known("x", 10)
    assert lines_of(plugin, asn=Known(2, 10)).best(["x"]) == Known("x", 24)
    assert lines_of(plugin, asn=Known(2, 30)).best(["x"]) == Known("x", 30)


def test_a_union_of_all_but_one_and_all_but_another_is_all(tmp_path) -> None:
    text = entry("any", union=True) + entry("a", parent="any", outside=["CN", "HK"])
    plugin = loaded(tmp_path, text + entry("b", parent="any", outside=["CN", "DE"]))
    assert lines_of(plugin, country=Known("HK", 8)).best(["any"]) == Known("any", 8)
    assert lines_of(plugin, country=Known("CN", 8)).best(["any"]) == Known(None, 8)


def test_an_unlisted_country_rests_on_country_and_continent(tmp_path) -> None:
    plugin = loaded(tmp_path, ASIA + entry("rest", unlisted_on=["EU"]))
    assert lines_of(plugin, country=Known("XK", 10), continent=Known("EU", 9)).best(["rest"]) == Known("rest", 10)
    assert lines_of(plugin, country=Known("XK", 10), continent=Known("EU", 12)).best(["rest"]) == Known("rest", 12)
    assert lines_of(plugin, country=Known("HK", 10), continent=Known("EU", 12)).best(["rest"]) == Known(None, 10)


def test_a_union_of_unions_holds_whom_they_hold(tmp_path) -> None:
    text = (
        entry("top", union=True) + entry("middle", union=True, parent="top") + entry("low", parent="middle", asns=[1])
    )
    lines = lines_of(loaded(tmp_path, text), asn=Known(1, 10))
    assert [lines.best([code]).value for code in ("top", "middle", "low")] == ["top", "middle", "low"]


def test_a_union_of_nothing_holds_nobody(tmp_path) -> None:
    assert lines_of(loaded(tmp_path, entry("top", union=True))).best(["top"]) == Known(None, 0)
