"""Shops that keep writing, whatever happens, and remember all they were promised.

Each write has a mark of its own that can be found in the books again. It is sent with the same
`Idempotency-Key` until leal says what became of it, as a careful client does; orders have no key,
since telling twice of an order is harmless by itself. `reckoning` then compares what was promised
with what is there.
"""

import json
import random
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, assert_never

_CALL_SECONDS = 40
_FINISH_SECONDS = 90
_NO_CONTENT = 204
_AGAIN = frozenset({0, 409, 429, 500, 503})
"""What says nothing final; 500 is counted, and must not have been among the answers."""


class Kind(StrEnum):
    """What is written."""

    AWARD = "award"
    TAKE = "take"
    REDEEM = "redeem"
    ORDER = "order"


@dataclass(slots=True, kw_only=True)
class Write:
    """One write, and the answer that was final."""

    mark: str
    kind: Kind
    customer: str
    path: str
    body: dict[str, Any]
    points: int
    status: int = 0
    answer: bytes = b""
    tries: int = 0

    @property
    def is_acknowledged(self) -> bool:
        """Whether leal said that it was done."""
        return 200 <= self.status < 300

    @property
    def claim_id(self) -> int:
        """Of a reward that was redeemed."""
        found: int = json.loads(self.answer)["claimed_reward"]["id"]
        return found


@dataclass(slots=True, kw_only=True)
class Load:
    """Threads that write until they are told to finish."""

    port: int
    key: str
    customers: tuple[str, ...]
    cost: int
    earned: int
    seed: int = 0
    name: str = "w"
    writes: list[Write] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)
    _hopeless: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, writers: int = 6) -> None:
        """Begins to write."""
        for number in range(writers):
            thread = threading.Thread(target=self._keep_on, args=(number,), name=f"writer {number}")
            self._threads.append(thread)
            thread.start()

    def finish(self) -> None:
        """Lets each write that was begun come to its answer, and waits for that."""
        self._stop.set()
        for thread in self._threads:
            thread.join(_FINISH_SECONDS)
            assert not thread.is_alive(), f"a write is never answered: {dict(self.told)}"

    def give_up(self) -> None:
        """Ends the threads, whatever they still wait for; after `finish` there are none."""
        self._stop.set()
        self._hopeless.set()
        for thread in self._threads:
            thread.join()

    @property
    def acknowledged(self) -> int:
        """How many writes were done, as far as leal said by now."""
        return sum(each.is_acknowledged for each in self.writes)

    def until(self, count: int, *, seconds: float = 60) -> None:
        """Waits until so many more writes were acknowledged."""
        wanted, give_up_at = self.acknowledged + count, time.monotonic() + seconds
        while self.acknowledged < wanted:
            assert time.monotonic() < give_up_at, f"nothing is done any more: {dict(self.told)}"
            time.sleep(0.01)

    def tell(self, write: Write) -> None:
        """One write more, from the calling thread, until it is answered."""
        with self._lock:
            self.writes.append(write)
        caller = _Caller(self.port, self.key)
        self._until_told(write, caller, random.Random(write.mark))  # noqa: S311 - to be repeatable
        caller.hang_up()

    def repeat(self, most: int) -> tuple[int, int]:
        """Sends writes again with their keys; how many, and how many of them heard the same."""
        keyed = [each for each in self.writes if each.kind is not Kind.ORDER]
        chosen = keyed[:: max(1, len(keyed) // most)]
        caller = _Caller(self.port, self.key)
        same = 0
        for each in chosen:
            status, answer, headers = caller.post(each)
            same += (status, answer) == (each.status, each.answer) and headers.get(
                "idempotency-hit"
            ) == "true"
        caller.hang_up()
        return len(chosen), same

    def _keep_on(self, number: int) -> None:
        chance = random.Random(f"{self.seed} {number}")  # noqa: S311 - to be repeatable
        caller = _Caller(self.port, self.key)
        count = 0
        while not self._stop.is_set():
            count += 1
            write = self._chosen(f"{self.name}-{number}-{count}", chance)
            with self._lock:
                self.writes.append(write)
            self._until_told(write, caller, chance)
        caller.hang_up()

    def _chosen(self, mark: str, chance: random.Random) -> Write:
        customer = chance.choice(self.customers)
        of_customer = f"/v2/customers/{customer}"
        kind = chance.choice((Kind.AWARD, Kind.AWARD, Kind.TAKE, Kind.REDEEM, Kind.ORDER))
        points = chance.randint(1, 50)
        body: dict[str, Any] = {"points": points, "reason": mark}
        match kind:
            case Kind.AWARD:
                path = f"{of_customer}/points"
            case Kind.TAKE:
                path, points = f"{of_customer}/remove_points", -points
            case Kind.REDEEM:
                path, body, points = f"{of_customer}/claimed_rewards", {"reward_id": 1}, -self.cost
            case Kind.ORDER:
                path, body, points = "/v2/orders", _order(mark, customer), self.earned
            case _:
                assert_never(kind)
        return Write(mark=mark, kind=kind, customer=customer, path=path, body=body, points=points)

    def _until_told(self, write: Write, caller: "_Caller", chance: random.Random) -> None:
        while not self._hopeless.is_set():
            write.tries += 1
            began = time.monotonic()
            status, answer, headers = caller.post(write)
            with self._lock:
                self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - began)
                self.told[str(status) if status else "no answer"] += 1
                if status in {409, 429, 503} and "retry-after" not in headers:
                    self.faults.append(f"{status} without Retry-After: {answer!r}")
                if status == 500 or (status >= 400 and status not in _AGAIN):
                    self.faults.append(f"{status} to {write.path}: {answer!r}")
            if status not in _AGAIN:
                write.status, write.answer = status, answer
                return
            time.sleep(chance.uniform(0.02, 0.2))


def _order(mark: str, customer: str) -> dict[str, Any]:
    amounts = {"total": "20.00", "total_shipping": "0.00"}
    return {"merchant_id": mark, "customer_id": customer, "payment_status": "paid", **amounts}


@dataclass(slots=True)
class _Caller:
    """Keeps a connection as long as it lasts."""

    port: int
    key: str
    connection: socket.socket | None = None

    def post(self, write: Write) -> tuple[int, bytes, dict[str, str]]:
        """One request; status 0 when no answer came, or not all of it."""
        body = json.dumps(write.body).encode()
        head = [
            f"POST {write.path} HTTP/1.1",
            "Host: leal.example",
            f"Authorization: Bearer {self.key}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        if write.kind is not Kind.ORDER:
            head.append(f"Idempotency-Key: {write.mark}")
        try:
            if self.connection is None:
                where = ("127.0.0.1", self.port)
                self.connection = socket.create_connection(where, timeout=_CALL_SECONDS)
            self.connection.sendall("\r\n".join((*head, "", "")).encode() + body)
            status, answer, headers = _whole_answer(self.connection)
        except OSError:
            self.hang_up()
            return 0, b"", {}
        if headers.get("connection") == "close":
            self.hang_up()
        return status, answer, headers

    def hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def _whole_answer(connection: socket.socket) -> tuple[int, bytes, dict[str, str]]:
    """What is answered, headers by their small names; OSError unless all of it comes.

    `http.client` takes half a head for a head, and misses neither the fields nor the body.
    """
    received = b""
    while b"\r\n\r\n" not in received:
        received += _piece(connection)
    head, _, answer = received.partition(b"\r\n\r\n")
    first, *fields = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (f.partition(":") for f in fields)}
    status = int(first.split()[1])
    length = 0 if status == _NO_CONTENT else int(headers["content-length"])
    while len(answer) < length:
        answer += _piece(connection)
    return status, answer, headers


def _piece(connection: socket.socket) -> bytes:
    piece = connection.recv(65_536)
    if not piece:
        raise ConnectionResetError
    return piece
