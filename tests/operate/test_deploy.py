"""What deploy/ names exists: settings, commands, ports, and every figure of dashboard and alerts.

Seen to fail with a figure renamed in the dashboard, with a misspelt LEAL_ variable, and with points
that were added up over servers.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from leal.api.figures import families
from leal.api.metrics import Metrics
from leal.cli.main import app
from leal.storage.figures import ProgramFigures, QueueFigures, WorkFigures
from leal.storage.pool import PoolUse
from leal.usecases.figures import Figures
from tests.house.code import ROOT

DEPLOY = ROOT / "deploy"
NOW = datetime(2025, 6, 10, tzinfo=UTC)
FILES = ("leal.service", "Dockerfile", "compose.yaml")


def _metrics() -> Metrics:
    metrics = Metrics()
    metrics.exchange(("/x", "GET"), 429, 0.1)
    metrics.claim("gift_card", "claimed")
    metrics.note_pool(PoolUse(size=1, in_use=0, idle=1, waiting=0, waits=0, waited_seconds=0.0))
    return metrics


def _counted() -> set[str]:
    """The figures that each server counts by itself."""
    written = _metrics().written(()).decode()
    return {
        sample.name
        for family in text_string_to_metric_families(written)
        for sample in family.samples
    }


def _shown() -> dict[str, set[str]]:
    """The labels of every figure."""
    program = ProgramFigures(
        program_id=1,
        now=NOW,
        earned=10,
        earned_reversed=1,
        redeemed=4,
        redeemed_reimbursed=2,
        expired=3,
        approvals_due_since=None,
        deliveries_due_since=None,
        deliveries_waiting=0,
        deliveries_dead=0,
        webhooks_active=0,
        webhooks_paused=0,
    )
    found = Figures(
        at=NOW,
        loaded_at=0.0,
        programs=(program,),
        work=(WorkFigures(kind="expiry", runs=1, done=1, failures=0, last_run_at=NOW),),
        queue=QueueFigures(waiting=0, working=0, waiting_since=None, round_due_at=None),
    )
    text = _metrics().written(families(found, version="1", age_seconds=0.0)).decode()
    assert 'leal_points_outstanding{program="1"} 4.0' in text
    shown: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            shown.setdefault(sample.name, set()).update(sample.labels)
    return shown


def _queries() -> Iterator[str]:
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    alerts = yaml.safe_load((DEPLOY / "prometheus-alerts.yaml").read_text())
    for group in alerts["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


def test_dashboard_and_alerts_ask_for_figures_that_there_are() -> None:
    shown = _shown()
    for query in _queries():
        names = re.findall(r"leal_\w+", query)
        assert names, query
        labels = set(re.findall(r"(\w+)=~?\"", query))
        for listed in re.findall(r"by \(([^)]*)\)", query):
            labels |= {each.strip() for each in listed.split(",")}
        for name in names:
            assert name in shown, query
            assert labels <= shown[name], query


def test_what_every_server_tells_alike_is_not_added_up() -> None:
    """Figures from the database are the same wherever they are read: two servers, not twice."""
    own_view = {"leal_database_up", "leal_build_info", "leal_figures_age_seconds"}
    alike = {name for name in _shown() if name not in _counted() | own_view}
    for query in _queries():
        for name in alike.intersection(re.findall(r"leal_\w+", query)):
            assert re.search(rf"\bmax\b[^+]*{name}", query), query
            assert not re.search(r"\b(sum|avg|count)\b", query), query


@pytest.mark.parametrize("name", FILES)
def test_every_variable_is_one_that_leal_reads(name: str) -> None:
    known = set(re.findall(r"LEAL_[A-Z_]+", (ROOT / "src/leal/settings.py").read_text()))
    assert set(re.findall(r"LEAL_[A-Z_]+", (DEPLOY / name).read_text())) <= known


@pytest.mark.parametrize("words", [("serve", "--workers"), ("migrate",)])
def test_every_command_is_one_that_leal_has(words: tuple[str, ...]) -> None:
    told = "".join((DEPLOY / name).read_text() for name in FILES)
    used = set(re.findall(r'(?:bin/leal |"leal", ")(\w+)', told))
    assert words[0] in used
    assert used == {"serve", "migrate"}
    result = CliRunner().invoke(app, [words[0], "--help"], env={"TERM": "dumb"})
    assert result.exit_code == 0
    assert all(word in result.stdout for word in words[1:])


def test_compose_waits_for_a_database_that_is_new_enough_and_publishes_to_this_machine() -> None:
    services: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert int(services["database"]["image"].partition(":")[2]) >= 15
    assert services["server"]["ports"] == ["127.0.0.1:8000:8000"]
    assert "USER leal" in (DEPLOY / "Dockerfile").read_text()
    assert "EXPOSE 8000" in (DEPLOY / "Dockerfile").read_text()
