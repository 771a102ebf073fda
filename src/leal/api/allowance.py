"""What a request is given: how long it may take, and how many are worked on at once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """The limits of requests in one process.

    A body must have arrived `body_seconds` after the request's first byte, and an answer must have
    begun after `request_seconds`. Beyond `requests` that are worked on at once, others are sent
    away; those whose body is still awaited do not count.
    """

    body_seconds: float = 15.0
    request_seconds: float = 30.0
    requests: int = 1_000


@dataclass(slots=True)
class Load:
    """How many requests may be worked on at once, and how many are."""

    most: int
    working: int = 0
