"""A shop's own program, as far as these tests need one: it calls the servers, one after another."""

import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from tests.concurrency.fleet import Answer

_SECONDS = 60


@dataclass(slots=True)
class Client:
    """Keeps a connection to each server and goes to the next one with every call."""

    ports: Sequence[int]
    connections: list[http.client.HTTPConnection] = field(init=False)
    turns: Any = field(init=False)

    def __post_init__(self) -> None:
        self.connections = [
            http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS) for port in self.ports
        ]
        self.turns = cycle(self.connections)

    def call(self, method: str, path: str, *, key: str, body: object = None) -> Answer:
        """Any request of JSON, or of nothing."""
        connection = next(self.turns)
        said = None if body is None else json.dumps(body).encode()
        connection.request(method, path, body=said, headers={"Authorization": f"Bearer {key}"})
        response = connection.getresponse()
        return Answer(status=response.status, body=response.read())

    def close(self) -> None:
        """Hangs up."""
        for connection in self.connections:
            connection.close()
