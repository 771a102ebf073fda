"""Friends that customers send: links, what friends get, and what their first order earns.

A referral concerns two customers, each changed by itself: the friend's order is saved first, with a
note that something follows from it; what follows is worked out from the order's latest state.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from leal.domain import referrals
from leal.domain.change import Change, begin, with_customer
from leal.domain.codes import referral_id as new_referral_id
from leal.domain.customers import Referrer
from leal.domain.problems import Missing
from leal.domain.referrals import friend_key, settle_referral, source_of
from leal.domain.refusals import ReferralsOff
from leal.domain.rewards.redeemability import refuse_unless_member
from leal.domain.scene import Scene
from leal.storage import referrals as stored
from leal.storage.customers import ClaimKeys, Loaded, OrderKey, Wanted
from leal.storage.orders import Found
from leal.storage.referrals import Guest, Referral, Sender, Trace
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


async def follow_link(desk: Desk, referral_id: str, *, channel: str, counts: bool = True) -> str:
    """Counts a click, if it is one; answers with the address of the shop that the link leads to.

    Raises Missing for a link that is nobody's, or of a program that sends no friends.
    """
    if not referral_id.isprintable():
        raise _no_such_link()
    sender = await stored.find_by_link(desk.database, referral_id)
    if sender is None:
        raise _no_such_link()
    ask = Ask(program_id=sender.program_id)
    scene = await scene_now(desk, ask)
    if not scene.program.referrals_enabled:
        raise _no_such_link()
    where = channel if channel in CHANNELS else CHANNELS[0]
    if counts:
        await stored.count_click(
            desk.database, ask.program_id, referral_id, channel=where, day=scene.now.date()
        )
    site = scene.program.site(sender.site_id) or scene.site
    return site.url


async def share(desk: Desk, ask: Ask, merchant_id: str, *, channel: str) -> None:
    """A member shared their link.

    Raises Missing, CustomerBlocked, CustomerNotEnrolled, ReferralsOff, in this order.
    """
    found = await look(desk, ask, merchant_id)
    refuse_unless_member(found.account)
    if not found.scene.program.referrals_enabled:
        raise ReferralsOff
    link = found.account.customer.referral_id
    day = found.scene.now.date()
    await stored.count_share(desk.database, ask.program_id, link, channel=channel, day=day)


async def register_guest(
    desk: Desk, ask: Ask, *, email: str, first_name: str, ip_address: str
) -> tuple[Scene, str]:
    """Somebody who is no member wants to send friends; answers with the referral id for it.

    The address of a customer has a link already, which is told: asking says nothing of whose it is.
    Raises ReferralsOff.
    """
    scene = await scene_now(desk, ask)
    if not scene.program.referrals_enabled:
        raise ReferralsOff
    guest = Guest(
        email=email,
        first_name=first_name,
        ip_address=ip_address,
        referral_id=new_referral_id(scene.entropy),
        site_id=scene.site.id,
    )
    link = await stored.register(desk.database, ask.program_id, guest, now=scene.now)
    return scene, link


def brought_in(change: Change, sender: Sender, *, late: bool = False) -> Change:
    """The account says who sent them; the first who did stays, and nobody sends themselves.

    Only who has just joined was sent by somebody, unless their first order says so `late`.
    """
    friend = change.customer
    joined = change.before.customer.enrolled_at is None and friend.enrolled_at is not None
    own = friend.id == sender.customer_id or referrals.same_person(sender.email, friend.email)
    if friend.referred_by is not None or own or not (joined or late):
        return change
    if sender.customer_id is None or sender.merchant_id is None:
        return change
    by = Referrer(id=sender.customer_id, merchant_id=sender.merchant_id)
    return with_customer(change, replace(friend, referred_by=by))


async def follow_order(desk: Desk, ask: Ask, found: Found) -> None:
    """Works out what an order means for who sent its buyer, if anybody did."""
    order, friend_id, program_id = found.order, found.customer_id, ask.program_id
    email = order.customer_email
    if email is None and friend_id is None:
        return
    key = friend_key(email=email, customer_id=friend_id)
    trace = await stored.find_trace(
        desk.database, program_id, order, customer_id=friend_id, key=key
    )
    referrer_id = await _referrer_of(desk, ask, found, trace=trace)
    if referrer_id is None:
        return
    key = trace.friend_key or key
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
    await change(desk, ask, wanted, decide=decide)


async def _referrer_of(desk: Desk, ask: Ask, found: Found, *, trace: Trace) -> int | None:
    """Who earns by the order: it made a referral before, or makes one now."""
    order, friend_id, program_id = found.order, found.customer_id, ask.program_id
    if trace.order_id is not None:
        return trace.referrer_id if trace.order_id == order.id else None
    scene = await scene_now(desk, ask)
    sent_by = _sent_by(trace, scene, ordered_at=order.ordered_at)
    if not trace.first or sent_by in (None, friend_id) or not scene.program.referrals_enabled:
        return None
    referrer_id = sent_by or 0
    sender = await stored.load_sender(desk.database, program_id, referrer_id)
    if referrals.same_person(sender.email, order.customer_email):
        return None
    made = Referral(
        friend_key=friend_key(email=order.customer_email, customer_id=friend_id),
        friend_id=friend_id,
        referrer_id=referrer_id,
        order_id=order.id,
    )
    if not await stored.note(desk.database, program_id, made, now=scene.now):
        # somebody noted one first: of this order, perhaps, and was cut short before the points
        return await stored.find_referrer(desk.database, program_id, made)
    if friend_id is not None and trace.joined_through is None:
        await _note_sender(desk, ask, friend_id, sender=sender)
    return referrer_id


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


def _no_such_link() -> Missing:
    return Missing("referral", "There is no such link. Ask whoever sent it to copy it once more.")
