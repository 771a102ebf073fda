"""`leal serve`: answer HTTP until told to stop, then finish what was begun."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from importlib.metadata import version
from types import FrameType
from typing import Annotated, cast

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from leal.api.connections import Connections
from leal.api.crowd import Limits
from leal.app import create_app
from leal.cli.connecting import ensure_schema, running_server
from leal.cli.showing import Mistake, say, warn
from leal.cli.worker import worker_beside
from leal.settings import Settings, read_settings
from leal.storage.db import Database
from leal.storage.migrate import durability_warnings

_LAST_REQUESTS_SECONDS = 31  # no request takes longer than 30 s
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
    # The HTTP server hands a stop on to whoever handled it before: let that be a clean exit.
    signal.signal(signal.SIGTERM, _leave)
    _refuse_taken_port(settings)
    with running_server(settings) as url:
        asyncio.run(_prepare(settings, url))
        say(f"leal {version('leal')} answers on http://{settings.host}:{settings.port}")
        environ["LEAL_DATABASE_URL"] = url
        with ExitStack() as stack:
            if settings.worker:
                stack.enter_context(worker_beside(environ, wait_seconds=_WORKER_AFTER_SECONDS))
            _answer(environ, workers=workers)


def worker_app() -> object:
    """Make the application of one of several worker processes, from its environment."""
    return create_app(read_settings(os.environ))


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
    if workers > 1:
        os.environ.update(environ)
    several = workers > 1
    limits = Limits(connections=settings.max_connections, idle=float(settings.idle_seconds))
    config = uvicorn.Config(
        "leal.cli.serve:worker_app" if several else create_app(settings),
        factory=several,
        workers=workers,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        # whatever makes a protocol when it is called will do, although a class is asked for
        http=cast("type[asyncio.Protocol]", Connections(limits)),
        ws="none",
        access_log=False,
        server_header=False,
        log_config=None,
        timeout_graceful_shutdown=_LAST_REQUESTS_SECONDS,
    )
    if several:
        _Processes(config, sockets=[config.bind_socket()]).run()
    else:
        _run(uvicorn.Server(config))


def _run(server: uvicorn.Server) -> None:
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(1)


class _Processes(Multiprocess):
    """Several processes that answer on one port."""

    def terminate_all(self) -> None:
        """Stop them. The port goes first, or clients would wait on it for nobody."""
        for each in self.sockets:
            each.close()
        super().terminate_all()


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
