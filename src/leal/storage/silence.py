"""Noticing that the machine at the other end of a connection is gone, without a word of its own.

The kernel can tell: it asks a quiet peer whether it is there, and gives up on one that does not
confirm what was sent. Its own patience is two hours for the one and a quarter of an hour for the
other. A peer whose machine confirms all and yet never answers is noticed by deadlines only.
"""

import socket
from typing import Final

import asyncpg

GONE_AFTER_SECONDS: Final = 25
"""Less than the 30 seconds of a request: whoever asked is told that the database is away."""

_ASKS_AFTER_SECONDS: Final = 10
_ASKS_EVERY_SECONDS: Final = 5
_ASKS: Final = 3

# not every system has each of them
_OPTIONS: Final = {
    "TCP_KEEPIDLE": _ASKS_AFTER_SECONDS,
    "TCP_KEEPINTVL": _ASKS_EVERY_SECONDS,
    "TCP_KEEPCNT": _ASKS,
    "TCP_USER_TIMEOUT": GONE_AFTER_SECONDS * 1_000,
}


def notice_silence(connection: asyncpg.Connection) -> None:
    """Has the kernel close the connection once its peer is gone for 25 seconds."""
    wire = connection._transport.get_extra_info("socket")  # noqa: SLF001 - the driver offers no other way
    if wire.family not in (socket.AF_INET, socket.AF_INET6):
        return
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _OPTIONS.items():
        option = getattr(socket, name, None)
        if option is not None:
            wire.setsockopt(socket.IPPROTO_TCP, option, value)
