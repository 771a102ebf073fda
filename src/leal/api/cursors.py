"""Opaque cursors: the place where the next page of a list begins, as JSON in base64.

A cursor is not signed: whatever it asks for could be asked for without it.
"""

import base64
import binascii
import re
from typing import Final, Generic, TypeVar

import msgspec

from leal.domain.problems import BadRequest

_Place = TypeVar("_Place", bound=msgspec.Struct)

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,4096}")
_NO_CURSOR: Final = "Invalid cursor: send one that this list answered with, unchanged"


def no_cursor() -> BadRequest:
    """What is raised for a text that this list never answered with."""
    return BadRequest({"cursor": _NO_CURSOR})


class Cursors(Generic[_Place]):
    """The cursors of one kind of list, each a `place` of the given type."""

    def __init__(self, place: type[_Place]) -> None:
        self._decode = msgspec.json.Decoder(place).decode

    def read(self, token: str) -> _Place:
        """The place that a cursor names. Raises BadRequest for what is none."""
        if not _TOKEN.fullmatch(token):
            raise no_cursor()
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            return self._decode(raw)
        except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError):
            raise no_cursor() from None

    def write(self, place: _Place) -> str:
        """The cursor of a place."""
        return base64.urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()
