"""All connections of one process: how many there may be, how long they may last, who has to go."""

import asyncio
from dataclasses import dataclass
from typing import Final, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many connections one process keeps, and how long it waits for what, in seconds.

    `arrive`: a request, from its first byte to its last, and the first byte of a connection.
    `idle`: a connection between requests. `untaken`: an answer whose client does not read it.
    `linger`: a refused client, for taking its answer. When the server stops, `stop`: an idle
    connection and a refused client; `last_bytes`: a request that had begun to arrive. `look`:
    between two looks at all connections, so that each of the others may be exceeded by this.
    """

    connections: int = 1_000
    arrive: float = 15.0
    idle: float = 75.0
    untaken: float = 30.0
    linger: float = 5.0
    stop: float = 1.0
    last_bytes: float = 3.0
    look: float = 0.5


class Member(Protocol):
    """A connection, as the crowd sees it."""

    @property
    def waiting_since(self) -> float:
        """Since when its client is waited for, the loop's time; infinity when it waits for us."""
        ...

    def look(self, now: float) -> None:
        """Let the client go if it keeps us waiting for too long."""

    def give_way(self) -> None:
        """Make room for somebody else's connection."""


class Crowd:
    """The connections of one process.

    One timer looks after all of them: one for each request would cost every request. `stopping`
    says that the server is about to end.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.stopping = False
        self._open: set[Member] = set()
        self._looks = False
        self._room_not_before = 0.0

    def opened(self, member: Member, *, loop: asyncio.AbstractEventLoop) -> bool:
        """Count a connection in; whether there is room for it, if need be another's."""
        self._open.add(member)
        if not self._looks:
            self._looks = True
            loop.call_later(self.limits.look, self._look, loop)
        return len(self._open) <= self.limits.connections or self._make_room(loop.time())

    @property
    def is_overrun(self) -> bool:
        """Whether there are so many that not even a refusal can be waited for."""
        return len(self._open) > self.limits.connections + _BEING_REFUSED

    def closed(self, member: Member) -> None:
        """Count a connection out."""
        self._open.discard(member)

    def _make_room(self, now: float) -> bool:
        """Let those go that have kept us waiting longest; not those whose request is worked on."""
        if now < self._room_not_before:
            return False
        self._room_not_before = now + _BETWEEN_CLEARINGS_SECONDS
        waiting = [(since, each) for each in self._open if (since := each.waiting_since) < now]
        patient = [each for each in waiting if now - each[0] >= _WAITED_LONG_SECONDS]
        patient.sort(key=lambda pair: pair[0])
        for _, each in patient[: 1 + self.limits.connections // 20]:
            each.give_way()
        return bool(patient)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for each in tuple(self._open):
            each.look(now)
        self._looks = bool(self._open)
        if self._looks:
            loop.call_later(self.limits.look, self._look, loop)


_BEING_REFUSED: Final = 50
_WAITED_LONG_SECONDS: Final = 1.0
_BETWEEN_CLEARINGS_SECONDS: Final = 0.1
