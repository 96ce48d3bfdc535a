"""Every metric is documented, and every metric that examples ask for exists."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from crawler.model.cluster.state import ClusterState
from scheduler.health.metrics import Backups, write_metrics
from tests.fakes import START
from tests.unit.scheduler.test_metrics import STARTED, WELL

DOCS = Path(__file__).resolve().parents[2] / "docs"


def list_metrics(folder: Path) -> set[str]:
    """Return the names that /metrics can have, when everything is known."""
    database = folder / "watchword.db"
    database.write_bytes(b"")
    gauges = replace(STARTED, sources={"ok": 1}, last_success_at=START, oldest_due_at=START)
    text = write_metrics(
        replace(WELL, cluster=ClusterState(workers=1)),
        gauges,
        database,
        backups=Backups(START, timedelta(days=1)),
        now=START + timedelta(hours=1),
    )
    families = text_string_to_metric_families(text.decode())
    # the client adds when a counter was created
    return {
        sample.name
        for family in families
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_the_docs_list_exactly_the_metrics_there_are(tmp_path: Path) -> None:
    page = (DOCS / "operating" / "health.md").read_text()

    assert set(re.findall(r"`(watchword_\w+)", page)) == list_metrics(tmp_path)


def list_questions() -> list[str]:
    """Return what the examples ask Prometheus."""
    rules = yaml.safe_load((DOCS / "examples" / "watchword-alerts.yml").read_text())
    dashboard = json.loads((DOCS / "examples" / "watchword-dashboard.json").read_text())
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    return asked + [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


@pytest.mark.parametrize("question", list_questions())
def test_prometheus_can_read_each_question(question: str) -> None:
    promql_parser.parse(question)


@pytest.mark.parametrize("question", list_questions())
def test_only_counters_are_asked_how_much_they_rose(question: str) -> None:
    """Of a gauge that falls, increase() and rate() say that it rose from 0."""
    for metric in re.findall(r"(?:increase|rate)\((\w+)", question):
        assert metric.endswith("_total")


def test_rules_and_dashboard_ask_for_metrics_that_exist(tmp_path: Path) -> None:
    names = set(re.findall(r"watchword_\w+", " ".join(list_questions())))
    assert names
    assert names <= list_metrics(tmp_path)
