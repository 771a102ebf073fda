"""Orders as shops report them: created, updated as a whole, or step by step as old plugins do."""

from dataclasses import dataclass, replace

from leal.domain import enrolment
from leal.domain.change import Change, begin
from leal.domain.customers import CustomerState
from leal.domain.order_reports import new_order, updated
from leal.domain.ordering import WhoseOrder, seen_paid, work_off
from leal.domain.orders import Order, OrderReport
from leal.domain.problems import DatabaseAway, Missing
from leal.domain.program import EnrolmentMode
from leal.domain.scene import Scene
from leal.storage import orders
from leal.storage.customers import Loaded, OrderKey, Wanted
from leal.usecases.desk import Ask, Desk, change, scene_now

_TRIES = 5


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
    known = buyer.merchant_id
    if known is None and buyer.email is not None:
        known = await orders.find_merchant_id(desk.database, ask.program_id, buyer.email)
    if known is None:
        await _keep(desk, ask, key, email=buyer.email, report=report)
        return
    found = replace(buyer, merchant_id=known)

    def decide(loaded: Loaded, scene: Scene) -> Change:
        return _ordered(loaded, scene, found, merchant_id=merchant_id, report=report)

    wanted = Wanted(merchant_id=known, email=buyer.email, lots=True, order=key)
    try:
        await change(desk, ask, wanted, decide=decide)
    except WhoseOrder:
        await update(desk, ask, merchant_id, report=report)


async def update(desk: Desk, ask: Ask, merchant_id: str, *, report: OrderReport) -> None:
    """A shop reports an order's state anew. Raises Missing for an order never told of."""
    key = OrderKey(merchant_id=merchant_id, site_id=ask.site_id)

    def decide(loaded: Loaded, scene: Scene) -> Change:
        if loaded.order is None or loaded.account is None:
            raise _Unlinked
        order = _reported(loaded.order, report, scene)
        return work_off(begin(loaded.account), scene, order)

    try:
        await change(desk, ask, Wanted(lots=True, order=key), decide=decide)
    except _Unlinked:
        await _keep(desk, ask, key, email=None, report=report, only_known=True)


async def get(desk: Desk, ask: Ask, merchant_id: str) -> tuple[Order, str]:
    """An order and the currency of its site. Raises Missing."""
    found = await orders.find(desk.database, ask.program_id, OrderKey(merchant_id=merchant_id))
    if found is None:
        raise _missing()
    scene = await scene_now(desk, ask)
    site = scene.program.site(found.order.site_id) or scene.site
    return found.order, site.currency


class _Unlinked(Exception):  # noqa: N818 - said to ourselves: take the way without a customer
    """The order is unknown, or nobody is known for it."""


def _ordered(
    loaded: Loaded, scene: Scene, buyer: Buyer, *, merchant_id: str, report: OrderReport
) -> Change:
    if loaded.account is None:
        email = None if loaded.email_taken else buyer.email
        started = enrolment.new_customer(scene, merchant_id=buyer.merchant_id or "", email=email)
    else:
        started = begin(loaded.account)
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
    if buyer.guest is False and automatic and started.customer.state is CustomerState.GUEST:
        started = enrolment.join(started, scene, trigger="order")
    return work_off(started, scene, order)


def _reported(order: Order, report: OrderReport, scene: Scene) -> Order:
    site = scene.program.site(order.site_id) or scene.site
    return updated(order, report, site, now=scene.now)


async def _keep(
    desk: Desk,
    ask: Ask,
    key: OrderKey,
    *,
    email: str | None,
    report: OrderReport,
    only_known: bool = False,
) -> None:
    """Writes an order nobody is known for; tries again when someone else wrote it meanwhile."""
    for _ in range(_TRIES):
        found = await orders.find(desk.database, ask.program_id, key)
        if found is None and only_known:
            raise _missing()
        if found is not None and found.customer_id is not None:
            await update(desk, ask, key.merchant_id, report=report)
            return
        scene = await scene_now(desk, ask)
        if found is None:
            order = new_order(
                report, scene.site, merchant_id=key.merchant_id, email=email, now=scene.now
            )
        else:
            order = _reported(found.order, report, scene)
        order = seen_paid(order, scene, by=CustomerState.GUEST)
        if await orders.save_unlinked(desk.database, ask.program_id, order) is not None:
            return
    raise DatabaseAway


def _missing() -> Missing:
    return Missing("order", "No order with this merchant id")
