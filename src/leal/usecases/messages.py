"""What is known of an event when it is told: its customer as of now, and what it is about."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from leal.domain.claims import ClaimedReward
from leal.domain.customers import Account
from leal.domain.orders import Order
from leal.domain.problems import Missing
from leal.domain.rewards.redeemability import Redeemable, is_offered, redeemability
from leal.domain.scene import Scene
from leal.domain.tiers import tier_of
from leal.domain.topics import (
    POINTS_EARNED,
    REFERRAL_COMPLETE,
    REWARD_AVAILABLE,
    REWARD_REMINDER,
    RULE_COMPLETED,
    TO_AT_RISK,
    TO_DEFECTED,
    TO_LOYAL,
)
from leal.storage import events as stored
from leal.storage import listings, orders
from leal.storage.activities import ListedActivity, list_activities
from leal.storage.customers import ClaimKeys, OrderKey, Wanted
from leal.storage.events import Bought, StoredEvent
from leal.storage.listings import Filters, Part, Posting
from leal.usecases.desk import Ask, Desk, look_at, scene_now
from leal.usecases.merchant_rewards import Available

Facts = Mapping[str, object]

_WITH_REWARDS = (POINTS_EARNED, REWARD_AVAILABLE, REWARD_REMINDER)
_WITH_ACTIVITY = (RULE_COMPLETED, REFERRAL_COMPLETE)
_OF_SEGMENTS = (TO_LOYAL, TO_AT_RISK, TO_DEFECTED)
_ONE = Part(limit=1, ascending=True, settled=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event with all that its message is made of.

    `facts` are what was saved with it. `account` is whose it is, None when it is nobody's that is
    known; `friend` is who was referred. `rewards` are those the customer could redeem now.
    """

    event: StoredEvent
    facts: Facts
    scene: Scene
    account: Account | None = None
    activity: ListedActivity | None = None
    posting: Posting | None = None
    order: Order | None = None
    friend: Account | None = None
    claim: ClaimedReward | None = None
    bought: Bought | None = None
    rewards: tuple[Available, ...] = ()


async def gather(desk: Desk, program_id: int, event: StoredEvent) -> Told | None:
    """Loads what an event is about, as of now; None when its customer is not there any more."""
    ask = Ask(program_id=program_id)
    facts: dict[str, object] = msgspec.json.decode(event.payload)
    if event.customer_id is None:
        return Told(event=event, facts=facts, scene=await scene_now(desk, ask))
    claims = ClaimKeys(ids=(event.claimed_reward_id,)) if event.claimed_reward_id else None
    try:
        found = await look_at(desk, ask, Wanted(customer_id=event.customer_id, claims=claims))
    except Missing:
        return None
    around = _Around(desk=desk, program_id=program_id, event=event, facts=facts)
    activity = await around.activity() if event.topic in _WITH_ACTIVITY else None
    order, friend = await around.order()
    return Told(
        event=event,
        facts=facts,
        scene=found.scene,
        account=found.account,
        activity=activity,
        posting=await around.posting() if event.topic == POINTS_EARNED else None,
        order=order,
        friend=friend,
        claim=_claim(found.account, event.claimed_reward_id),
        bought=await around.bought() if event.topic in _OF_SEGMENTS else None,
        rewards=rewards_within_reach(found.account, found.scene)
        if event.topic in _WITH_REWARDS
        else (),
    )


def rewards_within_reach(account: Account, scene: Scene) -> tuple[Available, ...]:
    """The rewards of the site that the customer could redeem at this moment."""
    tier = tier_of(account.customer, scene.program)
    if account.customer.enrolled_at is None or account.customer.blocked:
        return ()
    offered = (
        Available(reward=each, variant=each.variant_for(tier)) for each in scene.program.rewards
    )
    return tuple(
        each
        for each in offered
        if is_offered(each.reward, each.variant, scene)
        and isinstance(
            redeemability(each.reward, each.variant, account=account, scene=scene, cart=None),
            Redeemable,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """Looks up what lies around an event."""

    desk: Desk
    program_id: int
    event: StoredEvent
    facts: Facts

    async def activity(self) -> ListedActivity | None:
        """The activity that completed a rule."""
        history_id, source = self.event.history_id, self.facts.get("source")
        if history_id is None and isinstance(source, str):
            history_id = await stored.find_history_id(self.desk.database, self.program_id, source)
        if history_id is None:
            return None
        page = await list_activities(
            self.desk.database, self.program_id, filters=_at(history_id), part=_ONE
        )
        return next((each for each in page.rows if each.entry.id == history_id), None)

    async def posting(self) -> Posting | None:
        """The ledger transaction that earned the points."""
        if self.event.history_id is None:
            return None
        posting_id = await stored.find_earning(
            self.desk.database, self.program_id, self.event.history_id, at=self.event.created_at
        )
        if posting_id is None:
            return None
        page = await listings.list_transactions(
            self.desk.database, self.program_id, filters=_at(posting_id), part=_ONE
        )
        return next((each for each in page.rows if each.id == posting_id), None)

    async def order(self) -> tuple[Order | None, Account | None]:
        """The order that completed the rule, and who placed it for somebody else's."""
        source = self.facts.get("source")
        key = _order_of(source) if isinstance(source, str) else _order_told(self.facts)
        if key is None:
            return None, None
        found = await orders.find(self.desk.database, self.program_id, key)
        if found is None:
            return None, None
        buyer = found.customer_id
        if buyer is None or buyer == self.event.customer_id:
            return found.order, None
        ask = Ask(program_id=self.program_id)
        friend = await look_at(self.desk, ask, Wanted(customer_id=buyer))
        return found.order, friend.account

    async def bought(self) -> Bought:
        """What the customer bought in all."""
        customer_id = self.event.customer_id or 0
        return await stored.load_bought(self.desk.database, self.program_id, customer_id)


def _at(row_id: int) -> Filters:
    return Filters(since_id=row_id - 1)


def _order_of(source: str) -> OrderKey | None:
    """An order's awards are caused by `order:SITE:MERCHANT ID:RULE`; the id may hold colons."""
    kind, _, rest = source.partition(":")
    site, _, rest = rest.partition(":")
    merchant_id, _, _ = rest.rpartition(":")
    if kind != "order" or not merchant_id:
        return None
    return OrderKey(merchant_id=merchant_id, site_id=int(site))


def _order_told(facts: Facts) -> OrderKey | None:
    merchant_id, site_id = facts.get("order_merchant_id"), facts.get("site_id")
    if not isinstance(merchant_id, str) or not isinstance(site_id, int):
        return None
    return OrderKey(merchant_id=merchant_id, site_id=site_id)


def _claim(account: Account, claim_id: int | None) -> ClaimedReward | None:
    return next((each for each in (*account.held, *account.claims) if each.id == claim_id), None)
