"""`leal demo`: a shop with a year behind it, served from a database of its own.

Its settings are its own too: the installation's database, secret key and public address are not
used, so the demo can be tried beside a real program.
"""

import os
import secrets
import signal
import socket
import sys
from asyncio import Runner
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Annotated, Final

import msgspec
import typer
import uvicorn
import uvloop
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar

from leal.app import create_app, open_desk, utc_now
from leal.cli.connecting import ensure_schema, kept_server
from leal.cli.logs import write_logs
from leal.cli.showing import Mistake, say
from leal.cli.web_server import configured
from leal.cli.worker import worker_beside
from leal.cli.yaml_files import read_yaml
from leal.settings import Settings, load_secret_key, read_settings
from leal.storage import credentials
from leal.storage.credentials import SiteCredentials
from leal.storage.db import Database
from leal.storage.sealing import Sealer
from leal.usecases import demo as year
from leal.usecases.demo_people import FIRST_MERCHANT_ID
from leal.usecases.programs import Publisher

_WORKER_AFTER_SECONDS = 2
_DOCUMENT: Final = Path(__file__).with_name("demo_program.yaml")
_OF_THE_INSTALLATION: Final = ("LEAL_DATABASE_URL", "LEAL_SECRET_KEY", "LEAL_PUBLIC_URL")


def demo(
    *,
    data: Annotated[
        Path | None, typer.Option(help="Where the demo is kept; LEAL_DATA/demo when left out.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="LEAL_PORT when left out.")] = None,
    customers: Annotated[
        int, typer.Option(help="How many there are; heeded by the first start only.", min=1)
    ] = 60,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON when ready, for scripts.")
    ] = False,
) -> None:
    """Serve a made-up shop with a year of history; what it has become is kept between starts."""
    settings = _settings(data, port)
    write_logs(settings)
    # The HTTP server hands a stop on to whoever handled it before: let that be a clean exit.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, _leave)
    with _held_port(settings) as held, kept_server(settings) as url:
        with Runner(loop_factory=uvloop.new_event_loop) as runner:
            opened = runner.run(_open(settings, url, customers=customers))
        announce = _print_json if as_json else _print_tour
        served = replace(settings, database_url=url)
        beside = {**_environ(), "LEAL_DATABASE_URL": url, "LEAL_DATA": str(settings.data)}
        with worker_beside(beside, wait_seconds=_WORKER_AFTER_SECONDS):
            _Server(served, lambda: announce(opened)).run(sockets=[held])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """What one needs to try the demo."""

    url: str
    database_url: str
    api_key: str
    site: SiteCredentials


def _environ() -> dict[str, str]:
    """The environment without what belongs to the operator's own installation."""
    return {name: value for name, value in os.environ.items() if name not in _OF_THE_INSTALLATION}


def _settings(data: Path | None, port: int | None) -> Settings:
    for name in _OF_THE_INSTALLATION:
        if os.environ.get(name):
            say(f"the demo does not use {name}: it keeps to a folder of its own")
    environ = _environ()
    if port is not None:
        environ["LEAL_PORT"] = str(port)
    settings = read_settings(environ)
    folder = data.expanduser().absolute() if data else settings.data / "demo"
    return replace(settings, data=folder)


async def _open(settings: Settings, url: str, *, customers: int) -> _Opened:
    database = await Database.open(url, size=1)
    try:
        await ensure_schema(settings, database)
        sealer = Sealer(load_secret_key(settings))
        program_id = await year.find(database)
        if program_id is None:
            program_id = await _play(settings, url, sealer, people=customers)
        else:
            say(f"serving the demo in {settings.data} as it was left")
        made, revoked = await year.renew_key(
            database, program_id, fresh=secrets.token_hex, now=utc_now()
        )
        if revoked:
            say("keys are shown only once, so there is a new one; the demo's last is revoked")
        sites = await credentials.list_sites(database, sealer, program_id)
        return _Opened(
            url=settings.public_url, database_url=url, api_key=made.secret, site=sites[0]
        )
    finally:
        await database.close()


async def _play(settings: Settings, url: str, sealer: Sealer, *, people: int) -> int:
    document = read_yaml(_DOCUMENT)
    if not isinstance(document, dict):
        raise Mistake(f"{_DOCUMENT} is not a program document: install leal again")
    say(f"making {people} customers and a year of their history in {settings.data}")
    # Nothing of the year counts before the demo's key is saved; that commit waits for the disk,
    # and with it for all before it. So those need not.
    database = await Database.open(url, size=year.AT_ONCE, commits_wait=False)
    try:
        stage = year.Stage(
            desk=open_desk(database, settings),
            publisher=Publisher(database, sealer, fresh=secrets.token_hex),
            document=document,
            now=utc_now(),
        )
        with _watched() as progress:
            return await year.play(stage, people=people, progress=progress)
    finally:
        await database.close()


@contextmanager
def _watched() -> Iterator[year.Progress]:
    """A bar for whoever sits at a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield year.unwatched
        return
    columns = (TextColumn("a year goes by"), BarColumn(), TaskProgressColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def update(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield update


class _Server(uvicorn.Server):
    """The HTTP server, which says when it accepts requests."""

    def __init__(self, settings: Settings, ready: Callable[[], None]) -> None:
        super().__init__(configured(create_app(settings), settings))
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


@contextmanager
def _held_port(settings: Settings) -> Iterator[socket.socket]:
    """Take the port before the work begins, so that it is not in vain; nothing listens yet."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            held.bind((settings.host, settings.port))
        except OSError as error:
            raise Mistake(
                f"cannot listen on {settings.host}:{settings.port} ({error.strerror}): "
                "choose another port with --port"
            ) from error
        yield held


def _print_json(opened: _Opened) -> None:
    site = opened.site
    line = {
        "url": opened.url,
        "api_key": opened.api_key,
        "site_id": site.site_id,
        "site_token": site.token,
        "site_secret": site.secret,
        "program_id": site.program_id,
        "sdk_key_id": site.sdk_key_id,
        "sdk_secret": site.sdk_secret,
        "database_url": opened.database_url,
    }
    print(msgspec.json.encode(line).decode(), flush=True)


def _print_tour(opened: _Opened) -> None:
    url, site = opened.url, opened.site
    headless = f"{url}/headless/2025-06/{site.site_id}"
    points = f"{url}/v2/customers/{FIRST_MERCHANT_ID}/points"
    bearer = f"-H 'Authorization: Bearer {opened.api_key}'"
    body = """-H 'Content-Type: application/json' -d '{"points": 50, "reason": "Thank you"}'"""
    configuration = f"'{headless}/configuration?channel=web'"
    customer = f"'{headless}/customers/{FIRST_MERCHANT_ID}?channel=web'"
    tour = f"""
Thistle & Co is open at {url}, the reference of its APIs at {url}/docs

  API key      {opened.api_key}
  site         {site.site_id}
  site token   {site.token}
  site secret  {site.secret}

The program as shoppers see it; a customer; points for them, and their history with it:

  curl -s {bearer} {configuration}

  curl -s {bearer} {customer}

  curl -s {bearer} {body} {points} && curl -s {bearer} {customer}

Stop with Ctrl-C; the next start goes on from here.
"""
    print(tour, flush=True)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
