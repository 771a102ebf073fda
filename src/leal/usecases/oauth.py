"""OAuth 2: apps that merchants let into their programs, after RFC 6749, 7009 and 7636.

An operator consents in the browser; the app gets a code for it, and for the code a token that stays
good until somebody revokes it. Using a code twice takes back what it gave.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from leal.domain.deeds import INSTALLATION, Action, Actor, ActorKind, Deed, Fact, Subject
from leal.domain.problems import Problem
from leal.storage import oauth as stored
from leal.storage.credentials import digest
from leal.storage.db import Database, Runner
from leal.storage.oauth import App, Code, Description
from leal.storage.operators import Operator
from leal.storage.sealing import Sealer
from leal.usecases.access import Scope
from leal.usecases.audit import note
from leal.usecases.operators import actor_of, may_look_after

CODE_LASTS = timedelta(seconds=60)
LONGEST_DESCRIPTION = 150
NO_FACTS: Mapping[str, Fact] = {}
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_TOKEN = re.compile(r"[0-9a-z_]{1,100}")
_URL = re.compile(r"[\x21-\x7e]{1,2000}")
_PLAIN_AUTHORITY = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_ON_THIS_MACHINE = {"127.0.0.1", "localhost"}


class BadApp(Problem):
    """An app cannot be registered or found like this; the message says what would do."""


class UnknownApp(Problem):
    """No app, or not its address: nobody may be sent anywhere."""


class OAuthError(Problem):
    """Refused with a code of RFC 6749."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an app asks an operator for, checked."""

    app: App
    scopes: tuple[Scope, ...]
    code_challenge: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A token just made, shown this once."""

    token: str
    scopes: tuple[str, ...]


async def create_app(
    database: Database,
    sealer: Sealer,
    described: Description,
    *,
    fresh: Callable[[int], str],
    by: Actor,
    now: datetime,
) -> tuple[App, str]:
    """Register an app; returns it and its secret. Raises BadApp."""
    _check(described)
    names = fresh(16), fresh(32)
    async with database.transaction() as on:
        app = await stored.add_app(on, sealer, described, names=names, now=now)
        await note(on, INSTALLATION, _about(app, Action.APP_CREATED, by), now=now)
    return app, names[1]


async def rotate_secret(
    database: Database, sealer: Sealer, client_id: str, *, secret: str, by: Actor, now: datetime
) -> None:
    """Replace an app's secret; the old one is refused at once. Raises BadApp."""
    app = await known_app(database, client_id)
    if app.revoked_at is not None:
        raise BadApp("this app was revoked for good: register it anew with `leal oauth-app create`")
    async with database.transaction() as on:
        await stored.set_secret(on, sealer, client_id, secret=secret)
        await note(on, INSTALLATION, _about(app, Action.APP_SECRET_ROTATED, by), now=now)


async def revoke(
    database: Database, client_id: str, *, program_id: int | None, by: Actor, now: datetime
) -> int:
    """Take an app's tokens in one program; without a program end the app. Raises BadApp."""
    app = await known_app(database, client_id)
    async with database.transaction() as on:
        if program_id is None:
            await stored.revoke_app(on, app.id, now=now)
            await note(on, INSTALLATION, _about(app, Action.APP_REVOKED, by), now=now)
            return 0
        ended = await stored.revoke_tokens(on, app.id, program_id=program_id, now=now)
        deed = _about(app, Action.TOKEN_REVOKED, by, facts={"tokens": ended})
        await note(on, program_id, deed, now=now)
    return ended


async def known_app(on: Runner, client_id: str) -> App:
    """The app of this client id. Raises BadApp."""
    app = await stored.find_app(on, client_id) if _TOKEN.fullmatch(client_id) else None
    if app is None:
        raise BadApp("there is no app with this client id: see `leal oauth-app list`")
    return app


async def asking_app(on: Runner, asked: Mapping[str, str]) -> App:
    """The app that sent somebody here. Raises UnknownApp unless its address is the one it has."""
    client_id = asked.get("client_id", "")
    app = await stored.find_app(on, client_id) if _TOKEN.fullmatch(client_id) else None
    if app is None or app.revoked_at is not None:
        raise UnknownApp("No app with this client id is registered here.")
    if asked.get("redirect_uri") != app.described.redirect_url:
        raise UnknownApp("The redirect_uri is not the one that the app is registered with.")
    return app


def wish(app: App, asked: Mapping[str, str]) -> Wish:
    """What the app wants. Raises OAuthError, which the app may be told."""
    if asked.get("response_type", "code") != "code":
        raise OAuthError("unsupported_response_type", "response_type must be code")
    names = asked.get("scope", "").replace(",", " ").split()
    unknown = sorted(set(names) - set(Scope))
    if unknown or not names:
        raise OAuthError("invalid_scope", f"scope must name some of {' '.join(Scope)}")
    challenge, method = asked.get("code_challenge"), asked.get("code_challenge_method")
    if challenge is None and method is None:
        return Wish(app=app, scopes=_scopes(names), code_challenge=None)
    if method != "S256" or challenge is None or not _CHALLENGE.fullmatch(challenge):
        raise OAuthError("invalid_request", "code_challenge needs code_challenge_method=S256")
    return Wish(app=app, scopes=_scopes(names), code_challenge=challenge)


async def consent(
    database: Database,
    wanted: Wish,
    operator: Operator,
    *,
    program_id: int,
    code: str,
    visit: tuple[str, datetime],
) -> None:
    """Let the app into a program with `code`; `visit` is the request's id and the time.

    Raises OAuthError for a program that is not the operator's.
    """
    request_id, now = visit
    if not may_look_after(operator, program_id):
        raise OAuthError("access_denied", "This program is not yours to let an app into")
    made = Code(
        program_id=program_id,
        app_id=wanted.app.id,
        operator_id=operator.id,
        redirect_url=wanted.app.described.redirect_url,
        scopes=wanted.scopes,
        code_challenge=wanted.code_challenge,
        expires_at=now + CODE_LASTS,
    )
    by, scopes = actor_of(operator, request_id), " ".join(wanted.scopes)
    async with database.transaction() as on:
        await stored.add_code(on, made, text=code, now=now)
        deed = _about(wanted.app, Action.CONSENT_GIVEN, by, facts={"scopes": scopes})
        await note(on, program_id, deed, now=now)


async def deny(
    database: Database,
    wanted: Wish,
    operator: Operator,
    *,
    program_id: int,
    visit: tuple[str, datetime],
) -> None:
    """Note that an operator said no. A program that is not theirs is not noted."""
    if may_look_after(operator, program_id):
        deed = _about(wanted.app, Action.CONSENT_DENIED, actor_of(operator, visit[0]))
        await note(database, program_id, deed, now=visit[1])


async def client(on: Runner, client_id: str, secret: str) -> App:
    """The app of these credentials. Raises OAuthError invalid_client."""
    app = await stored.find_app(on, client_id) if _TOKEN.fullmatch(client_id) else None
    expected = app.secret_hash if app else bytes(32)
    fits = hmac.compare_digest(expected, digest(secret))
    if app is None or not fits or app.revoked_at is not None:
        raise OAuthError("invalid_client", "The client id and secret do not belong together")
    return app


async def exchange(
    database: Database,
    app: App,
    asked: Mapping[str, str],
    *,
    token: str,
    visit: tuple[str, datetime],
) -> Issued:
    """Turn a code into `token`. Raises OAuthError."""
    if asked.get("grant_type", "authorization_code") != "authorization_code":
        raise OAuthError("unsupported_grant_type", "grant_type must be authorization_code")
    text = asked.get("code", "")
    if not _TOKEN.fullmatch(text):
        raise OAuthError("invalid_grant", "The code is missing or is none")
    request_id, now = visit
    by = Actor(kind=ActorKind.OAUTH, id=str(app.id), name=app.described.name, request_id=request_id)
    async with database.transaction() as on:
        code = await stored.take_code(on, app.id, text, now=now)
        if code is None:
            ended = await stored.take_back(on, app.id, text, now=now)
            if ended is not None:
                deed = _about(
                    app, Action.TOKEN_REVOKED, by, facts={"token": ended[1], "reused_code": True}
                )
                await note(on, ended[0], deed, now=now)
        elif _holds(code, asked, now=now):
            token_id = await stored.add_token(on, code, code_text=text, token=token, now=now)
            deed = _about(app, Action.TOKEN_ISSUED, by, facts={"token": token_id})
            await note(on, code.program_id, deed, now=now)
            return Issued(token=token, scopes=code.scopes)
    raise OAuthError("invalid_grant", "The code is not good (any more), or was given otherwise")


async def end_token(
    database: Database, app: App, token: str, *, visit: tuple[str, datetime]
) -> None:
    """Revoke a token of the app; any other is left alone, and nobody is told which."""
    request_id, now = visit
    by = Actor(kind=ActorKind.OAUTH, id=str(app.id), name=app.described.name, request_id=request_id)
    async with database.transaction() as on:
        ended = await stored.revoke_token(on, app.id, token, now=now)
        if ended is not None:
            deed = _about(app, Action.TOKEN_REVOKED, by, facts={"token": ended[1]})
            await note(on, ended[0], deed, now=now)


def _holds(code: Code, asked: Mapping[str, str], *, now: datetime) -> bool:
    if now >= code.expires_at or asked.get("redirect_uri", code.redirect_url) != code.redirect_url:
        return False
    verifier = asked.get("code_verifier")
    if code.code_challenge is None:
        return verifier is None
    if verifier is None or not _VERIFIER.fullmatch(verifier):
        return False
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(made, code.code_challenge.encode())


def _scopes(names: list[str]) -> tuple[Scope, ...]:
    return tuple(scope for scope in Scope if scope in names)


def _about(app: App, action: Action, by: Actor, *, facts: Mapping[str, Fact] = NO_FACTS) -> Deed:
    return Deed(by=by, action=action, about=Subject.APP, about_id=app.id, facts=facts)


def _check(app: Description) -> None:
    if not 1 <= len(app.name) <= LONGEST_DESCRIPTION or not app.name.isprintable():
        raise BadApp(f"an app's name has 1 to {LONGEST_DESCRIPTION} characters")
    if len(app.description) > LONGEST_DESCRIPTION:
        raise BadApp(f"a description has at most {LONGEST_DESCRIPTION} characters")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", app.alert_email):
        raise BadApp("the alert e-mail is not an address")
    for what, url in (("url", app.url), ("image", app.image_url), ("install", app.install_url)):
        if not _is_https(url, local=False):
            raise BadApp(f"the {what} URL must begin with https:// and name a host")
    if not _is_https(app.redirect_url, local=True):
        raise BadApp(
            "the redirect URL must begin with https:// and have no fragment; for development "
            "http://127.0.0.1 and http://localhost are allowed"
        )


def _is_https(url: str, *, local: bool) -> bool:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    plain = _URL.fullmatch(url) and _PLAIN_AUTHORITY.fullmatch(parts.netloc)
    if not plain or "#" in url or "\\" in url or port == 0:
        return False
    return parts.scheme == "https" or (
        local and parts.scheme == "http" and host in _ON_THIS_MACHINE
    )
