"""Programs: versions are added, never changed, and every process sees the current one."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import asyncpg
import pytest

from leal.domain.document_problems import DocumentError
from leal.domain.problems import Missing
from leal.storage import credentials, programs
from leal.storage.db import Database, Runner
from leal.storage.sealing import Sealer
from leal.usecases.programs import CACHED_VERSIONS, Programs, Publisher
from tests.databases import with_database

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_SEALER = Sealer(b"k" * 32)


@dataclass
class _Counting:
    """Chance without surprises: 1, 2, 3 … in hex, padded to the asked length."""

    made: list[str] = field(default_factory=list)

    def __call__(self, size_bytes: int) -> str:
        self.made.append(f"{len(self.made) + 1:0{size_bytes * 2}x}")
        return self.made[-1]


def _document(name: str = "Acme", sites: int = 1) -> dict[str, object]:
    return {
        "name": name,
        "sites": [
            {
                "id": number,
                "name": f"Shop {number}",
                "url": f"https://{number}.example",
                "currency": "usd",
                "languages": ["en"],
                "primary": number == 1,
            }
            for number in range(1, sites + 1)
        ],
    }


async def _create(runner: Runner, name: str, program_id: int | None = None) -> int:
    made, version = await programs.create(
        runner, program_id=program_id, name=name, document='{"a": 1}', author="me", now=_NOW
    )
    assert version == 1
    return made


def test_programs_are_numbered_freely_and_chosen_numbers_are_passed_over(
    database_url: str,
) -> None:
    async def work(database: Database) -> list[int]:
        async with database.transaction() as runner:
            ids = [
                await _create(runner, "one"),
                await _create(runner, "two", program_id=3),
                await _create(runner, "three"),
                await _create(runner, "four", program_id=2),
                await _create(runner, "five"),
            ]
        with pytest.raises(asyncpg.UniqueViolationError):
            async with database.transaction() as runner:
                await _create(runner, "again", program_id=2)
        listed = await programs.list_programs(database)
        assert [(each.program_id, each.version) for each in listed] == [(i, 1) for i in sorted(ids)]
        return ids

    ids = with_database(database_url, work)
    assert ids[1] == 3
    assert ids[3] == 2
    assert len(set(ids)) == len(ids)


def test_concurrent_publications_each_get_their_own_number(database_url: str) -> None:
    async def publish(database: Database, program_id: int, name: str) -> int:
        async with database.transaction() as runner:
            return await programs.publish(
                runner, program_id, name=name, document=f'"{name}"', author=name, now=_NOW
            )

    async def work(database: Database) -> None:
        async with database.transaction() as runner:
            program_id = await _create(runner, "first")
        names = [f"n{number}" for number in range(6)]
        numbers = await asyncio.gather(*(publish(database, program_id, name) for name in names))
        assert sorted(numbers) == [2, 3, 4, 5, 6, 7]
        for number, name in zip(numbers, names, strict=True):
            found = await programs.load_version(database, program_id, number)
            assert found == f'"{name}"'
        assert await programs.load_version(database, program_id, 1) == '{"a": 1}'
        last = names[numbers.index(7)]
        assert await programs.load_current(database, program_id) == (7, f'"{last}"')
        listed = await programs.list_versions(database, program_id)
        assert [each.version for each in listed] == [7, 6, 5, 4, 3, 2, 1]
        assert (await programs.list_programs(database))[0].name == last

    with_database(database_url, work)


def test_what_is_not_there_is_missing(database_url: str) -> None:
    async def work(database: Database) -> None:
        async with database.transaction() as runner:
            program_id = await _create(runner, "one")
        with pytest.raises(Missing):
            await programs.load_version(database, program_id, 2)
        for load in (programs.load_current, programs.load_current_version):
            with pytest.raises(Missing):
                await load(database, 99)
        publisher = Publisher(database, _SEALER, fresh=_Counting())
        with pytest.raises(Missing):
            await publisher.publish(99, _document(), author="me", now=_NOW)

    with_database(database_url, work)


def test_publishing_makes_credentials_for_new_sites_only(database_url: str) -> None:
    async def work(database: Database) -> None:
        fresh = _Counting()
        publisher = Publisher(database, _SEALER, fresh=fresh)
        first = await publisher.create(_document(), author="me", now=_NOW)
        assert (first.created, first.published.version) == (True, 1)
        assert [site.site_id for site in first.new_sites] == [1]
        second = await publisher.publish(
            first.published.id, _document(sites=3), author="me", now=_NOW
        )
        assert (second.created, second.published.version) == (False, 2)
        assert [site.site_id for site in second.new_sites] == [2, 3]
        stored = await credentials.list_sites(database, _SEALER, first.published.id)
        assert stored == first.new_sites + second.new_sites
        assert len(set(fresh.made)) == len(fresh.made) == 12
        # Whatever has to stay secret cannot be guessed.
        assert all(len(site.secret) >= 40 and len(site.sdk_secret) >= 32 for site in stored)

    with_database(database_url, work)


def test_a_document_with_problems_changes_nothing(database_url: str) -> None:
    async def work(database: Database) -> None:
        publisher = Publisher(database, _SEALER, fresh=_Counting())
        made = await publisher.create(_document(), author="me", now=_NOW)
        refused: tuple[object, ...] = ({"name": "x"}, [], None, _document(sites=0))
        for bad in refused:
            with pytest.raises(DocumentError):
                await publisher.publish(made.published.id, bad, author="me", now=_NOW)
            with pytest.raises(DocumentError):
                await publisher.create(bad, author="me", now=_NOW)
        assert len(await programs.list_versions(database, made.published.id)) == 1
        assert len(await programs.list_programs(database)) == 1

    with_database(database_url, work)


def test_every_process_sees_a_publication_by_its_version(database_url: str) -> None:
    async def work(database: Database) -> None:
        here, there = Programs(database), Programs(database)
        publisher = Publisher(database, _SEALER, fresh=_Counting())
        made = await publisher.create(_document("old"), author="me", now=_NOW)
        program_id = made.published.id
        old = await here.current(program_id)
        assert (old.id, old.version, old.program) == (program_id, 1, made.published.program)
        await publisher.publish(program_id, _document("new"), author="me", now=_NOW)
        for process in (here, there):
            assert (await process.current(program_id)).program.name == "new"
            assert (await process.at(program_id, 1)).program.name == "old"
        assert await here.at(program_id, 1) is old
        with pytest.raises(Missing):
            await here.at(program_id, 3)

    with_database(database_url, work)


def test_a_version_is_parsed_once_however_many_ask_at_once(database_url: str) -> None:
    async def work(database: Database) -> None:
        publisher = Publisher(database, _SEALER, fresh=_Counting())
        made = await publisher.create(_document(), author="me", now=_NOW)
        process = Programs(database)
        asked = await asyncio.gather(*(process.at(made.published.id, 1) for _ in range(20)))
        assert len({id(each) for each in asked}) == 1

    with_database(database_url, work)


def test_the_cache_of_versions_is_bounded(database_url: str) -> None:
    async def work(database: Database) -> None:
        publisher = Publisher(database, _SEALER, fresh=_Counting())
        made = await publisher.create(_document(), author="me", now=_NOW)
        program_id = made.published.id
        await database.execute(
            "INSERT INTO program_versions SELECT program_id, n, document, author, created_at "
            "FROM program_versions, generate_series(2, $1) n",
            CACHED_VERSIONS + 1,
        )
        process = Programs(database)
        first, second = await process.at(program_id, 1), await process.at(program_id, 2)
        for version in range(3, CACHED_VERSIONS + 1):
            await process.at(program_id, version)
        assert await process.at(program_id, 1) is first
        await process.at(program_id, CACHED_VERSIONS + 1)
        # The first was used last before the cache was full; the second made room.
        assert await process.at(program_id, 1) is first
        assert await process.at(program_id, 2) is not second

    with_database(database_url, work)


def test_dates_as_yaml_reads_them_are_stored_as_text(database_url: str) -> None:
    document = _document() | {
        "expiry": {"mode": "date_earned", "enabled_on": date(2026, 1, 31), "months": 12}
    }

    async def work(database: Database) -> None:
        publisher = Publisher(database, _SEALER, fresh=_Counting())
        made = await publisher.create(document, author="me", now=_NOW)
        loaded = await Programs(database).current(made.published.id)
        assert loaded.program == made.published.program
        assert loaded.program.expiry is not None
        assert loaded.program.expiry.enabled_on == date(2026, 1, 31)

    with_database(database_url, work)
