"""A shop that keeps vouchers, as a merchant would write one: in good order, or in bad.

It remembers which codes are alive, and notices what must never happen to it: two claims with one
code, and a code made again after it was taken back.
"""

import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from leal.integrations.voucher_stores import Answer, Voucher
from tests.merchants import Heard


class Manner(StrEnum):
    """How a request is answered."""

    WELL = "well"
    SLOWLY = "slowly"
    REFUSES = "refuses"
    FAILS = "fails"
    FAILS_AFTERWARDS = "fails afterwards"
    HANGS = "hangs, then does it"


@dataclass(slots=True)
class VoucherShop:
    """`manner` is asked for each request; `hangs_seconds` should be more than a caller waits."""

    manner: Callable[[Heard], Manner] = lambda _heard: Manner.WELL
    hangs_seconds: float = 0.5
    alive: dict[str, int] = field(default_factory=dict)
    taken_back: set[str] = field(default_factory=set)
    wrongs: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, heard: Heard) -> int:
        """What the server behind the shop's address does."""
        manner = self.manner(heard)
        match manner:
            case Manner.SLOWLY:
                time.sleep(0.1)
            case Manner.HANGS:
                time.sleep(self.hangs_seconds)
            case Manner.REFUSES:
                return 422
            case Manner.FAILS:
                return 503
            case Manner.WELL | Manner.FAILS_AFTERWARDS:
                pass
        self._do(heard)
        return 500 if manner is Manner.FAILS_AFTERWARDS else 201

    def _do(self, heard: Heard) -> None:
        asked = heard.json
        code, claim_id = asked["voucher"]["code"], asked["voucher"]["claimed_reward_id"]
        with self.lock:
            if asked["action"] == "take_back":
                self.alive.pop(code, None)
                self.taken_back.add(code)
                return
            if code in self.taken_back:
                self.wrongs.append(f"{code} was made again")
            if self.alive.setdefault(code, claim_id) != claim_id:
                self.wrongs.append(f"{code} was made for two claims")


class Died(BaseException):
    """The process is gone: nobody catches it."""


async def dies(_voucher: Voucher) -> Answer:
    """Ends the process before the shop hears anything."""
    raise Died


@dataclass(frozen=True, slots=True)
class InterruptedStore:
    """A store during whose calls something happens."""

    happens: Callable[[Voucher], Awaitable[Answer]]

    async def create(self, voucher: Voucher) -> Answer:
        return await self.happens(voucher)

    async def take_back(self, voucher: Voucher) -> Answer:
        return await self.happens(voucher)
