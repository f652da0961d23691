"""Test that the dashboard and the alert rules are about metrics and labels that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from bot import resources
from bot.inbox.job import JobKind
from bot.policy.noise_rules import Act
from bot.telemetry.metrics import Metrics

DASHBOARD = json.loads((resources.DEPLOY / "grafana" / "zimerr.json").read_text(encoding="utf-8"))
RULES = [
    rule
    for group in yaml.safe_load((resources.DEPLOY / "prometheus" / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
_SCRAPED = {"job", "instance"}  # labels that Prometheus adds
_SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total",)}
# Variables of Grafana in a query, with a value that PromQL accepts.
_VARIABLES = {"$__rate_interval": "5m", "$job": "zimerr"}


def labels() -> dict[str, set[str]]:
    """Return the names of all samples, each with its labels."""
    metrics = Metrics()
    found: dict[str, set[str]] = {"up": set()}
    for value in vars(metrics).values():
        if isinstance(value, MetricWrapperBase):
            names = [value._name + suffix for suffix in _SUFFIXES.get(str(value._type), ("",))]
            found |= {name: {*value._labelnames} | ({"le"} if "_bucket" in name else set()) for name in names}
    assert isinstance(metrics.registry, CollectorRegistry)
    found |= {family.name: set() for family in metrics.registry.collect() if family.name.startswith("process_")}
    return found | {"process_cpu_seconds_total": set()}


LABELS = labels()


def queries() -> Iterator[tuple[str, str]]:
    """Yield the title of each panel and alert, and each of its queries."""
    yield from ((rule["alert"], rule["expr"]) for rule in RULES)
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            expression = target["expr"]
            for name, value in _VARIABLES.items():
                expression = expression.replace(name, value)
            yield panel["title"], expression


class Selectors(list[Any]):
    """Collects the selectors and the labels to group by of a query."""

    def __init__(self, expression: str) -> None:
        super().__init__()
        self.grouped: set[str] = set()
        self._add(promql_parser.parse(expression))

    def _add(self, node: Any) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            self.append(node)
        elif isinstance(node, promql_parser.MatrixSelector):
            self.append(node.vector_selector)
        for child in (getattr(node, name, None) for name in ("expr", "lhs", "rhs", "param")):
            if isinstance(child, promql_parser.Expr):
                self._add(child)
        for child in getattr(node, "args", ()):
            self._add(child)
        modifier = getattr(node, "modifier", None)
        if isinstance(node, promql_parser.AggregateExpr) and modifier:
            self.grouped |= set(modifier.labels)


@pytest.mark.parametrize(("title", "query"), [*queries()])
def test_a_query_names_metrics_and_labels_that_exist(title: str, query: str) -> None:
    """A query about a name that was changed is an empty panel, or an alert that never comes."""
    selectors = Selectors(query)
    assert selectors
    for selector in selectors:
        assert selector.name in LABELS
        known = LABELS[selector.name] | _SCRAPED
        assert {matcher.name for matcher in selector.matchers.matchers} <= known
        assert selectors.grouped <= known


def test_the_values_of_labels_exist() -> None:
    """They are in the code, not in the registry."""
    known = {
        "kind": {*map(str, JobKind)},
        "outcome": {*map(str, Act), "done", "dead"},
        "result": {"ok", "rate-limited"},
        "cause": {"slack", "database", "bug"},
        "reason": {"", "401 Unauthorized"},
        "status": {"200", "5.."},
        "le": {"2.0"},
        "job": {"zimerr"},
    }
    for _, query in queries():
        for selector in Selectors(query):
            for matcher in selector.matchers.matchers:
                assert matcher.value in known[matcher.name]


def test_each_alert_says_what_to_do() -> None:
    """It comes at night."""
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert set(rule["annotations"]) == {"summary", "remedy"}
        assert re.fullmatch(r"\d+[mh]", rule.get("for", "1m"))


def test_the_dashboard_is_one_that_grafana_imports() -> None:
    """Grafana's JSON model: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/."""
    assert {"uid", "title", "schemaVersion", "panels", "templating", "time"} <= set(DASHBOARD)
    assert "id" not in DASHBOARD  # it would overwrite another dashboard
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        assert {"type", "title", "description", "gridPos", "fieldConfig", "options", "targets"} <= set(panel)
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken
        taken |= cells
        references = [target["refId"] for target in panel["targets"]]
        assert len(set(references)) == len(references)
    variables = {each["name"] for each in DASHBOARD["templating"]["list"]}
    assert {name for _, name in re.findall(r"(\$\{?)(\w+)", json.dumps(DASHBOARD["panels"]))} <= variables | {
        "__rate_interval"
    }


def test_all_metrics_are_shown_or_alerted() -> None:
    """A metric that nobody looks at costs, and helps nobody."""
    ends = re.compile("_(bucket|sum|count)$")
    used = {ends.sub("", selector.name) for _, query in queries() for selector in Selectors(query)}
    assert {ends.sub("", name) for name in LABELS if name.startswith("zimerr_")} <= used
