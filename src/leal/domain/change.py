"""A decision in the making: the account as it will be, and every row that makes it so.

A `Change` starts from a loaded account and grows by pure steps; nothing is saved until storage
applies it in one statement. Because each step changes the account and appends the rows in one
go, the reply can be made from `account` without reading anything again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from leal.domain.carts import CartAction
from leal.domain.claims import ClaimedReward, ClaimUse
from leal.domain.customers import (
    Account,
    Counter,
    Customer,
    Event,
    HistoryRow,
    Transaction,
)
from leal.domain.orders import Order
from leal.domain.topics import UPDATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a day gains towards tiers; differences, so they may be negative.

    `spend` is in minor units of the primary site's currency.
    """

    earned_on: date
    points: int = 0
    spend: int = 0
    orders: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StockMove:
    """Goods given away (+1) or given back (-1); never more than `limit` are given away."""

    reward_id: int
    variant_id: str
    given: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UseRow:
    """A use of a claim to write, or to strike out."""

    claimed_reward_id: int
    use: ClaimUse
    struck: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewId:
    """A shop's id that is to be the customer's on a site, and is nobody's there yet."""

    merchant_id: str
    site_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a decision does. `account` is the customer afterwards; the rest are rows to write.

    `changed_history` and `changed_claims` are rows that move on; `order` is an order to write;
    `ids` are the shop's that become the customer's.
    `cart_actions` is what the shop should do with the shopper's cart; it is not saved.
    """

    before: Account
    account: Account
    history: tuple[HistoryRow, ...] = ()
    changed_history: tuple[HistoryRow, ...] = ()
    claims: tuple[ClaimedReward, ...] = ()
    changed_claims: tuple[ClaimedReward, ...] = ()
    uses: tuple[UseRow, ...] = ()
    stock: tuple[StockMove, ...] = ()
    transactions: tuple[Transaction, ...] = ()
    counters: tuple[Counter, ...] = ()
    progress: tuple[Progress, ...] = ()
    events: tuple[Event, ...] = ()
    order: Order | None = None
    ids: tuple[NewId, ...] = ()
    cart_actions: tuple[CartAction, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to save: the customer exists and nothing differs."""
        nothing_said = not self.events and self.order is None and not self.ids
        return self.account == self.before and nothing_said and self.before.customer.id > 0

    @property
    def told(self) -> tuple[Event, ...]:
        """The events to save: each tells that the customer was changed; one there is always.

        But not of an order that changed nothing of its customer.
        """
        unchanged = self.account == self.before and self.before.customer.id > 0
        if self.events or unchanged:
            return self.events
        return (Event(topic=UPDATED, payload={}, created_at=self.customer.updated_at),)

    @property
    def customer(self) -> Customer:
        """The customer as changed."""
        return self.account.customer


def begin(account: Account) -> Change:
    """A change that does nothing yet."""
    return Change(before=account, account=account)


def with_customer(change: Change, customer: Customer) -> Change:
    """The customer's own row becomes `customer`."""
    return replace(change, account=replace(change.account, customer=customer))


def with_new_id(change: Change, new: NewId) -> Change:
    """The shop's id is the customer's from now on; one they have elsewhere is listed once."""
    customer = change.customer
    if new.merchant_id not in (customer.merchant_id, *customer.linked_merchant_ids):
        linked = (*customer.linked_merchant_ids, new.merchant_id)
        change = with_customer(change, replace(customer, linked_merchant_ids=linked))
    return replace(change, ids=(*change.ids, new))


def with_history(change: Change, row: HistoryRow) -> tuple[Change, HistoryRow]:
    """Adds a row of history; returns it with the id by which this change's rows refer to it."""
    version = row.program_version or change.account.program_version
    row = replace(row, id=-(len(change.history) + 1), program_version=version)
    newest_first = sorted(
        (row, *change.account.history), key=lambda each: each.happened_at, reverse=True
    )
    account = replace(change.account, history=tuple(newest_first), rows=(*change.account.rows, row))
    return replace(change, account=account, history=(*change.history, row)), row


def with_changed_row(change: Change, row: HistoryRow) -> Change:
    """A row of history moves on, whether it was saved before or is of this very change."""

    def moved(rows: tuple[HistoryRow, ...]) -> tuple[HistoryRow, ...]:
        return tuple(row if each.id == row.id else each for each in rows)

    account = replace(
        change.account, history=moved(change.account.history), rows=moved(change.account.rows)
    )
    change = replace(change, account=account)
    if row.id < 0:
        return replace(change, history=moved(change.history))
    others = tuple(each for each in change.changed_history if each.id != row.id)
    return replace(change, changed_history=(*others, row))


def with_claim(change: Change, claim: ClaimedReward) -> tuple[Change, ClaimedReward]:
    """Adds a claimed reward; returns it with the id by which this change's rows refer to it."""
    claim = replace(claim, id=-(len(change.claims) + 1))
    held = (*change.account.held, claim)
    account = replace(change.account, claims=(claim, *change.account.claims), held=held)
    return replace(change, account=account, claims=(*change.claims, claim)), claim


def with_changed_claim(change: Change, claim: ClaimedReward) -> Change:
    """A claimed reward moves on, whether it was saved before or is of this very change."""

    def moved(claims: tuple[ClaimedReward, ...]) -> tuple[ClaimedReward, ...]:
        return tuple(claim if each.id == claim.id else each for each in claims)

    account = replace(
        change.account, claims=moved(change.account.claims), held=moved(change.account.held)
    )
    change = replace(change, account=account)
    if claim.id < 0:
        return replace(change, claims=moved(change.claims))
    others = tuple(each for each in change.changed_claims if each.id != claim.id)
    return replace(change, changed_claims=(*others, claim))


def with_stock(change: Change, move: StockMove) -> Change:
    """Takes goods from the shelf, or puts them back."""
    return replace(change, stock=(*change.stock, move))


def with_use(change: Change, row: UseRow) -> Change:
    """Notes a use of a claim, or strikes one out."""
    return replace(change, uses=(*change.uses, row))


def with_transaction(change: Change, transaction: Transaction) -> Change:
    """Posts an entry and moves the balances by it. Its lots must already be worked out."""
    customer = change.customer
    moved = replace(
        customer,
        points_approved=customer.points_approved + transaction.points_approved,
        points_pending=customer.points_pending + transaction.points_pending,
        points_spent=customer.points_spent + transaction.points_spent,
    )
    return replace(
        change,
        account=replace(change.account, customer=moved),
        transactions=(*change.transactions, transaction),
    )


def with_counter(change: Change, counter: Counter) -> Change:
    """Replaces the counter of one rule or reward."""

    def others(counters: tuple[Counter, ...]) -> tuple[Counter, ...]:
        return tuple(
            each
            for each in counters
            if (each.subject, each.subject_id) != (counter.subject, counter.subject_id)
        )

    account = replace(change.account, counters=(*others(change.account.counters), counter))
    return replace(change, account=account, counters=(*others(change.counters), counter))


def with_progress(change: Change, progress: Progress, *, amount: int) -> Change:
    """Adds a day's gain; `amount` is its part in the program's boundary mode."""
    customer = replace(
        change.customer,
        lifetime_points=change.customer.lifetime_points + progress.points,
        lifetime_spend=change.customer.lifetime_spend + progress.spend,
        lifetime_orders=change.customer.lifetime_orders + progress.orders,
    )
    account = replace(
        change.account,
        customer=customer,
        progress=change.account.progress.plus(progress.earned_on, amount),
    )
    return replace(change, account=account, progress=(*change.progress, progress))


def with_event(
    change: Change,
    topic: str,
    payload: Mapping[str, object],
    *,
    now: datetime,
    claim: ClaimedReward | None = None,
    history_id: int | None = None,
) -> Change:
    """Adds an event for whoever listens; `claim` and `history_id` are what it is about."""
    event = Event(
        topic=topic,
        payload=payload,
        created_at=now,
        claimed_reward_id=claim.id if claim else None,
        history_id=history_id,
    )
    return replace(change, events=(*change.events, event))
