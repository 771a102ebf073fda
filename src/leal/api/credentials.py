"""What an Authorization header says, before anyone looks up whether it is true."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Final

from leal.domain.problems import Unauthenticated

MAX_CREDENTIAL_CHARACTERS: Final = 4_096

_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class BearerToken:
    """An API key, an OAuth token or a customer session token; never printed."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicPair:
    """A site's token and its secret; the secret is never printed."""

    name: str
    secret: str = field(repr=False)


def credentials(header: str | None) -> BearerToken | BasicPair:
    """Whichever of the two schemes the header uses; Unauthenticated when neither or malformed."""
    scheme, text = _split(header)
    if scheme == "bearer":
        return _bearer(text)
    if scheme == "basic":
        return _basic(text)
    raise Unauthenticated


def bearer(header: str | None) -> BearerToken:
    """The token of a Bearer header; Unauthenticated for anything else."""
    scheme, text = _split(header)
    if scheme != "bearer":
        raise Unauthenticated
    return _bearer(text)


def basic(header: str | None) -> BasicPair:
    """The pair of a Basic header; Unauthenticated for anything else."""
    scheme, text = _split(header)
    if scheme != "basic":
        raise Unauthenticated
    return _basic(text)


def _split(header: str | None) -> tuple[str, str]:
    scheme, _, text = (header or "").strip().partition(" ")
    text = text.lstrip(" ")
    if len(text) > MAX_CREDENTIAL_CHARACTERS:
        raise Unauthenticated
    return scheme.lower(), text


def _bearer(text: str) -> BearerToken:
    if not _VISIBLE.fullmatch(text):
        raise Unauthenticated
    return BearerToken(token=text)


def _basic(text: str) -> BasicPair:
    try:
        decoded = base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise Unauthenticated from None
    name, colon, secret = decoded.partition(":")
    if not (colon and name and secret) or _CONTROL.search(decoded):
        raise Unauthenticated
    return BasicPair(name=name, secret=secret)
