"""What friends get for coming: a code of their own, the same one whenever they ask again.

A code that lives in a shop is set aside first, then made there, and given only when it is known to
be there. Whoever is told that it could not be made asks again, and the same code is tried again.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from leal.domain.codes import code
from leal.domain.incentives import cap_of, terms_of
from leal.domain.program import Program
from leal.domain.referral_settings import Incentive
from leal.domain.referrals import Friend, friend_key, refuse_unless_welcome
from leal.domain.refusals import (
    FriendEmailRequired,
    NoVouchersLeft,
    ReferralsOff,
    UnknownReferral,
    VoucherNotAllocated,
)
from leal.domain.rewards.terms import CodeSource
from leal.domain.scene import Scene
from leal.domain.sites import VoucherStoreKind
from leal.integrations.voucher_stores import Made, Voucher
from leal.storage import referrals as stored
from leal.storage.customers import Wanted
from leal.storage.referrals import NewIncentive, Sender
from leal.usecases.desk import Ask, Desk, look_at, scene_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """A friend who followed a link; `ip_address` is where they come from."""

    referral_id: str
    email: str | None
    ip_address: str


async def claim(desk: Desk, ask: Ask, invited: Invited) -> str:
    """Gives a friend their code.

    Raises ReferralsOff, UnknownReferral, FriendEmailRequired, the refusals of
    `refuse_unless_welcome`, NoVouchersLeft and VoucherNotAllocated, in this order.
    """
    scene = await scene_now(desk, ask)
    incentive = _offered(scene.program)
    sender = await stored.find_sender(desk.database, ask.program_id, invited.referral_id)
    if sender is None:
        raise UnknownReferral
    if invited.email is None:
        raise FriendEmailRequired
    key = friend_key(email=invited.email, customer_id=None)
    given = await stored.find_incentive(desk.database, ask.program_id, invited.referral_id, key=key)
    if given is not None and given.is_made:
        return given.code
    await _refuse_unless_welcome(desk, ask, sender, email=invited.email, ip=invited.ip_address)
    wanted = _new(incentive, scene, invited, key=key)
    given = await stored.set_incentive_aside(desk.database, ask.program_id, wanted, now=scene.now)
    if given is None:
        raise NoVouchersLeft
    if not given.is_made:
        wanted = replace(wanted, code=given.code)
        voucher = _voucher(scene, incentive, wanted, email=invited.email)
        await _make(desk, voucher, wanted)
    return given.code


def _offered(program: Program) -> Incentive:
    settings = program.referrals
    if settings is None or not settings.enabled or settings.incentive is None:
        raise ReferralsOff
    return settings.incentive


async def _refuse_unless_welcome(
    desk: Desk, ask: Ask, sender: Sender, *, email: str, ip: str
) -> None:
    facts = await stored.find_friend(desk.database, sender, email=email, ip_address=ip)
    friend = Friend(
        email=email,
        sent_by=sender.email,
        is_member=facts.is_member,
        ordered=facts.ordered,
        on_referrers_address=facts.on_referrers_address,
    )
    if sender.customer_id is None:
        refuse_unless_welcome(friend, await scene_now(desk, ask), referrer=None)
        return
    found = await look_at(desk, ask, Wanted(customer_id=sender.customer_id))
    refuse_unless_welcome(friend, found.scene, referrer=found.account)


def _new(incentive: Incentive, scene: Scene, invited: Invited, *, key: str) -> NewIncentive:
    looks, days = scene.program.codes, incentive.expires_after_days
    generated = looks.prefix + code(
        scene.entropy, label="friend", alphabet=looks.alphabet, length=looks.length
    )
    pooled = incentive.codes is CodeSource.POOL
    here = scene.site.voucher_store.KIND is VoucherStoreKind.LEAL
    return NewIncentive(
        referral_id=invited.referral_id,
        friend_key=key,
        code=None if pooled else generated,
        ip_address=invited.ip_address,
        expires_at=scene.now + timedelta(days=days) if days else None,
        made_at=scene.now if here else None,
    )


async def _make(desk: Desk, voucher: Voucher, wanted: NewIncentive) -> None:
    """Has the shop make the voucher. Raises VoucherNotAllocated when it will not, or may not have.

    Several may ask for the same at once: making one that is there is no mistake. A shop that has
    stopped keeping vouchers since need not be asked.
    """
    store = desk.voucher_stores.get(voucher.site.voucher_store.KIND)
    if store is not None:
        async with desk.outside():
            answer = await store.create(voucher)
        if not isinstance(answer, Made):
            raise VoucherNotAllocated(answer.reason)
    await stored.note_made(
        desk.database,
        voucher.program_id,
        wanted.referral_id,
        key=wanted.friend_key,
        now=voucher.claimed_at,
    )


def _voucher(scene: Scene, incentive: Incentive, wanted: NewIncentive, *, email: str) -> Voucher:
    return Voucher(
        program_id=scene.published.id,
        site=scene.site,
        kind=incentive.KIND,
        title=incentive.incentive_text.in_(scene.site.default_language),
        code=wanted.code or "",
        terms=terms_of(incentive, scene.site.currency),
        maximum_discount_minor=cap_of(incentive, scene.site.currency),
        claimed_at=scene.now,
        expires_at=wanted.expires_at,
        customer_merchant_id=None,
        customer_email=email,
    )
