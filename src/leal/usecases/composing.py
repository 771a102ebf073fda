"""Wording events when nobody words them better: as they were saved."""

from datetime import datetime

import msgspec

from leal.storage.events import StoredEvent


class PlainComposer:
    """Tells an event as it was saved."""

    async def compose(
        self,
        _desk: object,
        _program_id: int,
        event: StoredEvent,
        *,
        message_id: str,
        now: datetime,
    ) -> bytes | None:
        """The envelope around the event's own payload."""
        sent_at = now.isoformat(timespec="milliseconds")[:-6] + "Z"
        payload = msgspec.Raw(event.payload.encode())
        return msgspec.json.encode(
            {"id": message_id, "topic": event.topic, "created_at": sent_at, "payload": payload}
        )
