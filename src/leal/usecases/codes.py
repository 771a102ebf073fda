"""Pools of voucher codes: a merchant fills them, customers empty them, and someone is told in time.

An import works in batches, each applied whole or not at all, and knows its own codes again: after
a crash the same import is simply run once more, and finds what is there already.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from leal.domain.problems import Missing, Problem
from leal.domain.program import Program
from leal.domain.rewards import Reward
from leal.domain.rewards.custom import CustomReward
from leal.domain.rewards.issuing import has_code_of_its_own
from leal.domain.rewards.terms import CodeSource
from leal.storage import codes as stored
from leal.storage.codes import INCENTIVE_POOL, Pool
from leal.usecases.desk import Desk

AT_ONCE: Final = 10_000
"""So many codes are added or removed by a statement."""

MAX_CODE_CHARACTERS: Final = 255
MAX_LOW_AT: Final = 100_000

FRIENDS: Final = "referral"
"""What the pool of codes for friends is called."""

_EXAMPLES: Final = 5

Progress = Callable[[int], None]


class Why(StrEnum):
    """Why a code was not added: given twice, in a pool of the program, or handed out before."""

    IN_REQUEST = "in_request"
    IN_POOL = "in_pool"
    HANDED_OUT = "handed_out"


class NotFromPool(Problem):
    """No codes are taken from this pool; the message says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A code that was not added; `reward_id` has it in its pool, where it is in one."""

    code: str
    why: Why
    reward_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of some codes."""

    imported: int
    duplicates: tuple[Duplicate, ...]


@dataclass(slots=True)
class ImportTally:
    """What became of the codes of an import, with a few examples of each kind of duplicate."""

    imported: int = 0
    duplicates: Counter[tuple[Why, int | None]] = field(default_factory=Counter)
    examples: dict[tuple[Why, int | None], list[str]] = field(default_factory=dict)

    def note(self, added: Added) -> None:
        """Counts a batch."""
        self.imported += added.imported
        for each in added.duplicates:
            kind = each.why, each.reward_id
            self.duplicates[kind] += 1
            shown = self.examples.setdefault(kind, [])
            if len(shown) < _EXAMPLES:
                shown.append(each.code)


def unwatched(_done: int) -> None:
    """Nobody watches."""


def code_problem(code: str) -> str | None:
    """What is wrong with a code that a merchant made, None for nothing."""
    if not code:
        return "it is empty: give at least 1 character"
    if len(code) > MAX_CODE_CHARACTERS:
        return f"it has {len(code)} characters: give at most {MAX_CODE_CHARACTERS}"
    if not code.isprintable() and any(map(_is_control, code)):
        return "it holds a control character: give letters, digits and signs only"
    if code != code.strip():
        return "it begins or ends with a space: leave that out"
    return None


def find_reward(program: Program, words: str) -> Reward:
    """The reward with this id, or the only one with this title in any language. Raises Missing."""
    if words.isascii() and words.isdigit():
        found = program.reward(int(words))
        if found is not None:
            return found
    wanted = words.casefold()
    titled = [
        each
        for each in program.rewards
        if any(title.casefold() == wanted for title in each.title.words)
    ]
    if len(titled) == 1:
        return titled[0]
    if titled:
        ids = ", ".join(str(each.id) for each in titled)
        raise Missing("reward", f"Several rewards are called {words!r}: choose one of {ids}")
    known = ", ".join(f"{each.id} ({each.title.words[0]})" for each in program.rewards)
    raise Missing("reward", f"There is no reward {words!r}: the program has {known or 'none'}")


def takes_from_pool(reward: Reward) -> bool:
    """Whether claims of it are codes out of a pool."""
    return reward.codes is CodeSource.POOL and has_code_of_its_own(reward)


def check_pooled(reward: Reward) -> None:
    """Raises NotFromPool unless claims of the reward are codes out of a pool."""
    if takes_from_pool(reward):
        return
    if has_code_of_its_own(reward):
        change = "Set `codes: pool` on it"
    elif isinstance(reward, CustomReward):
        change = "Set `fulfillment: {kind: voucher}` and `codes: pool` on it"
    else:
        why = f"A {reward.KIND} reward hands out no codes: choose a reward of another kind."
        raise NotFromPool(f"Reward {reward.id} takes no codes from a pool. {why}")
    how = "in the program document and publish that with `leal program apply`, then try again."
    raise NotFromPool(f"Reward {reward.id} takes no codes from a pool. {change} {how}")


def check_pool(program: Program, reward_id: int) -> None:
    """Raises Missing for an unknown reward, NotFromPool unless codes come from the pool."""
    if reward_id != INCENTIVE_POOL:
        reward = program.reward(reward_id)
        if reward is None:
            raise Missing("reward", "There is no reward with this id")
        check_pooled(reward)
    elif not _is_used(program, reward_id):
        how = "in the program document and publish that with `leal program apply`, then try again."
        what = "Friends get no codes from a pool. Set `codes: pool` on `referrals.incentive`"
        raise NotFromPool(f"{what} {how}")


def find_pool_id(program: Program, words: str) -> int:
    """The number of the pool of a reward, as for `find_reward`, or of the one for friends.

    A reward that is called as those are has to be named by its id. Raises Missing.
    """
    if words.casefold() == FRIENDS:
        return INCENTIVE_POOL
    return find_reward(program, words).id


async def load_pool(desk: Desk, program_id: int, reward_id: int) -> Pool:
    """A reward's pool, empty when nothing was imported yet. Raises Missing, NotFromPool."""
    program = (await desk.programs.current(program_id)).program
    pool = await stored.find_pool(desk.database, program_id, reward_id)
    if pool is None or (reward_id != INCENTIVE_POOL and program.reward(reward_id) is None):
        check_pool(program, reward_id)
    return pool or Pool(reward_id=reward_id)


async def add_codes(
    desk: Desk, program_id: int, reward_id: int, *, codes: Sequence[str]
) -> tuple[Added, Pool]:
    """Adds at most AT_ONCE good codes in one step; returns what became of them, and the pool.

    Raises Missing, NotFromPool.
    """
    await _check(desk, program_id, reward_id)
    added = await _add(desk, program_id, reward_id, codes=codes, now=desk.now(program_id))
    await stored.note_filled_up(desk.database, program_id, reward_id)
    return added, await load_pool(desk, program_id, reward_id)


async def import_codes(
    desk: Desk,
    program_id: int,
    reward_id: int,
    *,
    batches: Iterable[Sequence[str]],
    progress: Progress = unwatched,
) -> ImportTally:
    """Adds any number of good codes, a batch of at most AT_ONCE at a time.

    `progress` hears how many have been gone over. Raises Missing, NotFromPool.
    """
    await _check(desk, program_id, reward_id)
    now, tally, done = desk.clock(), ImportTally(), 0
    for batch in batches:
        tally.note(await _add(desk, program_id, reward_id, codes=batch, now=now, own_since=now))
        done += len(batch)
        progress(done)
    await stored.note_filled_up(desk.database, program_id, reward_id)
    return tally


async def remove_codes(
    desk: Desk, program_id: int, reward_id: int, *, batches: Iterable[Sequence[str]]
) -> int:
    """Takes these codes out of a pool for good, whether or not it is used any more; how many."""
    removed = 0
    for batch in batches:
        codes = sorted(set(batch))
        removed += await stored.remove(desk.database, program_id, reward_id, codes=codes)
    return removed


async def remove_all(
    desk: Desk, program_id: int, reward_id: int, *, progress: Progress = unwatched
) -> int:
    """Takes every code out of a pool that was not handed out; returns how many."""
    removed = 0
    while True:
        some = await stored.remove_some(desk.database, program_id, reward_id, limit=AT_ONCE)
        if not some:
            return removed
        removed += some
        progress(removed)


async def set_low_at(desk: Desk, program_id: int, reward_id: int, *, low_at: int) -> Pool:
    """Lets a pool run low below `low_at` codes, 0 to MAX_LOW_AT. Raises Missing, NotFromPool."""
    await _check(desk, program_id, reward_id)
    await stored.set_low_at(desk.database, program_id, reward_id, low_at=low_at)
    await stored.note_filled_up(desk.database, program_id, reward_id)
    return await load_pool(desk, program_id, reward_id)


async def warn_low(desk: Desk, program_id: int) -> int:
    """Writes an event for each pool that came to run low; returns how many. Raises Missing.

    A pool is told of once until it was filled up again, and only while its reward takes from it.
    """
    program = (await desk.programs.current(program_id)).program
    told = 0
    for reward_id in await stored.list_pool_rewards(desk.database, program_id):
        if _is_used(program, reward_id):
            now = desk.now(program_id)
            told += await stored.warn_low(desk.database, program_id, reward_id, now=now)
    return told


def _is_used(program: Program, reward_id: int) -> bool:
    """Whether codes are taken from the pool."""
    if reward_id == INCENTIVE_POOL:
        incentive = program.referrals.incentive if program.referrals else None
        return incentive is not None and incentive.codes is CodeSource.POOL
    reward = program.reward(reward_id)
    return reward is not None and takes_from_pool(reward)


async def _check(desk: Desk, program_id: int, reward_id: int) -> None:
    check_pool((await desk.programs.current(program_id)).program, reward_id)


async def _add(
    desk: Desk,
    program_id: int,
    reward_id: int,
    *,
    codes: Sequence[str],
    now: datetime,
    own_since: datetime | None = None,
) -> Added:
    """Adds a batch; a code found in this pool since `own_since` was given twice to one import."""
    wanted = set(codes)
    twice = _repeated(codes) if len(wanted) < len(codes) else ()
    left_out = await stored.add(desk.database, program_id, reward_id, codes=sorted(wanted), now=now)
    known: Mapping[str, stored.Known] = {}
    if left_out:
        found = await stored.list_known(desk.database, program_id, sorted(left_out))
        known = {each.code: each for each in found}
    duplicates = [_duplicate(known[code], reward_id, own_since) for code in sorted(left_out)]
    duplicates += [Duplicate(code=code, why=Why.IN_REQUEST) for code in twice]
    return Added(imported=len(wanted) - len(left_out), duplicates=tuple(duplicates))


def _duplicate(known: stored.Known, reward_id: int, own_since: datetime | None) -> Duplicate:
    if known.reward_id is None:
        return Duplicate(code=known.code, why=Why.HANDED_OUT)
    if known.reward_id == reward_id and own_since and known.imported_at == own_since:
        return Duplicate(code=known.code, why=Why.IN_REQUEST)
    return Duplicate(code=known.code, why=Why.IN_POOL, reward_id=known.reward_id)


def _repeated(codes: Sequence[str]) -> list[str]:
    """Each code as often as it was given more than once."""
    spare = Counter(codes)
    return [code for code, count in spare.items() for _ in range(count - 1)]


def _is_control(character: str) -> bool:
    return character < " " or "\x7f" <= character <= "\x9f" or "\ud800" <= character <= "\udfff"
