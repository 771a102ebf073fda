"""What shoppers and merchants do with a customer."""

from dataclasses import dataclass, replace

from leal.domain import birthdays, consent, enrolment
from leal.domain.carts import Cart
from leal.domain.change import Change, begin, with_customer
from leal.domain.customers import Birthday
from leal.domain.refusals import SubscriptionFailed, UnsupportedPlatform
from leal.domain.rewards.reconciling import reconcile, redemptions_in
from leal.domain.scene import Scene
from leal.storage.customers import ClaimKeys, Loaded, Wanted
from leal.usecases.arrivals import arrived, whoever_is
from leal.usecases.desk import Ask, Desk, Outcome, change, known, look


async def get(desk: Desk, ask: Ask, merchant_id: str) -> Outcome:
    """The customer, read only."""
    return await look(desk, ask, merchant_id)


async def initialize_session(
    desk: Desk, ask: Ask, *, merchant_id: str, visit: enrolment.Visit, cart: Cart | None = None
) -> Outcome:
    """A shopper opens the shop: creates, enrols per the program's mode, counts the visit.

    With a cart, the free products in it are settled; the change says what has to leave the cart.
    """

    def decide(loaded: Loaded, scene: Scene) -> Change:
        started = arrived(loaded, scene, merchant_id=merchant_id, email=visit.email)
        visited = enrolment.start_session(started, scene, visit, email_taken=loaded.email_taken)
        return visited if cart is None else reconcile(visited, scene, cart)

    wanted = whoever_is(merchant_id, email=visit.email, vouched=visit.vouched)
    if cart is not None:
        claims = ClaimKeys(redemptions=redemptions_in(cart))
        wanted = replace(wanted, lots=True, claims=claims)
    return await change(desk, ask, wanted, decide=decide)


async def enrol(desk: Desk, ask: Ask, merchant_id: str) -> Outcome:
    """Makes a customer a member; the outcome's change is empty for one who is already."""

    def decide(loaded: Loaded, scene: Scene) -> Change:
        return enrolment.enrol(known(loaded), scene)

    return await change(desk, ask, Wanted(merchant_id=merchant_id), decide=decide)


async def set_birthday(
    desk: Desk, ask: Ask, merchant_id: str, *, month: int, day: int, year: int
) -> Outcome:
    """A member tells their birthday; the outcome's change is empty when one is known already."""

    def decide(loaded: Loaded, scene: Scene) -> Change:
        return birthdays.set_birthday(known(loaded), scene, month=month, day=day, year=year)

    return await change(desk, ask, Wanted(merchant_id=merchant_id), decide=decide)


async def subscribe_to_email(desk: Desk, ask: Ask, merchant_id: str) -> Outcome:
    """Subscribes a member to marketing by e-mail with the site's consent provider.

    The provider is asked between load and save, never inside one; it may be asked again, and a
    repeated request finds the customer subscribed.
    """
    found = await look(desk, ask, merchant_id)
    if not consent.may_subscribe(found.account):
        return Outcome(scene=found.scene, account=found.account, change=begin(found.account))
    provider = found.scene.site.consent_provider
    keeper = desk.consent.get(provider) if provider else None
    if keeper is None:
        raise UnsupportedPlatform
    async with desk.outside():
        failed = await keeper.subscribe(
            program_id=ask.program_id, merchant_id=merchant_id, email=found.account.customer.email
        )
    if failed is not None:
        raise SubscriptionFailed(failed.reason)

    def decide(loaded: Loaded, scene: Scene) -> Change:
        return consent.subscribe(known(loaded), scene)

    return await change(desk, ask, Wanted(merchant_id=merchant_id), decide=decide)


@dataclass(frozen=True, slots=True, kw_only=True)
class FullName:
    """What someone is called; None for a part that is not known."""

    first: str | None
    last: str | None


async def update(
    desk: Desk,
    ask: Ask,
    merchant_id: str,
    *,
    birthday: Birthday | None = None,
    blocked: bool | None = None,
    name: FullName | None = None,
) -> Outcome:
    """The merchant corrects what is known of a customer, or blocks or unblocks them.

    None leaves a part as it is.
    """

    def decide(loaded: Loaded, scene: Scene) -> Change:
        account = known(loaded)
        changed = (
            birthdays.correct_birthday(account, scene, birthday) if birthday else begin(account)
        )
        customer = changed.customer
        if blocked is not None:
            customer = replace(customer, blocked=blocked)
        if name is not None:
            customer = replace(customer, first_name=name.first, last_name=name.last)
        if customer == changed.customer:
            return changed
        return with_customer(changed, replace(customer, updated_at=scene.now))

    return await change(desk, ask, Wanted(merchant_id=merchant_id), decide=decide)
