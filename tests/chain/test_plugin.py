"""What a plugin starts from: options that refuse unknown keys, a setup that shares what is built, and empty answers."""

from pathlib import Path

import msgspec
import pytest

from gtm import Options, Plugin, PluginFault, Setup
from gtm import name as names


class Bare(Plugin):
    """A plugin with nothing of its own."""

    name = "bare"


def test_a_bare_plugin_has_no_options_policies_lines_or_files():
    plugin = Bare(Options(), Setup())
    assert (plugin.policies, tuple(plugin.lines()), tuple(plugin.files())) == ((), (), ())
    assert msgspec.structs.fields(plugin.Options) == ()


def test_options_refuse_keys_that_they_do_not_have():
    with pytest.raises(msgspec.ValidationError, match="unknown field `size`"):
        msgspec.convert({"size": 3}, Bare.Options)


def test_a_setup_builds_a_shared_thing_once():
    setup, built = Setup(), []
    for key in ("one", "one", "other"):
        setup.once(key, lambda key=key: built.append(key) or key.upper())
    assert built == ["one", "other"]
    assert setup.once("one", list) == "ONE"
    assert Setup().once("one", list) == []


def test_a_setup_of_nothing_is_the_root_zone_in_this_folder_and_warns_nobody():
    setup = Setup()
    assert (setup.zone, setup.folder, setup.lines, setup.steered) == (names.ROOT, Path(), {}, frozenset())
    setup.warn("heard by nobody")


def test_a_fault_names_its_file_and_line_where_it_has_them():
    assert (PluginFault("wrong").file, PluginFault("wrong").line) == (None, None)
    fault = PluginFault("wrong", Path("a.zone"), 7)
    assert (str(fault), fault.file, fault.line) == ("wrong", Path("a.zone"), 7)
