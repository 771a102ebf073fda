"""Orders as shops report them: created, updated as a whole, or step by step as old plugins do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from leal.domain import enrolment
from leal.domain.change import Change, begin
from leal.domain.customers import CustomerState
from leal.domain.order_reports import new_order, updated
from leal.domain.ordering import WhoseOrder, seen_paid, work_off
from leal.domain.orders import Order, OrderReport
from leal.domain.points import MAX_POINTS
from leal.domain.problems import BadRequest, DatabaseAway, Missing
from leal.domain.program import EnrolmentMode
from leal.domain.scene import Scene
from leal.storage import orders
from leal.storage.customers import Loaded, OrderKey, Wanted
from leal.storage.db import Runner
from leal.usecases.arrivals import arrived, whoever_is
from leal.usecases.desk import Ask, Desk, Outcome, change, scene_now
from leal.usecases.usage import settle_order
from leal.usecases.whose import refuse_unless_sited

_TRIES_WITHOUT_LOCK = 2
_MAX_STEPS = 200
"""Single payments, or refunds, that an order is paid or refunded in at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Who ordered, as the shop says; None where it does not say.

    A guest's checkout names no merchant id.
    """

    merchant_id: str | None
    email: str | None
    guest: bool | None = None


async def create(
    desk: Desk, ask: Ask, merchant_id: str, *, buyer: Buyer, report: OrderReport
) -> None:
    """A shop tells of an order; telling again updates it and never awards twice.

    An unknown customer is created. A guest's order is kept, and linked when they are known by their
    address or join later.
    """
    key = OrderKey(merchant_id=merchant_id, site_id=ask.site_id)
    wanted = await _whoever_bought(desk, ask, buyer)
    if wanted is None:
        try:
            await _keep(desk, ask, _Told(key=key, email=buyer.email, report=report))
        except _Linked:
            await update(desk, ask, merchant_id, report=report)
        return

    def decide(loaded: Loaded, scene: Scene) -> Change:
        refuse_unless_sited(scene, ask)
        return _ordered(loaded, scene, buyer, merchant_id=merchant_id, report=report)

    try:
        outcome = await change(desk, ask, replace(wanted, lots=True, order=key), decide=decide)
    except WhoseOrder:
        await update(desk, ask, merchant_id, report=report)
        return
    await _claims(desk, outcome)


async def _whoever_bought(desk: Desk, ask: Ask, buyer: Buyer) -> Wanted | None:
    """Whom to load for an order; None when nobody is named or known by the address."""
    if buyer.merchant_id is not None:
        return whoever_is(buyer.merchant_id, email=buyer.email)
    if buyer.email is None:
        return None
    known = await orders.find_customer_id(desk.database, ask.program_id, buyer.email)
    return None if known is None else Wanted(customer_id=known, email=buyer.email)


async def update(desk: Desk, ask: Ask, merchant_id: str, *, report: OrderReport) -> None:
    """A shop reports an order's state anew. Raises Missing for an order never told of.

    An order that was nobody's becomes that of who is known by its address by now.
    """
    told = _Told(
        key=OrderKey(merchant_id=merchant_id, site_id=ask.site_id),
        email=None,
        report=report,
        only_known=True,
    )
    try:
        await _update(desk, ask, told, owner=None)
    except _Unlinked:
        await _update_unlinked(desk, ask, told)


async def _update(desk: Desk, ask: Ask, told: "_Told", *, owner: int | None) -> None:
    """Updates the order of its customer, or makes it that of the `owner`.

    Raises _Unlinked for an order that is nobody's and not made anybody's, WhoseOrder for one that
    is another's than the owner's.
    """

    def decide(loaded: Loaded, scene: Scene) -> Change:
        _refuse_if_several(loaded.order_sites)
        if loaded.order is None or loaded.account is None:
            raise _Unlinked
        if loaded.order_customer_id not in {None, loaded.account.customer.id}:
            raise WhoseOrder
        order = _reported(loaded.order, told.report, scene)
        return work_off(begin(loaded.account), scene, _announced(order, loaded))

    wanted = Wanted(customer_id=owner, lots=True, order=told.key)
    await _claims(desk, await change(desk, ask, wanted, decide=decide))


async def _update_unlinked(desk: Desk, ask: Ask, told: "_Told") -> None:
    owner = await orders.find_buyer(desk.database, ask.program_id, told.key)
    try:
        if owner is None:
            await _keep(desk, ask, told)
        else:
            await _update(desk, ask, told, owner=owner)
    except (_Linked, WhoseOrder):
        await _update(desk, ask, told, owner=None)


async def _claims(desk: Desk, outcome: Outcome) -> None:
    """What the order means for claimed rewards follows it; background work makes up for a crash."""
    order = outcome.change.order if outcome.change else None
    if order is not None and order.follow_up_due:
        await _settle(desk, outcome.scene, order)


async def _settle(desk: Desk, scene: Scene, order: Order) -> None:
    key = OrderKey(merchant_id=order.merchant_id, site_id=order.site_id)
    await settle_order(desk, scene.published.id, key)


async def get(desk: Desk, ask: Ask, merchant_id: str) -> tuple[Order, str]:
    """An order and the currency of its site. Raises Missing."""
    if ask.site_id is None:
        _refuse_if_several(await orders.list_sites(desk.database, ask.program_id, merchant_id))
    key = OrderKey(merchant_id=merchant_id, site_id=ask.site_id)
    found = await orders.find(desk.database, ask.program_id, key)
    if found is None:
        raise _missing()
    scene = await scene_now(desk, ask)
    site = scene.program.site(found.order.site_id) or scene.site
    return found.order, site.currency


def _refuse_if_several(sites: Sequence[int]) -> None:
    """Orders of different sites have the id, and nobody said which is meant: BadRequest."""
    if len(sites) > 1:
        where = ", ".join(str(each) for each in sites)
        why = f"Required: orders on the sites {where} have this merchant id"
        raise BadRequest({"site_id": why})


class _Linked(Exception):  # noqa: N818 - said to ourselves: take the way with a customer
    """The order has a customer by now."""


class _Unlinked(Exception):  # noqa: N818 - said to ourselves: take the way without a customer
    """The order is unknown, or nobody is known for it."""


def _ordered(
    loaded: Loaded, scene: Scene, buyer: Buyer, *, merchant_id: str, report: OrderReport
) -> Change:
    email = None if loaded.email_taken else buyer.email
    started = arrived(loaded, scene, merchant_id=buyer.merchant_id or "", email=email)
    owner = loaded.order_customer_id
    if owner is not None and owner != started.customer.id:
        raise WhoseOrder
    if loaded.order is None:
        order = new_order(
            report, scene.site, merchant_id=merchant_id, email=buyer.email, now=scene.now
        )
        order = replace(order, guest=buyer.guest or False)
    else:
        order = _reported(loaded.order, report, scene)
    automatic = scene.program.enrolment.mode is EnrolmentMode.AUTOMATIC
    # nobody is welcomed twice under one address
    known_already = loaded.email_taken and started.customer.email is None
    welcome = started.customer.state is CustomerState.GUEST and not known_already
    if buyer.guest is False and automatic and welcome:
        started = enrolment.join(started, scene, trigger="order")
    return work_off(started, scene, _announced(order, loaded))


def _announced(order: Order, loaded: Loaded) -> Order:
    """The order, to be followed up also for a claim it is to use up, and for who sent its buyer."""
    sent = loaded.account is not None and loaded.account.customer.referred_by is not None
    follow = order.follow_up_due or loaded.claims_announced or sent
    return replace(order, follow_up_due=follow)


def _reported(order: Order, report: OrderReport, scene: Scene) -> Order:
    site = scene.program.site(order.site_id) or scene.site
    reported = updated(order, report, site, now=scene.now)
    for name, steps in (("payments", reported.payments), ("refunds", reported.refunds)):
        if len(steps) > _MAX_STEPS or sum(step.amount_minor for step in steps) > MAX_POINTS:
            why = f"Too much: the order has more {name} than can be counted; update it as a whole"
            raise BadRequest({"amount": why})
    return reported


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What is told of an order nobody is known for; `only_known` when it must exist already."""

    key: OrderKey
    email: str | None
    report: OrderReport
    only_known: bool = False


async def _keep(desk: Desk, ask: Ask, told: _Told) -> None:
    """Writes an order nobody is known for; who comes second too often waits for the row's lock."""
    scene = await scene_now(desk, ask)
    if not told.only_known:
        refuse_unless_sited(scene, ask)
    kept = None
    for _ in range(_TRIES_WITHOUT_LOCK):
        kept = kept or await _kept(desk.database, scene, told)
    if kept is None:
        async with desk.database.transaction() as locked:
            await orders.lock(locked, ask.program_id, told.key)
            kept = await _kept(locked, scene, told)
    if kept is None:
        raise DatabaseAway
    if kept.follow_up_due:
        await _settle(desk, scene, kept)


async def _kept(on: Runner, scene: Scene, told: _Told) -> Order | None:
    """One try; None when someone else wrote the order meanwhile.

    Raises _Linked when it turns out to be a known customer's.
    """
    program_id = scene.published.id
    found = await orders.find(on, program_id, told.key)
    if found is None:
        if told.only_known:
            raise _missing()
        order = new_order(
            told.report,
            scene.site,
            merchant_id=told.key.merchant_id,
            email=told.email,
            now=scene.now,
        )
    elif found.customer_id is None:
        order = _reported(found.order, told.report, scene)
    else:
        raise _Linked
    order = seen_paid(order, scene, by=CustomerState.GUEST)
    return await orders.save_unlinked(on, program_id, order)


def _missing() -> Missing:
    return Missing("order", "No order with this merchant id")
