"""Forms that people send from pages: who they are, and that the page was ours.

Every form carries a token made from a secret that only the browser's cookie holds, so no other site
can fill one in. It serves whatever pages signed-in operators see.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from leal.domain.problems import BadRequest, Forbidden, TooLarge
from leal.web.markup import Markup, element

CSRF: Final = "csrf"
_MAX_BYTES: Final = 20_000
_MAX_FIELDS: Final = 50
_TOKEN: Final = re.compile(r"[0-9a-f]{64}")
_LOCAL: Final = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,4000}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookies:
    """The two cookies: a visitor's, who is nobody yet, and the session's."""

    secure: bool

    @property
    def session(self) -> str:
        """The session cookie's name; over HTTPS one that only this very host can set."""
        return "__Host-leal_session" if self.secure else "leal_session"

    @property
    def visit(self) -> str:
        """The name of the cookie of somebody not signed in."""
        return "__Host-leal_visit" if self.secure else "leal_visit"

    def read(self, request: Request, name: str) -> str | None:
        """What the browser holds, unless it is none of ours."""
        value = request.cookies.get(name, "")
        return value if _TOKEN.fullmatch(value) else None

    def give(self, response: Response, name: str, value: str) -> None:
        """Let the browser keep it until it is closed; scripts never see it."""
        response.set_cookie(
            name, value, path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    def take(self, response: Response, name: str) -> None:
        """Let the browser forget it."""
        response.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="lax")


def pairs(text: str) -> dict[str, str]:
    """The fields of a form or a query; BadRequest when one comes twice or is not UTF-8."""
    try:
        found = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise BadRequest({"body": "The form cannot be read"}) from None
    named = dict(found)
    if len(named) != len(found) or any("\0" in value for value in named.values()):
        raise BadRequest({"body": "A field is given twice or holds NUL characters"})
    return named


def query(request: Request) -> dict[str, str]:
    """The fields behind the question mark."""
    return pairs(request.scope["query_string"].decode("latin-1"))


async def form(request: Request, secret: str | None) -> Mapping[str, str]:
    """A form's fields; Forbidden unless it comes from a page made for this very browser."""
    chunks: list[bytes] = []
    async for chunk in request.stream():
        chunks.append(chunk)
        if sum(map(len, chunks)) > _MAX_BYTES:
            raise TooLarge(_MAX_BYTES)
    fields = pairs(b"".join(chunks).decode("latin-1"))
    given = fields.get(CSRF, "").encode()
    if secret is None or not hmac.compare_digest(given, csrf(secret).encode()):
        raise Forbidden("This form is out of date. Go back, load the page again and repeat it.")
    return fields


def csrf(secret: str) -> str:
    """The token of forms for who holds this cookie."""
    return hmac.new(secret.encode(), b"leal form", hashlib.sha256).hexdigest()


def hidden(name: str, value: str) -> Markup:
    """A field that is sent along unseen."""
    return element("input", {"type": "hidden", "name": name, "value": value})


def local_path(text: str) -> str | None:
    """A path of this server to go on to; None for anything that leads elsewhere."""
    return text if _LOCAL.fullmatch(text) else None
