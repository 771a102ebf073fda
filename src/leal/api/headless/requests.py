"""Reading Headless requests: who asks, from where, about whom, and the bodies they send."""

from dataclasses import dataclass

from starlette.requests import Request

from leal.api.credentials import bearer
from leal.api.fields import Fields, invalid_option
from leal.api.gate import Gate, require
from leal.api.ids import decode_id, decode_number, one
from leal.api.json_body import parse_object, read_body
from leal.api.operations import Operation
from leal.api.session_tokens import is_session_token, peek, verify
from leal.domain.carts import FREE_PRODUCT_KEY, Cart, CartLine
from leal.domain.customers import email_key
from leal.domain.money import minor_digits
from leal.domain.problems import BadRequest, Forbidden, Unauthenticated
from leal.domain.sites import COUNTRIES, Channel
from leal.storage.customer_ids import IdsOf
from leal.usecases.access import Caller, CallerKind, Scope
from leal.usecases.desk import Ask

_CHANNELS = tuple(Channel)
_MAX_LINES = 500
_MAX_VALUE = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An admitted request: where it comes from and, on a customer's path, about whom."""

    request: Request
    ask: Ask
    caller: Caller
    merchant_id: str


async def admit(request: Request, operation: Operation, gate: Gate) -> Call:
    """Checks credentials, rate, scope and the common parameters, in this order.

    A customer's session token reaches only its own site and customer: others are Forbidden.
    """
    caller = await _caller(request, operation, gate)
    require(caller, operation.scope)
    parameters = request.path_params
    site_id = decode_number(parameters["site_id"], field="site_id", noun="site")
    about = parameters.get("merchant_id")
    call = Call(
        request=request,
        ask=_ask(request, caller, site_id, anywhere=operation.anywhere),
        caller=caller,
        merchant_id="" if about is None else decode_id(about),
    )
    if caller.kind is CallerKind.SESSION:
        allow_session(caller, site_id, call.merchant_id if about is not None else None)
    return call


def allow_session(caller: Caller, site_id: int | None, merchant_id: str | None) -> None:
    """Raises Forbidden unless the session's own site, and customer if one is named, are meant."""
    others = merchant_id is not None and merchant_id != caller.merchant_id
    if caller.site_id != site_id or others:
        raise Forbidden("This session token belongs to another customer or site")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionBody:
    """The body of Initialize Session; `cart` is None when none was sent.

    `vouched` tells whether the shop stands behind the address: a shopper's own device may not give
    its account a new one.
    """

    email: str
    vouched: bool
    page_url: str | None
    cart: Cart | None


async def session_body(call: Call) -> SessionBody:
    """Reads the body of Initialize Session, or raises BadRequest with all that is wrong."""
    fields = Fields(parse_object(await read_body(call.request)))
    email = fields.email("customer.email")
    page_url = fields.optional_text("session.page_url", max_length=8192)
    cart = fields.optional_part("cart")
    read = None if cart is None else _cart(cart)
    fields.done()
    return SessionBody(
        email=email, vouched=_vouched(call.caller, email), page_url=page_url, cart=read
    )


async def birthday_body(call: Call) -> tuple[int, int, int]:
    """Month, day and year of a birthday; whether such a day exists is for the program to say."""
    fields = Fields(parse_object(await read_body(call.request)))
    month = fields.integer("birthday.month", minimum=1, maximum=12)
    day = fields.integer("birthday.day", minimum=1, maximum=31)
    year = fields.integer("birthday.year", minimum=1900, maximum=9998)
    fields.done()
    return month, day, year


def customer_in(call: Call, fields: Fields, name: str = "customer_merchant_id") -> str:
    """Whom a body is about. Raises Forbidden for a session token of somebody else.

    It is held against the token as soon as it can be read: whoever asks for somebody else hears
    that, and nothing else.
    """
    merchant_id = text_id(fields, name, noun="Customer")
    if merchant_id and call.caller.kind is CallerKind.SESSION:
        allow_session(call.caller, call.ask.site_id, merchant_id)
    return merchant_id


def text_id(fields: Fields, name: str, *, noun: str | None = None) -> str:
    """An id that is a string, as the contract says; elsewhere whole numbers are ids as well."""
    if isinstance(fields.raw(name), str):
        return fields.identifier(name, noun=noun)
    return fields.text(name)


def cart_id_of(fields: Fields, name: str) -> str:
    """A cart's id without the key that it may carry behind a question mark.

    The key changes while the cart does not.
    """
    cart_id = fields.text(name, max_length=1024).partition("?")[0]
    if not cart_id:
        fields.problem(name, "Too short: expected at least 1 character")
    return cart_id


def _vouched(caller: Caller, email: str) -> bool:
    """Whether the shop says so itself, or in the token; Forbidden when the token says otherwise."""
    if caller.kind is not CallerKind.SESSION:
        return True
    if caller.email is None:
        return False
    if email_key(caller.email) != email_key(email):
        raise Forbidden("This session token belongs to another e-mail address")
    return True


async def _caller(request: Request, operation: Operation, gate: Gate) -> Caller:
    header = request.headers.get("authorization")
    token = bearer(header).token
    if not is_session_token(token):
        return await gate.by_key(request)
    claimed = peek(token)
    found = await gate.access.sdk_secret(claimed.key_id)
    if found is None:
        raise Unauthenticated
    program_id, site_id, secret = found
    session = verify(claimed, secret=secret, site_id=site_id, now=gate.clock())
    caller = Caller(
        program_id=program_id,
        kind=CallerKind.SESSION,
        scopes=frozenset({Scope.READ_CUSTOMERS, Scope.WRITE_CUSTOMERS}),
        name="customer session",
        limit_key=f"session/{program_id}/{site_id}/{session.merchant_id}",
        site_id=site_id,
        merchant_id=session.merchant_id,
        email=session.email,
    )
    if not operation.sessions:
        raise Forbidden("A session token does not allow this: use an API key")
    return gate.counted(request, caller)


def _ask(request: Request, caller: Caller, site_id: int, *, anywhere: bool) -> Ask:
    headers = request.headers
    problems: dict[str, str] = {}
    channel = one(request, "channel") or headers.get("x-loyaltylion-channel")
    language = one(request, "language") or headers.get("x-loyaltylion-language")
    country = one(request, "country") or headers.get("x-loyaltylion-country")
    if channel not in _CHANNELS and not (anywhere and channel is None):
        problems["channel"] = invalid_option(_CHANNELS)
    if country is not None and not (country.isascii() and country.upper() in COUNTRIES):
        problems["country"] = "Invalid country: expected an ISO 3166-1 alpha-2 code such as US"
    if problems:
        raise BadRequest(problems)
    return Ask(
        program_id=caller.program_id,
        site_id=site_id,
        ids=IdsOf(site_id=site_id, strictly=caller.kind is CallerKind.SESSION),
        channel=Channel(channel or Channel.WEB),
        language=language,
        country=country and country.upper(),
    )


def _cart(fields: Fields) -> Cart:
    kind = fields.choice("kind", ("empty", "shopify"))
    if kind == "empty":
        return Cart()
    lines = fields.parts("lines", max_length=_MAX_LINES)
    return Cart(
        id=cart_id_of(fields, "id"),
        total_minor=_money(fields, "cost.total_amount"),
        lines=tuple(_line(line) for line in lines),
    )


def _line(fields: Fields) -> CartLine:
    attributes = tuple(
        (part.text("key", max_length=1024), part.optional_text("value", max_length=_MAX_VALUE))
        for part in fields.parts("attributes", max_length=_MAX_LINES)
    )
    return CartLine(
        id=fields.text("id", max_length=1024),
        merchandise_id=fields.text("merchandise.id", max_length=1024),
        quantity=fields.integer("quantity", minimum=0, maximum=1_000_000),
        total_minor=_money(fields, "cost.total_amount"),
        redemption_id=next(
            (value for key, value in attributes if key == FREE_PRODUCT_KEY and value), None
        ),
        attributes=attributes,
    )


def _money(fields: Fields, name: str) -> int:
    amount = fields.decimal(f"{name}.amount")
    currency = fields.text(f"{name}.currency_code", max_length=3).lower()
    return int(amount.scaleb(minor_digits(currency)).to_integral_value())
