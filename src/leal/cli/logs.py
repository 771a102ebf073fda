"""How processes log: a line of JSON for each event, or text for who sits at a terminal.

Of exceptions the log has kinds and places, never messages: those quote what people sent. What
libraries log is treated alike; of theirs the first line of the unfilled template is kept.
"""

import logging
import sys
import traceback
from typing import Final, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from leal.settings import Settings

_MOST_FRAMES: Final = 12
_MOST_KINDS: Final = 5
_encode = msgspec.json.Encoder(enc_hook=str).encode


def write_logs(settings: Settings, *, stream: TextIO | None = None) -> None:
    """From now on this process logs to `stream`, standard error when None."""
    to = sys.stderr if stream is None else stream
    wants_text = settings.log_format == "text" or (settings.log_format == "auto" and to.isatty())
    last: Processor = structlog.dev.ConsoleRenderer(colors=to.isatty()) if wants_text else _as_json
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_messages,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        logger_factory=structlog.WriteLoggerFactory(file=to),
    )
    logging.captureWarnings(capture=True)
    logging.root.handlers[:] = [_FromLibraries()]
    logging.root.setLevel(logging.WARNING)


def kinds(problem: BaseException) -> str:
    """The kind of an exception and of those behind it, the last one first."""
    found: list[str] = []
    link: BaseException | None = problem
    while link is not None and len(found) < _MOST_KINDS:
        found.append(type(link).__qualname__)
        link = link.__cause__ or link.__context__
    return " < ".join(found)


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


def _without_messages(_log: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    problem = given[1] if isinstance(given, tuple) else given
    if isinstance(problem, BaseException):
        frames = traceback.extract_tb(problem.__traceback__)[-_MOST_FRAMES:]
        event["error"] = kinds(problem)
        event["where"] = [f"{each.filename}:{each.lineno} {each.name}" for each in frames]
    return event


def _as_json(_log: WrappedLogger, _name: str, event: EventDict) -> str:
    first = {name: event.pop(name, None) for name in ("timestamp", "level", "event")}
    return _encode({**first, **event}).decode()
