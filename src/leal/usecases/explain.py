"""Why a customer has the points they have: each entry of the ledger, told from what it came of."""

from collections.abc import Mapping
from dataclasses import dataclass

from leal.domain.customers import HistoryKind
from leal.domain.explaining import (
    Nothing,
    PointsExplained,
    Unfired,
    explain_points,
    interval_start,
    unfired,
    why_unpromised,
)
from leal.domain.offers import Interval
from leal.domain.orders import Order
from leal.domain.problems import Missing
from leal.domain.program import Program
from leal.domain.published import PublishedProgram
from leal.storage import explain as stored
from leal.storage.explain import Completion, Entry, Ledger, Part
from leal.storage.listings import Summary
from leal.usecases.desk import Ask, Desk
from leal.usecases.whose import id_key, not_one

_COMPLETIONS = (HistoryKind.EARNED, HistoryKind.RECEIVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitThen:
    """The rule's limit under the version of the award, and the how-manieth completion it was.

    `number` counts what history shows within the calendar interval, this one included; completions
    that gave nothing leave no row and are not in it. `interval` None: ever.
    """

    allowed: int
    interval: Interval | None
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryExplained:
    """An entry, the order it is about, and where the customer stood against the rule's limit."""

    entry: Entry
    order: Order | None
    limit: LimitThen | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderExplained:
    """What an order is worth by its latest state, promise by promise, and which rules gave nothing.

    `unpromised` says why no rule was asked so far.
    """

    order: Order
    currency: str
    awards: tuple[PointsExplained, ...]
    unpromised: Nothing | None
    unfired: tuple[Unfired, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Part of a customer's ledger, explained; `more` tells of older entries."""

    program_version: int
    customer: Summary
    entries: tuple[EntryExplained, ...]
    orders: tuple[OrderExplained, ...]
    more: bool


async def explain(desk: Desk, ask: Ask, merchant_id: str, *, part: Part) -> Explained:
    """Explains a customer's entries, the newest first; only reads.

    Raises Missing for an unknown customer, and for an order that is not theirs.
    """
    program_id = ask.program_id
    key = await id_key(desk, ask, merchant_id)
    ledger = await stored.find_ledger(desk.database, program_id, key, part=part)
    if ledger is None:
        raise await not_one(desk, ask, merchant_id)
    if part.order is not None and not ledger.orders:
        raise Missing("order", "No order of this customer with this merchant id")
    current = await desk.programs.at(program_id, ledger.program_version)
    versions = await _versions(desk, current, ledger)
    limits = await _limits(desk, program_id, ledger, versions=versions)
    orders = {order.id: order for order in ledger.orders}
    return Explained(
        program_version=ledger.program_version,
        customer=ledger.customer,
        entries=tuple(
            EntryExplained(
                entry=entry,
                order=orders.get(entry.row.order_id or 0),
                limit=limits.get(entry.row.id),
            )
            for entry in ledger.entries
        ),
        orders=tuple(_order(order, current, versions) for order in ledger.orders),
        more=ledger.more,
    )


async def _versions(
    desk: Desk, current: PublishedProgram, ledger: Ledger
) -> Mapping[int | None, Program]:
    """The programs that the entries and orders happened under, by version."""
    found: dict[int | None, Program] = {None: current.program, current.version: current.program}
    wanted = {entry.row.program_version for entry in ledger.entries}
    wanted |= {order.program_version for order in ledger.orders}
    for version in wanted:
        if version is not None and version not in found:
            found[version] = (await desk.programs.at(current.id, version)).program
    return found


async def _limits(
    desk: Desk, program_id: int, ledger: Ledger, *, versions: Mapping[int | None, Program]
) -> dict[int, LimitThen]:
    """By history row, for completions of rules that had a limit then."""
    limits: dict[int, tuple[Completion, int, Interval | None]] = {}
    for entry in ledger.entries:
        row, program = entry.row, versions[entry.row.program_version]
        rule = program.rule(row.rule_id) if row.rule_id is not None else None
        if rule is None or rule.limit is None or row.kind not in _COMPLETIONS:
            continue
        interval = rule.limit.interval
        since = interval_start(interval, at=row.happened_at, zone=rule.zone(program))
        completion = Completion(history_id=row.id, rule_id=rule.id, since=since)
        limits[row.id] = completion, rule.limit.count, interval
    wanted = tuple(completion for completion, _, _ in limits.values())
    numbers = await stored.count_completions(
        desk.database, program_id, ledger.customer.id, of=wanted
    )
    return {
        row_id: LimitThen(allowed=allowed, interval=interval, number=numbers.get(row_id, 1))
        for row_id, (_, allowed, interval) in limits.items()
    }


def _order(
    order: Order, current: PublishedProgram, versions: Mapping[int | None, Program]
) -> OrderExplained:
    program = current.program
    site = program.site(order.site_id) or program.primary_site
    return OrderExplained(
        order=order,
        currency=site.currency,
        awards=tuple(
            explain_points(order, terms, currency=site.currency) for terms in order.terms or ()
        ),
        unpromised=why_unpromised(order),
        unfired=unfired(order, versions[order.program_version]),
    )
