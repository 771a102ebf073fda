"""Failures of requests in the log: by kind and place only, with the id the caller was told."""

import traceback

import structlog
from starlette.routing import Route
from starlette.types import Scope
from structlog.typing import FilteringBoundLogger


def note_failure(event: str, scope: Scope, problem: BaseException) -> None:
    """Log a failure of a request: its message and its path may hold personal data."""
    route = scope.get("route")
    _log.error(
        event,
        request_id=scope["request_id"],
        method=scope["method"],
        route=route.path if isinstance(route, Route) else "unmatched",
        error=" < ".join(_kinds(problem)),
        where=[
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(problem.__traceback__)[-8:]
        ],
    )


def _kinds(problem: BaseException) -> list[str]:
    kinds: list[str] = []
    link: BaseException | None = problem
    while link is not None and len(kinds) < 5:  # noqa: PLR2004 - enough of a chain to tell a cause
        kinds.append(type(link).__qualname__)
        link = link.__cause__ or link.__context__
    return kinds


_log: FilteringBoundLogger = structlog.get_logger("leal.http")
