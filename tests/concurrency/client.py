"""A shop's own program, as far as these tests need one: it calls the servers, one after another."""

import http.client
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from tests.concurrency.fleet import Answer

_SECONDS = 60
_IDLE_SECONDS = 2.0
"""A server hangs up on who is silent for some seconds, so longer silence begins anew."""


@dataclass(slots=True)
class Client:
    """Keeps a connection to each server and goes to the next one with every call."""

    ports: Sequence[int]
    connections: list[http.client.HTTPConnection] = field(init=False)
    turns: Any = field(init=False)
    used_at: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connections = [
            http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS) for port in self.ports
        ]
        self.turns = cycle(self.connections)

    def call(self, method: str, path: str, *, key: str, body: object = None) -> Answer:
        """Any request of JSON, or of nothing."""
        connection = next(self.turns)
        if time.monotonic() - self.used_at.get(connection.port, 0) > _IDLE_SECONDS:
            connection.close()
        said = None if body is None else json.dumps(body).encode()
        connection.request(method, path, body=said, headers={"Authorization": f"Bearer {key}"})
        response = connection.getresponse()
        answer = Answer(status=response.status, body=response.read())
        self.used_at[connection.port] = time.monotonic()
        return answer

    def close(self) -> None:
        """Hangs up."""
        for connection in self.connections:
            connection.close()
