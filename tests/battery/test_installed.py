"""The battery runs over what is installed: every hook on the path of a query has an implementer there, or a stranger's."""

from importlib.metadata import entry_points

import pytest

from tests.battery.implementers import having, installed


def test_every_entry_point_gives_a_plugin_of_its_own_name():
    assert [plugin.name for plugin in installed()] == sorted(entry_points(group="gtm.plugins").names)


@pytest.mark.parametrize("hook", ["classify", "rank", "admit", "rescue", "expire", "fallback"])
def test_every_hook_has_a_plugin_of_ours_and_a_strangers(hook):
    names = [parameters.id for parameters in having(hook)]
    assert "everything" in names
    assert len(names) > 1


@pytest.mark.parametrize("hook", ["probe", "notify", "observe"])
def test_every_hook_beside_the_path_of_a_query_has_a_plugin_of_ours(hook):
    assert {parameters.id for parameters in having(hook)} & {plugin.name for plugin in installed()}
