"""Scenes and accounts for domain tests: values only."""

from datetime import UTC, datetime

from leal.domain.customers import Account, Customer, Lot, TierMembership
from leal.domain.program import Program
from leal.domain.published import PublishedProgram
from leal.domain.scene import Scene
from leal.domain.sites import Channel

NOON = datetime(2025, 6, 10, 12, 0, tzinfo=UTC)


def scene_at(program: Program, now: datetime = NOON, *, channel: Channel = Channel.WEB) -> Scene:
    """The primary site of a program at a moment."""
    site = program.primary_site
    return Scene(
        published=PublishedProgram(id=1, version=1, program=program),
        site=site,
        channel=channel,
        language=site.default_language,
        country=site.country,
        now=now,
        entropy=b"entropy of a test",
    )


def member(
    *, approved: int = 0, lots: tuple[Lot, ...] = (), tier: int | None = 1, born: datetime = NOON
) -> Account:
    """An enrolled customer with a balance and the lots it lies in."""
    return Account(
        customer=Customer(
            id=7,
            version=3,
            site_id=1,
            merchant_id="1001",
            email="alice@example.com",
            enrolled_at=born,
            points_approved=approved,
            tier=TierMembership(tier_id=tier, started_at=born) if tier else None,
            referral_id="abc",
            created_at=born,
            updated_at=born,
        ),
        lots=lots,
    )
