"""The HTTP server: how leal has uvicorn run, in one process or in several."""

import asyncio
import resource
import sys
from contextlib import suppress
from typing import Any, Final, cast

import uvicorn
from uvicorn.supervisors import Multiprocess

from leal.api.connections import Connections
from leal.api.crowd import Limits
from leal.cli.showing import Mistake
from leal.settings import Settings

LAST_REQUESTS_SECONDS: Final = 31
"""So long a stop waits for requests that had begun; none may take longer than 30 s."""


def configured(app: Any, settings: Settings, *, processes: int = 1) -> uvicorn.Config:
    """What uvicorn is to run: `app`, or for several processes where they find what makes it.

    Raises Mistake when this process may not open as many files as it is to keep connections.
    """
    _allow_files(settings.max_connections + settings.pool_size + _OTHER_FILES)
    limits = Limits(connections=settings.max_connections, idle=float(settings.idle_seconds))
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=processes,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        # a class is asked for, but whatever makes a protocol when it is called will do
        http=cast("type[asyncio.Protocol]", Connections(limits)),
        ws="none",
        access_log=False,
        server_header=False,
        log_config=None,
        timeout_graceful_shutdown=LAST_REQUESTS_SECONDS,
        timeout_worker_healthcheck=_SILENT_SECONDS,
    )


def run(config: uvicorn.Config) -> None:
    """Answer until told to stop, then finish what was begun."""
    if config.workers > 1:
        _Processes(config, sockets=[config.bind_socket()]).run()
        return
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(1)


class _Processes(Multiprocess):
    """Several processes that answer on one port."""

    def keep_subprocess_alive(self) -> None:
        """Replace those that died or fell silent.

        Each is asked for a sign of life. One that dies while it is waited for is noticed by the end
        of what it sends, which never comes while this process holds that end open as well.
        """
        for each in self.processes:
            each.child_conn.close()
        super().keep_subprocess_alive()

    def terminate_all(self) -> None:
        """Stop them. The port goes first, or clients would wait on it for nobody."""
        for each in self.sockets:
            each.close()
        super().terminate_all()


def _allow_files(needed: int) -> None:
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if needed <= allowed or allowed == resource.RLIM_INFINITY:
        return
    if most != resource.RLIM_INFINITY and needed > most:
        raise Mistake(
            f"this process may open {most} files and needs {needed}: "
            "lower LEAL_MAX_CONNECTIONS, or raise the limit (ulimit -n, LimitNOFILE)"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, most))


_OTHER_FILES: Final = 100
# a process that is slow to start on a busy machine is not replaced for it
_SILENT_SECONDS: Final = 60
