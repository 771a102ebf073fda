"""Callers: good credentials open their own program, revoked ones close within five seconds."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from leal.domain.problems import Unauthenticated
from leal.storage import credentials
from leal.storage.db import Database
from leal.storage.sealing import Sealer
from leal.usecases.access import (
    CACHE_ENTRIES,
    Access,
    Caller,
    CallerKind,
    InvalidKey,
    Scope,
    create_key,
    granted,
)
from leal.usecases.programs import Publisher
from tests.databases import with_database

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_SEALER = Sealer(b"k" * 32)
_SITE = {"id": 7, "name": "Shop", "url": "https://x.example", "currency": "usd"}
_DOCUMENT = {"name": "Acme", "sites": [{**_SITE, "languages": ["en"]}]}


@dataclass
class _Clock:
    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


async def _make_program(database: Database) -> tuple[int, credentials.SiteCredentials]:
    publisher = Publisher(database, _SEALER, fresh=secrets.token_hex)
    made = await publisher.create(_DOCUMENT, author="me", now=_NOW)
    return made.published.id, made.new_sites[0]


@pytest.mark.parametrize(
    ("stored", "allowed"),
    [
        ((), set()),
        (("read_orders",), {Scope.READ_ORDERS}),
        (("write_orders",), {Scope.READ_ORDERS, Scope.WRITE_ORDERS}),
        (("write_configuration",), {Scope.WRITE_CONFIGURATION}),
        (("of_the_future", "read_reviews"), {Scope.READ_REVIEWS}),
    ],
)
def test_writing_includes_reading(stored: tuple[str, ...], allowed: set[Scope]) -> None:
    assert granted(stored) == allowed


def test_a_key_is_recognised_and_dies_within_five_seconds_of_its_end(database_url: str) -> None:
    clock = _Clock()

    async def work(database: Database) -> None:
        program_id, _site = await _make_program(database)
        access = Access(database, _SEALER, clock=clock)
        made = await create_key(
            database,
            program_id,
            name="till",
            scopes=["write_customers"],
            fresh=secrets.token_hex,
            now=_NOW,
        )
        assert await access.bearer_key(made.secret) == Caller(
            program_id=program_id,
            kind=CallerKind.API_KEY,
            scopes=frozenset({Scope.READ_CUSTOMERS, Scope.WRITE_CUSTOMERS}),
            name="till",
            limit_key=f"key/{program_id}/{made.key.key_id}",
            key_id=made.key.key_id,
        )
        assert made.secret not in repr(made)
        await credentials.revoke_key(database, program_id, made.key.key_id, now=_NOW)
        clock.seconds += 4.9
        await access.bearer_key(made.secret)
        clock.seconds += 0.1
        with pytest.raises(Unauthenticated):
            await access.bearer_key(made.secret)

    with_database(database_url, work)


def test_a_key_nobody_has_costs_one_look_in_five_seconds(database_url: str) -> None:
    clock, unknown = _Clock(), "pat_" + "0" * 32

    async def work(database: Database) -> None:
        program_id, _site = await _make_program(database)
        access = Access(database, _SEALER, clock=clock)
        with pytest.raises(Unauthenticated):
            await access.bearer_key(unknown)
        await credentials.create_key(
            database, program_id, name="late", key=unknown, scopes=(), now=_NOW
        )
        with pytest.raises(Unauthenticated):
            await access.bearer_key(unknown)
        clock.seconds += 5
        assert (await access.bearer_key(unknown)).name == "late"

    with_database(database_url, work)


@pytest.mark.parametrize(
    "token", ["", "pat_", "pat_" + "0" * 31, "pat_" + "A" * 32, "pat_" + "0" * 32 + "\n", "x\x00"]
)
def test_what_cannot_be_a_key_is_refused_without_asking(database_url: str, token: str) -> None:
    async def work(database: Database) -> None:
        access = Access(database, _SEALER, clock=_Clock())
        await database.close()
        with pytest.raises(Unauthenticated):
            await access.bearer_key(token)

    with_database(database_url, work)


def test_a_site_needs_its_own_secret(database_url: str) -> None:
    async def work(database: Database) -> None:
        program_id, site = await _make_program(database)
        access = Access(database, _SEALER, clock=_Clock())
        assert await access.site_pair(site.token, site.secret) == Caller(
            program_id=program_id,
            kind=CallerKind.SITE,
            scopes=frozenset(Scope),
            name="site 7",
            limit_key=f"site/{program_id}/7",
            site_id=7,
        )
        for token, secret in (
            (site.token, site.secret[:-1]),
            (site.token, ""),
            (site.token, "é\x00"),
            ("0" * 32, site.secret),
            ("", ""),
            ("é", site.secret),
            ("\x00", site.secret),
            ("x" * 100_000, site.secret),
        ):
            with pytest.raises(Unauthenticated):
                await access.site_pair(token, secret)

    with_database(database_url, work)


def test_an_sdk_key_leads_to_its_secret(database_url: str) -> None:
    async def work(database: Database) -> None:
        program_id, site = await _make_program(database)
        access = Access(database, _SEALER, clock=_Clock())
        expected = (program_id, 7, site.sdk_secret.encode())
        assert await access.sdk_secret(site.sdk_key_id) == expected
        for stranger in ("", "nobody", "\x00", "é" * 300):
            assert await access.sdk_secret(stranger) is None

    with_database(database_url, work)


def test_strangers_cannot_fill_the_memory(database_url: str) -> None:
    clock = _Clock()

    async def work(database: Database) -> None:
        _program_id, site = await _make_program(database)
        access = Access(database, _SEALER, clock=clock)
        await access.site_pair(site.token, site.secret)
        for number in range(CACHE_ENTRIES + 5):
            assert await access.sdk_secret(f"stranger{number}") is None
        kept = list(access._sdk._answers)  # noqa: SLF001 - the bound itself is the promise
        assert len(kept) == CACHE_ENTRIES
        assert kept[-1] == f"stranger{CACHE_ENTRIES + 4}"

    with_database(database_url, work)


@pytest.mark.parametrize(
    ("name", "scopes", "message"),
    [
        ("till", ["read_everything"], "unknown scope 'read_everything': choose from read_cust"),
        ("till", [], "at least one scope"),
        ("", ["read_orders"], "1 to 200 characters"),
        ("x" * 201, ["read_orders"], "1 to 200 characters"),
    ],
)
def test_a_key_that_would_be_of_no_use_is_not_made(
    database_url: str, name: str, scopes: list[str], message: str
) -> None:
    async def work(database: Database) -> None:
        program_id, _site = await _make_program(database)
        with pytest.raises(InvalidKey, match=message):
            await create_key(
                database, program_id, name=name, scopes=scopes, fresh=secrets.token_hex, now=_NOW
            )
        assert await credentials.list_keys(database, program_id) == ()

    with_database(database_url, work)
