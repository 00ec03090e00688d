"""The demo database is what its table says, and its clients are on the lines that examples count on."""

from ipaddress import ip_network
from pathlib import Path

import pytest
from maxminddb import open_database

import gtm_geodata
from gtm import Client, Place, Setup
from gtm_geodata import build
from gtm_plugins.geo import Geo, GeoOptions
from gtm_plugins.lines import LinesOptions, LinesPlugin

FOLDER = Path(gtm_geodata.__file__).parent
ROWS = list(build.rows())


def test_the_database_is_built_of_its_table(tmp_path) -> None:
    build.build(target=tmp_path / "again.mmdb")
    with open_database(tmp_path / "again.mmdb") as again, open_database(FOLDER / "demo.mmdb") as shipped:
        assert dict(again) == dict(shipped)
        assert again.metadata().build_epoch == shipped.metadata().build_epoch


def test_the_same_table_gives_the_same_octets(tmp_path) -> None:
    for name in ("one", "two"):
        build.build(target=tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_subdivision_of_another_country_is_refused(tmp_path) -> None:
    table = tmp_path / "demo.csv"
    table.write_text(
        "network,continent,country,subdivision,city,asn,organization,basis\n8.8.8.0/24,NA,US,CN-BJ,,1,x,demo\n"
    )
    with pytest.raises(ValueError, match='subdivision "CN-BJ" is not in country "US"'):
        build.build(table, tmp_path / "demo.mmdb")


@pytest.mark.parametrize("row", ROWS, ids=[row["network"] for row in ROWS])
def test_every_row_says_what_it_rests_on(row: dict[str, str]) -> None:
    assert row["basis"].partition(":")[0] in ("real", "demo", "documentation")
    documented = any(row["network"].startswith(text) for text in ("198.51.100.", "203.0.113.", "2001:db8:"))
    assert (row["basis"] == "documentation") == documented


@pytest.mark.parametrize("row", ROWS, ids=[row["network"] for row in ROWS])
def test_every_row_is_found_by_the_plugin(row: dict[str, str]) -> None:
    place = located(str(ip_network(row["network"])[1]))
    assert (place.country.value, place.continent.value) == (row["country"], row["continent"])
    assert (place.subdivision.value or "", place.city.value or "") == (row["subdivision"], row["city"])
    assert (place.asn.value, place.organization.value) == (int(row["asn"]), row["organization"])


def located(text: str) -> Place:
    setup = Setup(folder=FOLDER)
    client = Client.of(text)
    place = Geo(GeoOptions(databases=["demo.mmdb"]), setup).classify(client, Place()) or Place()
    return LinesPlugin(LinesOptions(), setup).classify(client, place)


REGIONS = ("internal", "oversea")
CLIENTS = {
    "223.5.5.5": ("cn_region_zhejiang", "internal", "cn_aliyun"),
    "223.6.0.99": ("os_asia_hk", "oversea", "os_aliyun"),
    "223.7.0.1": ("os_asia_sg", "oversea", "os_aliyun"),
    "219.141.136.10": ("cn_region_beijing", "internal", "cn_telecom_beijing"),
    "202.106.0.20": ("cn_region_beijing", "internal", "cn_unicom_beijing"),
    "210.22.70.3": ("cn_region_shanghai", "internal", "cn_unicom_shanghai"),
    "221.130.33.60": ("cn_region_beijing", "internal", "cn_mobile_beijing"),
    "101.6.6.6": ("cn_region_beijing", "internal", "cn_edu_beijing"),
    "194.25.0.60": ("os_euro_de", "oversea", "os_euro_de"),
    "8.8.8.8": ("os_namerica_us", "oversea", "os_namerica_us"),
    "66.249.66.1": ("os_namerica_us", "oversea", "os_search_google"),
    "198.51.100.1": ("os_euro_de", "oversea", "os_euro_de"),
    "203.0.113.1": ("cn_region_beijing", "internal", "cn_telecom_beijing"),
    "2001:db8:de::1": ("os_euro_de", "oversea", "os_euro_de"),
    "2001:db8:c0::1": ("cn_region_beijing", "internal", "cn_telecom_beijing"),
    "2001:db8:86::1": ("os_asia_hk", "oversea", "os_asia_hk"),
    "2001:db8:ca::1": ("os_namerica_us_california", "oversea", "os_namerica_us_california"),
    "192.0.2.1": (None, None, None),
    "10.0.0.1": (None, None, None),
    "2001:db8::1": (None, None, None),
}


@pytest.mark.parametrize(("client", "lines"), CLIENTS.items(), ids=CLIENTS)
def test_clients_of_the_demo_are_on_these_lines(client: str, lines: tuple[str | None, ...]) -> None:
    found = located(client).lines
    every = LinesPlugin(LinesOptions(), Setup()).lines()
    region = [
        code
        for code in every
        if code.startswith(("os_", "cn_region_")) and "aliyun" not in code and "search" not in code
    ]
    assert tuple(found.best(among).value for among in (region, REGIONS, every)) == lines


def test_the_scope_of_a_telecom_client_is_its_network() -> None:
    assert located("203.0.113.0/24").lines.best(["telecom", "default"]).prefix == 24
