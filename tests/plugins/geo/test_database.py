"""Loading: what can't serve is refused with its file, and nothing that happens later reaches a lookup."""

import os
from ipaddress import ip_address
from pathlib import Path

import pytest

import gtm_geodata
from gtm import Client, Place, PluginFault, Setup
from gtm_geodata.build import rows
from gtm_plugins.geo import Geo, GeoOptions, database

GERMANY = {"country": {"iso_code": "DE"}}
CLIENT = Client.of("198.51.100.7")


def test_a_missing_file_is_refused(tmp_path) -> None:
    with pytest.raises(PluginFault, match="can't be read: No such file") as caught:
        database.load(tmp_path / "none.mmdb")
    assert caught.value.file == tmp_path / "none.mmdb"


@pytest.mark.parametrize(
    "content", [b"", b"x", b"\0" * 5000, b"\xab\xcd\xefMaxMind.com", b"\xab\xcd\xefMaxMind.com\xe0"]
)
def test_garbage_is_refused(tmp_path, content: bytes) -> None:
    path = tmp_path / "garbage.mmdb"
    path.write_bytes(content)
    with pytest.raises(PluginFault, match="not a MaxMind database") as caught:
        database.load(path)
    assert caught.value.file == path


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_refused(write, tmp_path, part: float) -> None:
    whole = write({"198.51.100.0/24": GERMANY}).read_bytes()
    path = tmp_path / "cut.mmdb"
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(PluginFault, match=r"not a MaxMind database|build date"):
        database.load(path)


def test_a_file_with_damage_inside_is_refused(write, tmp_path) -> None:
    whole = write({"198.51.100.0/24": GERMANY}).read_bytes()
    path = tmp_path / "damaged.mmdb"
    at = whole.index(b"country") - 1
    path.write_bytes(whole[:at] + b"\xff" * 9 + whole[at + 9 :])
    with pytest.raises(PluginFault, match=r"is damaged|neither country nor AS"):
        database.load(path)


@pytest.mark.parametrize(
    ("records", "metadata", "message"),
    [
        (
            {"198.51.100.0/24": {"anonymous": True}},
            {"database_type": "Anonymous"},
            'its type is "Anonymous", and it tells',
        ),
        ({}, {}, "it tells neither country nor AS"),
        ({"198.51.100.0/24": GERMANY, "8.0.0.0/8": {"asn": [1]}}, {}, '"asn" is of type list'),
        ({"198.51.100.0/24": ["DE"]}, {}, "not a map"),
        ({"198.51.100.0/24": GERMANY | {"x": [{7: "y"}]}}, {}, "a map in it has a key that is not a text"),
        (
            {"198.51.100.0/24": GERMANY},
            {"build_epoch": 1},
            "its build date, 1 s since 1970, is not within 2010 to 2099",
        ),
        ({"198.51.100.0/24": GERMANY}, {"binary_format_major_version": 3}, "version|not a MaxMind database"),
    ],
)
def test_a_database_that_cannot_serve_is_refused(write, records, metadata, message: str) -> None:
    with pytest.raises(PluginFault, match=message):
        database.load(write(records, **metadata))


def test_damage_anywhere_is_refused_or_harms_no_lookup(tmp_path) -> None:
    whole = (Path(gtm_geodata.__file__).parent / "demo.mmdb").read_bytes()
    addresses = [ip_address(row["network"].partition("/")[0]) for row in rows()]
    path = tmp_path / "damaged.mmdb"
    refused = 0
    for at in range(0, len(whole), 31):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x85]) + whole[at + 1 :])
        try:
            loaded = database.load(path)
        except PluginFault:
            refused += 1
            continue
        assert all(0 <= loaded.find(address)[1] <= address.max_prefixlen for address in addresses)
    assert refused


def test_a_file_truncated_after_loading_harms_no_lookup(write) -> None:
    path = write({f"198.51.{n}.0/24": GERMANY | {"city": {"names": {"en": f"c{n}" * 50}}} for n in range(256)})
    loaded = database.load(path)
    os.truncate(path, 0)
    assert loaded.find(ip_address("198.51.100.7"))[0].country == "DE"
    path.unlink()
    assert loaded.find(ip_address("198.51.255.7"))[0].country == "DE"


def test_no_descriptor_stays_open(write) -> None:
    path = write({"198.51.100.0/24": GERMANY})
    before = len(list(Path("/proc/self/fd").iterdir()))
    kept = [database.load(path) for _ in range(5)]
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert kept


def test_without_anonymous_files_the_reader_works_from_memory(write, monkeypatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    assert database.load(write({"198.51.100.0/24": GERMANY})).find(ip_address("198.51.100.7"))[0].country == "DE"


def test_a_missing_database_is_warned_of_and_nothing_is_known_from_it(write, tmp_path) -> None:
    """Catalogue 3.3, geo database missing: country unknown, not failure."""
    warned: list[str] = []
    path = write({"198.51.100.0/24": GERMANY})
    setup = Setup(folder=tmp_path, warn=warned.append)
    plugin = Geo(GeoOptions(databases=["none.mmdb", str(path)]), setup)
    assert warned == [
        f'database "{tmp_path / "none.mmdb"}" is missing, so nothing is known from it; it is read when it is there'
    ]
    assert plugin.classify(CLIENT, Place()).country.value == "DE"
    assert set(plugin.files()) == {tmp_path / "none.mmdb", path}
    assert plugin.data() == {tmp_path / "none.mmdb": None, path: 1700000000.0}
    assert Geo(GeoOptions(databases=["none.mmdb"]), setup).classify(CLIENT, Place()) is None


def test_where_a_configuration_runs_only_what_it_does_without_may_be_missing(tmp_path) -> None:
    """Else a file that is gone, or a path that is misspelt, would cost what is known."""
    path = tmp_path / "none.mmdb"
    with pytest.raises(PluginFault, match="is missing") as caught:
        Geo(GeoOptions(databases=["none.mmdb"]), Setup(folder=tmp_path, lacking=frozenset()))
    assert caught.value.file == path
    assert Geo(GeoOptions(databases=["none.mmdb"]), Setup(folder=tmp_path, lacking=frozenset([path]))).files() == (
        path,
    )


def test_one_that_is_there_and_can_not_be_read_is_refused(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    for name in (".", "file/places.mmdb"):
        with pytest.raises(PluginFault, match="can't be read"):
            Geo(GeoOptions(databases=[name]), Setup(folder=tmp_path))


@pytest.mark.parametrize(
    ("kinds", "tells", "lacking"),
    [
        pytest.param(["City"], ("country",), "", id="as it should be"),
        pytest.param(["ASN"], ("country",), "country", id="wrong type: ASN instead of City"),
        pytest.param(["ASN"], ("asn",), "", id="an ASN one where that is meant"),
        pytest.param(["City", "ASN"], ("country", "asn"), "", id="together they tell both"),
        pytest.param(["ASN", "ASN"], ("country", "asn"), "country", id="one of two is the wrong one"),
        pytest.param(["City"], (), "", id="nothing is asked for"),
    ],
)
def test_databases_must_tell_what_is_asked_of_them(write, kinds, tells, lacking) -> None:
    """Catalogue 3.3, geo database replaced while running: the wrong type is refused."""
    records = {"City": GERMANY, "ASN": {"autonomous_system_number": 64496}}
    paths = [
        str(write({"198.51.100.0/24": records[kind]}, name=f"{place}.mmdb", database_type=f"Test-{kind}"))
        for place, kind in enumerate(kinds)
    ]
    options = GeoOptions(databases=paths, tells=tells)
    if not lacking:
        assert Geo(options, Setup()).data()
        return
    with pytest.raises(PluginFault, match=f"no database tells {lacking} .*the types are .*Test-ASN"):
        Geo(options, Setup())


def test_our_own_demo_data_never_grow_old() -> None:
    folder = Path(gtm_geodata.__file__).parent
    assert Geo(GeoOptions(databases=["demo.mmdb"]), Setup(folder=folder)).data() == {}


def test_chains_share_one_copy(write) -> None:
    path = write({"198.51.100.0/24": GERMANY})
    setup = Setup(folder=path.parent)
    one, other = (Geo(GeoOptions(databases=[path.name]), setup) for _ in range(2))
    assert one._databases[0] is other._databases[0]


def test_paths_are_relative_to_the_folder_of_the_configuration(write) -> None:
    path = write({"198.51.100.0/24": GERMANY})
    plugin = Geo(GeoOptions(databases=[path.name]), Setup(folder=path.parent))
    assert list(plugin.files()) == [path]
    assert plugin.classify(CLIENT, Place()).country.value == "DE"


def test_without_a_database_nothing_is_said() -> None:
    assert Geo(GeoOptions(databases=[]), Setup()).classify(CLIENT, Place()) is None


def test_a_network_is_looked_up_by_its_first_address(write) -> None:
    path = write({"198.51.100.0/25": GERMANY})
    known = Geo(GeoOptions(databases=[str(path)]), Setup()).classify(Client.of("198.51.100.0/24"), Place()).country
    assert (known.value, known.prefix) == ("DE", 25)
