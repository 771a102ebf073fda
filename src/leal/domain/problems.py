"""Why a request cannot be served for reasons other than a business refusal.

A program saying no (`Refusal`, 422) lives in `leal.domain.refusals`. The kinds here carry facts;
each HTTP dialect turns them into its own status and body.
"""


class Problem(Exception):  # noqa: N818 - a kind of answer rather than a fault of the program
    """What every kind below has in common: a sentence that may be shown to the caller."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadRequest(Problem):
    """The request is malformed (400). `details` maps a dotted field name to what is wrong."""

    def __init__(self, details: dict[str, str]) -> None:
        super().__init__("Invalid request")
        self.details = details


class Unauthenticated(Problem):
    """No credentials, or credentials nobody holds (401)."""

    def __init__(self, message: str = "Authentication is required") -> None:
        super().__init__(message)


class Forbidden(Problem):
    """Good credentials that do not allow this (403)."""


class Missing(Problem):
    """Nothing is there (404). `noun` says what was looked for: "customer", "reward", "path"."""

    def __init__(self, noun: str, message: str) -> None:
        super().__init__(message)
        self.noun = noun


class Gone(Problem):
    """What was there is not kept any more (410). `facts` tell machines where to go on."""

    def __init__(self, noun: str, message: str, facts: dict[str, int]) -> None:
        super().__init__(message)
        self.noun = noun
        self.facts = facts


class KeyInUse(Problem):
    """A request with this idempotency key is running, or was cut short a moment ago (409)."""

    def __init__(self, retry_after_seconds: int = 1) -> None:
        super().__init__(
            "A request with this Idempotency-Key is still running. Send the same request again in "
            "a moment to hear its answer."
        )
        self.retry_after_seconds = retry_after_seconds


class KeyReused(Problem):
    """The idempotency key was sent with another body or query before (422)."""

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used for a request with another body or query. Send each new "
            "request with a key of its own."
        )


class TooSlow(Problem):
    """The body did not arrive in time (408)."""

    def __init__(self) -> None:
        super().__init__("The request did not arrive in time. Send it again.")


class TooLarge(Problem):
    """The body is longer than `max_bytes` (413)."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"The body is too large. Send at most {max_bytes} bytes.")
        self.max_bytes = max_bytes


class TooMany(Problem):
    """More requests than the key may make (429); worth trying after `retry_after_seconds`."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"Too many requests. Try again in {retry_after_seconds} s.")
        self.retry_after_seconds = retry_after_seconds


class DatabaseAway(Problem):
    """The database cannot be reached (503). Whether a save was applied may be unknown."""

    def __init__(self) -> None:
        super().__init__("The database cannot be reached just now. Try again in a moment.")


class Busy(DatabaseAway):
    """One customer is changed by so many at once that this change came to nothing (503)."""
