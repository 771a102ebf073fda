"""Credentials at rest: compared by hash, sealed when needed again, never in the clear."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leal.storage import credentials, programs
from leal.storage.credentials import SiteCredentials
from leal.storage.db import Database
from leal.storage.sealing import Sealer, Unsealable
from tests.databases import with_database

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_SEALER = Sealer(b"k" * 32)
_KEY = "pat_0123456789abcdef0123456789abcdef"


def _site(site_id: int, letter: str) -> SiteCredentials:
    return SiteCredentials(
        program_id=1,
        site_id=site_id,
        token=letter * 32,
        secret=letter.upper() * 40,
        sdk_key_id=f"sdk{letter}",
        sdk_secret=f"sdk secret {letter}",
    )


async def _make_program(database: Database) -> None:
    async with database.transaction() as runner:
        await programs.create(
            runner, program_id=1, name="Acme", document="{}", author="me", now=_NOW
        )


@given(st.binary(max_size=200), st.binary(max_size=40), st.integers(min_value=0))
def test_what_is_sealed_opens_only_where_it_belongs(
    plain: bytes, bound_to: bytes, flipped: int
) -> None:
    sealed = _SEALER.seal(plain, bound_to=bound_to)
    assert _SEALER.open(sealed, bound_to=bound_to) == plain
    assert _SEALER.seal(plain, bound_to=bound_to) != sealed
    damaged = bytearray(sealed)
    damaged[flipped % len(sealed)] ^= 1 << (flipped % 8)
    for value, place, sealer in (
        (bytes(damaged), bound_to, _SEALER),
        (sealed[:-1], bound_to, _SEALER),
        (b"", bound_to, _SEALER),
        (sealed, bound_to + b"x", _SEALER),
        (sealed, bound_to, Sealer(b"o" * 32)),
    ):
        with pytest.raises(Unsealable, match="LEAL_SECRET_KEY"):
            sealer.open(value, bound_to=place)


def test_a_key_is_found_until_it_is_revoked_for_good(database_url: str) -> None:
    later = _NOW + timedelta(days=1)

    async def work(database: Database) -> None:
        await _make_program(database)
        made = await credentials.create_key(
            database, 1, name="till", key=_KEY, scopes=("read_orders",), now=_NOW
        )
        assert (made.shown, made.scopes, made.revoked_at) == ("pat_01234", ("read_orders",), None)
        key_hash = credentials.digest(_KEY)
        assert await credentials.find_key_by_hash(database, key_hash) == made
        assert not await credentials.revoke_key(database, 1, made.key_id + 1, now=_NOW)
        assert not await credentials.revoke_key(database, 2, made.key_id, now=_NOW)
        assert await credentials.revoke_key(database, 1, made.key_id, now=_NOW)
        assert await credentials.revoke_key(database, 1, made.key_id, now=later)
        assert await credentials.find_key_by_hash(database, key_hash) is None
        listed = await credentials.list_keys(database, 1)
        assert [(key.key_id, key.revoked_at) for key in listed] == [(made.key_id, _NOW)]

    with_database(database_url, work)


def test_a_site_keeps_its_first_credentials(database_url: str) -> None:
    async def work(database: Database) -> None:
        await _make_program(database)
        first, again, second = _site(7, "a"), _site(7, "b"), _site(8, "c")
        taken = [
            await credentials.ensure_site(database, _SEALER, fresh=fresh, now=_NOW)
            for fresh in (first, again, second)
        ]
        assert taken == [True, False, True]
        assert await credentials.list_site_ids(database, 1) == {7, 8}
        assert await credentials.list_sites(database, _SEALER, 1) == (first, second)
        pair = await credentials.find_site_by_token(database, first.token)
        assert pair is not None
        assert (pair.site_id, pair.secret_hash) == (7, credentials.digest(first.secret))
        assert await credentials.find_site_by_token(database, again.token) is None
        found = await credentials.find_site_by_sdk_key(database, _SEALER, "sdkc")
        assert found == (1, 8, b"sdk secret c")
        assert await credentials.find_site_by_sdk_key(database, _SEALER, "sdkb") is None

    with_database(database_url, work)


def test_a_sealed_secret_moved_to_another_site_does_not_open(database_url: str) -> None:
    async def work(database: Database) -> None:
        await _make_program(database)
        for fresh in (_site(7, "a"), _site(8, "c")):
            await credentials.ensure_site(database, _SEALER, fresh=fresh, now=_NOW)
        await database.execute(
            "UPDATE sites SET sdk_secret_sealed = other.sdk_secret_sealed "
            "FROM sites other WHERE sites.site_id = 7 AND other.site_id = 8"
        )
        with pytest.raises(Unsealable):
            await credentials.find_site_by_sdk_key(database, _SEALER, "sdka")

    with_database(database_url, work)


def test_no_secret_is_stored_or_printed_in_the_clear(database_url: str) -> None:
    fresh = _site(7, "a")

    async def work(database: Database) -> str:
        await _make_program(database)
        await credentials.create_key(database, 1, name="till", key=_KEY, scopes=(), now=_NOW)
        await credentials.ensure_site(database, _SEALER, fresh=fresh, now=_NOW)
        pair = await credentials.find_site_by_token(database, fresh.token)
        rows = [
            str(await database.rows(f"SELECT * FROM {table}"))  # noqa: S608 - our own tables
            for table in ("api_keys", "sites")
        ]
        return " ".join([*rows, repr(pair), repr(fresh)])

    shown = with_database(database_url, work)
    assert not re.search(f"{_KEY}|{fresh.secret}|{fresh.sdk_secret}", shown)
    assert fresh.token in shown
