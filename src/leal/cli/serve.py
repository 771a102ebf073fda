"""`leal serve`: answer HTTP until told to stop, then finish what was begun."""

import asyncio
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Annotated

import typer

from leal.app import create_app
from leal.cli.connecting import ensure_schema, kept_server
from leal.cli.logs import write_logs
from leal.cli.showing import Mistake, say, warn
from leal.cli.web_server import configured, run
from leal.cli.worker import worker_beside
from leal.settings import Settings, read_settings
from leal.storage.db import Database
from leal.storage.migrate import durability_warnings

_METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_WORKER_AFTER_SECONDS = 2  # requests first: starting a worker takes a second of a processor


def serve(
    host: Annotated[str | None, typer.Option(help="LEAL_HOST when left out.")] = None,
    port: Annotated[int | None, typer.Option(help="LEAL_PORT when left out.")] = None,
    workers: Annotated[int, typer.Option(help="Processes that answer.", min=1, max=256)] = 1,
) -> None:
    """Serve the loyalty API over HTTP."""
    environ = dict(os.environ)
    if host is not None:
        environ["LEAL_HOST"] = host
    if port is not None:
        environ["LEAL_PORT"] = str(port)
    settings = read_settings(environ)
    write_logs(settings)
    # The HTTP server hands a stop on to whoever handled it before: let that be a clean exit.
    signal.signal(signal.SIGTERM, _leave)
    _refuse_taken_port(settings)
    with kept_server(settings) as url:
        asyncio.run(_prepare(settings, url))
        say(f"leal {version('leal')} answers on http://{settings.host}:{settings.port}")
        environ["LEAL_DATABASE_URL"] = url
        with ExitStack() as stack:
            if settings.worker:
                stack.enter_context(worker_beside(environ, wait_seconds=_WORKER_AFTER_SECONDS))
            _answer(environ, workers=workers)


def worker_app() -> object:
    """Make the application of one of several processes, from its environment.

    The process ends with the one that started it, however that ended: otherwise it would keep the
    port, and the next `leal serve` could not begin.
    """
    threading.Thread(target=_end_with_parent, name="parent's end", daemon=True).start()
    settings = read_settings(os.environ)
    write_logs(settings)
    return create_app(settings, metrics_folder=Path(os.environ[_METRICS_FOLDER]))


async def _prepare(settings: Settings, url: str) -> None:
    database = await Database.open(url, size=2)
    try:
        await ensure_schema(settings, database)
        for line in await durability_warnings(database):
            warn(line)
    finally:
        await database.close()


def _answer(environ: Mapping[str, str], *, workers: int) -> None:
    settings = read_settings(environ)
    several = workers > 1
    if several:
        os.environ.update(environ)
    with _shared_metrics() if several else nullcontext():
        app = "leal.cli.serve:worker_app" if several else create_app(settings)
        run(configured(app, settings, processes=workers))


@contextmanager
def _shared_metrics() -> Iterator[None]:
    """A folder in which the processes that answer count together; in memory where there is some.

    The library finds it by a variable of its own, which it reads when it is imported.
    """
    memory = Path("/dev/shm")  # noqa: S108 - a folder with a fresh name is made in it
    within = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with TemporaryDirectory(prefix="leal-metrics-", dir=within) as folder:
        os.environ[_METRICS_FOLDER] = folder
        yield


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _refuse_taken_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((settings.host, settings.port))
        except OSError as error:
            raise Mistake(
                f"cannot listen on {settings.host}:{settings.port} ({error.strerror}): "
                "choose another place with --host and --port"
            ) from error


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
