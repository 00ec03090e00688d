"""The dashboard and the alert rules ask for metrics and labels that the server really exports."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gtm import Health
from gtm.config.loaded import Channel, Probe
from gtm.control.exposition import Now
from gtm.control.metrics import Metrics
from gtm.health.standing import Standing
from gtm.model.template import Template
from gtm.tally import Tally
from tests.control.viewing import NOON, loaded

EXAMPLES = Path(__file__).parents[2] / "examples"
RULES = (EXAMPLES / "prometheus-rules.yml").read_text(encoding="utf-8")
DASHBOARD = json.loads((EXAMPLES / "grafana.json").read_text(encoding="utf-8"))
EVERYWHERE = {"instance", "job"}
"""Labels that Prometheus adds to whatever it reads."""
SELECTOR = re.compile(r"\b((?:gtm|process)_\w+)\s*(?:\{([^}]*)\})?")
GROUPING = re.compile(r"\b(?:by|on)\s*\(([^)]*)\)")


async def nothing(_):
    raise AssertionError


def exported():
    """Give the labels of everything that a server exports, by name."""
    measured = Metrics()
    made = replace(
        loaded(),
        probes={"web": Probe(Template("web", "seeing"), "seeing", nothing, 1)},
        channels=(Channel("c", "webhook", frozenset(), None, nothing),),
    )
    measured.keep(made)
    measured.tallied(Tally(queries=[("z", "A", "NOERROR", "udp", 1)], faults=[("", "answer", 1)]))
    members = tuple(
        Standing(f"{kind}:x", Health.OK, available=True, reason="") for kind in ("address", "pool", "domain")
    )
    data = {("geo", Path("places.mmdb")): NOON}
    text = measured.taken(Now(NOON, members=members, data=data)).exposition().decode()
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {}).update(
                {label: {*found.get(sample.name, {}).get(label, ()), value} for label, value in sample.labels.items()}
            )
    return found


EXPORTED = exported()


def wrong(expression):
    """List what an expression asks for and nobody exports."""
    found, asked = [], set()
    for name, matchers in SELECTOR.findall(expression):
        asked.add(name)
        if name not in EXPORTED:
            found.append(name)
            continue
        for label, sign, value in re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', matchers):
            if label not in EXPORTED[name].keys() | EVERYWHERE:
                found.append(f"{name}{{{label}}}")
            elif sign == "=" and label in ("kind", "health", "result") and value not in EXPORTED[name][label]:
                found.append(f'{name}{{{label}="{value}"}}')
    known = EVERYWHERE.union(*(EXPORTED[name].keys() for name in asked if name in EXPORTED))
    grouped = {label.strip() for labels in GROUPING.findall(expression) for label in labels.split(",")}
    return found + sorted(grouped - known)


def panels(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


ASKED = [
    *(
        pytest.param(expression, id=f"rule {name}")
        for name, expression in re.findall(r"- alert: (\w+)\n +expr: (.+)\n", RULES)
    ),
    *(
        pytest.param(target["expr"], id=f"panel {panel['title']} {target['refId']}")
        for panel in panels(DASHBOARD)
        for target in panel["targets"]
    ),
]


@pytest.mark.parametrize("expression", ASKED)
def test_what_is_asked_for_is_exported(expression):
    assert wrong(expression) == []
    assert SELECTOR.search(expression) or expression.startswith("up{")


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("gtm_redy == 0", ["gtm_redy"]),
        ("rate(gtm_walks[5m])", ["gtm_walks"]),
        ('gtm_members{kin="pool"}', ["gtm_members{kin}"]),
        ('gtm_members{kind="pools"}', ['gtm_members{kind="pools"}']),
        ("sum by (template, zone) (gtm_probes_total)", ["zone"]),
    ],
)
def test_what_nobody_exports_is_found(expression, found):
    assert wrong(expression) == found


def test_every_rule_says_what_to_do():
    names = re.findall(r"- alert: (\w+)", RULES)
    wanted = "ServerDown ConfigurationRefused AddressDown PoolDown DomainWithoutPool ProbesLate PluginFaults AlertsLost"
    assert set(wanted.split()) <= set(names)
    assert (
        len(names) == len(set(names)) == RULES.count("summary:") == RULES.count("description:") == RULES.count("expr:")
    )


def test_labels_in_the_words_of_a_rule_are_those_of_its_expression():
    for rule in RULES.split("- alert: ")[1:]:
        expression = re.search(r"expr: (.+)", rule)[1]
        grouped = {label.strip() for labels in GROUPING.findall(expression) for label in labels.split(",")}
        known = grouped or EVERYWHERE.union(*(EXPORTED[name] for name, _ in SELECTOR.findall(expression)))
        assert set(re.findall(r"\$labels\.(\w+)", rule)) <= known, rule


def test_the_panels_of_the_dashboard_fill_its_rows_and_do_not_overlap():
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells
    assert {x for x, _ in taken} == set(range(24))
    assert len(taken) == 24 * (1 + max(y for _, y in taken))
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(numbers) == len(set(numbers))


def test_the_dashboard_shows_every_counter():
    shown = {name for each in ASKED for name, _ in SELECTOR.findall(each.values[0])}
    counters = {name for name in EXPORTED if name.startswith("gtm_") and name.endswith("_total")}
    assert counters <= shown
