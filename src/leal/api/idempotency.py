"""`Idempotency-Key` on every operation that writes, the same for all APIs.

A request with the header is served at a desk whose every statement belongs to one transaction, and
its answer is kept in that transaction. One without it is served as if there were no such thing.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from starlette.requests import Request

from leal.api.http import Dialect, Reply, plain_answer
from leal.api.json_body import read_body_again
from leal.api.operations import Operation
from leal.domain.problems import BadRequest
from leal.storage.idempotency import Answer, RequestKey
from leal.usecases.access import Caller
from leal.usecases.desk import Desk
from leal.usecases.idempotency import answer_once

HEADER: Final = "Idempotency-Key"
HIT: Final = "Idempotency-Hit"

NOT_KEPT: Final = frozenset({401, 403, 408, 409, 413, 429})
"""Refusals that say nothing about the request itself: it may fare better the next time."""


class Admitted(Protocol):
    """A request whose caller is known."""

    @property
    def request(self) -> Request:
        """The request."""
        ...

    @property
    def caller(self) -> Caller:
        """Who sent it."""
        ...


_Call = TypeVar("_Call", bound=Admitted)
Serve = Callable[[_Call], Awaitable[Reply]]
Rows = Callable[[Desk], Sequence[tuple[Operation, Serve[_Call]]]]
"""Operations with what serves them at a desk; made anew for each request that has a key."""


def keyed(
    rows: Rows[_Call], desk: Desk, dialect: Dialect
) -> Sequence[tuple[Operation, Serve[_Call]]]:
    """The rows at `desk`, where those that write heed the header."""
    return tuple(
        (operation, serve)
        if is_reading(operation)
        else (operation, _Keyed(rows, number, desk, dialect, serve))
        for number, (operation, serve) in enumerate(rows(desk))
    )


def is_reading(operation: Operation) -> bool:
    """Whether repeating the operation is harmless by nature."""
    return operation.method == "GET"


@dataclass(frozen=True, slots=True)
class _Keyed(Generic[_Call]):
    """Serves the operation of one row."""

    rows: Rows[_Call]
    number: int
    desk: Desk
    dialect: Dialect
    serve: Serve[_Call]

    async def __call__(self, call: _Call) -> Reply:
        """The answer to an admitted request. Raises BadRequest for a key that is none."""
        key = _key(call.request)
        if key is None:
            return await self.serve(call)
        asked = await _asked(call, key)

        async def run(desk: Desk) -> Answer:
            _, serve = self.rows(desk)[self.number]
            try:
                reply = await serve(call)
            except Exception as problem:
                final = _final(self.dialect, problem)
                if final is None:
                    raise
                reply = final
            return _kept(reply)

        told = await answer_once(self.desk, asked, run)
        return _reply(told.answer, hit=told.kept)


def _key(request: Request) -> str | None:
    sent = request.headers.getlist(HEADER)
    if not sent:
        return None
    if len(sent) > 1:
        raise BadRequest({HEADER: "Sent more than once: send one key"})
    if not _GOOD.fullmatch(sent[0]):
        raise BadRequest({HEADER: "Invalid key: expected 1 to 255 printable ASCII characters"})
    return sent[0]


async def _asked(call: Admitted, key: str) -> RequestKey:
    request, caller = call.request, call.caller
    scope = (caller.limit_key, request.method, request.scope["path"], key)
    content = (request.scope["query_string"], await read_body_again(request))
    return RequestKey(
        program_id=caller.program_id,
        key_hash=_digest(*(each.encode("utf-8", "surrogatepass") for each in scope)),
        request_hash=_digest(*content),
    )


def _digest(*parts: bytes) -> bytes:
    """A digest that tells where each part ends."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.digest()


def _final(dialect: Dialect, problem: Exception) -> Reply | None:
    """The answer to a problem, if the same request would meet it again for its own sake."""
    answer = dialect.render(problem) or plain_answer(problem)
    if not isinstance(answer, Reply) or answer.status in NOT_KEPT or answer.status >= _FAILED:
        return None
    return answer


def _kept(reply: Reply) -> Answer:
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in reply.headers
    )
    return Answer(status=reply.status, headers=headers, body=reply.body)


def _reply(answer: Answer, *, hit: bool) -> Reply:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    if hit:
        headers.append((HIT.lower().encode(), b"true"))
    return Reply(answer.body, answer.status, headers)


_GOOD: Final = re.compile(r"[\x20-\x7e]{1,255}")
_FAILED: Final = 500
