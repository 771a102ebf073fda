"""What apps call of OAuth themselves: a code for a token, and a token's end."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from leal.api.credentials import basic
from leal.api.http import Reply, empty_response, endpoint, json_response, request_id
from leal.api.json_body import parse_object_or_empty, read_body
from leal.domain.problems import BadRequest, Unauthenticated
from leal.storage.oauth import App
from leal.usecases import oauth
from leal.usecases.desk import Desk
from leal.usecases.oauth import OAuthError

_MAX_BYTES: Final = 20_000
_NOT_KEPT: Final = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
_TEXT: Final = re.compile(r"[\x20-\x7e]{1,4000}")


def routes(desk: Desk) -> list[Route]:
    """`POST /oauth/access-token` and `POST /oauth/revoke`."""
    serves = _Serves(desk)
    return [
        endpoint("/oauth/access-token", serves.access_token, methods=["POST"]),
        endpoint("/oauth/revoke", serves.revoke, methods=["POST"]),
    ]


@dataclass(frozen=True, slots=True)
class _Serves:
    desk: Desk

    async def access_token(self, request: Request) -> Reply:
        try:
            asked, app = await self._client(request)
            issued = await oauth.exchange(
                self.desk.database,
                app,
                asked,
                token=f"oat_{self.desk.entropy().hex()}",
                visit=(request_id(request), self.desk.clock()),
            )
        except OAuthError as why:
            return _error(why)
        scope = " ".join(issued.scopes)
        document = {"access_token": issued.token, "token_type": "bearer", "scope": scope}
        return json_response(msgspec.json.encode(document), headers=_NOT_KEPT)

    async def revoke(self, request: Request) -> Reply:
        try:
            asked, app = await self._client(request)
            if "token" not in asked:
                return _error(OAuthError("invalid_request", "token is missing"))
            visit = request_id(request), self.desk.clock()
            await oauth.end_token(self.desk.database, app, asked["token"], visit=visit)
        except OAuthError as why:
            return _error(why)
        return empty_response(status=200, headers=_NOT_KEPT)

    async def _client(self, request: Request) -> tuple[Mapping[str, str], App]:
        asked = _fields(await read_body(request, max_bytes=_MAX_BYTES))
        names = asked.get("client_id", ""), asked.get("client_secret", "")
        header = request.headers.get("authorization")
        if header:
            try:
                pair = basic(header)
            except Unauthenticated:
                raise OAuthError("invalid_client", "Only Basic credentials are read here") from None
            if "client_secret" in asked or asked.get("client_id", pair.name) != pair.name:
                raise OAuthError("invalid_request", "Send the client's credentials in one way only")
            names = unquote_plus(pair.name), unquote_plus(pair.secret)
        return asked, await oauth.client(self.desk.database, *names)


def _fields(raw: bytes) -> Mapping[str, str]:
    """The members of a JSON object or a form; each once, each of visible text."""
    try:
        found = _read(raw)
    except (BadRequest, ValueError):
        raise OAuthError(
            "invalid_request", "The body is neither a JSON object nor a form"
        ) from None
    fields = {name: value for name, value in found if isinstance(value, str)}
    if len(fields) != len(found) or not all(map(_TEXT.fullmatch, fields.values())):
        raise OAuthError("invalid_request", "Every field is a text, given once and not empty")
    return fields


def _read(raw: bytes) -> list[tuple[str, object]]:
    if raw.lstrip()[:1] == b"{":
        return list(parse_object_or_empty(raw).items())
    return list(parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=50))


def _error(why: OAuthError) -> Reply:
    document = {"error": why.code, "error_description": why.message}
    unknown = why.code == "invalid_client"
    challenge = (("WWW-Authenticate", 'Basic realm="leal"'),) if unknown else ()
    return json_response(
        msgspec.json.encode(document),
        status=401 if unknown else 400,
        headers=(*_NOT_KEPT, *challenge),
    )
