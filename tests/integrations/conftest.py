"""What tests of outgoing calls watch: every attempt of this process to connect a socket."""

import sys
from collections.abc import Iterator

import pytest


class Dialled(list[object]):
    """The addresses that sockets were connected to, or tried to, while somebody watches."""

    watching = False

    def hook(self, event: str, args: tuple[object, ...]) -> None:
        """Note a connect of any socket, however it came about."""
        if self.watching and event == "socket.connect":
            self.append(args[1])


@pytest.fixture(scope="session")
def every_connect() -> Dialled:
    """The process' only hook: an audit hook can never be taken away again."""
    dialled = Dialled()
    sys.addaudithook(dialled.hook)
    return dialled


@pytest.fixture
def dialled(every_connect: Dialled) -> Iterator[Dialled]:
    """What this test connects to."""
    every_connect.clear()
    every_connect.watching = True
    yield every_connect
    every_connect.watching = False
