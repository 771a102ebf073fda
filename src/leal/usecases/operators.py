"""Operators: the people who look after programs, and how they sign in.

Passwords are kept as argon2id. Signing in takes as long for an account that is not there, and is
counted before the password is looked at, so many who try at once are not let try more.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from leal.domain.deeds import INSTALLATION, Action, Actor, ActorKind, Deed, Subject
from leal.domain.problems import Problem, TooMany
from leal.storage import operators as stored
from leal.storage.credentials import digest
from leal.storage.db import Database
from leal.storage.operators import Operator
from leal.usecases.audit import note

SESSION_LASTS = timedelta(hours=12)
ATTEMPTS_WITHIN = timedelta(minutes=15)
ATTEMPTS_BY_ACCOUNT = 10
ATTEMPTS_BY_ADDRESS = 50
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1_000
LONGEST_NAME = 200
_BUCKETS_OF_A_KIND = 65_536
_AT_ONCE = 2
_MEMORY_KIB = 19 * 1024
"""So much memory it takes to check a password, in two passes: what OWASP advises for argon2id."""


class BadOperator(Problem):
    """An account cannot be made or changed like this; the message says what would do."""


class SignInRefused(Problem):
    """Wrong login or password, or a disabled account: nobody is told which."""

    def __init__(self) -> None:
        super().__init__("This login and password do not belong together. Try again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session: `token` is what the browser keeps."""

    operator: Operator
    token: str = field(repr=False)
    expires_at: datetime


class Operators:
    """Accounts and sessions. `entropy` gives 32 random bytes."""

    def __init__(self, database: Database, *, entropy: Callable[[], bytes]) -> None:
        self.database = database
        self._entropy = entropy
        self._hasher = PasswordHasher(time_cost=2, memory_cost=_MEMORY_KIB, parallelism=1)
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._nobody: str | None = None

    async def create(
        self,
        who: tuple[str, str],
        *,
        password: str,
        program_ids: Sequence[int] | None,
        by: Actor,
        now: datetime,
    ) -> int:
        """Make an account of a login and a name. Raises BadOperator."""
        login, name = _login(who[0]), who[1].strip()
        if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
            raise BadOperator(f"a name has 1 to {LONGEST_NAME} characters")
        password_hash = await self._hashed(password)
        async with self.database.transaction() as on:
            made = await stored.add(
                on, (login, name), password_hash=password_hash, program_ids=program_ids, now=now
            )
            if made is None:
                raise BadOperator(f"there is an operator {login} already: see `leal operator list`")
            await note(on, INSTALLATION, _about(made, Action.OPERATOR_CREATED, by), now=now)
        return made

    async def set_password(self, login: str, *, password: str, by: Actor, now: datetime) -> None:
        """Replace a password; every session ends, and so does being kept waiting."""
        operator = await self._known(login)
        password_hash = await self._hashed(password)
        async with self.database.transaction() as on:
            await stored.set_password(on, operator.id, password_hash=password_hash)
            await stored.forget_attempts(on, _bucket("account", operator.login))
            deed = _about(operator.id, Action.OPERATOR_PASSWORD_SET, by)
            await note(on, INSTALLATION, deed, now=now)

    async def disable(self, login: str, *, by: Actor, now: datetime) -> None:
        """Let an account sign in no more; its sessions end at once."""
        operator = await self._known(login)
        async with self.database.transaction() as on:
            await stored.disable(on, operator.id, now=now)
            deed = _about(operator.id, Action.OPERATOR_DISABLED, by)
            await note(on, INSTALLATION, deed, now=now)

    async def enable(self, login: str, *, by: Actor, now: datetime) -> None:
        """Let a disabled account sign in again, with the password that it had."""
        operator = await self._known(login)
        async with self.database.transaction() as on:
            await stored.enable(on, operator.id)
            await note(on, INSTALLATION, _about(operator.id, Action.OPERATOR_ENABLED, by), now=now)

    async def sign_in(
        self,
        login: str,
        password: str,
        *,
        visit: tuple[str, str],
        before: str | None,
        now: datetime,
    ) -> SignedIn:
        """Open a session; `visit` is the address and the request id, `before` an older session.

        Raises SignInRefused, and TooMany after too many attempts.
        """
        address, request_id = visit
        login = login.strip().lower()[:LONGEST_NAME]
        await self._count(login, address, now=now)
        operator = await stored.find(self.database, login) if _is_plain(login) else None
        fits = await self._fits(operator, password)
        if operator is None or not fits or operator.disabled_at is not None:
            await self._refused(operator, request_id, now=now)
            raise SignInRefused
        token, expires_at = self._entropy().hex(), now + SESSION_LASTS
        async with self.database.transaction() as on:
            if before is not None:
                await stored.close_session(on, digest(before))
            opened = await stored.open_session(
                on, operator.id, digest(token), now=now, expires_at=expires_at
            )
            if not opened:
                raise SignInRefused
            await stored.forget_attempts(on, _bucket("account", login))
            deed = _about(operator.id, Action.SIGNED_IN, actor_of(operator, request_id))
            await note(on, INSTALLATION, deed, now=now)
        return SignedIn(operator=operator, token=token, expires_at=expires_at)

    async def who(self, token: str, *, now: datetime) -> Operator | None:
        """Whose session this is, None for no one's."""
        return await stored.find_session(self.database, digest(token), now=now)

    async def sign_out(self, token: str, *, request_id: str, now: datetime) -> None:
        """End a session; one that has ended stays so."""
        async with self.database.transaction() as on:
            operator = await stored.find_session(on, digest(token), now=now)
            if await stored.close_session(on, digest(token)) and operator is not None:
                deed = _about(operator.id, Action.SIGNED_OUT, actor_of(operator, request_id))
                await note(on, INSTALLATION, deed, now=now)

    async def _known(self, login: str) -> Operator:
        operator = await stored.find(self.database, _login(login))
        if operator is None:
            raise BadOperator(f"there is no operator {login}: see `leal operator list`")
        return operator

    async def _hashed(self, password: str) -> str:
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            wanted = f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD}"
            raise BadOperator(f"a password has {wanted} characters")
        return await asyncio.to_thread(self._hasher.hash, password)

    async def _count(self, login: str, address: str, *, now: datetime) -> None:
        limits = (
            (_bucket("address", _network(address)), ATTEMPTS_BY_ADDRESS),
            (_bucket("account", login), ATTEMPTS_BY_ACCOUNT),
        )
        for bucket, most in limits:
            attempts, started_at = await stored.count_attempt(
                self.database, bucket, now=now, within=ATTEMPTS_WITHIN
            )
            if attempts > most:
                wait = started_at + ATTEMPTS_WITHIN - now
                raise TooMany(max(1, int(wait.total_seconds())))

    async def _fits(self, operator: Operator | None, password: str) -> bool:
        async with self._at_once:
            if self._nobody is None:
                self._nobody = await asyncio.to_thread(self._hasher.hash, self._entropy().hex())
            expected = self._nobody if operator is None else operator.password_hash
            return await asyncio.to_thread(self._verified, expected, password[:LONGEST_PASSWORD])

    def _verified(self, expected: str, password: str) -> bool:
        try:
            return self._hasher.verify(expected, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _refused(self, operator: Operator | None, request_id: str, *, now: datetime) -> None:
        nobody = Actor(kind=ActorKind.UNKNOWN, id="", name="", request_id=request_id)
        about = None if operator is None else operator.id
        deed = _about(about, Action.SIGN_IN_FAILED, nobody)
        await note(self.database, INSTALLATION, deed, now=now)


def actor_of(operator: Operator, request_id: str) -> Actor:
    """An operator as the audit log names them."""
    return Actor(
        kind=ActorKind.OPERATOR, id=str(operator.id), name=operator.name, request_id=request_id
    )


def may_look_after(operator: Operator, program_id: int) -> bool:
    """Whether the program is one of the operator's."""
    return operator.every_program or program_id in operator.program_ids


def _about(operator_id: int | None, action: Action, by: Actor) -> Deed:
    return Deed(by=by, action=action, about=Subject.OPERATOR, about_id=operator_id)


def _login(text: str) -> str:
    login = text.strip().lower()
    if not 1 <= len(login) <= LONGEST_NAME or not _is_plain(login) or " " in login:
        raise BadOperator(f"a login has 1 to {LONGEST_NAME} ASCII characters and no spaces")
    return login


def _is_plain(text: str) -> bool:
    return text.isprintable() and text.isascii()


def _bucket(kind: str, value: str) -> int:
    found = int.from_bytes(hashlib.sha256(f"{kind}/{value}".encode(errors="replace")).digest()[:2])
    return found + (_BUCKETS_OF_A_KIND if kind == "account" else 0)


def _network(address: str) -> str:
    """The address, or for IPv6 the /64 that one household has."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False) if isinstance(found, IPv6Address) else found)
