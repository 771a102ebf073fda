"""The load generator: keep-alive HTTP/1.1 clients, each sending one request after the other.

A process of its own with nothing but sockets, because it shares the machine with what it
measures: `python -m bench.load` reads a plan on standard input and writes a sample.
"""

import re
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from bench.samples import BenchFailed, Sample, sample_of

_ANSWER_SECONDS = 10
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Every client sends its own requests in a circle; `status` is what each must be answered.

    The first `warm_seconds` are not counted.
    """

    port: int
    seconds: float
    warm_seconds: float
    status: int
    clients: tuple[tuple[str, ...], ...]


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    sample: Sample | None = None
    problem: str | None = None


def request(method: str, path: str, *, headers: Mapping[str, str], body: str = "") -> str:
    """A request as it goes over the wire; ASCII only."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "", body])


def run(plan: Plan) -> Sample:
    """Carry out the plan in a process of its own. Raises BenchFailed for a wrong answer."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=msgspec.json.encode(plan),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise BenchFailed(f"the load generator failed: {done.stderr.decode()[-500:]}")
    answer = msgspec.json.decode(done.stdout, type=_Answer)
    if answer.sample is None:
        raise BenchFailed(answer.problem or "the load generator said nothing")
    return answer.sample


@dataclass(slots=True)
class _Client:
    connection: socket.socket
    requests: tuple[bytes, ...]
    status: bytes
    took_ns: list[int] = field(default_factory=list)
    next: int = 0
    sent_at: int = 0
    received: bytes = b""

    def send(self) -> None:
        self.connection.sendall(self.requests[self.next])
        self.next = (self.next + 1) % len(self.requests)
        self.sent_at = time.perf_counter_ns()

    def receive(self) -> bool:
        """Take what has arrived; True when an answer is complete."""
        data = self.connection.recv(65_536)
        if not data:
            raise BenchFailed("the server closed the connection")
        self.received = self.received + data if self.received else data
        head = self.received.find(b"\r\n\r\n")
        if head < 0:
            return False
        length = _LENGTH.search(self.received, 0, head)
        if len(self.received) < head + 4 + (int(length[1]) if length else 0):
            return False
        self.took_ns.append(time.perf_counter_ns() - self.sent_at)
        if self.received[9:12] != self.status:
            raise BenchFailed(f"not answered {self.status.decode()}: {self.received[:600]!r}")
        self.received = b""
        return True


def _measure(plan: Plan) -> Sample:
    with selectors.DefaultSelector() as selector:
        clients = [_connected(plan, texts) for texts in plan.clients]
        for client in clients:
            selector.register(client.connection, selectors.EVENT_READ, client)
            client.send()
        _serve(selector, plan.warm_seconds)
        for client in clients:
            client.took_ns.clear()
        begun = time.perf_counter()
        _serve(selector, plan.seconds)
        seconds = time.perf_counter() - begun
        for client in clients:
            client.connection.close()
    return sample_of([took for client in clients for took in client.took_ns], seconds)


def _connected(plan: Plan, texts: tuple[str, ...]) -> _Client:
    connection = socket.create_connection(("127.0.0.1", plan.port), timeout=_ANSWER_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    requests = tuple(text.encode("ascii") for text in texts)
    return _Client(connection, requests, b"%d" % plan.status)


def _serve(selector: selectors.BaseSelector, seconds: float) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        ready = selector.select(_ANSWER_SECONDS)
        if not ready:
            raise BenchFailed(f"no answer within {_ANSWER_SECONDS} s")
        for key, _ in ready:
            client: _Client = key.data
            if client.receive():
                client.send()


def _main() -> None:
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    try:
        answer = _Answer(sample=_measure(plan))
    except (BenchFailed, OSError) as error:
        answer = _Answer(problem=str(error))
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    _main()
