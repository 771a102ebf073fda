"""Reading what a merchant claims for a customer, and which rewards and claims are meant."""

from decimal import Decimal
from typing import Final

from leal.api.admin.requests import Call
from leal.api.fields import Fields
from leal.api.ids import MAX_JSON_INTEGER, decode_number, one
from leal.api.json_body import parse_object, read_body
from leal.domain.claims import ClaimSession
from leal.domain.problems import BadRequest, Forbidden
from leal.domain.sites import COUNTRIES
from leal.usecases.access import CallerKind, Scope
from leal.usecases.merchant_rewards import CART, MAX_MULTIPLIER, Claiming

SESSION_KINDS: Final = ("custom", CART, "checkout")
ATTRIBUTIONS: Final = ("redemption_notification",)
MAX_TOKEN_CHARACTERS: Final = 1_024
MAX_DISCOUNT: Final = Decimal(100_000_000_000)


async def claim_body(call: Call) -> Claiming:
    """What is claimed. Where the claim came from is read and passed over."""
    fields = Fields(parse_object(await read_body(call.request)))
    multiplier = fields.optional_integer("multiplier", maximum=MAX_MULTIPLIER)
    discount = fields.optional_decimal("discount_amount")
    if discount is not None and discount > MAX_DISCOUNT:
        fields.problem("discount_amount", f"Too big: expected at most {MAX_DISCOUNT}")
    wanted = Claiming(
        reward_id=fields.integer("reward_id", maximum=MAX_JSON_INTEGER),
        multiplier=1 if multiplier is None else multiplier,
        variant_id=fields.optional_identifier("variant_id", noun="ProductVariant"),
        session=_session(fields.optional_part("session")),
        discount=discount,
    )
    fields.optional_choice("attribution", ATTRIBUTIONS)
    fields.optional_text("shopify_action_id", max_length=MAX_TOKEN_CHARACTERS)
    fields.done()
    return wanted


def reward_in_path(call: Call) -> int:
    """The reward that the path names."""
    return decode_number(call.request.path_params["reward_id"], field="reward_id", noun="reward")


def claim_in_path(call: Call) -> int:
    """The claimed reward that the path names."""
    return decode_number(
        call.request.path_params["claimed_reward_id"],
        field="claimed_reward_id",
        noun="claimed reward",
    )


def country_of(call: Call) -> str | None:
    """The country that rewards are to be for, in capitals; None for any."""
    text = one(call.request, "country")
    if text is None:
        return None
    if not text.isascii() or text.upper() not in COUNTRIES:
        why = "Invalid country: expected an ISO 3166-1 alpha-2 code such as US"
        raise BadRequest({"country": why})
    return text.upper()


def require_key(call: Call, scope: Scope | None = Scope.WRITE_CONFIGURATION) -> None:
    """Raises Forbidden unless a key or an app's token was sent: a site's pair is good for less."""
    if call.caller.kind not in (CallerKind.API_KEY, CallerKind.OAUTH):
        key = "an API key" if scope is None else f"an API key that has the scope {scope}"
        raise Forbidden(f"The token and secret of a site do not allow this. Use {key}.")


def _session(part: Fields | None) -> ClaimSession | None:
    if part is None:
        return None
    return ClaimSession(
        kind=part.choice("kind", SESSION_KINDS),
        token=part.text("token", max_length=MAX_TOKEN_CHARACTERS),
    )
