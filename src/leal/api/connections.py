"""Connections of web clients: how much time and room each may take, and how each comes to an end.

uvicorn speaks HTTP; here its protocol learns what a server without a proxy in front of it needs.
A client that does not send, or does not take its answer, is cut; a request that cannot be read is
refused in leal's own words, behind the answers still owed; a close lets the client read the last
answer before the connection goes; and a stop leaves no request that was sent without an answer.
"""

import asyncio
import math
import select
from enum import Enum
from http import HTTPStatus
from typing import Any, Final

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from leal.api.crowd import Crowd, Limits
from leal.api.heads import MAX_BODY_BYTES, MAX_HEADER_BYTES, Oversized
from leal.api.http import BEGAN_AT, Reply, error_response
from leal.api.transports import Line
from leal.domain.problems import TooSlow

MAX_WAITING_REQUESTS: Final = 100
"""So many requests may be sent ahead on one connection, before the first is answered."""


class Connections:
    """Makes the connections of one process. For uvicorn it is the class of its protocol."""

    def __init__(self, limits: Limits) -> None:
        self._crowd = Crowd(limits)

    def __call__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> "Connection":
        """A protocol for the next connection."""
        return Connection(
            self._crowd, config=config, server_state=server_state, app_state=app_state, loop=_loop
        )


class _Reading(Enum):
    """Which part of a request is being read."""

    NOTHING = 0
    HEAD = 1
    BODY = 2


class Connection(HttpToolsProtocol):
    """One connection.

    What the client is waited for is in `_due_at`, the loop's time: infinity while the client waits
    for us. `_deaf` says that what it still sends does not count any more.
    """

    def __init__(
        self,
        crowd: Crowd,
        *,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        super().__init__(config, server_state, app_state, loop)
        self._crowd = crowd
        self._reading = _Reading.NOTHING
        self._since = self._due_at = self._untaken_due_at = math.inf
        self._owed = self._head_bytes = self._unheeded_bytes = self._hosts = 0
        self._head_is_old = self._upgrading = self._rehearsing = False
        self._deaf = self._at_end = False
        self._is_new = True
        self._misframed = self._in_chunks = False
        self._line: Line
        self._last_words = b""

    # --- the connection -------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """A client is there."""
        self._line = Line(transport, hang_up=self._hang_up)
        super().connection_made(self._line)
        self._wait(self._crowd.limits.arrive)
        if not self._crowd.opened(self, loop=self.loop):
            self.give_way()
        if self._crowd.stopping:
            self._due_at = self._since + self._crowd.limits.stop

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone, or was let go."""
        self._crowd.closed(self)
        self._line.lost = True
        self._due_at = self._untaken_due_at = math.inf
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override] # uvicorn never answers after this
        """The client sends nothing more; what it asked is answered all the same."""
        self._at_end = True
        if self._line.is_closing() or self._reading is _Reading.BODY or not self._owed:
            return False
        self.cycle.keep_alive = False
        return True

    def pause_writing(self) -> None:
        """The client does not take what it is told."""
        self._untaken_due_at = self.loop.time() + self._crowd.limits.untaken
        super().pause_writing()

    def resume_writing(self) -> None:
        """It does again."""
        self._untaken_due_at = math.inf
        super().resume_writing()

    def shutdown(self) -> None:
        """The server stops: answer what was or is being sent, on its way to the end."""
        self._crowd.stopping = True
        limits, now = self._crowd.limits, self.loop.time()
        if self._line.is_closing():
            self._due_at = min(self._due_at, now + limits.stop)
            return
        if self._owed:
            self.cycle.keep_alive = False
        if self._reading is not _Reading.NOTHING:
            self._due_at = min(self._due_at, now + limits.last_bytes)
        elif not self._owed:
            self._due_at = now + limits.stop

    def look(self, now: float) -> None:
        """Let the client go if it keeps us waiting for too long."""
        if now >= self._untaken_due_at:
            self._line.abort()
        elif now >= self._due_at:
            self._end_of_patience(now)

    @property
    def waiting_since(self) -> float:
        """Since when the client is waited for, the loop's time; infinity when it waits for us."""
        awaited = self._reading is not _Reading.NOTHING or not self._owed
        return self._since if awaited and not self._line.is_closing() else math.inf

    def give_way(self) -> None:
        """Make room for somebody else's connection."""
        if self._is_new and self._crowd.is_overrun:
            self._line.abort()
        elif self._is_new or self._reading is not _Reading.NOTHING:
            self._refuse(503, "Too many connections are open. Try again in a moment.")
        else:
            self.transport.close()

    # --- reading --------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self._deaf:
            self._ignore(len(data))
            return
        self._head_is_old = self._reading is _Reading.HEAD
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on_without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            if not self._deaf:
                self._refuse(400, "This is not HTTP/1.1 as leal reads it. Check the request.")
        if self._head_is_old and self._reading is _Reading.HEAD and not self._deaf:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEADER_BYTES:
                endless = Oversized.HEADER if self.headers else Oversized.URL
                self._refuse(endless.status, endless.message)

    def on_message_begin(self) -> None:
        """Notice the first byte of a request."""
        if self._rehearsing:
            return
        super().on_message_begin()
        self._reading = _Reading.HEAD
        self._head_is_old = self._is_new = self._misframed = self._in_chunks = False
        self._head_bytes = self._hosts = self._unheeded_bytes = 0
        self._wait(self._crowd.limits.arrive)
        self.scope["state"][BEGAN_AT] = self._since
        if self._crowd.stopping:
            self._due_at = self._since + self._crowd.limits.last_bytes

    def on_url(self, url: bytes) -> None:
        """Take a piece of the address."""
        if self._reading is _Reading.HEAD:
            self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the head. Those behind a body are left out: nobody checked them."""
        if self._reading is not _Reading.HEAD:
            return
        name = name.lower()
        if name in _FRAMING:
            self._frame(name, value.lower())
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Have the request served, if it is one that can be."""
        if self._reading is not _Reading.HEAD:
            return
        version = self.parser.get_http_version()
        self._check_head(version)
        if version == "1.0":
            self.expect_100_continue = False
        self._upgrading = self.parser.should_upgrade()
        super().on_headers_complete()
        self._reading = _Reading.BODY
        self._owed += 1
        if self._crowd.stopping:
            self.cycle.keep_alive = False
        if self.pipeline:
            # its time starts when its turn has come
            del self.scope["state"][BEGAN_AT]

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body; of one that nobody waits for, only so much."""
        if self.cycle.response_complete:
            self._ignore(len(body))
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is there."""
        if self._upgrading:
            return
        self._reading = _Reading.NOTHING
        if self.cycle.response_complete:
            self._wait(self._crowd.limits.idle)
        else:
            self._due_at = math.inf
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Turn to the next request, say the last words, or wait."""
        self.server_state.total_requests += 1
        self._owed -= 1
        if self._line.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        elif self._last_words:
            self._say(self._last_words)
        elif self._reading is _Reading.NOTHING:
            self._wait(self._crowd.limits.idle)

    # --- refusing and ending --------------------------------------------------------------------

    def _wait(self, seconds: float) -> None:
        self._since = self.loop.time()
        self._due_at = self._since + seconds

    def _frame(self, name: bytes, value: bytes) -> None:
        """Heed a field that says where the request ends, or may be there only once."""
        match name:
            case b"host":
                self._hosts += 1
            case b"expect":
                self.expect_100_continue = value == b"100-continue"
            case _:
                self._in_chunks = True
                self._misframed = value.strip() != b"chunked"

    def _check_head(self, version: str) -> None:
        """Give up on what could be read in two ways: another request might hide in it."""
        if version not in ("1.0", "1.1"):
            self._give_up(505, "Send the request as HTTP/1.1.")
        if self._hosts != 1 and (self._hosts > 1 or version == "1.1"):
            self._give_up(400, "Send exactly one Host header.")
        if self._misframed or (self._in_chunks and version == "1.0"):
            self._give_up(400, "Send the body with Content-Length, or as chunked and nothing else.")
        if len(self.pipeline) >= MAX_WAITING_REQUESTS:
            self._give_up(400, "Too many requests were sent ahead. Wait for answers.")

    def _give_up(self, status: int, message: str) -> None:
        """As `_refuse`, from inside the parser."""
        self._refuse(status, message)
        raise _RefusedError

    def _refuse(self, status: int, message: str) -> None:
        """Say why nothing more is read, once all answers owed are given, and hang up."""
        self._deaf = True
        self._due_at = math.inf
        if self._reading is _Reading.BODY and not self._forget_unfinished():
            return
        said = _written(error_response(status, message, headers=_HEADERS.get(status, _CLOSE)))
        if self._owed:
            self._last_words = said
        else:
            self._say(said)

    def _forget_unfinished(self) -> bool:
        """Serve the request no more whose body broke off; whether it still wants an answer."""
        if self.cycle.response_complete:
            self.transport.close()
            return False
        if self.cycle.response_started:
            self.cycle.keep_alive = False
            return False
        self._owed -= 1
        if self.pipeline and self.pipeline[0][0] is self.cycle:
            self.pipeline.popleft()
        else:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        return True

    def _say(self, content: bytes) -> None:
        if not self._line.is_closing():
            self._line.write(content)
            self._line.close()

    def _ignore(self, count: int) -> None:
        self._unheeded_bytes += count
        if self._unheeded_bytes > (_MAX_LINGERING_BYTES if self._deaf else MAX_BODY_BYTES):
            (self._line.abort if self._line.is_closing() else self._line.close)()

    def _hang_up(self, transport: asyncio.Transport) -> None:
        """Close at once, or, while the client may still be sending, when it has read its answer.

        With bytes of the client unread, a close would throw away what it was told.
        """
        limits = self._crowd.limits
        self._wait(limits.stop if self._crowd.stopping else limits.linger)
        if self._at_end or not (self._deaf or self._reading is not _Reading.NOTHING):
            transport.close()
            return
        self._deaf = True
        self.flow.read_paused = False
        transport.resume_reading()
        transport.write_eof()

    def _end_of_patience(self, now: float) -> None:
        if self._line.is_closing():
            self._line.abort()
        elif self.flow.read_paused or self._overslept():
            # it was us who did not read
            self._due_at = now + self._crowd.limits.look
        elif self._reading is _Reading.HEAD:
            self._refuse(408, _TOO_SLOW)
        elif not self._owed:
            self.transport.close()
        elif self._crowd.stopping:
            self._refuse(408, _TOO_SLOW)
        else:
            # whoever serves the request answers that its body did not come
            self._due_at = now + self._crowd.limits.look

    def _overslept(self) -> bool:
        """Whether bytes have come that are not read yet."""
        poll = select.poll()
        poll.register(self._line.fileno(), select.POLLIN)
        return self._reading is _Reading.NOTHING and bool(poll.poll(0))

    def _go_on_without_upgrade(self, rest: bytes) -> None:
        """Read the body of a request that asked to change protocols, as if it had not asked.

        The parser thinks that from here on another protocol is spoken. A new one is told the frame
        of the body; it is Java's HTTP client that asks so with every request, bodies included.
        """
        self._upgrading = False
        frame = [(name, value) for name, value in self.headers if name in _BODY_FRAME]
        head = b"".join(b"%b: %b\r\n" % field for field in frame)
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._rehearsing = True
        self.parser.feed_data(b"POST / HTTP/1.1\r\n%b\r\n" % head)
        self._rehearsing = False
        if rest:
            self.data_received(rest)


class _RefusedError(Exception):
    """Ends the parser's work on what was received."""


def _written(reply: Reply) -> bytes:
    """An answer as it goes over the wire."""
    lines = [b"HTTP/1.1 %d %b" % (reply.status, HTTPStatus(reply.status).phrase.encode())]
    lines += [b"%b: %b" % field for field in reply.headers]
    return b"\r\n".join((*lines, b"", reply.body))


_MAX_LINGERING_BYTES: Final = 64_000_000
_FRAMING: Final = frozenset({b"host", b"expect", b"transfer-encoding"})
_BODY_FRAME: Final = frozenset({b"content-length", b"transfer-encoding"})
_TOO_SLOW: Final = TooSlow().message
_CLOSE: Final = (("Connection", "close"),)
_HEADERS: Final = {503: (*_CLOSE, ("Retry-After", "1"))}
