"""The schemas of the log of events."""

from typing import Final

from leal.api.own.shape_parts import COUNT, ID, STRING, TIME, listed, or_null, whole

EVENTS: Final = whole(
    {
        "events": listed(
            whole(
                {
                    "id": ID,
                    "topic": STRING,
                    "created_at": TIME,
                    "customer": or_null(whole({"id": ID, "merchant_id": STRING})),
                    "activity_id": or_null(ID),
                    "claimed_reward_id": or_null(ID),
                    "facts": {
                        "type": "object",
                        "description": "What was known at the time and is told nowhere else",
                    },
                }
            )
        ),
        "cursor": whole(
            {"next": {**COUNT, "description": "The `after` that goes on behind these"}}
        ),
        "more": {"type": "boolean", "description": "Whether there are further ones already"},
    }
)

EVENTS_GONE: Final = whole(
    {
        "error": whole(
            {
                "code": {"const": "events_gone"},
                "message": STRING,
                "after": {**ID, "description": "The `after` behind which everything is kept"},
            }
        )
    }
)
