"""The wiring: settings become a pool, a clock, use cases and the ASGI app that serves them."""

import asyncio
import secrets
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from types import FrameType

import msgspec
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from leal.api import oauth, openapi, wording
from leal.api.admin import openapi as admin_openapi
from leal.api.admin import routes as admin
from leal.api.admin import shapes as admin_shapes
from leal.api.admin.errors import AdminDialect
from leal.api.admin.guesses import GUESSES
from leal.api.admin.messages import AdminComposer
from leal.api.allowance import Allowance
from leal.api.gate import Gate
from leal.api.headless import openapi as headless_openapi
from leal.api.headless import routes as headless
from leal.api.headless.errors import HeadlessDialect
from leal.api.headless.prefix import PREFIX as HEADLESS_PREFIX
from leal.api.headless.replies import customer_of
from leal.api.headless.views.configuration import configuration
from leal.api.http import Edge, PlainDialect, Surface, router
from leal.api.metrics import Metrics
from leal.api.operating import Operating
from leal.api.operations import routes
from leal.api.own import openapi as own_openapi
from leal.api.own import routes as own
from leal.api.own.errors import OwnDialect
from leal.api.rate_limit import RateLimit
from leal.api.watching import Watched
from leal.domain.sites import ConsentProvider, SubscriptionProvider, VoucherStoreKind
from leal.integrations.consent import LocalConsent
from leal.integrations.fulfilment import SignedFulfilment
from leal.integrations.outgoing import Outgoing
from leal.integrations.subscriptions import PracticeSubscriptions
from leal.integrations.voucher_stores import SignedVoucherStore, SiteSecret
from leal.integrations.webhooks import KeyOf, SignedWebhooks, SigningKey
from leal.settings import Settings, load_secret_key
from leal.storage import credentials
from leal.storage.db import Database, PrepareConnection
from leal.storage.oauth import app_secret
from leal.storage.sealing import Sealer
from leal.usecases.access import Access
from leal.usecases.desk import Desk
from leal.usecases.figures import FigureBook
from leal.usecases.operators import Operators
from leal.usecases.programs import Programs
from leal.usecases.readiness import Readiness
from leal.web import pages, referral_links, webview_routes
from leal.web.consent import Consent
from leal.web.dynamic import Pages
from leal.web.forms import Cookies
from leal.web.sign_in import Door
from leal.web.webview_look import Writers

_ENTROPY_BYTES = 32
_NOTES_POOL_EVERY_SECONDS = 1.0


def utc_now() -> datetime:
    """The wall clock, in whole milliseconds: the contract writes no finer ones."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def open_outgoing(settings: Settings) -> Outgoing:
    """The way out for calls to merchants' servers; to be closed at the end."""
    return Outgoing(allow=settings.outgoing_allow)


def open_desk(
    database: Database,
    settings: Settings,
    *,
    outgoing: Outgoing | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Desk:
    """A desk on an open database. A process that ends soon may leave `outgoing` out."""
    outgoing = outgoing or open_outgoing(settings)
    sealer = Sealer(load_secret_key(settings))
    site_secret = _site_secret(database, sealer)
    signing_key = _signing_key(database, sealer, site_secret)
    store = SignedVoucherStore(outgoing, site_secret=site_secret, clock=utc_now)
    return Desk(
        database=database,
        programs=Programs(database),
        clock=clock,
        entropy=lambda: secrets.token_bytes(_ENTROPY_BYTES),
        consent={ConsentProvider.LOCAL: LocalConsent()},
        subscriptions={SubscriptionProvider.PRACTICE: PracticeSubscriptions()},
        voucher_stores={VoucherStoreKind.WEBHOOK: store},
        fulfilment=SignedFulfilment(outgoing, site_secret=site_secret, clock=utc_now),
        public_url=settings.public_url,
        webhooks=SignedWebhooks(outgoing, signing_key=signing_key, clock=utc_now),
        composer=AdminComposer(),
        hides_paused_webhooks=settings.hide_paused_webhooks,
        deliveries_kept=timedelta(days=settings.delivery_days),
        events_kept=None if settings.event_days is None else timedelta(days=settings.event_days),
        webview_lasts=timedelta(seconds=settings.webview_seconds),
    )


def create_app(
    settings: Settings,
    *,
    on_connection: PrepareConnection | None = None,
    metrics_folder: Path | None = None,
) -> ASGIApp:
    """The ASGI app. It opens its pool when the server starts and closes it at the end.

    `metrics_folder` is where several processes share what they count.
    """
    return _Leal(settings, on_connection, Metrics(folder=metrics_folder))


@dataclass(slots=True)
class _Leal:
    """The app: what it serves exists between the server's start and stop."""

    settings: Settings
    on_connection: PrepareConnection | None
    metrics: Metrics
    edge: Edge = field(init=False)

    def __post_init__(self) -> None:
        self.edge = self._edge(())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.edge(scope, receive, send)

    @asynccontextmanager
    async def _opened(self, _app: ASGIApp) -> AsyncIterator[None]:
        url = self.settings.database_url
        if url is None:
            raise RuntimeError("start leal with `leal serve`, which starts the embedded database")
        database = await Database.open(
            url, size=self.settings.pool_size, on_connection=self.on_connection
        )
        try:
            async with open_outgoing(self.settings) as outgoing:
                desk = open_desk(database, self.settings, outgoing=outgoing)
                desk = replace(desk, meter=self.metrics)
                readiness = Readiness(database)
                operating = self._operating(database, readiness).routes()
                self.edge = self._edge(surfaces(desk, self._gate(database), operating=operating))
                with (
                    _noting_pool(database, self.metrics),
                    _told_of_a_stop(self.settings, readiness),
                ):
                    yield
        finally:
            await database.close()

    def _operating(self, database: Database, readiness: Readiness) -> Operating:
        return Operating(
            readiness=readiness,
            metrics=self.metrics,
            book=FigureBook(database, clock=utc_now),
            pool=lambda: database.use,
            version=version("leal"),
            token=self.settings.metrics_token,
            is_local=self.settings.is_local,
        )

    def _gate(self, database: Database) -> Gate:
        sealer = Sealer(load_secret_key(self.settings))
        return Gate(
            access=Access(database, sealer, clock=time.monotonic),
            rate_limit=RateLimit(self.settings.rate_limit),
            clock=utc_now,
        )

    def _edge(self, served: tuple[Surface, ...]) -> Edge:
        return Edge(
            served,
            new_request_id=lambda: secrets.token_hex(8),
            lifespan=self._opened,
            watch=Watched(self.metrics),
            allowance=Allowance(requests=self.settings.max_requests),
        )


@contextmanager
def _noting_pool(database: Database, metrics: Metrics) -> Iterator[None]:
    """Notes every second how the pool is used: whichever process is asked tells it of all."""

    async def note() -> None:
        while True:
            metrics.note_pool(database.use)
            await asyncio.sleep(_NOTES_POOL_EVERY_SECONDS)

    noting = asyncio.create_task(note())
    try:
        yield
    finally:
        noting.cancel()


@contextmanager
def _told_of_a_stop(settings: Settings, readiness: Readiness) -> Iterator[None]:
    """Says on `/readyz` that this process is stopping, before the server stops listening.

    The server itself hears of it after the delay, in which whoever spreads requests can look.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, handler = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: FrameType | None) -> None:
        readiness.stop()
        if callable(handler):
            loop.call_soon_threadsafe(
                loop.call_later, settings.stop_delay_seconds, handler, number, frame
            )

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, handler)


def _site_secret(database: Database, sealer: Sealer) -> SiteSecret:
    async def find(program_id: int, site_id: int) -> str:
        for site in await credentials.list_sites(database, sealer, program_id):
            if site.site_id == site_id:
                return site.secret
        msg = f"site {site_id} of program {program_id} has no credentials"
        raise LookupError(msg)

    return find


def _signing_key(database: Database, sealer: Sealer, site_secret: SiteSecret) -> SigningKey:
    """What webhooks are signed with: of apps their client secret, else the site's secret."""

    async def find(key: KeyOf) -> str:
        if key.app_id is not None:
            secret = await app_secret(database, sealer, key.app_id)
            if secret is None:
                msg = f"app {key.app_id} of program {key.program_id} was revoked"
                raise LookupError(msg)
            return secret
        return await site_secret(key.program_id, key.site_id)

    return find


def open_door(desk: Desk) -> Door:
    """Where operators sign in; their cookies are for HTTPS only when the server is reached so."""
    return Door(
        operators=Operators(desk.database, entropy=desk.entropy),
        cookies=Cookies(secure=desk.public_url.startswith("https://")),
        pages=Pages(),
        clock=desk.clock,
        entropy=desk.entropy,
    )


def _operator_pages(desk: Desk) -> list[Route]:
    door = open_door(desk)
    return [*door.routes(), *Consent(door).routes()]


def surfaces(desk: Desk, gate: Gate, *, operating: Sequence[Route] = ()) -> tuple[Surface, ...]:
    """Every API and page, by the prefix of its paths; `operating` is what operators' tools ask."""
    headless_table = headless.table(desk, gate)
    admin_table = admin.table(desk, gate)
    own_table = own.table(desk, gate)
    documents = {
        HEADLESS_PREFIX: headless_openapi.document(headless_table, public_url=desk.public_url),
        admin.PREFIX: admin_openapi.document(
            admin_table,
            requests=admin_shapes.REQUESTS,
            responses=admin_shapes.RESPONSES,
            public_url=desk.public_url,
        ),
        own.PREFIX: own_openapi.document(own_table, public_url=desk.public_url),
    }
    described = {
        prefix: openapi.route(f"{prefix}/openapi.json", document)
        for prefix, document in documents.items()
    }
    return (
        Surface(
            prefix=f"{HEADLESS_PREFIX}/",
            app=router([*routes(headless_table), described[HEADLESS_PREFIX]]),
            dialect=HeadlessDialect(),
            open_to_browsers=True,
        ),
        Surface(
            prefix=f"{admin.PREFIX}/",
            app=router([*routes(admin_table), described[admin.PREFIX], *GUESSES]),
            dialect=AdminDialect(),
        ),
        Surface(
            prefix=f"{own.PREFIX}/",
            app=router([*routes(own_table), described[own.PREFIX]]),
            dialect=OwnDialect(),
        ),
        Surface(
            prefix="/",
            app=router([*operating, *_pages(desk), *pages.routes(documents)]),
            dialect=PlainDialect(),
        ),
    )


def _pages(desk: Desk) -> list[Route]:
    """What people and their browsers open, and what apps call of OAuth."""
    webview = webview_routes.route(desk, _webview_writers(desk))
    return [referral_links.route(desk), *oauth.routes(desk), *_operator_pages(desk), webview]


def _webview_writers(desk: Desk) -> Writers:
    """Loyalty pages show what shops' own pages get: the Headless API's documents, read back."""
    encode, decode = msgspec.json.Encoder().encode, msgspec.json.Decoder(dict[str, object]).decode
    return Writers(
        customer=lambda outcome: decode(encode(customer_of(desk, outcome))),
        configuration=lambda scene: decode(configuration(scene)),
        points=wording.points,
        day=wording.day,
    )
