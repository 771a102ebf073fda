"""A program as it was published: the document together with its place in history."""

from dataclasses import dataclass

from leal.domain.program import Program


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PublishedProgram:
    """One version of one program; the same id and version always hold the same program.

    Compared and hashed by identity, so that what is worked out for a version can be kept by it.
    """

    id: int
    version: int
    program: Program
