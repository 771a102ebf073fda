"""A whole leal for one test: its own database, a published program, keys, a clock, and the app.

Everything is real except time and the network: requests go straight into the ASGI app, and
`world.now` says what time it is.
"""

import asyncio
import json as stdlib_json
import secrets
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import asyncpg
from starlette.types import Message

from leal.api.gate import Gate
from leal.api.http import Edge
from leal.api.rate_limit import RateLimit
from leal.api.session_tokens import mint
from leal.app import surfaces
from leal.domain.published import PublishedProgram
from leal.domain.sites import ConsentProvider, SubscriptionProvider, VoucherStoreKind
from leal.integrations.consent import ConsentKeeper, LocalConsent
from leal.integrations.fulfilment import UnreachableFulfilment
from leal.integrations.subscriptions import PracticeSubscriptions, SubscriptionKeeper
from leal.integrations.voucher_stores import RefusingVoucherStore, VoucherStore
from leal.storage.credentials import SiteCredentials
from leal.storage.db import Database
from leal.storage.sealing import Sealer
from leal.usecases.access import Access, Scope, create_key
from leal.usecases.desk import Desk
from leal.usecases.programs import Programs, Publisher
from tests.programs import Document

T = TypeVar("T")

START = datetime(2025, 6, 10, 12, 0, 0, tzinfo=UTC)
PUBLIC_URL = "http://leal.test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return stdlib_json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of an error."""
        found: str = self.json["error"]["code"]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A program with a key for everything and the credentials of its sites."""

    program_id: int
    key: str
    sites: tuple[SiteCredentials, ...]


class World:
    """See the module. `tenant` is the first program; `add_program` makes others."""

    def __init__(self, runner: asyncio.Runner, database: Database, document: Document) -> None:
        self.runner = runner
        self.database = database
        self.now = START
        self.sealer = Sealer(b"k" * 32)
        self.seconds = 0.0
        self.consent: dict[ConsentProvider, ConsentKeeper] = {ConsentProvider.LOCAL: LocalConsent()}
        self.subscriptions: dict[SubscriptionProvider, SubscriptionKeeper] = {
            SubscriptionProvider.PRACTICE: PracticeSubscriptions()
        }
        self.voucher_stores: dict[VoucherStoreKind, VoucherStore] = {
            VoucherStoreKind.WEBHOOK: RefusingVoucherStore()
        }
        self.statements: list[str] = []
        self.desk = Desk(
            database=database,
            programs=Programs(database),
            clock=lambda: self.now,
            entropy=lambda: secrets.token_bytes(32),
            consent=self.consent,
            subscriptions=self.subscriptions,
            voucher_stores=self.voucher_stores,
            fulfilment=UnreachableFulfilment(),
            public_url=PUBLIC_URL,
        )
        self.app = self._app(rate_limit=0)
        self.tenant = self.add_program(document)

    @property
    def published(self) -> PublishedProgram:
        """The first program's version in force."""
        return self.run(self.desk.programs.current(self.tenant.program_id))

    def run(self, work: Awaitable[T]) -> T:
        """Runs something on the world's event loop."""

        async def waited() -> T:
            return await work

        return self.runner.run(waited())

    def limit_rate(self, per_second: int) -> None:
        """Serves from now on with a rate limit."""
        self.app = self._app(rate_limit=per_second)

    def add_program(self, document: Document) -> Tenant:
        """Publishes one more program, with a key that may do everything."""
        publisher = Publisher(self.database, self.sealer, fresh=secrets.token_hex)
        made = self.run(publisher.create(document, author="test", now=self.now))
        program_id = made.published.id
        return Tenant(
            program_id=program_id,
            key=self.new_key(program_id, *Scope),
            sites=made.new_sites,
        )

    def publish(self, document: Document) -> None:
        """Publishes a new version of the first program."""
        publisher = Publisher(self.database, self.sealer, fresh=secrets.token_hex)
        self.run(publisher.publish(self.tenant.program_id, document, author="test", now=self.now))

    def new_key(self, program_id: int, *scopes: str) -> str:
        """Makes an API key."""
        made = create_key(
            self.database,
            program_id,
            name="test",
            scopes=scopes,
            fresh=secrets.token_hex,
            now=self.now,
        )
        return self.run(made).secret

    def session_token(self, merchant_id: str, **claims: object) -> str:
        """Mints a customer session token for the first site."""
        site = self.tenant.sites[0]
        payload = {
            "key_id": site.sdk_key_id,
            "site_id": site.site_id,
            "merchant_id": merchant_id,
            "issued_at": int(self.now.timestamp()),
            **claims,
        }
        return mint(payload, secret=site.sdk_secret.encode())

    def later(self, **of: float) -> None:
        """Lets time pass."""
        self.now += timedelta(**of)

    def get(self, path: str, **how: Any) -> Answer:
        """A GET."""
        return self.call("GET", path, **how)

    def post(self, path: str, json: object = None, **how: Any) -> Answer:
        """A POST of JSON, or of nothing."""
        return self.call("POST", path, json=json, **how)

    def call(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        body: bytes | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Any request; `key` is a bearer credential, the tenant's own when left out."""
        sent = {"authorization": f"Bearer {key or self.tenant.key}", **(headers or {})}
        content = body if body is not None else b""
        if json is not None:
            content = stdlib_json.dumps(json).encode()
        return self.run(self.answer(method, path, headers=sent, body=content))

    async def answer(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Sends one request through the app."""
        raw_path, _, query = path.partition("?")
        received: list[Message] = []
        pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            return pending.pop(0) if pending else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            received.append(message)

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "server": ("leal.test", 80),
            "client": ("127.0.0.1", 1),
            "root_path": "",
            "path": raw_path,
            "raw_path": raw_path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1"))
                for name, value in headers.items()
            ],
        }
        await self.app(scope, receive, send)
        start = received[0]
        return Answer(
            status=start["status"],
            headers={k.decode("latin-1"): v.decode("latin-1") for k, v in start["headers"]},
            body=b"".join(message.get("body", b"") for message in received[1:]),
        )

    def _app(self, *, rate_limit: int) -> Edge:
        gate = Gate(
            access=Access(self.database, self.sealer, clock=lambda: self.seconds),
            rate_limit=RateLimit(rate_limit, clock=lambda: self.seconds),
            clock=lambda: self.now,
        )
        return Edge(surfaces(self.desk, gate), new_request_id=lambda: secrets.token_hex(8))


@contextmanager
def world_on(url: str, document: Document, *, pool_size: int = 4) -> Iterator[World]:
    """A world on a migrated database, with `document` as its first program."""
    statements: list[str] = []

    async def listen(connection: asyncpg.Connection) -> None:
        def note(record: Any) -> None:
            statements.append(record.query)

        connection.add_query_logger(note)

    with asyncio.Runner() as runner:
        database = runner.run(Database.open(url, size=pool_size, on_connection=listen))
        try:
            world = World(runner, database, document)
            world.statements = statements
            yield world
        finally:
            runner.run(database.close())
