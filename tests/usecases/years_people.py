"""The people of a program over the years: what they do, told to leal and to the model alike.

Every step draws its chances before it waits for anything, so a run can be repeated.
"""

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Final

from leal.domain.enrolment import Visit
from leal.domain.orders import CancellationStatus, OrderReport, PaymentStatus, RefundStatus
from leal.domain.refusals import Refusal
from leal.domain.rewards.redeeming import Redemption
from leal.usecases import customers, orders, points, rewards, tiers
from leal.usecases.desk import Ask
from leal.usecases.orders import Buyer
from tests.programs import Document, lion_rewards, put
from tests.usecases.years import (
    APPROVAL_DAYS,
    BIRTHDAY_POINTS,
    BOUNDS,
    GOLD,
    GOLD_RATE,
    HIDDEN,
    JOIN_POINTS,
    PLATINUM,
    SILVER,
    ZONE,
    Member,
    Setup,
)
from tests.worlds import World

REFUNDED_WITHIN = timedelta(days=60)
CLAIM_KINDS = 3
GIFT = 3
BORN_ON = ((2, 29), (12, 30), (1, 1), (1, 4), (6, 10), (9, 30))


def years_program(setup: Setup) -> Document:
    """A ladder of three steps and a hidden one, points that end, vouchers that end or go back."""
    made = lion_rewards()
    for path, value in {
        "sites.0.timezone": ZONE.key,
        "tiers.boundary_mode": setup.counts,
        "tiers.membership": _membership(setup),
        "tiers.tiers": _ladder(setup),
        "birthdays.run_at": "site" if setup.birthdays_in == ZONE else "utc",
        "rules": _RULES,
        "rewards": _REWARDS,
        "expiry": {"mode": "date_earned", "months": 13, "enabled_on": "2020-01-01"},
    }.items():
        put(path, value)(made)
    return made


def _membership(setup: Setup) -> Document:
    month, day = setup.starts_on
    match setup.mode:
        case "rolling":
            return {"mode": "rolling", "duration_months": setup.months}
        case "calendar":
            return {
                "mode": "calendar",
                "starts_on": {"month": month, "day": day},
                "months": setup.months,
                "windows": setup.windows,
            }
        case "anniversary":
            return {"mode": "enrollment_anniversary", "windows": setup.windows}
        case mode:
            return {"mode": mode}


def _ladder(setup: Setup) -> list[Document]:
    unit = 100 if setup.counts == "spend" else 1
    gold, platinum = (bound // unit for bound in BOUNDS[setup.counts])
    steps: tuple[Document, ...] = (
        {"id": SILVER, "key": "silver", "name": "Silver", "lower_bound": 0},
        {"id": GOLD, "key": "gold", "name": "Gold", "lower_bound": gold},
        {"id": PLATINUM, "key": "platinum", "name": "Platinum", "lower_bound": platinum},
        {"id": HIDDEN, "key": "friends", "name": "Friends", "lower_bound": platinum + 1},
    )
    more: Mapping[int, Document] = {PLATINUM: {"grants": GIFT}, HIDDEN: {"hidden": True}}
    return [step | more.get(number, {}) for number, step in enumerate(steps, start=1)]


_RULES: Final = (
    {
        "id": 1,
        "kind": "purchase",
        "title": "Buy",
        "points": 1,
        "approval_days": APPROVAL_DAYS,
        "tiers": {"gold": {"points": GOLD_RATE}},
    },
    {"id": 2, "kind": "birthday", "title": "Birthday", "points": BIRTHDAY_POINTS},
    {"id": 3, "kind": "join_program", "title": "Join", "points": JOIN_POINTS},
)
_REWARDS: Final = (
    {
        "id": 1,
        "kind": "cart_discount_voucher",
        "title": "$5 discount",
        "discount": {"amount": 5},
        "cost": 100,
        "expires_after_days": 90,
    },
    {
        "id": 2,
        "kind": "cart_discount_voucher",
        "title": "$2 discount",
        "discount": {"amount": 2},
        "cost": 40,
        "auto_refund_minutes": 1440,
    },
    {"id": GIFT, "kind": "free_shipping_voucher", "title": "Free shipping", "cost": 60},
)


@dataclass(slots=True)
class People:
    """A program, its people, and the model of each of them."""

    world: World
    setup: Setup
    chance: random.Random
    members: list[Member] = field(default_factory=list)
    claimed: dict[str, list[tuple[int, str | None]]] = field(default_factory=dict)
    told: int = 0

    @property
    def ask(self) -> Ask:
        return Ask(program_id=self.world.tenant.program_id)

    async def comes(self) -> None:
        """Somebody new opens the shop, or buys as a guest."""
        member = Member(setup=self.setup, name=f"c{len(self.members)}")
        self.members.append(member)
        await (self._visits if self.chance.random() < 0.7 else self._buys)(member)

    async def acts(self, member: Member) -> None:
        """Somebody does something."""
        steps: tuple[tuple[int, Callable[[Member], Awaitable[None]]], ...] = (
            (40, self._buys),
            (9, self._gives_back),
            (12, self._visits),
            (5, self._is_given),
            (2, self._loses),
            (10, self._claims),
            (3, self._unclaims),
            (12, self._tells_birthday),
            (2, self._is_blocked),
            (2, self._is_moved),
        )
        weights = [weight for weight, _ in steps]
        ((_, step),) = self.chance.choices(steps, weights=weights)
        await step(member)

    async def _buys(self, member: Member) -> None:
        """Told at once, or up to twenty days late; sometimes with a voucher."""
        self.told += 1
        order, now, total = str(self.told), self.world.now, self.chance.randrange(10, 150)
        paid_at = now - timedelta(hours=self.chance.choice([0, 0, 0, 5, 300, 480]))
        codes = None
        if self.claimed.get(member.name) and self.chance.random() < 0.5:
            _, code = self.claimed[member.name].pop()
            codes = ((code, Decimal(2)),) if code else None
        report = OrderReport(
            payment_status=PaymentStatus.PAID,
            total=Decimal(total),
            ordered_at=paid_at,
            discount_codes=codes,
        )
        buyer = Buyer(merchant_id=member.name, email=_email(member))
        await orders.create(self.world.desk, self.ask, order, buyer=buyer, report=report)
        member.buys(order, total=total, paid_at=paid_at, now=now)

    async def _gives_back(self, member: Member) -> None:
        """Some or all of a recent order, or it is cancelled."""
        since = self.world.now - REFUNDED_WITHIN
        recent = [
            name for name, sale in member.sales.items() if not sale.gone and sale.told_at > since
        ]
        if not recent:
            return
        order = self.chance.choice(recent)
        sale = member.sales[order]
        part = min(sale.total, sale.refunded + self.chance.randrange(1, 60))
        refunded, report = self.chance.choice(
            (
                (None, OrderReport(refund_status=RefundStatus.REFUNDED)),
                (None, OrderReport(cancellation_status=CancellationStatus.CANCELLED)),
                (part, _refund_of(part)),
            )
        )
        await orders.update(self.world.desk, self.ask, order, report=report)
        member.gives_back(order, refunded=refunded, now=self.world.now)

    async def _visits(self, member: Member) -> None:
        visit = Visit(email=_email(member))
        await customers.initialize_session(
            self.world.desk, self.ask, merchant_id=member.name, visit=visit
        )
        member.joins(self.world.now)

    async def _is_given(self, member: Member) -> None:
        amount = self.chance.randrange(1, 120)
        await points.add(self.world.desk, self.ask, member.name, points=amount, reason=None)
        member.gets(amount, self.world.now)

    async def _loses(self, member: Member) -> None:
        """What is taken by hand counts towards no tier."""
        amount = self.chance.randrange(1, 120)
        await points.remove(self.world.desk, self.ask, member.name, points=amount, reason=None)

    async def _claims(self, member: Member) -> None:
        wanted = Redemption(reward_id=self.chance.randint(1, CLAIM_KINDS))
        try:
            _, made = await rewards.claim(self.world.desk, self.ask, member.name, wanted=wanted)
        except Refusal:
            return
        self.claimed.setdefault(member.name, []).append((made.id, made.code))

    async def _unclaims(self, member: Member) -> None:
        if not self.claimed.get(member.name):
            return
        claim_id, _ = self.claimed[member.name].pop()
        owned = await rewards.find_owner(self.world.desk, self.ask.program_id, claim_id)
        try:
            await rewards.refund(self.world.desk, self.ask, owned)
        except Refusal:
            return

    async def _tells_birthday(self, member: Member) -> None:
        born = self.chance.choice([*BORN_ON, (self.chance.randint(1, 12), 15)])
        if member.joined_at is None or member.blocked:
            return
        month, day = born
        await customers.set_birthday(
            self.world.desk, self.ask, member.name, month=month, day=day, year=1992
        )
        if member.born is None:
            member.born, member.told_at = born, self.world.now

    async def _is_blocked(self, member: Member) -> None:
        """For a while: who is blocked is likelier let in again."""
        blocked = not member.blocked and self.chance.random() < 0.5
        await customers.update(self.world.desk, self.ask, member.name, blocked=blocked)
        member.goes_on_to(self.world.now)
        member.blocked = blocked

    async def _is_moved(self, member: Member) -> None:
        tier = self.chance.choice([SILVER, GOLD, PLATINUM, HIDDEN, None, None])
        if member.tier == HIDDEN:
            tier = None
        try:
            await tiers.move(self.world.desk, self.ask, member.name, tier_id=tier)
        except Refusal:
            assert member.blocked or member.joined_at is None
        else:
            member.is_moved(tier, self.world.now)


def _email(member: Member) -> str:
    return f"{member.name}@lion.example"


def _refund_of(part: int) -> OrderReport:
    return OrderReport(refund_status=RefundStatus.PARTIALLY_REFUNDED, total_refunded=Decimal(part))
