"""The figures that the database gives, in the words of Prometheus."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from leal.storage.figures import ProgramFigures, WorkFigures
from leal.usecases.figures import Figures


def families(found: Figures | None, *, version: str, age_seconds: float) -> Iterator[Metric]:
    """Every figure that is no process's own; few when the database gave none."""
    build = GaugeMetricFamily("leal_build_info", "The version that answered", labels=("version",))
    build.add_metric((version,), 1)
    yield build
    yield GaugeMetricFamily(
        "leal_database_up", "Whether the database gave its figures", value=float(found is not None)
    )
    if found is None:
        return
    yield GaugeMetricFamily(
        "leal_figures_age_seconds",
        "How long ago the figures from the database were looked up",
        value=age_seconds,
    )
    yield from _points(found.programs)
    yield from _webhooks(found.programs)
    yield from _work(found.work)
    yield from _queue(found)


def _points(programs: Iterable[ProgramFigures]) -> Iterator[Metric]:
    """Points by program; the ledger has each once, whichever process moved it."""
    said = {
        "awarded": "Points awarded, pending ones too, and given by hand",
        "removed": "Awarded points taken back: by refunds, voids, declines and by hand",
        "spent": "Points spent on rewards",
        "refunded": "Spent points that came back",
        "expired": "Points that expired",
    }
    counters = {
        name: CounterMetricFamily(f"leal_points_{name}", text, labels=("program",))
        for name, text in said.items()
    }
    outstanding = GaugeMetricFamily(
        "leal_points_outstanding",
        "Points that customers hold, pending ones too",
        labels=("program",),
    )
    for each in programs:
        moved = {
            "awarded": each.earned,
            "removed": each.earned_reversed,
            "spent": each.redeemed,
            "refunded": each.redeemed_reimbursed,
            "expired": each.expired,
        }
        gained = each.earned + each.redeemed_reimbursed
        lost = each.earned_reversed + each.redeemed + each.expired
        program = (str(each.program_id),)
        for name, points in moved.items():
            counters[name].add_metric(program, points)
        outstanding.add_metric(program, gained - lost)
    yield from counters.values()
    yield outstanding


def _webhooks(programs: tuple[ProgramFigures, ...]) -> Iterator[Metric]:
    webhooks = GaugeMetricFamily("leal_webhooks", "Webhooks by their state", labels=("state",))
    webhooks.add_metric(("active",), sum(each.webhooks_active for each in programs))
    webhooks.add_metric(("paused",), sum(each.webhooks_paused for each in programs))
    yield webhooks
    deliveries = GaugeMetricFamily(
        "leal_webhook_deliveries",
        "Messages to webhooks that wait, or were given up and can be replayed",
        labels=("state",),
    )
    deliveries.add_metric(("waiting",), sum(each.deliveries_waiting for each in programs))
    deliveries.add_metric(("dead",), sum(each.deliveries_dead for each in programs))
    yield deliveries


def _work(work: Iterable[WorkFigures]) -> Iterator[Metric]:
    labels = ("kind",)
    runs = CounterMetricFamily("leal_job_runs", "Runs of background work", labels=labels)
    done = CounterMetricFamily("leal_job_done", "What background work has done", labels=labels)
    failures = CounterMetricFamily("leal_job_failures", "Runs that failed in part", labels=labels)
    last = GaugeMetricFamily(
        "leal_job_last_run_timestamp_seconds",
        "When background work last began, in the program where that is longest ago",
        labels=labels,
    )
    for each in work:
        kind = (each.kind,)
        runs.add_metric(kind, each.runs)
        done.add_metric(kind, each.done)
        failures.add_metric(kind, each.failures)
        last.add_metric(kind, each.last_run_at.timestamp())
    yield from (runs, done, failures, last)


def _queue(found: Figures) -> Iterator[Metric]:
    queue = found.queue
    jobs = GaugeMetricFamily("leal_jobs", "Jobs of background work by state", labels=("state",))
    jobs.add_metric(("waiting",), queue.waiting)
    jobs.add_metric(("working",), queue.working)
    yield jobs
    lag = GaugeMetricFamily(
        "leal_work_lag_seconds", "How late the oldest due work is", labels=("work",)
    )
    lag.add_metric(("rounds",), _late(queue.round_due_at, found.at))
    lag.add_metric(("jobs",), _late(queue.waiting_since, found.at))
    programs = found.programs
    approvals = [_late(each.approvals_due_since, each.now) for each in programs]
    lag.add_metric(("approvals",), max(approvals, default=0.0))
    deliveries = [_late(each.deliveries_due_since, each.now) for each in programs]
    lag.add_metric(("webhooks",), max(deliveries, default=0.0))
    yield lag


def _late(due_at: datetime | None, now: datetime) -> float:
    return 0.0 if due_at is None else max(0.0, (now - due_at).total_seconds())
