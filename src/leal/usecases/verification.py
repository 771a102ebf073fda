"""Proving that the books are right: every customer of every program, invariant by invariant."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from leal.domain.problems import Missing
from leal.domain.program import Program
from leal.storage import care_verification as care
from leal.storage import claim_verification as claims
from leal.storage import delivery_verification as deliveries
from leal.storage import merge_verification as merges
from leal.storage import order_verification as orders
from leal.storage import rewriting
from leal.storage import rule_verification as rules
from leal.storage import shelf_verification as shelf
from leal.storage import verification as stored
from leal.storage.db import Database
from leal.storage.order_verification import Constants
from leal.storage.programs import list_programs, list_versions
from leal.storage.verification import FIRST_ID, LAST_ID, Finding, IdRange, Invariant
from leal.usecases.programs import Programs

BATCH_CUSTOMERS: Final = 5_000
_BATCH_EVENTS: Final = 50_000

LISTED_VIOLATIONS: Final = 1_000
"""So many violations are kept with all they say; the rest are only counted."""

Found = tuple[tuple[Invariant, Finding], ...]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One invariant broken in one place; `program_id` is None when it concerns all programs."""

    invariant: Invariant
    program_id: int | None
    finding: Finding

    @property
    def what_next(self) -> str:
        """What the operator can do about it."""
        return WHAT_NEXT[self.invariant]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How many customers were checked, and what was found.

    `counts` has every violation of each invariant that was broken, `violations` the first
    LISTED_VIOLATIONS of all.
    """

    customers: int
    violations: tuple[Violation, ...]
    counts: Mapping[Invariant, int]

    @property
    def is_clean(self) -> bool:
        """True when nothing is wrong."""
        return not self.counts


def unwatched(_checked: int, _total: int) -> None:
    """Progress nobody looks at."""


async def verify(
    database: Database,
    *,
    program_id: int | None = None,
    progress: Progress = unwatched,
    batch_customers: int = BATCH_CUSTOMERS,
) -> Report:
    """Checks one program, or all; reads only, but for attempts to rewrite the ledger, undone.

    `progress` is told how many customers of how many have been checked. Raises Missing for an
    unknown program.
    """
    programs = await _chosen(database, program_id)
    total = sum([await stored.count_customers(database, each) for each in programs])
    notes = _Notes(progress=progress, total=total)
    progress(0, total)
    notes.add(None, await rewriting.find_rewriting(database))
    for each in programs:
        notes.add(each, await orders.find_in_program(database, each))
        notes.add(each, await care.find_in_program(database, each))
        notes.add(each, await merges.find_in_program(database, each))
        book = await _rule_book(database, each)
        notes.add(each, await shelf.find_on_shelf(database, each, versions=book.versions))
        await _check_customers(database, book, notes, batch=batch_customers)
        await _check_events(database, each, notes)
        notes.add(each, await deliveries.find_lost(database, each))
    return notes.report()


WHAT_NEXT: Final[Mapping[Invariant, str]] = MappingProxyType(
    {
        Invariant.BALANCES: (
            "The ledger is right: find what wrote to the table customers beside leal, then set"
            " the three balances of these customers to what is expected"
        ),
        Invariant.LOTS: (
            "Look at the violations of balances and lot_moves of the same customers first: these"
            " follow from them. Without any, restore lots and transactions from one backup"
        ),
        Invariant.LOT_MOVES: (
            "The ledger is right: find what wrote to the table lots beside leal, then set the"
            " remaining points of these lots to what is expected"
        ),
        Invariant.OVERDRAWN: (
            "Points were spent that were not there: add points by hand if the customer keeps what"
            " they bought, and report it as a bug of leal with this line"
        ),
        Invariant.COUNTERS: (
            "Limits count with these numbers: set them to what the customer's history shows, and"
            " find what wrote to the table counters beside leal"
        ),
        Invariant.HISTORY_POSTED: (
            "The ledger is right: correct the points or the state of the history row, and find"
            " what wrote to the table history beside leal"
        ),
        Invariant.ENTRY_OF_HISTORY: (
            "A row of history was deleted or moved: restore the table history from a backup"
        ),
        Invariant.CUSTOMER_EXISTS: (
            "A customer was deleted beside leal: restore the row of customers from a backup"
        ),
        Invariant.CUSTOMER_IDS: (
            "Find what wrote to the tables customers or customer_ids beside leal, and make them"
            " agree: without its row in customer_ids nobody finds a customer by the shop's id"
        ),
        Invariant.EVENT_OF_CUSTOMER: (
            "A customer was deleted beside leal: restore the row of customers from a backup"
        ),
        Invariant.APPEND_ONLY: (
            "The trigger transactions_append_only is missing or off: create it again as the first"
            " migration does, and find out who may change the schema"
        ),
        Invariant.ONCE: (
            "Something was given twice for one cause: take the points of the later row back by"
            " hand, then restore the index history_by_source, or report it as a bug of leal"
        ),
        Invariant.ORDER_POINTS: (
            "Send the order's state again, as the shop knows it: its points are then worked out"
            " anew. When that changes nothing, report it as a bug of leal with this line"
        ),
        Invariant.ORDER_COUNTED: (
            "Send the order's state again, as the shop knows it: what it counts towards tiers is"
            " then worked out anew. When that changes nothing, report it as a bug of leal"
        ),
        Invariant.PROGRESS: (
            "Orders and ledger are right: find what wrote to the tables progress or customers"
            " beside leal, then set the numbers of these customers to what is expected"
        ),
        Invariant.LIMITS: (
            "Points were given more often than the rule allows: take them back by hand if the"
            " customer should not keep them, and report it as a bug of leal with this line"
        ),
        Invariant.TIERS: (
            "Find what wrote to the tables customers or history beside leal, and set the tier of"
            " these customers to what is expected"
        ),
        Invariant.DAILY_SUMS: (
            "The ledger is right: delete the program's rows of points_daily and"
            " points_daily_ends; they are then added up anew"
        ),
        Invariant.CLAIMS_PAID: (
            "The ledger is right: look at the claim. What was bought and not paid for is to be paid"
            " by hand or refunded, and report it as a bug of leal with this line"
        ),
        Invariant.CLAIM_HISTORY: (
            "The claim is right: find what wrote to the table history beside leal, then set its row"
            " to the claim's state and points, or restore the row from a backup"
        ),
        Invariant.CLAIMS_USED: (
            "The uses are right: find what wrote to the table claimed_rewards beside leal, then set"
            " usage and balance to what is expected. Of two uses of a voucher, settle one by hand"
        ),
        Invariant.CLAIMS_COUNTED: (
            "The claims are right: find what wrote to the table customers beside leal, then set"
            " rewards_claimed and rewards_used of these customers to what is expected"
        ),
        Invariant.CLAIM_CODES: (
            "Give each customer a code of their own and put it into their claim, restore the index"
            " claimed_rewards_by_code if it is gone, and report it as a bug of leal with this line"
        ),
        Invariant.ANSWERS: (
            "Restore the primary key of idempotency_keys if it is gone, delete the rows listed, and"
            " find what wrote to the table beside leal"
        ),
        Invariant.ERASED: (
            "Something wrote data of an erased person: find out what wrote to the tables beside"
            " leal, and empty the columns as docs/operate/customer-care.md says"
        ),
        Invariant.MERGES: (
            "Find what wrote to the tables transactions or merges beside leal, or for a customer"
            " who was merged: give what is listed to the customer who answers for them"
        ),
        Invariant.STOCK: (
            "The claims are right: set given in the table reward_stock to what is expected. When"
            " more was given away than there was, report it as a bug of leal with this line"
        ),
        Invariant.EVENT_OF_CHANGE: (
            "Nobody was told of this change: tell whoever follows events by hand, find out what"
            " wrote to or deleted from the table events beside leal, or report it as a bug"
        ),
        Invariant.DELIVERIES: (
            "Look for what wrote to the tables deliveries or webhooks beside leal. Set"
            " webhook_cursors back to before the event: what is missing is then made, once"
        ),
    }
)


class _Notes:
    """What a running check has seen so far."""

    def __init__(self, *, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._checked = 0
        self._violations: list[Violation] = []
        self._counts: dict[Invariant, int] = {}

    def checked(self, customers: int) -> None:
        """So many more are done. Some may have come since they were counted."""
        self._checked += customers
        self._total = max(self._total, self._checked)
        self._progress(self._checked, self._total)

    def add(self, program_id: int | None, found: Found) -> None:
        for invariant, finding in found:
            self._counts[invariant] = self._counts.get(invariant, 0) + 1
            if len(self._violations) < LISTED_VIOLATIONS:
                self._violations.append(
                    Violation(invariant=invariant, program_id=program_id, finding=finding)
                )

    def report(self) -> Report:
        return Report(
            customers=self._checked,
            violations=tuple(self._violations),
            counts=MappingProxyType(self._counts),
        )


async def _chosen(database: Database, program_id: int | None) -> tuple[int, ...]:
    ids = tuple(each.program_id for each in await list_programs(database))
    if program_id is None:
        return ids
    if program_id not in ids:
        raise Missing("program", f"there is no program {program_id}: see `leal program list`")
    return (program_id,)


@dataclass(frozen=True, slots=True, kw_only=True)
class _RuleBook:
    """A program in force, all its versions, and what never changed in them."""

    program_id: int
    program: Program
    versions: Mapping[int, Program]
    constants: Constants


async def _check_customers(
    database: Database, rule_book: _RuleBook, notes: _Notes, *, batch: int
) -> None:
    program_id = rule_book.program_id
    first = FIRST_ID
    while True:
        ids = await stored.next_customers(database, program_id, first=first, limit=batch)
        notes.add(program_id, await stored.find_by_customer(database, program_id, ids))
        notes.add(program_id, await _consequences(database, rule_book, ids))
        notes.checked(ids.size)
        if ids.last == LAST_ID:
            return
        first = ids.last + 1


async def _rule_book(database: Database, program_id: int) -> _RuleBook:
    programs = Programs(database)
    current = await programs.current(program_id)
    return _RuleBook(
        program_id=program_id,
        program=current.program,
        versions={
            each.version: (await programs.at(program_id, each.version)).program
            for each in await list_versions(database, program_id)
        },
        constants=await orders.load_constants(database, program_id),
    )


async def _consequences(database: Database, book: _RuleBook, ids: IdRange) -> Found:
    """What does not follow from orders, rules and tiers as it should, in a range of customers."""
    program_id, program, constants = book.program_id, book.program, book.constants
    return (
        *await orders.find_in_orders(
            database, program_id, ids=ids, program=program, constants=constants
        ),
        *await orders.find_in_progress(
            database, program_id, ids=ids, program=program, constants=constants
        ),
        *await rules.find_beyond_limits(database, program_id, ids=ids, versions=book.versions),
        *await claims.find_in_claims(database, program_id, ids=ids, versions=book.versions),
        *await rules.find_below_tier(
            database, program_id, ids=ids, program=program, constants=constants
        ),
    )


async def _check_events(database: Database, program_id: int, notes: _Notes) -> None:
    first = FIRST_ID
    while True:
        ids = await stored.next_events(database, program_id, first=first, limit=_BATCH_EVENTS)
        notes.add(program_id, await stored.find_by_event(database, program_id, ids))
        if ids.last == LAST_ID:
            return
        first = ids.last + 1
