"""Which line is best: the rules R-60 to R-66 by example, then everything against a plain reference."""

from ipaddress import IPv4Address, ip_network
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtm import Client, Known, Place, Setup
from gtm_plugins.lines import LinesOptions, LinesPlugin
from gtm_plugins.lines.catalogue import CATEGORIES
from gtm_plugins.lines.entry import Entry, parse
from gtm_plugins.lines.membership import Membership

CATALOGUE = Path(__file__).parents[3] / "geodata" / "lines.toml"
ENTRIES = {entry.code: entry for entry in parse(CATALOGUE.read_text(encoding="utf-8"), None)}
BELOW = {code: [entry for entry in ENTRIES.values() if entry.parent == code] for code in ENTRIES}
NAMED = {code.upper() for entry in ENTRIES.values() for code in entry.countries}
PLAIN = LinesPlugin(LinesOptions(), Setup())


def place(
    country: str | None = None,
    subdivision: str | None = None,
    asn: int | None = None,
    organization: str | None = None,
    continent: str | None = None,
) -> Place:
    return Place(
        country=Known(country, 10),
        subdivision=Known(subdivision, 12),
        asn=Known(asn, 14),
        organization=Known(organization, 16),
        continent=Known(continent, 9),
    )


def best(where: Place, *among: str, client: str = "198.51.100.7", plugin: LinesPlugin = PLAIN) -> Known[str | None]:
    return plugin.classify(Client.of(client), where).lines.best(among)


TELECOM_BEIJING = place("CN", "CN-BJ", 4134)
UNICOM_BEIJING = place("CN", "CN-BJ", 4808)
HONG_KONG = place("HK")
GERMANY = place("DE")
EXAMPLES = {
    "51 the carrier beats the region": (UNICOM_BEIJING, ("cn_region_beijing", "unicom", "default"), "unicom"),
    "52 the deeper carrier line": (TELECOM_BEIJING, ("telecom", "cn_telecom_beijing", "default"), "cn_telecom_beijing"),
    "52 the grand region lies between": (TELECOM_BEIJING, ("telecom", "cn_telecom_huabei"), "cn_telecom_huabei"),
    "53 Hong Kong is outside the mainland": (HONG_KONG, ("internal", "oversea", "default"), "oversea"),
    "53 Macao": (place("MO"), ("internal", "oversea"), "oversea"),
    "53 Taiwan": (place("TW"), ("internal", "oversea"), "oversea"),
    "54 the deeper region": (HONG_KONG, ("os_asia_hk", "oversea"), "os_asia_hk"),
    "54 the continent": (HONG_KONG, ("os_asia", "oversea"), "os_asia"),
    "56 an unknown client is on nothing": (place(), ("internal", "oversea", "telecom", "default"), None),
    "57 Germany is not China": (GERMANY, ("internal", "telecom"), None),
    "the mainland": (place("CN"), ("internal", "oversea"), "internal"),
    "province without carrier": (place("CN", "CN-SN"), ("cn_region_shannxi", "cn_region_shanxi"), "cn_region_shannxi"),
    "the neighbour of like name": (place("CN", "CN-SX"), ("cn_region_shannxi", "cn_region_shanxi"), "cn_region_shanxi"),
    "a carrier by name": (place(organization="China Mobile communications corp"), ("mobile", "unicom"), "mobile"),
    "a carrier by name in a province": (
        place("CN", "CN-GD", 999, "CHINANET Guangdong"),
        ("telecom", "cn_telecom_huanan"),
        "cn_telecom_huanan",
    ),
    "cnc is a word of its own": (place("US", None, 1, "Pecnco Industries"), ("unicom",), None),
    "a line without data": (place("CN", "CN-BJ"), ("wexchange", "cn_wexchange_beijing", "cnix"), None),
    "a search engine without data": (place("CN"), ("yahoo", "cn_search_yahoo", "search"), None),
    "the cloud beats the region": (place("CN", "CN-ZJ", 37963), ("cn_region_zhejiang", "aliyun"), "aliyun"),
    "the cloud outside": (place("HK", None, 45102), ("cn_aliyun", "os_aliyun"), "os_aliyun"),
    "Turkey is in Asia here": (place("TR", continent="AS"), ("os_euro", "os_asia_tr"), "os_asia_tr"),
    "Cyprus is in Asia, whatever the database says": (place("CY", continent="EU"), ("os_euro", "os_asia"), "os_asia"),
    "a country that no entry names": (place("XK", continent="EU"), ("os_euro_other", "os_euro"), "os_euro_other"),
    "a named country is no other": (place("DE", continent="EU"), ("os_euro_other",), None),
    "a US state": (place("US", "US-CA"), ("os_namerica_us", "os_namerica_us_california"), "os_namerica_us_california"),
    "a renamed Indian state": (place("IN", "IN-OR"), ("os_asia_in_orissa",), "os_asia_in_orissa"),
    "default is never given": (GERMANY, ("default",), None),
    "an unknown code is never given": (GERMANY, ("os_asia_zz", "oversea"), "oversea"),
}


@pytest.mark.parametrize(("where", "among", "code"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_the_best_line_is_chosen(where: Place, among: tuple[str, ...], code: str | None) -> None:
    assert best(where, *among).value == code
    assert best(where, *reversed(among)).value == code


@pytest.mark.parametrize(
    ("client", "where", "code"),
    [
        ("66.249.66.1", place("US", None, 15169), "os_search_google"),
        ("2001:4860:4801:10::1", place("US", None, 15169), "os_search_google"),
        ("8.8.8.8", place("US", None, 15169), "os_namerica_us"),
        ("157.55.39.7", place("US"), "os_search_biying"),
        ("198.51.100.7", place("CN", None, 38365), "cn_search_baidu"),
        ("66.249.66.1", place(), "google"),
    ],
)
def test_a_crawler_is_on_its_engines_line(client: str, where: Place, code: str) -> None:
    assert best(where, *PLAIN.lines(), client=client).value == code


@pytest.mark.parametrize(
    ("among", "prefix"),
    [
        (("internal",), 10),
        (("oversea", "internal"), 10),
        (("telecom",), 14),
        (("unicom",), 16),
        (("cn_telecom_beijing",), 14),
        (("telecom", "internal"), 14),
        (("unicom", "internal"), 16),
        (("cn_region_beijing",), 12),
        ((), 0),
        (("default", "wexchange"), 0),
    ],
)
def test_an_answer_rests_on_what_was_read_and_no_more(among: tuple[str, ...], prefix: int) -> None:
    where = Place(
        country=Known("CN", 10), subdivision=Known("CN-BJ", 12), asn=Known(4134, 14), organization=Known("", 16)
    )
    assert best(where, *among).prefix == prefix


def test_a_line_does_not_rest_on_its_neighbours() -> None:
    where = Place(country=Known("US", 10), asn=Known(15169, 30))
    assert best(where, "google", client="66.249.66.1") == Known(
        "google", 19
    )  # baidu's ASs stand beside it, below search


def office(**lines: list[str]) -> LinesPlugin:
    networks = {code: tuple(map(ip_network, texts)) for code, texts in lines.items()}
    return LinesPlugin(LinesOptions(), Setup(lines=networks))


def test_the_operators_line_comes_before_all_others() -> None:
    plugin = office(office=["198.51.100.0/24"])
    assert best(TELECOM_BEIJING, "telecom", "search", "office", plugin=plugin) == Known("office", 24)
    assert best(TELECOM_BEIJING, "telecom", plugin=plugin) == Known("telecom", 14)


def test_a_miss_in_the_operators_networks_counts() -> None:
    plugin = office(office=["198.51.100.128/25"])
    assert best(GERMANY, "office", "oversea", plugin=plugin) == Known("oversea", 25)
    assert best(GERMANY, "office", "oversea", plugin=plugin, client="198.51.0.0/16") == Known("oversea", 18)
    assert best(GERMANY, "office", "oversea", plugin=plugin, client="198.51.100.0/24") == Known("oversea", 25)


def test_of_two_of_the_operators_lines_the_longer_network_wins_then_the_code() -> None:
    plugin = office(b=["198.51.0.0/16"], a=["198.0.0.0/8"], c=["198.51.0.0/16"], d=["198.51.100.8/29"], e=[])
    assert best(GERMANY, "a", "b", "c", plugin=plugin) == Known("b", 16)
    assert best(GERMANY, "a", "c", plugin=plugin).value == "c"
    assert best(GERMANY, "a", "b", "c", "d", "e", plugin=plugin) == Known("b", 29)
    assert best(GERMANY, "d", plugin=plugin, client="198.51.100.9").value == "d"


def simulated(line: str, *among: str) -> Known[str | None]:
    client = Client(IPv4Address("66.249.66.1"), 32, line)
    return office(office=["66.249.64.0/19"]).classify(client, TELECOM_BEIJING).lines.best(among)


def test_a_simulated_client_is_on_its_line_and_those_above_and_on_no_other() -> None:
    assert simulated("os_asia_hk", "oversea", "os_asia", "telecom", "office", "default") == Known("os_asia", 0)
    assert simulated("os_asia_hk", "os_asia_hk", "oversea") == Known("os_asia_hk", 0)
    assert simulated("oversea", "os_asia_hk") == Known(None, 0)
    assert simulated("office", "office", "internal") == Known("office", 0)


@pytest.mark.parametrize("line", ["default", "no_such_line"])
def test_a_simulated_client_of_no_known_line_is_on_nothing(line: str) -> None:
    assert simulated(line, "default", "no_such_line", "telecom", "office") == Known(None, 0)


# the reference: the README's sentences, read out for one address

BITS = {"country": 4, "continent": 3, "subdivision": 6, "asn": 5, "organization": 7}
VALUES = {
    "country": [None, "CN", "HK", "DE", "US", "XK"],
    "continent": [None, "AS", "EU", "NA"],
    "subdivision": [None, "CN-BJ", "CN-SH", "US-CA", "DE-BE"],
    "asn": [None, 4134, 4808, 37963, 45102, 38365, 15169],
    "organization": [None, "CHINANET", "China Unicom", "Google LLC"],
}
WORLDS = st.fixed_dictionaries(
    {name: st.lists(st.sampled_from(values), min_size=5, max_size=5) for name, values in VALUES.items()}
)
CODES = [
    "internal",
    "cn_region_huabei",
    "cn_region_beijing",
    "cn_region_shanghai",
    "oversea",
    "os_asia",
    "os_asia_hk",
    "os_euro",
    "os_euro_de",
    "os_euro_other",
    "os_namerica_us",
    "os_namerica_us_california",
    "telecom",
    "cn_telecom_huabei",
    "cn_telecom_beijing",
    "unicom",
    "cn_unicom_beijing",
    "cn_unicom_huadong",
    "aliyun",
    "cn_aliyun",
    "os_aliyun",
    "search",
    "google",
    "os_search_google",
    "baidu",
    "cn_search_baidu",
    "wexchange",
    "cn_wexchange_beijing",
    "default",
    "no_such_line",
]
OWN = ("alpha", "beta", "gamma")
# crawlers live in 66.249.64.0/19 and 13.66.139.0/24; the operator's networks there, at the top, and deep down
NETWORKS = st.tuples(
    st.sampled_from(
        [0, 66 << 24 | 249 << 16 | 64 << 8, 66 << 24 | 249 << 16 | 100 << 8, 203 << 24 | 113 << 8, 2**32 - 1]
    ),
    st.sampled_from([0, 1, 4, 7, 16, 19, 20, 24, 25, 31, 32]),
).map(lambda t: ip_network(t, strict=False))


def value(world, name: str, address: IPv4Address):
    return world[name][(int(address) >> 32 - BITS[name]) * 7 % 5]


def fits(entry: Entry, world, address: IPv4Address) -> bool:
    if entry.union:
        return any(fits(below, world, address) for below in BELOW[entry.code])
    country, name = value(world, "country", address), (value(world, "organization", address) or "").lower()
    on_continent = value(world, "continent", address) in entry.unlisted_on
    words = {"telecom": ["chinanet"], "unicom": ["unicom"]}.get(entry.code, [])
    return (
        country in [code.upper() for code in entry.countries]
        or (bool(entry.outside) and country is not None and country not in entry.outside)
        or (on_continent and country is not None and country not in NAMED)
        or value(world, "subdivision", address) in entry.subdivisions
        or value(world, "asn", address) in entry.asns
        or any(word in name for word in words)
        or any(address in ip_network(text) for text in entry.networks)
    )


def path(code: str) -> list[Entry]:
    found = [ENTRIES[code]]
    while found[-1].parent:
        found.append(ENTRIES[found[-1].parent])
    return found


def reference(world, own, among, address: IPv4Address) -> str | None:
    ranked = []
    for code in among:
        if code in own:
            lengths = [network.prefixlen for network in own[code] if address in network]
            if lengths:
                ranked.append((0, 0, -max(lengths), code))
        elif code in ENTRIES and all(fits(entry, world, address) for entry in path(code)):
            ranked.append((CATEGORIES.index(ENTRIES[code].category), -len(path(code)), 0, code))
    return min(ranked)[-1] if ranked else None


@settings(max_examples=250)
@given(
    WORLDS,
    st.fixed_dictionaries({}, optional={code: st.lists(NETWORKS, max_size=3).map(tuple) for code in OWN}),
    st.sets(st.sampled_from([*CODES, *OWN]), min_size=1, max_size=5),
    NETWORKS,
    st.data(),
)
def test_the_best_line_is_the_references_and_holds_within_its_prefix(world, own, among, near, data) -> None:
    address = data.draw(st.sampled_from([near[0], near[-1]]) | st.ip_addresses(network=str(near)))
    where = Place(**{name: Known(value(world, name, address), bits) for name, bits in BITS.items()})
    known = Membership(PLAIN._catalogue.with_custom(own), address, where).best(frozenset(among))
    assert known.value == reference(world, own, among, address)
    within = ip_network((address, known.prefix), strict=False)
    flipped = [IPv4Address(int(address) ^ 1 << bit) for bit in range(32 - known.prefix)]
    starts = [network[0] for networks in own.values() for network in networks if network[0] in within]
    crawlers = [ip_network(text)[0] for entry in ENTRIES.values() for text in entry.networks if "." in text]
    for other in (within[-1], *flipped, *starts, *(one for one in crawlers if one in within)):
        assert reference(world, own, among, other) == known.value, (address, known, other)
