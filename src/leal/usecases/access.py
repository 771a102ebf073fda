"""Who is calling: API keys, the token and secret of a site, and what they allow.

Look-ups are cached for five seconds, so a key that was revoked is refused everywhere within that
time, and strangers knocking with the same wrong key cost the database next to nothing.
"""

import hmac
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from leal.domain.problems import Unauthenticated
from leal.storage import credentials, oauth
from leal.storage.credentials import ApiKey, SitePair
from leal.storage.db import Database, Runner
from leal.storage.sealing import Sealer

_T = TypeVar("_T")

CACHE_SECONDS = 5.0
CACHE_ENTRIES = 10_000

_KEY = re.compile(r"pat_[0-9a-f]{32}")
_OAUTH_TOKEN = re.compile(r"oat_[0-9a-f]{64}")
_LONGEST_NAME_CHARACTERS = 200
_LONGEST_TOKEN_CHARACTERS = 200


class Scope(StrEnum):
    """What a key may do; every ``write_`` allows the ``read_`` of the same thing too."""

    READ_CUSTOMERS = "read_customers"
    WRITE_CUSTOMERS = "write_customers"
    READ_ORDERS = "read_orders"
    WRITE_ORDERS = "write_orders"
    READ_UNSUBSCRIBES = "read_unsubscribes"
    WRITE_UNSUBSCRIBES = "write_unsubscribes"
    READ_REVIEWS = "read_reviews"
    WRITE_REVIEWS = "write_reviews"
    WRITE_CONFIGURATION = "write_configuration"


class CallerKind(StrEnum):
    """By what a caller was recognised; a session is a shopper's own device."""

    API_KEY = "api_key"
    OAUTH = "oauth"
    SITE = "site"
    SESSION = "session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Someone with good credentials for one program.

    ``name`` is the key's or the app's, or says which site. ``key_id`` is an API key's only,
    ``app_id`` an OAuth token's, ``site_id`` a site's or a session's, ``merchant_id`` and ``email``
    a session's. Callers with the same ``limit_key`` share a rate limit.
    """

    program_id: int
    kind: CallerKind
    scopes: frozenset[Scope]
    name: str
    limit_key: str
    key_id: int | None = None
    app_id: int | None = None
    site_id: int | None = None
    merchant_id: str | None = None
    email: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key just made; ``secret`` is shown this once and stored nowhere."""

    key: ApiKey
    secret: str = field(repr=False)


class InvalidKey(ValueError):  # noqa: N818 - what was asked for, not a failure
    """A key cannot be made like this; the message says what would do."""


class Access:
    """Recognises callers. ``clock`` counts seconds and never goes back."""

    def __init__(self, database: Database, sealer: Sealer, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._sealer = sealer
        self._keys = _Remembered[Caller | None](clock)
        self._sites = _Remembered[SitePair | None](clock)
        self._sdk = _Remembered[tuple[int, int, bytes] | None](clock)

    async def bearer_key(self, token: str) -> Caller:
        """Recognise an API key or the OAuth token of an app. Raises Unauthenticated."""
        if _KEY.fullmatch(token):
            find: Callable[[bytes], Awaitable[Caller | None]] = self._find_key
        elif _OAUTH_TOKEN.fullmatch(token):
            find = self._find_oauth
        else:
            raise Unauthenticated
        key_hash = credentials.digest(token)
        caller = await self._keys.get(key_hash, lambda: find(key_hash))
        if caller is None:
            raise Unauthenticated
        return caller

    async def _find_key(self, key_hash: bytes) -> Caller | None:
        key = await credentials.find_key_by_hash(self._database, key_hash)
        if key is None:
            return None
        return Caller(
            program_id=key.program_id,
            kind=CallerKind.API_KEY,
            scopes=granted(key.scopes),
            name=key.name,
            limit_key=f"key/{key.program_id}/{key.key_id}",
            key_id=key.key_id,
        )

    async def _find_oauth(self, token_hash: bytes) -> Caller | None:
        found = await oauth.find_grant(self._database, token_hash)
        if found is None:
            return None
        return Caller(
            program_id=found.program_id,
            kind=CallerKind.OAUTH,
            scopes=granted(found.scopes),
            name=found.app_name,
            limit_key=f"oauth/{found.program_id}/{found.app_id}",
            app_id=found.app_id,
        )

    async def site_pair(self, token: str, secret: str) -> Caller:
        """Recognise a site by its token and secret, which allow everything.

        Raises Unauthenticated.
        """
        pair = None
        if _plausible(token):
            pair = await self._sites.get(
                token, lambda: credentials.find_site_by_token(self._database, token)
            )
        expected = pair.secret_hash if pair else b""
        if not hmac.compare_digest(expected, credentials.digest(secret)) or pair is None:
            raise Unauthenticated
        return Caller(
            program_id=pair.program_id,
            kind=CallerKind.SITE,
            scopes=frozenset(Scope),
            name=f"site {pair.site_id}",
            limit_key=f"site/{pair.program_id}/{pair.site_id}",
            site_id=pair.site_id,
        )

    async def sdk_secret(self, key_id: str) -> tuple[int, int, bytes] | None:
        """Find program, site and signing secret of an SDK key, None when nobody has it."""
        if not _plausible(key_id):
            return None
        return await self._sdk.get(
            key_id, lambda: credentials.find_site_by_sdk_key(self._database, self._sealer, key_id)
        )

    async def sdk_pair(self, program_id: int, site_id: int) -> tuple[str, bytes] | None:
        """Find id and signing secret of a site's SDK key, None when there is no such site."""
        for site in await credentials.list_sites(self._database, self._sealer, program_id):
            if site.site_id == site_id:
                return site.sdk_key_id, site.sdk_secret.encode()
        return None


def granted(scopes: Iterable[str]) -> frozenset[Scope]:
    """Spell out what stored scopes allow; ones this leal does not know allow nothing."""
    named = {scope for scope in Scope if scope.value in set(scopes)}
    implied = {scope.value.replace("write_", "read_") for scope in named}
    return frozenset(named | {scope for scope in Scope if scope.value in implied})


async def create_key(
    runner: Runner,
    program_id: int,
    *,
    name: str,
    scopes: Iterable[str],
    fresh: Callable[[int], str],
    now: datetime,
) -> NewKey:
    """Make an API key. ``fresh`` gives so many random bytes in lower-case hex.

    Raises InvalidKey.
    """
    wanted = set(scopes)
    unknown = sorted(wanted - set(Scope))
    if unknown or not wanted:
        what = f"unknown scope {unknown[0]!r}" if unknown else "a key needs at least one scope"
        raise InvalidKey(f"{what}: choose from {', '.join(Scope)}")
    if not 1 <= len(name) <= _LONGEST_NAME_CHARACTERS:
        raise InvalidKey(f"a key's name has 1 to {_LONGEST_NAME_CHARACTERS} characters")
    secret = f"pat_{fresh(16)}"
    key = await credentials.create_key(
        runner,
        program_id,
        name=name,
        key=secret,
        scopes=tuple(scope for scope in Scope if scope in wanted),
        now=now,
    )
    return NewKey(key=key, secret=secret)


def _plausible(token: str) -> bool:
    """Keep what PostgreSQL could not even compare, and long nonsense, out of memory."""
    return token.isascii() and token.isprintable() and 0 < len(token) <= _LONGEST_TOKEN_CHARACTERS


class _Remembered(Generic[_T]):
    """Answers of the last seconds, at most CACHE_ENTRIES: the least recently asked go first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._answers: OrderedDict[Hashable, tuple[float, _T]] = OrderedDict()

    async def get(self, key: Hashable, ask: Callable[[], Awaitable[_T]]) -> _T:
        asked_at = self._clock()
        known = self._answers.get(key)
        if known is not None and asked_at < known[0]:
            self._answers.move_to_end(key)
            return known[1]
        answer = await ask()
        self._answers[key] = (asked_at + CACHE_SECONDS, answer)
        self._answers.move_to_end(key)
        if len(self._answers) > CACHE_ENTRIES:
            self._answers.popitem(last=False)
        return answer
