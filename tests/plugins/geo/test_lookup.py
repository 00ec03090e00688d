"""Merging databases, and the law of prefixes against a plain reference."""

from dataclasses import fields
from ipaddress import ip_address, ip_network
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maxminddb import MODE_MEMORY, MODE_MMAP_EXT, open_database
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from gtm import Known, Place
from gtm_plugins.geo.database import Database, load
from gtm_plugins.geo.lookup import locate
from gtm_plugins.geo.record import read
from gtm_plugins.geo.reserved import public

ATTRIBUTES = ("continent", "country", "subdivision", "city", "asn", "organization")
GERMANY = {"continent": {"code": "EU"}, "country": {"iso_code": "DE"}}
BERLIN = {**GERMANY, "subdivisions": [{"iso_code": "BE"}], "city": {"names": {"en": "Berlin"}}}


def place_of(text: str, *paths: Path, place: Place | None = None) -> Place:
    return locate([load(path) for path in paths], ip_address(text), place or Place())


def test_every_attribute_rests_on_the_records_prefix(write) -> None:
    place = place_of("198.51.100.7", write({"198.51.100.0/24": BERLIN}))
    assert place.country == Known("DE", 24)
    assert place.subdivision == Known("DE-BE", 24)
    assert place.city == Known("Berlin", 24)
    assert place.continent == Known("EU", 24)
    assert place.asn == Known(None, 24)


def test_a_miss_rests_on_the_gap_that_it_fell_into(write) -> None:
    assert place_of("198.51.101.7", write({"198.51.100.0/24": GERMANY})).country == Known(None, 24)
    assert place_of("198.128.0.1", write({"198.51.100.0/24": GERMANY})).country.prefix == 9


def test_later_databases_fill_what_is_open_and_rest_on_the_earlier_miss_too(write) -> None:
    first = write({"198.51.100.0/24": {"country": {"iso_code": "DE"}}}, name="first.mmdb")
    second = write({"198.51.0.0/16": {"country": {"iso_code": "FR"}, "autonomous_system_number": 64496}}, name="b.mmdb")
    place = place_of("198.51.100.7", first, second)
    assert place.country == Known("DE", 24)
    assert place.asn == Known(64496, 24)
    assert place_of("198.51.101.7", first, second).country == Known("FR", 24)
    assert place_of("198.51.100.7", second, first).country == Known("FR", 16)


def test_a_city_of_another_country_is_not_taken(write) -> None:
    first = write({"198.51.100.0/24": {"country": {"iso_code": "FR"}}}, name="first.mmdb")
    second = write({"198.51.100.0/24": BERLIN}, name="second.mmdb")
    place = place_of("198.51.100.7", first, second)
    assert (place.country.value, place.subdivision.value, place.city.value) == ("FR", None, None)


def test_what_an_earlier_plugin_found_stays(write) -> None:
    before = Place(country=Known("DE", 28), asn=Known(None, 30))
    place = place_of("198.51.100.7", write({"198.51.100.0/24": {"autonomous_system_number": 64496}}), place=before)
    assert place.country == Known("DE", 28)
    assert place.asn == Known(64496, 30)
    assert place.city == Known(None, 28)


@pytest.mark.parametrize("ip_version", [4, 6])
def test_prefixes_of_ipv4_count_the_bits_of_ipv4(write, ip_version: int) -> None:
    place = place_of("198.51.100.7", write({"198.51.0.0/16": GERMANY}, ip_version))
    assert place.country == Known("DE", 16)


def test_a_record_above_all_of_ipv4_rests_on_what_is_never_looked_up(write) -> None:
    high = Database(open_database(write({"::/64": GERMANY}), MODE_MEMORY))
    assert locate([high], ip_address("8.8.8.8"), Place()).country == Known("DE", 7)
    assert place_of("8.8.8.8", write({"0.0.0.0/1": GERMANY}, 4)).country == Known("DE", 7)


def test_an_ipv4_database_knows_nothing_of_any_ipv6_address(write) -> None:
    assert place_of("2a00::1", write({"198.51.100.0/24": GERMANY}, 4)).country == Known(None, 5)  # 2001::/23 is apart


def test_a_private_address_is_not_looked_up(write) -> None:
    place = place_of("10.1.2.3", write({"10.0.0.0/8": GERMANY, "198.51.100.0/24": GERMANY}))
    assert {getattr(place, name) for name in ATTRIBUTES} == {Known(None, 8)}


@pytest.mark.parametrize("mode", [MODE_MEMORY, MODE_MMAP_EXT])
def test_a_record_that_cannot_be_read_is_a_miss_for_one_address(write, mode: int) -> None:
    path = write({"198.51.100.0/24": {"country": {"iso_code": 49}}, "203.0.113.0/24": GERMANY})
    database = Database(open_database(path, mode))
    assert locate([database], ip_address("198.51.100.7"), Place()).country == Known(None, 32)


CODES = st.sampled_from(["CN", "DE", "HK"])
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "continent": st.sampled_from(["AS", "EU"]).map(lambda code: {"code": code}),
        "country": CODES.map(lambda code: {"iso_code": code}),
        "subdivisions": st.sampled_from(["BJ", "SH"]).map(lambda code: [{"iso_code": code}]),
        "city": st.sampled_from(["Beijing", "Berlin"]).map(lambda name: {"names": {"en": name}}),
        "autonomous_system_number": st.integers(1, 3),
        "autonomous_system_organization": st.sampled_from(["CHINANET", "Telekom"]),
    },
)
# few leading bits, so that networks nest and meet; 8 to 15 holds 10.0.0.0/8
V4 = st.tuples(st.integers(0, 2**12 - 1), st.integers(1, 12)).map(
    lambda t: ip_network((t[0] << 20, t[1]), strict=False)
)
V6 = st.tuples(st.integers(0x2000, 0x200F), st.integers(3, 20)).map(
    lambda t: ip_network((t[0] << 112 | 1 << 110, t[1]), strict=False)
)
TABLES = st.dictionaries(V4 | V6, RECORDS, min_size=1, max_size=12)


def opened(table, mode: int) -> Database:
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True)
    for network in sorted(table, key=lambda network: network.prefixlen):
        writer.insert_network(IPSet([str(network)]), table[network])
    with TemporaryDirectory() as folder:
        writer.to_db_file(f"{folder}/x.mmdb")
        return Database(open_database(f"{folder}/x.mmdb", mode))


def reference(tables, address) -> dict[str, object]:
    """The merge as a reader of the README would do it by hand."""
    place: dict[str, object] = dict.fromkeys(ATTRIBUTES)
    for table in tables if public(address).value else ():
        holding = [network for network in table if network.version == address.version and address in network]
        if not holding:
            continue
        found = read(table[max(holding, key=lambda network: network.prefixlen)])
        contradicts = None not in (place["country"], found.country) and place["country"] != found.country
        for name in ATTRIBUTES:
            if place[name] is None and not (contradicts and name in ("continent", "subdivision", "city")):
                place[name] = getattr(found, name)
    return place


def neighbours(address, prefix: int):
    """Addresses within the prefix: one for each bit that is left free, and both ends."""
    bits = address.max_prefixlen
    network = ip_network((address, prefix), strict=False)
    yield from (network[0], network[-1])
    yield from (type(address)(int(address) ^ 1 << bit) for bit in range(bits - prefix))


@settings(max_examples=150, deadline=None)
@given(st.lists(TABLES, min_size=1, max_size=3), st.data())
def test_values_are_those_of_the_reference_and_hold_within_their_prefix(tables, data) -> None:
    address = data.draw(st.ip_addresses(network=str(data.draw(st.sampled_from([n for t in tables for n in t])))))
    mode = data.draw(st.sampled_from([MODE_MEMORY, MODE_MMAP_EXT]))
    place = locate([opened(table, mode) for table in tables], address, Place())
    known = {name: getattr(place, name) for name in ATTRIBUTES}
    assert {name: one.value for name, one in known.items()} == reference(tables, address)
    inner = [network[0] for table in tables for network in table if network.version == address.version]
    for name, one in known.items():
        within = ip_network((address, one.prefix), strict=False)
        for other in (*neighbours(address, one.prefix), *(start for start in inner if start in within)):
            assert reference(tables, other)[name] == one.value, (name, address, one.prefix, other)


def test_every_attribute_of_a_place_is_covered_here() -> None:
    assert {field.name for field in fields(Place)} == {*ATTRIBUTES, "lines"}
