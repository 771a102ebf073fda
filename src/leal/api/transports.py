"""The transport of a connection as uvicorn sees it: whoever closes it asks how first."""

import asyncio
from collections.abc import Callable


class Line(asyncio.Transport):
    """Passes everything on to the real transport; `close` is handed to `hang_up`, once."""

    __slots__ = ("_closing", "_hang_up", "_transport", "lost", "write")

    def __init__(
        self, transport: asyncio.Transport, *, hang_up: Callable[[asyncio.Transport], None]
    ) -> None:
        super().__init__()
        self._transport = transport
        self._hang_up = hang_up
        self._closing = False
        self.lost = False
        # every answer goes through it: bound once instead of wrapped
        self.write = transport.write  # type: ignore[method-assign] # the same signature

    def close(self) -> None:
        """End the connection in an orderly way."""
        if not self._closing and not self.lost:
            self._closing = True
            self._hang_up(self._transport)

    def abort(self) -> None:
        """End the connection now."""
        self._closing = True
        if not self.lost:
            self._transport.abort()

    def is_closing(self) -> bool:
        """Whether the end has begun."""
        return self._closing or self.lost or self._transport.is_closing()

    def get_extra_info(self, name: str, default: object = None) -> object:
        """What the real transport knows."""
        found: object = self._transport.get_extra_info(name, default)
        return found

    def pause_reading(self) -> None:
        """Read nothing until `resume_reading`."""
        if not self.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        if not self.is_closing():
            self._transport.resume_reading()

    def fileno(self) -> int:
        """The number of the socket."""
        number: int = self._transport.get_extra_info("socket").fileno()
        return number
