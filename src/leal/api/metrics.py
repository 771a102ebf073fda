"""The figures that processes count themselves, and all figures as Prometheus reads them.

One process keeps them in memory. Several keep them in files of one folder, which each of them reads
when asked: so whichever process answers, the figures are those of all.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from leal.storage.pool import PoolUse

CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"

BUCKETS_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

_TOO_MANY: Final = 429
_LIVE_FILE: Final = re.compile(r"gauge_live[a-z]*_([0-9]+)\.db")


class Metrics:
    """What a process counts, and how it is shown. `folder` is where several processes share it."""

    def __init__(self, *, folder: Path | None = None) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call] # the library's
        self._folder = folder
        self._registry = CollectorRegistry()
        self._exchanges = _Exchanges(self._registry)
        self._pool = _PoolFigures(self._registry)
        self._claims = Counter(
            "leal_claims",
            "Rewards that somebody tried to claim, by what came of it",
            ("kind", "outcome"),
            registry=self._registry,
        )
        self._stale_saves = Counter(
            "leal_stale_saves",
            "Changes decided again because somebody else had changed the customer",
            registry=self._registry,
        )
        processes = Gauge(
            "leal_web_processes",
            "Processes that answer HTTP and are counted here",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        processes.set(1)

    def exchange(self, call: tuple[str, str], status: int, seconds: float) -> None:
        """One exchange of a `call`: the template of its route, and its method."""
        self._exchanges.count(call, status, seconds)

    def claim(self, kind: str, outcome: str) -> None:
        """Somebody tried to claim a reward of a kind."""
        self._claims.labels(kind, outcome).inc()

    def stale_save(self) -> None:
        """A change was decided again."""
        self._stale_saves.inc()

    def note_pool(self, use: PoolUse) -> None:
        """How this process uses its pool of connections by now."""
        self._pool.note(use)

    def written(self, more: Iterable[Metric]) -> bytes:
        """The figures of all processes in Prometheus' text, and `more` that are no process's."""
        registry = self._registry
        if self._folder is not None:
            _forget_the_dead(self._folder)
            registry = CollectorRegistry()
            MultiProcessCollector(registry, str(self._folder))  # type: ignore[no-untyped-call] # the library's
        others = CollectorRegistry()
        others.register(_Given(tuple(more)))
        return generate_latest(registry) + generate_latest(others)


class _Exchanges:
    """Requests by route, method and status; how long they take by route and method."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("route", "method")
        self._requests = Counter(
            "leal_http_requests",
            "Requests answered; status 499: the client left before",
            (*labels, "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "leal_http_request_seconds",
            "Time from a request's head to the end of its answer",
            labels,
            buckets=BUCKETS_SECONDS,
            registry=registry,
        )
        self._limited = Counter(
            "leal_rate_limited_requests",
            "Requests refused because there were too many",
            registry=registry,
        )
        # looking children up costs more than counting; there are as many as routes and statuses
        self._counters: dict[tuple[tuple[str, str], int], Counter] = {}
        self._histograms: dict[tuple[str, str], Histogram] = {}

    def count(self, call: tuple[str, str], status: int, seconds: float) -> None:
        counter = self._counters.get((call, status))
        if counter is None:
            counter = self._counters[call, status] = self._requests.labels(*call, str(status))
        histogram = self._histograms.get(call)
        if histogram is None:
            histogram = self._histograms[call] = self._seconds.labels(*call)
        counter.inc()
        histogram.observe(seconds)
        if status == _TOO_MANY:
            self._limited.inc()


class _PoolFigures:
    """The connections to the database of the processes that answer HTTP."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._connections = Gauge(
            "leal_pool_connections",
            "Connections to the database: in use, or idle",
            ("state",),
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._limit = Gauge(
            "leal_pool_connections_limit",
            "So many connections there may be",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._waiting = Gauge(
            "leal_pool_waiting",
            "Who waits for a connection at this moment",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._waits = Counter(
            "leal_pool_waits",
            "How often somebody had to wait for a connection",
            registry=registry,
        )
        self._waited_seconds = Counter(
            "leal_pool_wait_seconds",
            "How long was waited for connections in all",
            registry=registry,
        )
        self._last = PoolUse(size=0, in_use=0, idle=0, waiting=0, waits=0, waited_seconds=0.0)

    def note(self, use: PoolUse) -> None:
        self._connections.labels("in_use").set(use.in_use)
        self._connections.labels("idle").set(use.idle)
        self._limit.set(use.size)
        self._waiting.set(use.waiting)
        self._waits.inc(use.waits - self._last.waits)
        self._waited_seconds.inc(use.waited_seconds - self._last.waited_seconds)
        self._last = use


class _Given:
    """A collector of what was collected already."""

    def __init__(self, metrics: tuple[Metric, ...]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics


def _forget_the_dead(folder: Path) -> None:
    """What a process that died was doing is not being done; what it had counted stays."""
    for file in folder.iterdir():
        found = _LIVE_FILE.fullmatch(file.name)
        if found and not _is_alive(int(found[1])):
            mark_process_dead(int(found[1]), str(folder))  # type: ignore[no-untyped-call] # the library's


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
