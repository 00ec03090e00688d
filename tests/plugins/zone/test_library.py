"""Files: which are read, and which ``$INCLUDE`` may not reach."""

import os

import pytest

from gtm import PluginFault, Records, Setup, name
from gtm_plugins.zone import ZoneOptions, ZonePlugin

APEX = "@ 300 SOA ns hostmaster 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\n"


@pytest.fixture
def zones(tmp_path):
    folder = tmp_path / "zones"
    (folder / "deep").mkdir(parents=True)
    return folder


def test_a_file_is_relative_to_the_folder_of_the_setup(load_file, zones):
    assert load_file(APEX).plugin.files() == (zones / "main.zone",)


def test_a_fault_names_the_file(load_file, zones):
    with pytest.raises(PluginFault) as caught:
        load_file(APEX + "\n\na A 192.0.2\n")
    assert (caught.value.file, caught.value.line) == (zones / "main.zone", 6)


@pytest.mark.parametrize("text", ["", "$TTL 5\n@ SOA ns hm 1 2 3 4 5\n"], ids=["empty", "without_ns"])
def test_a_fault_of_the_zone_as_a_whole_names_the_file(load_file, zones, text):
    with pytest.raises(PluginFault, match=r'"example\.com" has no (SOA|NS) record at its apex') as caught:
        load_file(text)
    assert caught.value.file == zones / "main.zone"


def test_a_warning_names_the_file_and_the_line(load_file, zones):
    zone = load_file(APEX + "a A 192.0.2.1\na A 192.0.2.1\n")
    assert zone.warnings[0].startswith(f"{zones / 'main.zone'}:5: a.example.com A: ")


@pytest.mark.parametrize("options", [ZoneOptions(), ZoneOptions(file="a", records="b")], ids=["neither", "both"])
def test_exactly_one_of_file_and_records_is_given(options):
    with pytest.raises(PluginFault, match=r"either file, .* or records"):
        ZonePlugin(options, Setup(zone=name.parse("example.com")))


@pytest.mark.parametrize("file", ["missing.zone", ".", ""], ids=["missing", "folder", "empty"])
def test_a_file_that_is_none_is_refused(tmp_path, file):
    with pytest.raises(PluginFault, match="is not a file"):
        ZonePlugin(ZoneOptions(file=file), Setup(zone=name.parse("example.com"), folder=tmp_path))


def test_a_file_that_is_not_utf8_is_refused_with_its_line(load_file):
    with pytest.raises(PluginFault, match="is not UTF-8") as caught:
        load_file(b"; fine\n; gr\xfc\xdfe\n")
    assert caught.value.line == 2


@pytest.fixture
def nobody():
    """Root may read everything: be somebody else meanwhile."""
    kept = os.geteuid()
    if not kept:
        os.seteuid(65534)
    yield
    os.seteuid(kept)


@pytest.mark.parametrize("closed", ["main.zone", "."], ids=["file", "folder"])
def test_a_file_that_may_not_be_read_is_refused_and_named(load_file, zones, request, closed):
    load_file(APEX)
    (zones / closed).chmod(0)
    request.getfixturevalue("nobody")
    setup = Setup(zone=name.parse("example.com"), folder=zones.parent)
    with pytest.raises(PluginFault, match=r'main\.zone" can not be read: Permission denied') as caught:
        ZonePlugin(ZoneOptions(file="zones/main.zone"), setup)
    assert caught.value.file == zones / "main.zone"


def test_include_is_off_unless_it_is_asked_for(load_file, zones):
    (zones / "more").write_text("a A 192.0.2.1\n")
    with pytest.raises(PluginFault, match="include = true") as caught:
        load_file(APEX + "$INCLUDE more\n")
    assert caught.value.line == 4


def test_an_included_file_is_read_in_place_and_named_by_files(load_file, zones):
    (zones / "more").write_text("a A 192.0.2.1\n")
    zone = load_file(APEX + '$INCLUDE "more" ; quoted\nb A 192.0.2.2\n', include=True)
    assert isinstance(zone.ask("a.example.com"), Records)
    assert isinstance(zone.ask("b.example.com"), Records)
    assert zone.plugin.files() == (zones / "main.zone", zones / "more")


def test_an_include_may_set_its_own_origin_and_leaves_that_of_the_includer(load_file, zones):
    (zones / "more").write_text("a A 192.0.2.1\n$ORIGIN x.example.com.\n$TTL 9\n@ A 192.0.2.3\n")
    zone = load_file(APEX + "$INCLUDE more sub\nb A 192.0.2.2\n", include=True)
    assert isinstance(zone.ask("a.sub.example.com"), Records)
    assert zone.ask("x.example.com").answer[0].ttl == 9
    assert zone.ask("b.example.com").answer[0].ttl == 300


def test_an_include_is_relative_to_the_file_that_includes(load_file, zones):
    (zones / "deep" / "one").write_text("$INCLUDE two\n$INCLUDE ../three\n")
    (zones / "deep" / "two").write_text("a A 192.0.2.1\n")
    (zones / "three").write_text("b A 192.0.2.1\n")
    zone = load_file(APEX + "$INCLUDE deep/one\n", include=True)
    assert isinstance(zone.ask("a.example.com"), Records)
    assert isinstance(zone.ask("b.example.com"), Records)


def test_a_fault_in_an_included_file_names_that_file(load_file, zones):
    (zones / "more").write_text("\na A x\n")
    with pytest.raises(PluginFault) as caught:
        load_file(APEX + "$INCLUDE more\n", include=True)
    assert (caught.value.file, caught.value.line) == (zones / "more", 2)


def test_an_included_file_that_is_not_utf8_is_named(load_file, zones):
    (zones / "more").write_bytes(b"a A 192.0.2.1\n; gr\xfc\xdfe\n")
    with pytest.raises(PluginFault, match="is not UTF-8") as caught:
        load_file(APEX + "$INCLUDE more\n", include=True)
    assert (caught.value.file, caught.value.line) == (zones / "more", 2)


@pytest.mark.parametrize("named", ["../outside", "deep/../../outside", "{outside}", "link", "deep/link"])
def test_an_include_never_leads_out_of_the_folder(load_file, zones, named):
    outside = zones.parent / "outside"
    outside.write_text("a A 192.0.2.1\n")
    (zones / "link").symlink_to(outside)
    (zones / "deep" / "link").symlink_to("../../outside")
    with pytest.raises(PluginFault, match="leads out of the folder") as caught:
        load_file(APEX + f"$INCLUDE {named.format(outside=outside)}\n", include=True)
    assert (caught.value.file, caught.value.line) == (zones / "main.zone", 4)


def test_a_link_within_the_folder_may_be_included(load_file, zones):
    (zones / "more").write_text("a A 192.0.2.1\n")
    (zones / "link").symlink_to("more")
    assert isinstance(load_file(APEX + "$INCLUDE link\n", include=True).ask("a.example.com"), Records)


def test_a_link_that_leads_to_itself_is_a_fault(load_file, zones):
    (zones / "link").symlink_to("link")
    with pytest.raises(PluginFault):
        load_file(APEX + "$INCLUDE link\n", include=True)


def test_a_file_never_includes_itself(load_file, zones):
    (zones / "more").write_text("$INCLUDE deep/../main.zone\n")
    with pytest.raises(PluginFault, match="would include itself") as caught:
        load_file(APEX + "$INCLUDE more\n", include=True)
    assert caught.value.file == zones / "more"


def test_a_missing_include_is_a_fault_of_the_line_that_names_it(load_file, zones):
    with pytest.raises(PluginFault, match="is not a file") as caught:
        load_file(APEX + "$INCLUDE missing\n", include=True)
    assert (caught.value.file, caught.value.line) == (zones / "main.zone", 4)


def test_inline_records_include_from_the_folder_of_the_setup(tmp_path):
    (tmp_path / "more").write_text("a A 192.0.2.1\n")
    options = ZoneOptions(records=APEX + "$INCLUDE more\n", include=True)
    plugin = ZonePlugin(options, Setup(zone=name.parse("example.com"), folder=tmp_path))
    assert plugin.files() == (tmp_path / "more",)
