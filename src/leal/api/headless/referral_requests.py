"""Reading the bodies about friends: what one gets, links that are shared, links for non-members."""

from dataclasses import dataclass

from leal.api.fields import Fields
from leal.api.headless.requests import Call, customer_in
from leal.api.json_body import parse_object, read_body
from leal.usecases.incentives import Invited
from leal.usecases.referrals import CHANNELS


async def invited_body(call: Call) -> Invited:
    """A friend who wants what they were promised.

    What their browser calls itself has to be sent, or null; nothing is made of it.
    """
    fields = Fields(parse_object(await read_body(call.request)))
    invited = Invited(
        referral_id=fields.text("referral_id"),
        email=fields.optional_email("referee_email"),
        ip_address=fields.ip_address("ip_address"),
    )
    if fields.raw("user_agent") is not None or not fields.has("user_agent"):
        fields.text("user_agent", min_length=0, max_length=_MAX_USER_AGENT)
    fields.done()
    return invited


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Who shared their link, and where."""

    merchant_id: str
    channel: str


async def share_body(call: Call) -> Shared:
    """A customer shared a link. Raises Forbidden for a session token of somebody else."""
    fields = Fields(parse_object(await read_body(call.request)))
    merchant_id = customer_in(call, fields, "customer.merchant_id")
    channel = fields.choice("channel", CHANNELS)
    fields.done()
    return Shared(merchant_id=merchant_id, channel=channel)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestBody:
    """Somebody who is no member and wants to send friends."""

    email: str
    first_name: str
    ip_address: str


async def guest_body(call: Call) -> GuestBody:
    """The body of a registration."""
    fields = Fields(parse_object(await read_body(call.request)))
    guest = GuestBody(
        email=fields.email("email"),
        first_name=fields.text("first_name"),
        ip_address=fields.ip_address("ip_address"),
    )
    fields.done()
    return guest


_MAX_USER_AGENT = 8_192
