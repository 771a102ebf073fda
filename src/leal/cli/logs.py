"""How processes log: a line of JSON for each event, or text for who sits at a terminal.

Of exceptions the log has kinds and places, never messages: those quote what people sent. What
libraries log is treated alike; of theirs the first line of the unfilled template is kept.
"""

import logging
import sys
from contextlib import suppress
from datetime import UTC, datetime
from io import StringIO
from typing import TextIO

import msgspec
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from leal.api.watching import kinds, places
from leal.settings import Settings

_encode = msgspec.json.Encoder(enc_hook=str).encode


def write_logs(settings: Settings, *, stream: TextIO | None = None) -> None:
    """From now on this process logs to `stream`, standard error when None."""
    to = sys.stderr if stream is None else stream
    wants_text = settings.log_format == "text" or (settings.log_format == "auto" and to.isatty())
    structlog.configure(
        processors=_text(colors=to.isatty()) if wants_text else [_as_json],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        logger_factory=structlog.WriteLoggerFactory(file=stream or _StandardError()),
    )
    logging.captureWarnings(capture=True)
    logging.root.handlers[:] = [_FromLibraries()]
    logging.root.setLevel(logging.WARNING)


class _StandardError(StringIO):
    """Standard error as it is when a line is written, not as it was when logging began.

    A line that cannot be written, because the disk is full, say, is lost: whoever is served
    meanwhile has nothing to do with it.
    """

    def write(self, text: str) -> int:
        with suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


class _FromLibraries(logging.Handler):
    """Passes on what libraries log, without what they fill in."""

    def emit(self, record: logging.LogRecord) -> None:
        log: FilteringBoundLogger = structlog.get_logger()
        log.log(
            record.levelno,
            "library",
            logger=record.name,
            message=str(record.msg).partition("\n")[0],
            exc_info=record.exc_info,
        )


def _text(*, colors: bool) -> list[Processor]:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_messages,
        structlog.dev.ConsoleRenderer(colors=colors),
    ]


def _without_messages(_log: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    problem = given[1] if isinstance(given, tuple) else given
    if isinstance(problem, BaseException):
        event["error"], event["where"] = kinds(problem), places(problem)
    return event


def _as_json(log: WrappedLogger, name: str, event: EventDict) -> str:
    """All in one step: every request writes a line, and each step would cost it."""
    if "exc_info" in event:
        event = _without_messages(log, name, event)
    told = event.pop("event")
    line = {"timestamp": datetime.now(UTC), "level": name, "event": told, **event}
    return _encode(line).decode()
