"""Customer session tokens: a shopper's own credential, minted by the shop without calling us.

The form is `base64(JSON) + "." + hex(HMAC-SHA256(secret, <the base64 text>))`, signed with a site's
SDK secret. The names inside the payload are our reading of a format that is not published in full,
so several spellings are accepted, and everything that knows them is in this module.

Reading takes two pure steps, because the secret is in the database: `peek` says whose secret is
needed, `verify` says what the token proves.
"""

import base64
import binascii
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from leal.api.ids import MAX_ID_LENGTH, clean_id, parse_instant
from leal.api.json_body import parse_object
from leal.domain.problems import BadRequest, Unauthenticated

MAX_TOKEN_CHARACTERS: Final = 4_096
MAX_AGE: Final = timedelta(hours=24)
CLOCK_SKEW: Final = timedelta(minutes=5)

_FORM: Final = re.compile(r"([A-Za-z0-9+/_-]{4,}={0,2})\.([0-9A-Fa-f]{64})")
_KEY_ID: Final = re.compile(r"[\x21-\x7e]{1,255}")
_LAST_EPOCH_SECOND: Final = 253_000_000_000
_MAX_EMAIL_CHARACTERS: Final = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What a token says about itself, unproven. `signed` is the base64 text as it was sent."""

    key_id: str
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    payload: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionToken:
    """What a verified token allows: acting as one customer of one site."""

    site_id: int
    merchant_id: str
    email: str | None = field(repr=False)


def is_session_token(text: str) -> bool:
    """Whether a bearer credential has the form of a session token rather than of an API key."""
    return (
        len(text) <= MAX_TOKEN_CHARACTERS
        and not text.startswith("pat_")
        and _FORM.fullmatch(text) is not None
    )


def peek(text: str) -> Claimed:
    """Take a token apart without believing it; Unauthenticated when it is not one."""
    if not is_session_token(text):
        raise Unauthenticated
    signed, _, signature = text.partition(".")
    payload = _payload(signed)
    key_id = _first(payload, "key_id", "kid")
    if not isinstance(key_id, str) or not _KEY_ID.fullmatch(key_id):
        raise Unauthenticated
    return Claimed(
        key_id=key_id,
        signed=signed.encode("ascii"),
        signature=bytes.fromhex(signature),
        payload=payload,
    )


def verify(claimed: Claimed, *, secret: bytes, site_id: int, now: datetime) -> SessionToken:
    """What the token proves, given the secret its key id stands for and that secret's site.

    Unauthenticated when it is forged, names another site than the secret's, is older than 24 hours,
    has expired, promises to live longer than 24 hours or comes from the future; clocks may be
    5 minutes apart. Whether it fits the path's site and customer is the caller's question (403).
    """
    genuine = hmac.digest(secret, claimed.signed, "sha256")
    if not secret or not hmac.compare_digest(genuine, claimed.signature):
        raise Unauthenticated
    _check_times(claimed.payload, now)
    payload = claimed.payload
    customer = payload.get("customer")
    inner: Mapping[str, object] = customer if isinstance(customer, dict) else {}
    if _site_id(payload.get("site_id", site_id)) != site_id:
        raise Unauthenticated
    return SessionToken(
        site_id=site_id,
        merchant_id=_merchant_id(
            _first(payload, "merchant_id", "customer_id") or inner.get("merchant_id")
        ),
        email=_email(payload.get("email") or inner.get("email")),
    )


def mint(payload: Mapping[str, object], *, secret: bytes) -> str:
    """A token over `payload`, as a shop's own server would make it."""
    signed = base64.b64encode(json.dumps(payload).encode())
    return f"{signed.decode()}.{hmac.digest(secret, signed, 'sha256').hex()}"


def _payload(signed: str) -> dict[str, object]:
    text = signed.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        return parse_object(raw)
    except (binascii.Error, BadRequest):
        raise Unauthenticated from None


def _first(payload: Mapping[str, object], *names: str) -> object:
    return next((payload[name] for name in names if payload.get(name) is not None), None)


def _check_times(payload: Mapping[str, object], now: datetime) -> None:
    issued_at = _moment(_first(payload, "iat", "issued_at", "date"))
    if issued_at is None or not now - MAX_AGE - CLOCK_SKEW <= issued_at <= now + CLOCK_SKEW:
        raise Unauthenticated
    expires = _first(payload, "exp", "expires_at")
    if expires is None:
        return
    expires_at = _moment(expires)
    if expires_at is None or not now - CLOCK_SKEW < expires_at <= issued_at + MAX_AGE:
        raise Unauthenticated


def _moment(value: object) -> datetime | None:
    if isinstance(value, str):
        try:
            return parse_instant(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    if not 0 <= value <= _LAST_EPOCH_SECOND:
        return None
    return datetime.fromtimestamp(int(value), tz=UTC)


def _site_id(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,16}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _merchant_id(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > MAX_ID_LENGTH:
        raise Unauthenticated
    try:
        return clean_id(value)
    except ValueError:
        raise Unauthenticated from None


def _email(value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > _MAX_EMAIL_CHARACTERS:
        raise Unauthenticated
    return value
