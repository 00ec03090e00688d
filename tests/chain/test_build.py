"""Compiling a chain: the order of the file is the order that runs, and hooks that are not as specified are refused."""

import pytest

from gtm import PluginFault, Ranking, hookimpl
from gtm import name as names
from gtm.chain.chain import BESIDE, HOOKS, Chain, Service, build, steered_names
from gtm.chain.hookspecs import Hooks
from tests.chain.making import ZONE, All, InTurn, Static, Stranger, domain, pool, service, walked


def plugin(**methods):
    """Make a plugin of a class that has these methods."""
    return type("Made", (Stranger,), {"name": "made", **methods})()


def test_every_hook_that_is_specified_has_its_place_in_a_chain():
    specified = {name for name in vars(Hooks) if not name.startswith("_")}
    assert specified == set(HOOKS)
    assert set(BESIDE) <= specified
    assert all(getattr(build(ZONE, []), hook) == () for hook in HOOKS)


def test_hooks_run_in_the_order_of_the_chain():
    one, two = All(), InTurn()
    assert [name for name, _ in build(ZONE, [one, two]).rank] == ["all", "in_turn"]
    assert [name for name, _ in build(ZONE, [two, one]).rank] == ["in_turn", "all"]
    assert build(ZONE, [one, two]).plugins == (one, two)


def test_two_of_the_same_class_may_stand_in_one_chain():
    assert len(build(ZONE, [All(), All()]).rank) == 2


@pytest.mark.parametrize("order", [{"tryfirst": True}, {"trylast": True}])
def test_an_order_of_ones_own_is_refused(order):
    with pytest.raises(PluginFault, match='plugin "made": rank asks for tryfirst, trylast or a wrapper; the order'):
        build(ZONE, [plugin(rank=hookimpl(**order)(lambda self, group: None))])


@pytest.mark.parametrize("kind", ["wrapper", "hookwrapper"])
def test_a_wrapper_is_refused(kind):
    def rank(self, group):
        yield

    with pytest.raises(PluginFault, match="rank asks for tryfirst, trylast or a wrapper"):
        build(ZONE, [plugin(rank=hookimpl(**{kind: True})(rank))])


def test_an_argument_that_a_hook_does_not_give_is_refused_by_name():
    with pytest.raises(PluginFault, match=r'plugin "made": .*rank.*'):
        build(ZONE, [plugin(rank=hookimpl(lambda self, group, packet: None))])


@pytest.mark.parametrize(
    "methods",
    [
        pytest.param({"route": hookimpl(lambda self, group: None)}, id="by its own name"),
        pytest.param({"rank": hookimpl(specname="route")(lambda self, group: None)}, id="by specname"),
    ],
)
def test_a_hook_that_does_not_exist_is_refused(methods):
    with pytest.raises(PluginFault, match=r'plugin "made": .*route'):
        build(ZONE, [plugin(**methods)])


def test_a_hook_that_does_not_exist_is_refused_even_if_it_is_optional():
    with pytest.raises(PluginFault):
        build(ZONE, [plugin(route=hookimpl(optionalhook=True)(lambda self, group: None))])


def test_a_method_of_another_name_may_serve_a_hook():
    method = hookimpl(specname="rank")(lambda self, group: Ranking())
    (found,) = build(ZONE, [plugin(order=method)]).rank
    assert found[1]("group", "facts") == Ranking()


def test_a_method_without_the_mark_is_no_hook():
    assert build(ZONE, [plugin(rank=lambda self, group: None)]).rank == ()


@pytest.mark.parametrize(
    ("method", "wanted"),
    [
        (lambda self: (), ()),
        (lambda self, facts: (facts,), (3,)),
        (lambda self, choice: (choice,), (1,)),
        (lambda self, facts, choice: (facts, choice), (3, 1)),
        (lambda self, choice, ttl, facts: (choice, ttl, facts), (1, 2, 3)),
        (lambda self, choice, ttl=9: (choice, ttl), (1, 9)),
    ],
)
def test_arguments_that_a_plugin_does_not_name_are_left_out(method, wanted):
    ((_, function),) = build(ZONE, [plugin(expire=hookimpl(method))]).expire
    assert function(1, 2, 3) == wanted


def test_what_takes_every_argument_is_called_without_a_detour():
    made = plugin(admit=hookimpl(lambda self, member, facts: None))
    ((_, function),) = build(ZONE, [made]).admit
    assert function == made.admit


def test_a_name_lies_in_the_longest_zone_that_matches():
    inner, outer = names.parse("sub.example.com"), ZONE
    served = service([], others=[(inner, [])])
    assert served.chain(names.parse("a.b.sub.example.com")).zone == inner
    assert served.chain(inner).zone == inner
    assert served.chain(names.parse("notsub.example.com")).zone == outer
    assert served.chain(names.parse("example.org")) is None
    assert Service({names.ROOT: build(names.ROOT, [])}, {}).chain(outer).zone == names.ROOT


def test_names_of_access_domains_and_those_above_them_exist():
    here = domain("a.b.example.com", pool("p", "192.0.2.1"))
    off = domain("off.example.com", pool("p", "192.0.2.1"), enabled=False)
    elsewhere = domain("www.example.org", pool("p", "192.0.2.1"))
    shown = {names.show(found) for found in service([], here, off, elsewhere).steered}
    assert shown == {"a.b.example.com", "b.example.com"}
    assert steered_names([here, off]) == {here.name}


def test_an_access_domain_at_the_apex_makes_no_name_above_its_zone_exist():
    assert service([], domain("example.com", pool("p", "192.0.2.1"))).steered == {ZONE}


def test_a_chain_without_plugins_refuses_everything():
    _, outcome, _ = walked(service([]))
    assert (outcome.end.rcode, outcome.end.authoritative) == (5, False)
    assert isinstance(service([Static()]).chain(ZONE), Chain)


def test_a_hook_on_the_path_of_a_query_may_not_wait():
    async def rank(self, group):
        return None

    with pytest.raises(PluginFault, match="rank is async"):
        build(ZONE, [plugin(rank=hookimpl(rank))])


def test_two_methods_for_one_hook_are_refused():
    first, second = (hookimpl(specname="rank")(lambda self, group: None) for _ in range(2))
    with pytest.raises(PluginFault, match="2 methods serve rank"):
        build(ZONE, [plugin(one=first, two=second)])
