"""What operators see of requests: a line for each in the log, and figures of them.

Neither ever holds a path, a query, an address of a person or a credential: requests are told apart
by the template of their route, failures by their kind and place.
"""

import traceback
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog
from starlette.routing import Route
from starlette.types import Scope
from structlog.typing import FilteringBoundLogger

CLIENT_LEFT: Final = 499
"""The status of an exchange that the client left before an answer began."""

HEALTH: Final = "/healthz"
READY: Final = "/readyz"
METRICS: Final = "/metrics"

_QUIET: Final = frozenset({HEALTH, READY, METRICS})
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_MOST_FRAMES: Final = 12
_MOST_KINDS: Final = 5
_OTHER_METHOD: Final = "other"
_NO_ROUTE: Final = "unmatched"
_log: FilteringBoundLogger = structlog.get_logger("leal.http")


class Watch(Protocol):
    """Is told of every exchange; never fails and never waits."""

    def answered(self, scope: Scope, status: int, *, took: float, waited: float) -> None:
        """An exchange is over. Both times are seconds; `waited` was for the database."""
        ...


class NoWatch:
    """Looks away."""

    def answered(self, scope: Scope, status: int, *, took: float, waited: float) -> None:
        """Nothing."""


class Counts(Protocol):
    """Where exchanges are counted."""

    def exchange(self, call: tuple[str, str], status: int, seconds: float) -> None:
        """One of a `call`: the template of its route, and its method."""
        ...


@dataclass(frozen=True, slots=True)
class Watched:
    """Counts every exchange and logs a line of it."""

    counts: Counts
    log: FilteringBoundLogger = field(
        default_factory=lambda: structlog.get_logger("leal.http").bind()
    )

    def answered(self, scope: Scope, status: int, *, took: float, waited: float) -> None:
        """As `Watch`; what only watchers ask for is logged for who looks closely."""
        route, method = route_of(scope), scope["method"]
        if method not in _METHODS:
            method = _OTHER_METHOD
        self.counts.exchange((route, method), status, took)
        say = self.log.debug if route in _QUIET else self.log.info
        say(
            "request",
            request_id=scope["request_id"],
            method=method,
            route=route,
            status=status,
            ms=round(took * 1000, 2),
            database_ms=round(waited * 1000, 2),
            program_id=scope.get("program_id"),
        )


def route_of(scope: Scope) -> str:
    """The template of the route that serves a request."""
    route = scope.get("route")
    return route.path if isinstance(route, Route) else _NO_ROUTE


def note_program(scope: Scope, program_id: int) -> None:
    """Remember for the log whose credentials a request came with."""
    scope["program_id"] = program_id


def note_failure(event: str, scope: Scope, problem: BaseException) -> None:
    """Log a failure, of which the log shows kind and place: messages may hold personal data."""
    _log.error(
        event,
        request_id=scope["request_id"],
        method=scope["method"],
        route=route_of(scope),
        program_id=scope.get("program_id"),
        error=kinds(problem),
        where=places(problem),
    )


def kinds(problem: BaseException) -> str:
    """The kind of an exception and of those behind it, the last one first."""
    found: list[str] = []
    link: BaseException | None = problem
    while link is not None and len(found) < _MOST_KINDS:
        found.append(type(link).__qualname__)
        link = link.__cause__ or link.__context__
    return " < ".join(found)


def places(problem: BaseException) -> list[str]:
    """The way of an exception, the place where it was raised last."""
    frames = traceback.extract_tb(problem.__traceback__)[-_MOST_FRAMES:]
    return [f"{each.filename}:{each.lineno} {each.name}" for each in frames]
