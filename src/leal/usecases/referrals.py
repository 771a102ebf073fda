"""Friends that customers send: links, what friends get, and what their first order earns.

A referral concerns two customers, each changed by itself: the friend's order is saved first, with a
note that something follows from it; what follows is worked out from the order's latest state.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from leal.domain import referrals
from leal.domain.change import Change, begin, with_customer
from leal.domain.codes import code
from leal.domain.customers import Referrer
from leal.domain.problems import Missing
from leal.domain.referral_settings import Incentive
from leal.domain.referrals import Friend, friend_key, settle_referral, source_of
from leal.domain.refusals import (
    FriendEmailRequired,
    NoVouchersLeft,
    ReferralsOff,
    UnknownReferral,
)
from leal.domain.rewards.redeemability import refuse_unless_member
from leal.domain.rewards.terms import CodeSource
from leal.domain.scene import Scene
from leal.storage import referrals as stored
from leal.storage.customers import ClaimKeys, Loaded, OrderKey, Wanted
from leal.storage.orders import Found
from leal.storage.referrals import NewIncentive, Referral, Sender, Trace
from leal.usecases.desk import Ask, Desk, change, known, look, scene_now

CHANNELS: Final = (
    "direct",
    "facebook",
    "twitter",
    "email",
    "whatsapp",
    "instagram",
    "device_share",
)
"""Where links are shared; each has one of its own."""


async def follow_link(desk: Desk, referral_id: str, *, channel: str) -> str:
    """Counts a click; answers with the address of the shop that the link leads to.

    Raises Missing for a link that is nobody's, or of a program that sends no friends.
    """
    sender = await stored.find_by_link(desk.database, referral_id)
    if sender is None:
        raise Missing("referral", "No customer has this link")
    scene = await scene_now(desk, Ask(program_id=sender.program_id, site_id=sender.site_id))
    if not scene.program.referrals_enabled:
        raise Missing("referral", "No customer has this link")
    where = channel if channel in CHANNELS else CHANNELS[0]
    await stored.count_click(desk.database, sender, channel=where, day=scene.now.date())
    return scene.site.url


async def share(desk: Desk, ask: Ask, merchant_id: str, *, channel: str) -> None:
    """A member shared their link. Raises Missing, CustomerBlocked, CustomerNotEnrolled."""
    found = await look(desk, ask, merchant_id)
    refuse_unless_member(found.account)
    await stored.count_share(
        desk.database,
        ask.program_id,
        found.account.customer.id,
        channel=channel,
        day=found.scene.now.date(),
    )


async def claim_incentive(
    desk: Desk, ask: Ask, referral_id: str, *, email: str | None, ip_address: str
) -> tuple[Incentive, str]:
    """Gives a friend their code, the same one whenever they ask again.

    Raises ReferralsOff, UnknownReferral, FriendEmailRequired, the refusals of
    `refuse_unless_welcome`, and NoVouchersLeft, in this order.
    """
    scene = await scene_now(desk, ask)
    settings = scene.program.referrals
    if settings is None or not settings.enabled or settings.incentive is None:
        raise ReferralsOff
    sender = await stored.find_sender(desk.database, ask.program_id, referral_id)
    if sender is None:
        raise UnknownReferral
    if email is None:
        raise FriendEmailRequired
    key = friend_key(email=email, customer_id=None)
    given = await stored.find_incentive(desk.database, ask.program_id, sender.customer_id, key=key)
    if given is not None:
        return settings.incentive, given
    await _refuse_unless_welcome(desk, ask, sender, email=email, ip_address=ip_address)
    wanted = _new_incentive(settings.incentive, scene, sender, key=key, ip_address=ip_address)
    made = await stored.give_incentive(desk.database, ask.program_id, wanted, now=scene.now)
    if made is None:
        raise NoVouchersLeft
    return settings.incentive, made


def brought_in(change: Change, sender: Sender, *, late: bool = False) -> Change:
    """The account says who sent them; the first who did stays, and nobody sends themselves.

    Only who has just joined was sent by somebody, unless their first order says so `late`.
    """
    friend = change.customer
    joined = change.before.customer.enrolled_at is None and friend.enrolled_at is not None
    own = friend.id == sender.customer_id or referrals.same_person(sender.email, friend.email)
    if friend.referred_by is not None or own or not (joined or late):
        return change
    by = Referrer(id=sender.customer_id, merchant_id=sender.merchant_id)
    return with_customer(change, replace(friend, referred_by=by))


async def follow_order(desk: Desk, program_id: int, found: Found) -> None:
    """Works out what an order means for who sent its buyer, if anybody did."""
    order, friend_id = found.order, found.customer_id
    email = order.customer_email
    if email is None and friend_id is None:
        return
    key = friend_key(email=email, customer_id=friend_id)
    trace = await stored.find_trace(
        desk.database, program_id, order, customer_id=friend_id, key=key
    )
    referrer_id = await _referrer_of(desk, program_id, found, trace=trace)
    if referrer_id is None:
        return
    source = source_of(key)
    gave = await stored.find_claim_given(desk.database, program_id, source)

    def decide(loaded: Loaded, scene: Scene) -> Change:
        if loaded.order is None:
            return begin(known(loaded))
        return settle_referral(begin(known(loaded)), scene, loaded.order, key=key)

    wanted = Wanted(
        customer_id=referrer_id,
        lots=True,
        source=source,
        order=OrderKey(merchant_id=order.merchant_id, site_id=order.site_id),
        claims=ClaimKeys(ids=(gave,)) if gave else None,
    )
    ask = Ask(program_id=program_id, site_id=order.site_id)
    await change(desk, ask, wanted, decide=decide)


async def _referrer_of(desk: Desk, program_id: int, found: Found, *, trace: Trace) -> int | None:
    """Who earns by the order: it made a referral before, or makes one now."""
    order, friend_id = found.order, found.customer_id
    if trace.order_id is not None:
        return trace.referrer_id if trace.order_id == order.id else None
    ask = Ask(program_id=program_id, site_id=order.site_id)
    scene = await scene_now(desk, ask)
    sent_by = _sent_by(trace, scene, ordered_at=order.ordered_at)
    if not trace.first or sent_by in (None, friend_id) or not scene.program.referrals_enabled:
        return None
    sender = await stored.load_sender(desk.database, program_id, sent_by or 0)
    if referrals.same_person(sender.email, order.customer_email):
        return None
    made = Referral(
        friend_key=friend_key(email=order.customer_email, customer_id=friend_id),
        friend_id=friend_id,
        referrer_id=sender.customer_id,
        order_id=order.id,
    )
    noted = await stored.note(desk.database, program_id, made, now=scene.now)
    if noted and friend_id is not None and trace.joined_through is None:
        await _note_sender(desk, ask, friend_id, sender=sender)
    return sender.customer_id if noted else None


def _sent_by(trace: Trace, scene: Scene, *, ordered_at: datetime) -> int | None:
    """Whoever brought the friend in, if that was not too long ago; else whom the order names."""
    settings, joined_at = scene.program.referrals, trace.joined_at
    if trace.joined_through is None or settings is None or joined_at is None:
        return trace.named
    in_time = ordered_at <= joined_at + timedelta(days=settings.window_days)
    return trace.joined_through if in_time else trace.named


async def _note_sender(desk: Desk, ask: Ask, friend_id: int, *, sender: Sender) -> None:
    def decide(loaded: Loaded, _scene: Scene) -> Change:
        return brought_in(begin(known(loaded)), sender, late=True)

    await change(desk, ask, Wanted(customer_id=friend_id), decide=decide)


async def _refuse_unless_welcome(
    desk: Desk, ask: Ask, sender: Sender, *, email: str, ip_address: str
) -> None:
    facts = await stored.find_friend(
        desk.database,
        ask.program_id,
        email=email,
        referrer_id=sender.customer_id,
        ip_address=ip_address,
    )
    found = await look(desk, ask, sender.merchant_id)
    friend = Friend(
        email=email,
        is_member=facts.is_member,
        ordered=facts.ordered,
        on_referrers_address=facts.on_referrers_address,
    )
    referrals.refuse_unless_welcome(found.account, found.scene, friend)


def _new_incentive(
    incentive: Incentive, scene: Scene, sender: Sender, *, key: str, ip_address: str
) -> NewIncentive:
    look_of_codes, days = scene.program.codes, incentive.expires_after_days
    generated = look_of_codes.prefix + code(
        scene.entropy,
        label="friend",
        alphabet=look_of_codes.alphabet,
        length=look_of_codes.length,
    )
    return NewIncentive(
        referrer_id=sender.customer_id,
        friend_key=key,
        code=None if incentive.codes is CodeSource.POOL else generated,
        ip_address=ip_address,
        expires_at=scene.now + timedelta(days=days) if days else None,
    )
