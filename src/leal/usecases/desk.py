"""What every use case has at hand, and the one loop in which customers change.

load (one statement) → decide (pure) → save (one statement). When someone else changed the
customer in between, the save applies nothing and the loop runs again from the load; after two
stale tries it takes the row's lock first.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from leal.domain import lapsing
from leal.domain.change import Change, begin
from leal.domain.customers import Account
from leal.domain.deeds import Deed
from leal.domain.problems import BadRequest, Busy
from leal.domain.published import PublishedProgram
from leal.domain.scene import Scene
from leal.domain.sites import (
    Channel,
    ConsentProvider,
    Site,
    SubscriptionProvider,
    VoucherStoreKind,
)
from leal.domain.tier_moves import end_membership, has_ended, tier_shown
from leal.domain.tiers import counted_since
from leal.integrations.consent import ConsentKeeper
from leal.integrations.fulfilment import FulfilmentCaller
from leal.integrations.subscriptions import SubscriptionKeeper
from leal.integrations.voucher_stores import VoucherStore
from leal.integrations.webhooks import UnreachableWebhooks, WebhookCaller
from leal.storage import customers, due
from leal.storage.customer_ids import IdsOf
from leal.storage.customers import Loaded, Wanted
from leal.storage.db import Database, Runner
from leal.storage.events import StoredEvent
from leal.usecases.composing import PlainComposer
from leal.usecases.metering import Meter, SilentMeter
from leal.usecases.once import Once
from leal.usecases.programs import Programs
from leal.usecases.strangers import no_such_site, several_have_it, unknown_customer

_TRIES_WITHOUT_LOCK = 2
_TRIES = 5


class Composer(Protocol):
    """Words events for receivers of webhooks."""

    async def compose(
        self,
        desk: "Desk",
        program_id: int,
        event: StoredEvent,
        *,
        message_id: str,
        now: datetime,
    ) -> bytes | None:
        """The body of a message; None when there is nothing to tell any more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The database, the programs, the clock, the source of randomness, and outside services.

    `public_url` is where shoppers reach this server, without a slash at the end. Webhooks are
    called by `webhooks` in the words of `composer`; `hides_paused_webhooks` from clients as if they
    were deleted; what was delivered is remembered for `deliveries_kept`, and what happened for
    `events_kept`, None for good. `webview_lasts` is how long a loyalty page that was opened can be
    looked at. `once` is the run of a request that must have one effect: then all that is asked of
    the database is one transaction. `meter` counts for the operator.
    """

    database: Database
    programs: Programs
    clock: Callable[[], datetime]
    entropy: Callable[[], bytes]
    consent: Mapping[ConsentProvider, ConsentKeeper]
    subscriptions: Mapping[SubscriptionProvider, SubscriptionKeeper]
    voucher_stores: Mapping[VoucherStoreKind, VoucherStore]
    fulfilment: FulfilmentCaller
    public_url: str
    webhooks: WebhookCaller = field(default_factory=UnreachableWebhooks)
    composer: Composer = field(default_factory=PlainComposer)
    hides_paused_webhooks: bool = False
    deliveries_kept: timedelta = timedelta(days=30)
    events_kept: timedelta | None = None
    webview_lasts: timedelta = timedelta(hours=1)
    once: Once | None = None
    meter: Meter = field(default_factory=SilentMeter)

    @property
    def reserved(self) -> int | None:
        """What an earlier run of this very request had set aside before it was cut short."""
        return None if self.once is None else self.once.reserved

    @asynccontextmanager
    async def outside(self, *, reserved: int | None = None) -> AsyncIterator["Desk"]:
        """Where others are called, and where work is done that no transaction could hold.

        What was done before stays done, whatever becomes of the rest. Of a request that must have
        one effect, `reserved` is the number by which a later run finds what this one set aside.
        Yields the desk to work at meanwhile.
        """
        once = self.once
        if once is None:
            yield self
            return
        await once.let_go(reserved, now=self.clock())
        yield replace(self, database=once.database, programs=once.programs, once=None)
        await once.go_on()

    def now(self, program_id: int) -> datetime:
        """The program's time: ours, or that of its own clock as last seen when it is a sandbox."""
        return self.clock() + self.programs.ahead(program_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Where a request comes from.

    `site_id` None means the program's primary site; `language` and `country` None the site's own.
    `ids` are the site whose ids of customers are meant, in a program of several; None where nobody
    said, and an id is good when it is one customer's only.
    `deed` is what somebody does by hand, noted in the audit log with the change it makes.
    """

    program_id: int
    site_id: int | None = None
    ids: IdsOf | None = None
    channel: Channel = Channel.WEB
    language: str | None = None
    country: str | None = None
    deed: Deed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a use case answers with: the scene it played in, and the account as it is now.

    `asked_as` is the shop's id that was asked about, when it was by one.
    """

    scene: Scene
    account: Account
    change: Change | None = None
    asked_as: str | None = None


Decide = Callable[[Loaded, Scene], Change]


async def look(desk: Desk, ask: Ask, merchant_id: str) -> Outcome:
    """Reads a customer; changes nothing. Raises Missing for an unknown site or customer.

    Points and memberships whose end has come are not shown, whether the job came round or not.
    """
    return await look_at(desk, ask, Wanted(merchant_id=merchant_id))


async def look_at(desk: Desk, ask: Ask, wanted: Wanted) -> Outcome:
    """As `look`, for whom and how much is wanted."""
    scene, loaded = await _load(desk, desk.database, ask=ask, wanted=wanted)
    stay = known(loaded).customer.tier
    if stay is not None and has_ended(known(loaded).customer, scene.program, scene.now):
        # what counted when it ended may lie further back than what counts now
        since = counted_since(scene.program, stay.expires_at or scene.now)
        wanted = replace(wanted, progress_since=since)
        scene, loaded = await _load(desk, desk.database, ask=ask, wanted=wanted)
    account = tier_shown(lapsing.seen(known(loaded), scene), scene)
    return Outcome(scene=scene, account=account, asked_as=wanted.merchant_id)


async def change(desk: Desk, ask: Ask, wanted: Wanted, *, decide: Decide) -> Outcome:
    """Loads, decides and saves, again and again until nobody came between.

    `decide` gets what was loaded and raises Refusal, Missing or BadRequest to say no. A change
    that does nothing is not saved. Points and tier memberships that have ended by now end first, in
    changes of their own: nobody spends or enjoys them until the job comes round.
    """
    for _ in range(_TRIES_WITHOUT_LOCK):
        outcome = await _try(desk, desk.database, ask=ask, wanted=wanted, decide=decide)
        if outcome is not None:
            return outcome
        desk.meter.stale_save()
    for _ in range(_TRIES - _TRIES_WITHOUT_LOCK):
        async with desk.database.transaction() as locked:
            await customers.lock(locked, ask.program_id, wanted)
            outcome = await _try(desk, locked, ask=ask, wanted=wanted, decide=decide)
        if outcome is not None:
            return outcome
        desk.meter.stale_save()
    raise Busy


async def change_together(
    desk: Desk, ask: Ask, wanted: Sequence[Wanted], *, decide: Decide
) -> tuple[Change | None, ...]:
    """Loads and decides for one customer after the other, and saves all in one statement.

    For work on many who are named by their ids, in rising order. None for whom this was no way:
    someone came between, or something is overdue; they are changed alone.
    """
    decided: list[Change | None] = []
    for each in wanted:
        scene, loaded = await _load(desk, desk.database, ask=ask, wanted=each)
        alone = loaded.account is None or is_overdue(loaded.account, scene)
        decided.append(None if alone else decide(loaded, scene))
    worthwhile = [each for each in decided if each is not None and not each.is_empty]
    told = await customers.save_all(desk.database, ask.program_id, worthwhile)
    stale = [each for each, saved in zip(worthwhile, told, strict=True) if not saved]
    return tuple(None if any(each is one for one in stale) else each for each in decided)


async def load_settled(
    desk: Desk, on: Runner, *, ask: Ask, wanted: Wanted
) -> tuple[Scene, Loaded] | None:
    """Loads, with what has ended worked off first; None when someone else came between."""
    scene, loaded = await _load(desk, on, ask=ask, wanted=wanted)
    if loaded.account is not None and is_overdue(loaded.account, scene):
        if not await _catch_up(desk, on, scene, account=loaded.account):
            return None
        scene, loaded = await _load(desk, on, ask=ask, wanted=wanted)
    return scene, loaded


async def scene_now(desk: Desk, ask: Ask) -> Scene:
    """The scene without anybody in it, from the version in force."""
    published = await desk.programs.current(ask.program_id)
    return scene_of(published, ask, now=desk.now(ask.program_id), entropy=desk.entropy())


async def ask_at(desk: Desk, program_id: int, site_id: int) -> Ask:
    """What concerns a site; the primary one when the program does not have the site any more."""
    published = await desk.programs.current(program_id)
    gone = published.program.site(site_id) is None
    return Ask(program_id=program_id, site_id=None if gone else site_id)


def known(loaded: Loaded) -> Account:
    """The loaded account, or Missing."""
    if loaded.account is None:
        raise unknown_customer()
    return loaded.account


def scene_of(published: PublishedProgram, ask: Ask, *, now: datetime, entropy: bytes) -> Scene:
    """Resolves what was asked against the program: its site, a language of the site.

    Raises Missing for a site that is not the program's, BadRequest for a language it lacks.
    """
    program = published.program
    site = program.primary_site if ask.site_id is None else program.site(ask.site_id)
    if site is None:
        raise no_such_site()
    return Scene(
        published=published,
        site=site,
        channel=ask.channel,
        language=_language(site, ask.language),
        country=ask.country or site.country,
        now=now,
        entropy=entropy,
    )


async def lapse_overdue(on: Runner, scene: Scene, account: Account) -> Account | None:
    """Lets the account's lots lapse whose day has come; None when someone else came between.

    The lots must be loaded. Nothing is due: the account as it is.
    """
    program_id, customer = scene.published.id, account.customer
    lots = lapsing.overdue(account.lots, scene)
    if not lots:
        return account
    standing = await due.find_standing(on, program_id, customer.id, rows_until=scene.now)
    if standing is None or standing.version != customer.version:
        return None
    return await customers.save(
        on, program_id, lapsing.lapse(begin(account), scene, lots=lots, rows=standing.rows)
    )


def is_overdue(account: Account, scene: Scene) -> bool:
    """Whether points or a tier membership have ended and nobody has noted it yet."""
    lots = lapsing.overdue(account.lots, scene)
    return bool(lots) or has_ended(account.customer, scene.program, scene.now)


async def _catch_up(desk: Desk, on: Runner, scene: Scene, *, account: Account) -> bool:
    """Works off what has ended, in its order; False when someone else came between.

    A membership is decided as of the moment it ended: whatever changes a customer comes after it.
    """
    if await lapse_overdue(on, scene, account) is None:
        return False
    ask = Ask(program_id=scene.published.id, site_id=scene.site.id)
    customer_id, program = account.customer.id, scene.program
    while True:
        wanted = Wanted(customer_id=customer_id)
        _, loaded = await _load(desk, on, ask=ask, wanted=wanted)
        stay = loaded.account.customer.tier if loaded.account else None
        if loaded.account is None or stay is None or stay.expires_at is None:
            return True
        if not has_ended(loaded.account.customer, program, scene.now):
            return True
        ended_at = stay.expires_at
        since = counted_since(program, ended_at)
        then, loaded = await _load(desk, on, ask=ask, wanted=replace(wanted, progress_since=since))
        ended = end_membership(begin(known(loaded)), replace(then, now=ended_at))
        if await customers.save(on, ask.program_id, ended) is None:
            return False


async def _try(
    desk: Desk, on: Runner, *, ask: Ask, wanted: Wanted, decide: Decide
) -> Outcome | None:
    settled = await load_settled(desk, on, ask=ask, wanted=wanted)
    if settled is None:
        return None
    scene, loaded = settled
    decided = decide(loaded, scene)
    if decided.is_empty:
        return Outcome(
            scene=scene, account=decided.account, change=decided, asked_as=wanted.merchant_id
        )
    deed = None if ask.deed is None else (ask.deed, desk.clock())
    saved = await customers.save(on, ask.program_id, decided, deed=deed)
    if saved is None:
        return None
    _note(desk, saved)
    if lapsing.overdue(saved.lots, scene):
        # points that came back after their day: whoever comes between does it instead
        await lapse_overdue(on, scene, saved)
        saved = lapsing.seen(saved, scene)
    scene = _restocked(scene, decided)
    return Outcome(scene=scene, account=saved, change=decided, asked_as=wanted.merchant_id)


def _restocked(scene: Scene, change: Change) -> Scene:
    """The scene with what the change gave away, or took back, counted too."""
    if not change.stock:
        return scene
    given = dict(scene.shelf.given)
    for move in change.stock:
        key = move.reward_id, move.variant_id
        given[key] = max(0, given.get(key, 0) + move.given)
    return replace(scene, shelf=replace(scene.shelf, given=given))


async def _load(desk: Desk, on: Runner, *, ask: Ask, wanted: Wanted) -> tuple[Scene, Loaded]:
    """Loads with the cached program and clock; when either has moved, once more with the new."""
    published = await desk.programs.lately(ask.program_id)
    clock, ahead = desk.clock(), desk.programs.ahead(ask.program_id)
    now = clock + ahead
    windowed = _windowed(wanted, published, ask=ask, now=now)
    loaded = await customers.load(on, ask.program_id, windowed)
    if (loaded.program_version, loaded.clock_ahead) != (published.version, ahead):
        held = None if on is desk.database else on
        published = await desk.programs.at(ask.program_id, loaded.program_version, on=held)
        desk.programs.note_ahead(ask.program_id, loaded.clock_ahead)
        now = clock + loaded.clock_ahead
        windowed = _windowed(wanted, published, ask=ask, now=now)
        loaded = await customers.load(on, ask.program_id, windowed)
    if loaded.sites:
        raise several_have_it(loaded.sites)
    scene = scene_of(published, ask, now=now, entropy=desk.entropy())
    _note(desk, loaded.account)
    return replace(scene, shelf=loaded.shelf), loaded


def _note(desk: Desk, account: Account | None) -> None:
    """Notes whom the answer to the request may tell of."""
    if desk.once is not None and account is not None:
        desk.once.concerns(account.customer.id)


def _windowed(wanted: Wanted, published: PublishedProgram, *, ask: Ask, now: datetime) -> Wanted:
    tiers = published.program.tiers
    return replace(
        wanted,
        at=ask.ids if len(published.program.sites) > 1 else None,
        progress_mode=tiers.boundary_mode if tiers else None,
        progress_since=wanted.progress_since or counted_since(published.program, now),
        overdue_at=now if lapsing.by_date(published.program) else None,
    )


def _language(site: Site, wanted: str | None) -> str:
    if wanted is None:
        return site.default_language
    for language in site.languages:
        if language.lower() == wanted.lower():
            return language
    known_ones = "|".join(f'"{language}"' for language in site.languages)
    raise BadRequest({"language": f"Invalid option: expected one of {known_ones}"})
