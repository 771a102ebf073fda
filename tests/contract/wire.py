"""A world whose requests go to a real server, in a process of its own; what it says is kept."""

import asyncio
import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from leal.app import utc_now
from leal.storage.db import Database
from tests.faults.servers import Installation, free_port, serving
from tests.programs import Document
from tests.worlds import Answer, World

SECRET_KEY = b"k" * 32
"""As worlds have it."""

_CALL_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A reply, and what it was to. `about` is the name of an operation, or a path."""

    about: str
    answer: Answer

    @property
    def text(self) -> str:
        """All of it."""
        headers = "\n".join(f"{name}: {text}" for name, text in self.answer.headers.items())
        return f"{headers}\n\n{self.answer.body.decode()}"


class Wire(World):
    """See the module. `about` says what the next replies are noted under."""

    _calling: http.client.HTTPConnection

    def __init__(self, runner: asyncio.Runner, database: Database, document: Document) -> None:
        self.heard: list[Heard] = []
        self.about = ""
        self.installation: Installation | None = None
        super().__init__(runner, database, document)
        self.now = utc_now()

    async def answer(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Sends one request over a socket."""
        sent = {name: text for name, text in headers.items() if text}
        self._calling.request(method, path, body=body, headers=sent)
        reply = self._calling.getresponse()
        names = {name.lower(): text for name, text in reply.getheaders()}
        answer = Answer(status=reply.status, headers=names, body=reply.read())
        self.heard.append(Heard(about=self.about or path, answer=answer))
        return answer

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Hold a line to the server, which is opened anew when the server ends it."""
        assert self.installation
        port = self.installation.port
        self._calling = http.client.HTTPConnection("127.0.0.1", port, timeout=_CALL_SECONDS)
        try:
            yield
        finally:
            self._calling.close()

    @property
    def log(self) -> str:
        """What the server wrote to standard output and standard error."""
        assert self.installation
        return self.installation.log.read_text()


@contextmanager
def wire_on(url: str, document: Document, *, folder: Path, **environ: str) -> Iterator[Wire]:
    """A server on a migrated database, with `document` as its first program."""

    async def listen(_connection: asyncpg.Connection) -> None:
        return None

    settings: dict[str, Any] = {"LEAL_LOG_FORMAT": "json", "LEAL_LOG_LEVEL": "debug", **environ}
    with asyncio.Runner() as runner:
        database = runner.run(Database.open(url, size=4, on_connection=listen))
        try:
            wire = Wire(runner, database, document)
            wire.installation = Installation(
                database_url=url,
                folder=folder,
                port=free_port(),
                secret_key=SECRET_KEY,
                environ=settings,
            )
            with serving(wire.installation), wire.calling():
                yield wire
        finally:
            runner.run(database.close())
