"""API keys, and the tokens and secrets of sites.

What only has to be compared is stored as its SHA-256 (all are random and long, so a slow hash
would add nothing); what has to be used again is sealed.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg

from leal.storage.db import Runner
from leal.storage.sealing import Sealer


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as stored: ``shown`` is its beginning, enough to recognise it by."""

    program_id: int
    key_id: int
    name: str
    shown: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCredentials:
    """All that a site authenticates itself and its shoppers with, in the clear."""

    program_id: int
    site_id: int
    token: str
    secret: str = field(repr=False)
    sdk_key_id: str
    sdk_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePair:
    """What a site's token leads to: whose it is, and the SHA-256 its secret must have."""

    program_id: int
    site_id: int
    secret_hash: bytes = field(repr=False)


def digest(secret: str) -> bytes:
    """Hash a secret the way it is stored."""
    return hashlib.sha256(secret.encode()).digest()


_SHOWN_CHARACTERS = 9

_SELECT_KEYS = """
SELECT program_id, key_id, name, shown, scopes, created_at, revoked_at FROM api_keys
"""

_CREATE_KEY = """
INSERT INTO api_keys (program_id, name, shown, key_hash, scopes, created_at)
VALUES ($1, $2, $3, $4, $5, $6)
RETURNING program_id, key_id, name, shown, scopes, created_at, revoked_at
"""


async def create_key(
    runner: Runner,
    program_id: int,
    *,
    name: str,
    key: str,
    scopes: tuple[str, ...],
    now: datetime,
) -> ApiKey:
    """Store a new key: its hash, and its beginning to recognise it by."""
    shown = key[:_SHOWN_CHARACTERS]
    rows = await runner.rows(_CREATE_KEY, program_id, name, shown, digest(key), list(scopes), now)
    return _api_key(rows[0])


async def find_key_by_hash(runner: Runner, key_hash: bytes) -> ApiKey | None:
    """Find the key with this SHA-256, unless it was revoked."""
    row = await runner.row(f"{_SELECT_KEYS} WHERE key_hash = $1 AND revoked_at IS NULL", key_hash)
    return _api_key(row) if row else None


async def list_keys(runner: Runner, program_id: int) -> tuple[ApiKey, ...]:
    """List the keys of a program, revoked ones too, oldest first."""
    rows = await runner.rows(f"{_SELECT_KEYS} WHERE program_id = $1 ORDER BY key_id", program_id)
    return tuple(_api_key(row) for row in rows)


async def revoke_key(runner: Runner, program_id: int, key_id: int, *, now: datetime) -> bool:
    """Revoke for good; False when there is no such key. A first revocation's date stays."""
    changed = await runner.execute(
        "UPDATE api_keys SET revoked_at = coalesce(revoked_at, $3)"
        " WHERE program_id = $1 AND key_id = $2",
        program_id,
        key_id,
        now,
    )
    return changed != "UPDATE 0"


_ENSURE_SITE = """
INSERT INTO sites (
    program_id, site_id, token, secret_hash, secret_sealed, sdk_key_id, sdk_secret_sealed,
    created_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING
"""


async def ensure_site(
    runner: Runner, sealer: Sealer, *, fresh: SiteCredentials, now: datetime
) -> bool:
    """Give a site the fresh credentials unless it has some; True when they were taken."""
    whose = fresh.program_id, fresh.site_id
    tag = await runner.execute(
        _ENSURE_SITE,
        *whose,
        fresh.token,
        digest(fresh.secret),
        sealer.seal(fresh.secret.encode(), bound_to=_bound_to(*whose, "secret")),
        fresh.sdk_key_id,
        sealer.seal(fresh.sdk_secret.encode(), bound_to=_bound_to(*whose, "sdk")),
        now,
    )
    return tag == "INSERT 0 1"


async def list_site_ids(runner: Runner, program_id: int) -> frozenset[int]:
    """Return the ids of the sites that have credentials."""
    rows = await runner.rows("SELECT site_id FROM sites WHERE program_id = $1", program_id)
    return frozenset(row["site_id"] for row in rows)


_LIST_SITES = """
SELECT program_id, site_id, token, secret_sealed, sdk_key_id, sdk_secret_sealed
FROM sites WHERE program_id = $1 ORDER BY site_id
"""


async def list_sites(
    runner: Runner, sealer: Sealer, program_id: int
) -> tuple[SiteCredentials, ...]:
    """List the credentials of every site, opened. Raises Unsealable."""
    rows = await runner.rows(_LIST_SITES, program_id)
    return tuple(
        SiteCredentials(
            program_id=program_id,
            site_id=site_id,
            token=token,
            secret=sealer.open(secret, bound_to=_bound_to(program_id, site_id, "secret")).decode(),
            sdk_key_id=sdk_key_id,
            sdk_secret=sealer.open(sdk, bound_to=_bound_to(program_id, site_id, "sdk")).decode(),
        )
        for program_id, site_id, token, secret, sdk_key_id, sdk in rows
    )


async def set_secret(
    runner: Runner, sealer: Sealer, whose: tuple[int, int], *, secret: str
) -> bool:
    """Replace the secret of a site of a program; False when it has no credentials."""
    changed = await runner.execute(
        "UPDATE sites SET secret_hash = $3, secret_sealed = $4"
        " WHERE program_id = $1 AND site_id = $2",
        *whose,
        digest(secret),
        sealer.seal(secret.encode(), bound_to=_bound_to(*whose, "secret")),
    )
    return changed != "UPDATE 0"


async def set_sdk_key(
    runner: Runner, sealer: Sealer, whose: tuple[int, int], *, key_id: str, secret: str
) -> bool:
    """Replace the SDK key of a site of a program; False when it has no credentials."""
    changed = await runner.execute(
        "UPDATE sites SET sdk_key_id = $3, sdk_secret_sealed = $4"
        " WHERE program_id = $1 AND site_id = $2",
        *whose,
        key_id,
        sealer.seal(secret.encode(), bound_to=_bound_to(*whose, "sdk")),
    )
    return changed != "UPDATE 0"


_SEALED = """
SELECT program_id, site_id, secret_sealed, sdk_secret_sealed FROM sites
ORDER BY program_id, site_id
"""


async def try_sealed(runner: Runner, sealer: Sealer) -> tuple[int, tuple[str, ...]]:
    """How many sites have sealed secrets, and those of them that do not open."""
    rows = await runner.rows(_SEALED)
    shut = tuple(
        f"site {site_id} of program {program_id}"
        for program_id, site_id, secret, sdk in rows
        if not (
            sealer.opens(secret, bound_to=_bound_to(program_id, site_id, "secret"))
            and sealer.opens(sdk, bound_to=_bound_to(program_id, site_id, "sdk"))
        )
    )
    return len(rows), shut


async def find_site_by_token(runner: Runner, token: str) -> SitePair | None:
    """Find whose token this is."""
    row = await runner.row(
        "SELECT program_id, site_id, secret_hash FROM sites WHERE token = $1", token
    )
    return SitePair(**dict(row)) if row else None


async def find_site_by_sdk_key(
    runner: Runner, sealer: Sealer, sdk_key_id: str
) -> tuple[int, int, bytes] | None:
    """Find program, site and signing secret of an SDK key. Raises Unsealable."""
    row = await runner.row(
        "SELECT program_id, site_id, sdk_secret_sealed FROM sites WHERE sdk_key_id = $1",
        sdk_key_id,
    )
    if row is None:
        return None
    program_id, site_id, sealed = row
    return program_id, site_id, sealer.open(sealed, bound_to=_bound_to(program_id, site_id, "sdk"))


def _bound_to(program_id: int, site_id: int, which: str) -> bytes:
    return f"{program_id}/{site_id}/{which}".encode()


def _api_key(row: asyncpg.Record) -> ApiKey:
    program_id, key_id, name, shown, scopes, created_at, revoked_at = row
    return ApiKey(
        program_id=program_id,
        key_id=key_id,
        name=name,
        shown=shown,
        scopes=tuple(scopes),
        created_at=created_at,
        revoked_at=revoked_at,
    )
