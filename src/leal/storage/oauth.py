"""OAuth apps, the codes that operators give them, and their tokens.

Codes, tokens and secrets are random and long: their SHA-256 is enough to recognise them by.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import asyncpg

from leal.storage.credentials import digest
from leal.storage.db import Runner
from leal.storage.sealing import Sealer

_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What an app says of itself; all URLs were checked."""

    name: str
    description: str
    url: str
    image_url: str
    install_url: str
    redirect_url: str
    alert_email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An app as stored; `secret_hash` is what its secret must have."""

    id: int
    client_id: str
    described: Description
    secret_hash: bytes = field(repr=False)
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a token stands for."""

    program_id: int
    token_id: int
    app_id: int
    app_name: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code, and what was agreed on when it was given."""

    program_id: int
    app_id: int
    operator_id: int
    redirect_url: str
    scopes: tuple[str, ...]
    code_challenge: str | None
    expires_at: datetime


_SELECT_APPS = """
SELECT app_id, client_id, name, description, url, image_url, install_url, redirect_url, alert_email,
secret_hash, created_at, revoked_at FROM oauth_apps
"""
_ADD_APP = """
INSERT INTO oauth_apps (
    client_id, name, description, url, image_url, install_url, redirect_url, alert_email,
    secret_hash, secret_sealed, created_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
RETURNING app_id, client_id, name, description, url, image_url, install_url, redirect_url,
    alert_email, secret_hash, created_at, revoked_at
"""


async def add_app(
    on: Runner, sealer: Sealer, described: Description, *, names: tuple[str, str], now: datetime
) -> App:
    """Store an app under `names`: its client id and its secret."""
    client_id, secret = names
    row = await on.row(
        _ADD_APP,
        client_id,
        described.name,
        described.description,
        described.url,
        described.image_url,
        described.install_url,
        described.redirect_url,
        described.alert_email,
        digest(secret),
        sealer.seal(secret.encode(), bound_to=_bound_to(client_id)),
        now,
    )
    if row is None:
        raise LookupError(client_id)
    return _app(row)


async def find_app(on: Runner, client_id: str) -> App | None:
    """The app of this client id, revoked or not."""
    row = await on.row(f"{_SELECT_APPS} WHERE client_id = $1", client_id)
    return _app(row) if row else None


async def list_apps(on: Runner) -> tuple[App, ...]:
    """Every app, the oldest first."""
    rows = await on.rows(f"{_SELECT_APPS} ORDER BY app_id")
    return tuple(_app(row) for row in rows)


async def app_secret(on: Runner, sealer: Sealer, app_id: int) -> str | None:
    """The secret of an app, which signs its webhooks; None for an unknown app or a revoked one.

    Raises Unsealable.
    """
    row = await on.row(
        "SELECT client_id, secret_sealed FROM oauth_apps WHERE app_id = $1 AND revoked_at IS NULL",
        app_id,
    )
    if row is None:
        return None
    client_id, sealed = row
    return sealer.open(sealed, bound_to=_bound_to(client_id)).decode()


async def try_sealed(on: Runner, sealer: Sealer) -> tuple[int, tuple[str, ...]]:
    """How many apps have sealed secrets, and those of them that do not open."""
    rows = await on.rows(
        "SELECT client_id, secret_sealed FROM oauth_apps WHERE revoked_at IS NULL ORDER BY app_id"
    )
    shut = tuple(
        f"app {client_id}"
        for client_id, sealed in rows
        if not sealer.opens(sealed, bound_to=_bound_to(client_id))
    )
    return len(rows), shut


async def set_secret(on: Runner, sealer: Sealer, client_id: str, *, secret: str) -> None:
    """Replace the secret: the old one is good for nothing any more."""
    await on.execute(
        "UPDATE oauth_apps SET secret_hash = $2, secret_sealed = $3 WHERE client_id = $1",
        client_id,
        digest(secret),
        sealer.seal(secret.encode(), bound_to=_bound_to(client_id)),
    )


async def revoke_app(on: Runner, app_id: int, *, now: datetime) -> None:
    """End an app with every token it has and every code it could still use."""
    await on.execute(
        "UPDATE oauth_apps SET revoked_at = coalesce(revoked_at, $2) WHERE app_id = $1", app_id, now
    )
    await on.execute("DELETE FROM oauth_codes WHERE app_id = $1", app_id)
    await revoke_tokens(on, app_id, now=now)


_REVOKE_TOKENS = """
UPDATE oauth_tokens SET revoked_at = $3
WHERE app_id = $1 AND ($2::bigint IS NULL OR program_id = $2) AND revoked_at IS NULL
"""
_DROP_CODES = """
DELETE FROM oauth_codes WHERE app_id = $1 AND ($2::bigint IS NULL OR program_id = $2)
    AND used_at IS NULL
"""


async def revoke_tokens(
    on: Runner, app_id: int, *, program_id: int | None = None, now: datetime
) -> int:
    """End an app's tokens, in one program or in all, and its unused codes; says how many tokens."""
    await on.execute(_DROP_CODES, app_id, program_id)
    tag = await on.execute(_REVOKE_TOKENS, app_id, program_id, now)
    return int(tag.rpartition(" ")[2])


_ADD_CODE = """
INSERT INTO oauth_codes (
    program_id, app_id, operator_id, code_hash, redirect_url, scopes, code_challenge, expires_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def add_code(on: Runner, code: Code, *, text: str, now: datetime) -> None:
    """Store a code by its hash; those that ended a day ago go."""
    await on.execute("DELETE FROM oauth_codes WHERE expires_at < $1", now - _KEPT)
    await on.execute(
        _ADD_CODE,
        code.program_id,
        code.app_id,
        code.operator_id,
        digest(text),
        code.redirect_url,
        list(code.scopes),
        code.code_challenge,
        code.expires_at,
    )


_TAKE_CODE = """
UPDATE oauth_codes SET used_at = $3 WHERE code_hash = $1 AND app_id = $2 AND used_at IS NULL
RETURNING program_id, app_id, operator_id, redirect_url, scopes, code_challenge, expires_at
"""


async def take_code(on: Runner, app_id: int, text: str, *, now: datetime) -> Code | None:
    """Use a code up; of several who come at once one gets it."""
    row = await on.row(_TAKE_CODE, digest(text), app_id, now)
    if row is None:
        return None
    return Code(
        program_id=row["program_id"],
        app_id=row["app_id"],
        operator_id=row["operator_id"],
        redirect_url=row["redirect_url"],
        scopes=tuple(row["scopes"]),
        code_challenge=row["code_challenge"],
        expires_at=row["expires_at"],
    )


_TAKE_BACK = """
UPDATE oauth_tokens t SET revoked_at = $3 FROM oauth_codes c
WHERE c.code_hash = $1 AND c.app_id = $2 AND t.program_id = c.program_id
    AND t.token_id = c.token_id AND t.revoked_at IS NULL
RETURNING t.program_id, t.token_id
"""


async def take_back(on: Runner, app_id: int, code: str, *, now: datetime) -> tuple[int, int] | None:
    """End the token that a code gave; its program and id, None when there is none to end."""
    row = await on.row(_TAKE_BACK, digest(code), app_id, now)
    return tuple(row) if row else None


_ADD_GRANT = """
INSERT INTO oauth_tokens (program_id, app_id, operator_id, token_hash, scopes, created_at)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING token_id
"""


async def add_token(on: Runner, code: Code, *, code_text: str, token: str, now: datetime) -> int:
    """Store the token that a code gives, by its hash, and note it with the code."""
    token_id: int = await on.value(
        _ADD_GRANT,
        code.program_id,
        code.app_id,
        code.operator_id,
        digest(token),
        list(code.scopes),
        now,
    )
    await on.execute(
        "UPDATE oauth_codes SET token_id = $3 WHERE program_id = $1 AND code_hash = $2",
        code.program_id,
        digest(code_text),
        token_id,
    )
    return token_id


_FIND_GRANT = """
SELECT t.program_id, t.token_id, t.app_id, a.name AS app_name, t.scopes
FROM oauth_tokens t JOIN oauth_apps a USING (app_id)
WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND a.revoked_at IS NULL
"""


async def find_grant(on: Runner, token_hash: bytes) -> Grant | None:
    """What the token with this SHA-256 stands for, unless it was revoked."""
    row = await on.row(_FIND_GRANT, token_hash)
    return _grant(row) if row else None


_END_GRANT = """
UPDATE oauth_tokens SET revoked_at = $3
WHERE token_hash = $1 AND app_id = $2 AND revoked_at IS NULL RETURNING program_id, token_id
"""


async def revoke_token(
    on: Runner, app_id: int, token: str, *, now: datetime
) -> tuple[int, int] | None:
    """End one token of an app; its program and id, None when the app has no such token."""
    row = await on.row(_END_GRANT, digest(token), app_id, now)
    return tuple(row) if row else None


_LIST_GRANTS = """
SELECT t.program_id, t.token_id, t.app_id, a.name AS app_name, t.scopes
FROM oauth_tokens t JOIN oauth_apps a USING (app_id)
WHERE t.revoked_at IS NULL AND t.program_id = ANY($1::bigint[])
ORDER BY t.program_id, t.token_id
"""


async def list_grants(on: Runner, program_ids: tuple[int, ...]) -> tuple[Grant, ...]:
    """The tokens in force in these programs."""
    return tuple(_grant(row) for row in await on.rows(_LIST_GRANTS, list(program_ids)))


def _bound_to(client_id: str) -> bytes:
    return f"oauth/{client_id}/secret".encode()


def _grant(row: asyncpg.Record) -> Grant:
    return Grant(
        program_id=row["program_id"],
        token_id=row["token_id"],
        app_id=row["app_id"],
        app_name=row["app_name"],
        scopes=tuple(row["scopes"]),
    )


def _app(row: asyncpg.Record) -> App:
    return App(
        id=row["app_id"],
        client_id=row["client_id"],
        described=Description(
            name=row["name"],
            description=row["description"],
            url=row["url"],
            image_url=row["image_url"],
            install_url=row["install_url"],
            redirect_url=row["redirect_url"],
            alert_email=row["alert_email"],
        ),
        secret_hash=row["secret_hash"],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
    )
