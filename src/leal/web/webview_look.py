"""What a loyalty page is made from: documents about its shopper, and the words of its language.

The documents are those that shops' own pages get, so both show the same. Amounts, points and days
are written by functions that the wiring passes in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from leal.domain.claims import ClaimedReward
from leal.domain.scene import Scene
from leal.usecases.desk import Outcome
from leal.web.nodes import Node, part, parts, text
from leal.web.webview_words import Word, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Writers:
    """How documents are made and things are written in a language."""

    customer: Callable[[Outcome], Node]
    configuration: Callable[[Scene], Node]
    points: Callable[[int, str], str]
    day: Callable[[date, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at a page.

    `customer` is empty where nobody is looked after; `made` is the claim that the form sent just
    before has made, and `refusal` why it has not, by its name. `form` marks this page's forms.
    """

    scene: Scene
    writers: Writers
    customer: Node
    configuration: Node
    address: str
    form: str
    made: ClaimedReward | None = None
    refusal: str | None = None

    @property
    def state(self) -> str:
        """Whether there is a member, a guest, a blocked customer, or nobody at all ("")."""
        return text(self.customer, "state")

    @property
    def is_member(self) -> bool:
        """Whether points and forms are shown."""
        return self.state == "enrolled"

    @property
    def balance(self) -> int:
        """Points that can be spent."""
        return count(self.customer, "points_approved")

    def say(self, word: Word, of: Mapping[str, str] | None = None) -> str:
        """A word in the page's language, with its places filled."""
        return say(word, self.scene.language, of=of)

    def points(self, number: int) -> str:
        """A number of points."""
        return self.writers.points(number, self.scene.language)

    def day(self, node: Node, key: str) -> str | None:
        """The day of a moment, where the site is; None when there is none."""
        moment = text(node, key)
        return self.local_day(datetime.fromisoformat(moment)) if moment else None

    def local_day(self, moment: datetime) -> str:
        """The day of a moment, where the site is."""
        zone: ZoneInfo = self.scene.site.zone
        return self.writers.day(moment.astimezone(zone).date(), self.scene.language)

    def tier(self, tier_id: object) -> str:
        """The name of a tier."""
        tiers = parts(part(self.configuration, "tier_configuration"), "tiers")
        return next((text(tier, "name") for tier in tiers if tier.get("id") == tier_id), "")


def count(node: Node, key: str) -> int:
    """The whole number under `key`, 0 when there is none."""
    found = node.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def amount(node: Node, key: str) -> tuple[float, str]:
    """The number under `key`, and the way it is written if it is money."""
    found = node.get(key)
    if isinstance(found, int | float):
        return float(found), ""
    money = part(node, key)
    value = money.get("amount")
    return (float(value) if isinstance(value, int | float) else 0.0), text(money, "formatted")
