"""The sender of a worker: looks every second for what webhooks are to be told, and tells it.

Each webhook is told on a lane of its own, so that one whose receiver hangs holds up no other. The
rounds of background work do the same once a minute, should a sender be busy or gone.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import structlog
from structlog.typing import FilteringBoundLogger

from leal.domain.problems import DatabaseAway, Missing
from leal.domain.webhooks import ALERT_AFTER
from leal.storage.webhooks import find_webhook, list_programs_with_webhooks
from leal.usecases.deliveries import LANES, dispatch, list_ready, send
from leal.usecases.desk import Desk

LOOKS_EVERY_SECONDS: Final = 1.0

_LAST_STEPS_SECONDS = 6.0
_AGAIN_AFTER_SECONDS = 5.0

_log: FilteringBoundLogger = structlog.get_logger("leal.webhooks")


async def send_webhooks(desk: Desk, stop: asyncio.Event) -> None:
    """Sends until `stop` is set, through outages of the database."""
    lanes = _Lanes(desk=desk)
    try:
        while not stop.is_set():
            seconds = LOOKS_EVERY_SECONDS
            try:
                await lanes.open_where_something_is_due()
            except DatabaseAway:
                _log.warning("webhooks_wait", reason="the database is away")
                seconds = _AGAIN_AFTER_SECONDS
            except Exception:  # noqa: BLE001 - a sender outlives whatever it is, and says so
                _log.exception("webhooks_failed")
                seconds = _AGAIN_AFTER_SECONDS
            await _wait(stop, seconds)
    finally:
        await lanes.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lanes:
    """The webhooks that are being told at this moment."""

    desk: Desk
    running: dict[tuple[int, int], asyncio.Task[None]] = field(default_factory=dict)

    async def open_where_something_is_due(self) -> None:
        for program_id in await list_programs_with_webhooks(self.desk.database):
            try:
                await dispatch(self.desk, program_id)
                ready = await list_ready(self.desk, program_id)
            except Missing:
                continue
            for webhook_id in ready:
                key = program_id, webhook_id
                if key not in self.running and len(self.running) < LANES:
                    self.running[key] = asyncio.create_task(self._tell(key))

    async def close(self) -> None:
        """Lets messages under way arrive; what does not is sent again by whoever comes next."""
        if self.running:
            await asyncio.wait(self.running.values(), timeout=_LAST_STEPS_SECONDS)
        left = list(self.running.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _tell(self, key: tuple[int, int]) -> None:
        program_id, webhook_id = key
        try:
            await send(self.desk, program_id, webhook_id)
            await self._say_how_it_does(program_id, webhook_id)
        except DatabaseAway:
            _log.warning("webhooks_wait", reason="the database is away")
        except Exception:  # noqa: BLE001 - one webhook's trouble is not the others'
            _log.exception("webhook_failed", program_id=program_id, webhook_id=webhook_id)
        finally:
            del self.running[key]

    async def _say_how_it_does(self, program_id: int, webhook_id: int) -> None:
        found = await find_webhook(self.desk.database, program_id, webhook_id)
        if found is not None and found.failures >= ALERT_AFTER:
            _log.warning(
                "webhook_failing",
                program_id=program_id,
                webhook_id=webhook_id,
                failures=found.failures,
                state=found.state,
                next_try_at=None if found.retry_at is None else found.retry_at.isoformat(),
            )


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
