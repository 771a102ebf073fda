"""What merchants do with rewards: claim and undo them for customers, switch them on and off."""

from dataclasses import dataclass, replace
from decimal import Decimal

import msgspec

from leal.domain.checks import read_program
from leal.domain.claims import ClaimedReward, ClaimSession
from leal.domain.deeds import Action, Actor, ActorKind, Deed, Subject
from leal.domain.money import minor_digits, to_minor
from leal.domain.problems import BadRequest, Missing
from leal.domain.rewards import Reward
from leal.domain.rewards.carts import ProductCartReward
from leal.domain.rewards.custom import CustomReward, VoucherFulfillment
from leal.domain.rewards.redeeming import Redemption
from leal.domain.rewards.terms import RewardVariant
from leal.domain.rewards.vouchers import CartVariableDiscountVoucherReward
from leal.domain.sites import Site, SiteKind
from leal.domain.tiers import tier_of
from leal.storage import programs as stored
from leal.usecases import rewards
from leal.usecases.audit import note
from leal.usecases.desk import Ask, Desk, Outcome, look
from leal.usecases.whose import whose

MAX_MULTIPLIER = 1_000
"""How often a reward that allows it can be taken at once."""

CART = "cart"
"""The kind of session whose token is a cart's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claiming:
    """What a merchant claims for a customer.

    `session` is the shopping session it is for; one of kind cart says into which cart a free
    product goes. `discount` is that of one's choice, in main units of the site's currency.
    """

    reward_id: int
    multiplier: int = 1
    variant_id: str | None = None
    session: ClaimSession | None = None
    discount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Available:
    """A reward, and what it is for the customers of a tier."""

    reward: Reward
    variant: RewardVariant


async def available(
    desk: Desk, ask: Ask, merchant_id: str, *, country: str | None
) -> tuple[Outcome, tuple[Available, ...]]:
    """The rewards that a customer's tier may have, whether they can pay for them or not.

    Those of all sites, unless `ask` names one; shoppers cannot redeem on content sites. A
    `country` leaves out what is not for it. Raises Missing for an unknown site or customer.
    """
    outcome = await look(desk, ask, merchant_id)
    scene = outcome.scene
    tier = tier_of(outcome.account.customer, scene.program)
    site = None if ask.site_id is None else scene.site
    found = (
        Available(reward=each, variant=each.variant_for(tier))
        for each in scene.program.rewards
        if _is_for(each, site, country)
    )
    return outcome, tuple(each for each in found if each.variant.enabled)


async def claim(
    desk: Desk, ask: Ask, merchant_id: str, *, wanted: Claiming
) -> tuple[Outcome, ClaimedReward]:
    """Claims a reward for a customer with their points.

    Raises BadRequest for what the reward is not made for, Missing, and the refusals of `redeem`.
    """
    published = await desk.programs.current(ask.program_id)
    reward = published.program.reward(wanted.reward_id)
    redemption = Redemption(
        reward_id=wanted.reward_id,
        variant_id=wanted.variant_id,
        times=wanted.multiplier,
        session=wanted.session,
        by_merchant=True,
    )
    if reward is not None:
        ask = _at_its_site(ask, reward, published.program.primary_site)
        site = published.program.site(ask.site_id or 0) or published.program.primary_site
        redemption = _fitted(redemption, reward, wanted=wanted, currency=site.currency)
    return await rewards.claim(desk, ask, merchant_id, wanted=redemption)


async def refund(
    desk: Desk, ask: Ask, merchant_id: str, *, claim_id: int
) -> tuple[Outcome, ClaimedReward]:
    """Undoes an unused claim of this customer.

    Raises Missing, also for a claim of somebody else, and the refusals of a refund.
    """
    owned = await rewards.find_owner(desk, ask.program_id, claim_id)
    try:
        mine = await whose(desk, ask, merchant_id)
    except Missing:
        raise rewards.missing_claim() from None
    if owned.customer_id != mine:
        raise rewards.missing_claim()
    return await rewards.refund(desk, ask, owned)


_KINDS = {ActorKind.API_KEY: "API key", ActorKind.OAUTH: "OAuth app"}


async def switch(desk: Desk, program_id: int, reward_id: int, *, enabled: bool, by: Actor) -> bool:
    """Switches a reward on or off for everybody, in a new version of the program.

    Returns whether anything changed: one that is on or off already stays as it is, and so does the
    program. Raises Missing.
    """
    async with desk.database.transaction() as runner:
        document = await stored.lock_current(runner, program_id)
        value = msgspec.json.decode(document)
        program = read_program(value)
        reward = program.reward(reward_id)
        if reward is None:
            raise Missing("reward", "No reward with this id")
        if reward.enabled is enabled:
            return False
        # the document lists the rewards as the program does
        value["rewards"][program.rewards.index(reward)]["enabled"] = enabled
        read_program(value)
        await stored.publish(
            runner,
            program_id,
            name=program.name,
            document=msgspec.json.encode(value).decode(),
            author=f"{by.name} ({_KINDS.get(by.kind, by.kind)})",
            now=desk.clock(),
        )
        action = Action.REWARD_ENABLED if enabled else Action.REWARD_DISABLED
        deed = Deed(by=by, action=action, about=Subject.REWARD, about_id=reward_id)
        await note(runner, program_id, deed, now=desk.clock())
    return True


def can_be_multiplied(reward: Reward) -> bool:
    """Whether it can be taken several times at once: custom ones, unless a claim is a code."""
    return isinstance(reward, CustomReward) and not isinstance(
        reward.fulfillment, VoucherFulfillment
    )


def _is_for(reward: Reward, site: Site | None, country: str | None) -> bool:
    if reward.trigger_only:
        return False
    if country is not None and reward.countries and country not in reward.countries:
        return False
    return site is None or (site.kind is not SiteKind.CONTENT and reward.on_site(site.id))


def _at_its_site(ask: Ask, reward: Reward, primary: Site) -> Ask:
    """The ask at a site that has the reward, so that its amounts are in the right currency."""
    if reward.on_site(ask.site_id or primary.id):
        return ask
    return replace(ask, site_id=reward.sites[0])


def _fitted(
    redemption: Redemption, reward: Reward, *, wanted: Claiming, currency: str
) -> Redemption:
    """The redemption with what rewards of this kind need; BadRequest for what they do not know."""
    problems = {}
    if wanted.multiplier > 1 and not can_be_multiplied(reward):
        problems["multiplier"] = "Too big: this reward is taken once at a time"
    if isinstance(reward, CartVariableDiscountVoucherReward):
        if wanted.discount is None:
            problems["discount_amount"] = "Required for this reward: send how much to take off"
        else:
            redemption = replace(redemption, discount_minor=_minor(wanted.discount, currency))
    elif wanted.discount is not None:
        problems["discount_amount"] = "Must be left out: this reward's discount is fixed"
    if isinstance(reward, ProductCartReward):
        session = wanted.session
        if session is None or session.kind != CART:
            problems["session"] = (
                'Required for this reward: send {"kind": "cart", "token": the cart\'s id}'
            )
        else:
            # what follows the question mark is a key to the cart and may change
            redemption = replace(redemption, cart_id=session.token.partition("?")[0])
    if problems:
        raise BadRequest(problems)
    return redemption


def _minor(amount: Decimal, currency: str) -> int:
    try:
        return to_minor(amount, currency)
    except ValueError:
        digits = minor_digits(currency)
        why = f"Too fine: {currency} has {digits} decimal digits"
        raise BadRequest({"discount_amount": why}) from None
