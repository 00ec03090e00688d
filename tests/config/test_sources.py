"""Files that can't be read, texts that are no TOML, and what is included."""

import pytest

from gtm.config.fault import Faults
from gtm.config.load import load

HEAD = '[server]\nplugin_dir = "plugins"\ninclude = [{}]\n'


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"a = 1\nb = \n", "Corefile.toml:2: is not TOML: invalid value"),
        (b"a = [1, 2", "Corefile.toml:1: is not TOML: unclosed array"),
        (b"a = 1\na = 2\n", "Corefile.toml:2: is not TOML: this key is set above already"),
        (b"\n\n[pools\n", "Corefile.toml:3: is not TOML: expected ']' at the end of a table declaration"),
        (b"a = 1\nb = '\xff'\n", "Corefile.toml:2: octet 0xff is not UTF-8, which TOML is written in"),
        (b"a = " + b"[" * 5000, "Corefile.toml: arrays or tables are nested too deeply"),
        (b"a = " + b"9" * 5000, "Corefile.toml: is not TOML: exceeds the limit (4300 digits)"),
    ],
    ids=["value", "open array", "key twice", "header", "encoding", "nesting", "digits"],
)
def test_a_text_that_is_no_toml_is_told_with_its_line(folder, octets, expected):
    (folder.path / "Corefile.toml").write_bytes(octets)
    with pytest.raises(Faults) as caught:
        load(folder.path / "Corefile.toml")
    (fault,) = caught.value.faults
    assert folder.shown(fault).startswith(expected)


def test_a_corefile_that_is_missing_is_told(folder):
    with pytest.raises(Faults) as caught:
        load(folder.path / "Corefile.toml")
    assert folder.shown(caught.value) == "Corefile.toml: can't be read: no such file or directory"


def test_a_folder_is_no_corefile(folder):
    with pytest.raises(Faults, match="can't be read: is a directory"):
        load(folder.path)


def test_an_empty_file_serves_nothing(folder):
    loaded = folder.load("", alone=True)
    assert not loaded.service.chains
    assert loaded.warnings == ()


def test_included_files_are_merged_and_watched(folder):
    folder.write("more/a.toml", '[pools.a]\naddresses = ["192.0.2.8"]\n')
    folder.write("more/b.toml", '[[domain]]\nname = "www.example.com"\ntype = "A"\npools = ["a", "good"]\n')
    folder.write("more/c.txt", "not toml")
    loaded = folder.load(HEAD.format('"more/*.toml"'))
    assert {"a", "good"} <= loaded.pools.keys()
    assert len(loaded.service.domains) == 1
    names = {str(file.relative_to(folder.path)) for file in loaded.files}
    assert names == {"Corefile.toml", "more/a.toml", "more/b.toml", "plugins/every.py"}


def test_a_file_is_included_once_and_the_corefile_not_into_itself(folder):
    folder.write("more.toml", '[pools.a]\naddresses = ["192.0.2.8"]\n')
    loaded = folder.load(HEAD.format('"*.toml", "more.toml", "./more.toml"'))
    assert "a" in loaded.pools


def test_a_pattern_may_match_nothing(folder):
    assert folder.load(HEAD.format('"none/*.toml"')).service.chains


def test_a_named_file_must_be_there_and_other_faults_are_told_with_it(folder):
    text = HEAD.format('"more.toml"') + '[pools.p]\naddresses = ["1.2.3"]\n'
    assert folder.faults(text) == [
        'Corefile.toml:3: [server] include #1: there is no file "more.toml"',
        'Corefile.toml:5: [pools.p] addresses #1: "1.2.3" is neither an IP address nor a host name',
    ]


def test_a_name_that_a_broken_file_may_define_is_no_fault(folder):
    folder.write("more.toml", "[pools.overseas\n")
    domain = '[[domain]]\nname = "www.example.com"\ntype = "A"\npools = ["overseas", "goood"]\n'
    assert folder.faults(HEAD.format('"more.toml"') + domain) == [
        'Corefile.toml:7: [[domain]] #1 "www.example.com A" pools #2: "goood" is not a pool; did you mean "good"?',
        "more.toml:1: is not TOML: expected ']' at the end of a table declaration",
    ]


@pytest.mark.parametrize(
    ("table", "where"),
    [
        (
            '[pools.good]\naddresses = ["192.0.2.8"]\n',
            '[pools.good]: "good" is defined twice; first at Corefile.toml:19',
        ),
        ('[templates.web]\nprotocol = "ping"\n', '[templates.web]: "web" is defined twice; first at Corefile.toml:10'),
        ('[addresses.hk-1]\nvalue = "::1"\n', '[addresses.hk-1]: "hk-1" is defined twice; first at Corefile.toml:16'),
        (
            '[[zone]]\nname = "example.com"\n',
            '[[zone]] #1 "example.com": "example.com" is defined twice; first at Corefile.toml:6',
        ),
    ],
    ids=["pool", "template", "address", "zone"],
)
def test_what_is_defined_twice_names_both_places(folder, table, where):
    folder.write("more.toml", table)
    text = HEAD.format('"more.toml"') + "# behind\n"
    assert folder.faults(text) == [f"more.toml:1: {where}"]


def test_an_included_file_has_no_server_table(folder):
    folder.write("more.toml", "[server]\nworkers = 5\n")
    assert folder.faults(HEAD.format('"more.toml"')) == [
        "more.toml:1: [server]: an included file can't have this table; it belongs in the Corefile"
    ]


@pytest.mark.parametrize("pattern", ["", "a\\u0000b"])
def test_a_pattern_that_no_file_can_have_is_refused(folder, pattern):
    (line,) = folder.faults(HEAD.format(f'"{pattern}"'))
    assert line.endswith("is not a file name or pattern")


def test_a_name_that_is_too_long_for_a_file_is_no_traceback(folder):
    (line,) = folder.faults(HEAD.format(f'"{"x" * 5000}"'))
    assert "there is no file" in line
