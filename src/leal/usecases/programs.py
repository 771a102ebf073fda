"""Programs: publishing a new version, and the parsed versions every request works with."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from leal.domain.checks import read_program
from leal.domain.deeds import Action, Actor, Deed, Subject
from leal.domain.document_problems import DocumentError
from leal.domain.program import Program
from leal.domain.published import PublishedProgram
from leal.domain.rewards.fulfilling import address_of
from leal.storage import audit, clocks, credentials, fulfilment_calls
from leal.storage import programs as stored
from leal.storage.credentials import SiteCredentials
from leal.storage.db import Database, Runner
from leal.storage.sealing import Sealer

CACHED_VERSIONS = 256


class Programs:
    """The programs of this installation, parsed once per process and version."""

    def __init__(
        self,
        database: Database,
        *,
        parsed: "Parsed | None" = None,
        ahead: dict[int, timedelta] | None = None,
    ) -> None:
        self._database = database
        self._loading: dict[tuple[int, int], asyncio.Task[PublishedProgram]] = {}
        self._ahead = {} if ahead is None else ahead
        self.parsed = parsed or Parsed()

    async def current(self, program_id: int) -> PublishedProgram:
        """Load the version now in force. Raises Missing."""
        clock = await clocks.load(self._database, program_id)
        self.note_ahead(program_id, clock.ahead)
        return await self.at(program_id, clock.version)

    async def lately(self, program_id: int) -> PublishedProgram:
        """The newest version this process has seen; without I/O once it has seen one.

        For use with a statement that also returns the version in force. Raises Missing.
        """
        return self.parsed.lately(program_id) or await self.current(program_id)

    def through(self, database: Database) -> "Programs":
        """The same programs as one transaction sees them.

        Others get what it parses by `parsed.share`, and not before it is committed: the number of a
        version that came to nothing is given to another.
        """
        return Programs(database, parsed=Parsed(behind=self.parsed), ahead=self._ahead)

    def ahead(self, program_id: int) -> timedelta:
        """How far the program's time is ahead of ours, as this process saw it last."""
        return self._ahead.get(program_id, timedelta(0))

    def note_ahead(self, program_id: int, ahead: timedelta) -> None:
        """Remembers what a statement said of the program's clock."""
        if ahead:
            self._ahead[program_id] = ahead
        else:
            self._ahead.pop(program_id, None)

    async def at(
        self, program_id: int, version: int, *, on: Runner | None = None
    ) -> PublishedProgram:
        """Load a version; without I/O when it was used lately. Raises Missing.

        Who holds a connection passes it as `on`: to wait for a second one may be to wait for
        everyone who waits for the first.
        """
        key = program_id, version
        known = self.parsed.find(key)
        if known is not None:
            return known
        if self._database.in_transaction:
            on = on or self._database
        if on is not None:
            return await self._load(on, program_id, version)
        # Many requests notice a new version at the same moment: one loads it for all of them.
        task = self._loading.get(key)
        if task is None:
            task = asyncio.create_task(self._load(self._database, program_id, version))
            self._loading[key] = task
            task.add_done_callback(lambda _done: self._loading.pop(key, None))
        return await asyncio.shield(task)

    async def _load(self, on: Runner, program_id: int, version: int) -> PublishedProgram:
        document = await stored.load_version(on, program_id, version)
        program = read_program(msgspec.json.decode(document))
        published = PublishedProgram(id=program_id, version=version, program=program)
        self.parsed.remember(published)
        return published


class Parsed:
    """Versions used lately, and the newest seen of each program; `behind` are those of others."""

    def __init__(self, *, behind: "Parsed | None" = None) -> None:
        self._behind = behind
        self._versions: OrderedDict[tuple[int, int], PublishedProgram] = OrderedDict()
        self._newest: OrderedDict[int, PublishedProgram] = OrderedDict()

    def find(self, key: tuple[int, int]) -> PublishedProgram | None:
        """A version by the ids of its program and itself."""
        found = self._versions.get(key)
        if found is not None:
            self._versions.move_to_end(key)
            return found
        return None if self._behind is None else self._behind.find(key)

    def lately(self, program_id: int) -> PublishedProgram | None:
        """The newest version seen of a program."""
        found = self._newest.get(program_id)
        return found or (None if self._behind is None else self._behind.lately(program_id))

    def remember(self, published: PublishedProgram) -> None:
        """Keeps a version, and forgets the one that was used least lately when there are many."""
        program_id = published.id
        self._versions[program_id, published.version] = published
        newest = self._newest.get(program_id)
        if newest is None or newest.version < published.version:
            self._newest[program_id] = published
            self._newest.move_to_end(program_id)
            if len(self._newest) > CACHED_VERSIONS:
                self._newest.popitem(last=False)
        if len(self._versions) > CACHED_VERSIONS:
            self._versions.popitem(last=False)

    def share(self) -> None:
        """Lets the others behind have what was parsed here."""
        if self._behind is not None:
            for published in self._versions.values():
                self._behind.remember(published)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What publishing did. ``new_sites`` holds the credentials made for sites seen first.

    ``to_be_tried`` are the rewards whose address to be called is new: background work tries it.
    """

    published: PublishedProgram
    created: bool
    new_sites: tuple[SiteCredentials, ...]
    to_be_tried: tuple[int, ...] = ()


class Publisher:
    """Publishes documents. ``fresh`` gives so many random bytes in lower-case hex."""

    def __init__(self, database: Database, sealer: Sealer, *, fresh: Callable[[int], str]) -> None:
        self._database = database
        self._sealer = sealer
        self._fresh = fresh

    async def create(
        self,
        value: object,
        *,
        author: str,
        now: datetime,
        program_id: int | None = None,
        sandbox: bool = False,
        by: Actor | None = None,
    ) -> Publication:
        """Make a new program of a document as read from YAML or JSON.

        ``program_id`` is chosen freely when None; the time of a ``sandbox`` can be moved on.
        Raises DocumentError.
        """
        program = read_program(value)
        async with self._database.transaction() as runner:
            made, version = await stored.create(
                runner,
                program_id=program_id,
                name=program.name,
                document=_json(value),
                author=author,
                now=now,
            )
            if sandbox:
                await clocks.make_sandbox(runner, made)
            sites = await self._ensure_sites(runner, made, program, now=now)
            published = PublishedProgram(id=made, version=version, program=program)
            tried = await _have_addresses_tried(runner, published, before={}, now=now)
            await _note(runner, published, by, now=now)
        return Publication(published=published, created=True, new_sites=sites, to_be_tried=tried)

    async def publish(
        self, program_id: int, value: object, *, author: str, now: datetime, by: Actor | None = None
    ) -> Publication:
        """Make a document the program's current version. Raises DocumentError, Missing."""
        program = read_program(value)
        async with self._database.transaction() as runner:
            version = await stored.publish(
                runner,
                program_id,
                name=program.name,
                document=_json(value),
                author=author,
                now=now,
            )
            sites = await self._ensure_sites(runner, program_id, program, now=now)
            published = PublishedProgram(id=program_id, version=version, program=program)
            before = await _addresses_at(runner, program_id, version - 1)
            tried = await _have_addresses_tried(runner, published, before=before, now=now)
            await _note(runner, published, by, now=now)
        return Publication(published=published, created=False, new_sites=sites, to_be_tried=tried)

    async def _ensure_sites(
        self, runner: Runner, program_id: int, program: Program, *, now: datetime
    ) -> tuple[SiteCredentials, ...]:
        known = await credentials.list_site_ids(runner, program_id)
        made = []
        for site in program.sites:
            if site.id in known:
                continue
            fresh = SiteCredentials(
                program_id=program_id,
                site_id=site.id,
                token=self._fresh(16),
                secret=self._fresh(20),
                sdk_key_id=self._fresh(16),
                sdk_secret=self._fresh(20),
            )
            if await credentials.ensure_site(runner, self._sealer, fresh=fresh, now=now):
                made.append(fresh)
        return tuple(made)


async def _note(
    runner: Runner, published: PublishedProgram, by: Actor | None, *, now: datetime
) -> None:
    """For the audit log; what the demo and its like publish is nobody's deed."""
    if by is None:
        return
    deed = Deed(
        by=by,
        action=Action.PROGRAM_APPLIED,
        about=Subject.PROGRAM,
        about_id=published.id,
        facts={"version": published.version},
    )
    await audit.add(runner, published.id, deed, now=now)


async def _have_addresses_tried(
    runner: Runner, published: PublishedProgram, *, before: Mapping[int, str], now: datetime
) -> tuple[int, ...]:
    """Puts down tests of the addresses that are new; returns their rewards."""
    addresses = _addresses(published.program)
    new = {each: url for each, url in addresses.items() if before.get(each) != url}
    await fulfilment_calls.keep_tests(runner, published.id, reward_ids=tuple(addresses))
    await fulfilment_calls.add_tests(runner, published.id, published.version, urls=new, now=now)
    return tuple(new)


async def _addresses_at(runner: Runner, program_id: int, version: int) -> Mapping[int, str]:
    """The addresses of a version; none of one that today's rules for documents do not pass."""
    document = await stored.load_version(runner, program_id, version)
    try:
        return _addresses(read_program(msgspec.json.decode(document)))
    except DocumentError:
        return {}


def _addresses(program: Program) -> Mapping[int, str]:
    found = ((reward.id, address_of(reward)) for reward in program.rewards)
    return {reward_id: url for reward_id, url in found if url is not None}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
