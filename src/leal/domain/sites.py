"""Sites: the shops, tills and pages a program runs on, each with its currency and languages."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, Protocol, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from leal.domain.constraints import LANGUAGE, SECURE_ADDRESS, Length, Satisfying
from leal.domain.fields import Id, Line, Url
from leal.domain.money import known_currency


class Channel(StrEnum):
    """Where a shopper stands when a request is made."""

    WEB = "web"
    POS = "pos"
    MOBILE = "mobile"


class SiteKind(StrEnum):
    """What a site is: on content sites shoppers earn but cannot redeem."""

    ECOMMERCE = "ecommerce"
    POS = "pos"
    CONTENT = "content"


class ConsentProvider(StrEnum):
    """Who keeps marketing consent; `local` is leal itself."""

    LOCAL = "local"


class SubscriptionProvider(StrEnum):
    """Who runs subscriptions; `practice` is leal pretending that everybody has one running."""

    PRACTICE = "practice"


class VoucherStoreKind(StrEnum):
    """Where vouchers live: in leal itself, or in a shop that is told of each."""

    LEAL = "leal"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnVoucherStore:
    """leal keeps the vouchers; shops and tills ask it whether a code is good, and use it there."""

    TAG: ClassVar[str] = "kind"
    KIND: ClassVar[VoucherStoreKind] = VoucherStoreKind.LEAL


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookVoucherStore:
    """The merchant's server makes each voucher, and takes it back, when it is called."""

    TAG: ClassVar[str] = "kind"
    KIND: ClassVar[VoucherStoreKind] = VoucherStoreKind.WEBHOOK

    url: Annotated[str, Length(1, 2048), SECURE_ADDRESS]


VoucherStore: TypeAlias = OwnVoucherStore | WebhookVoucherStore


def known_country(code: str) -> bool:
    """Tell whether this is an upper-case ISO 3166-1 alpha-2 code."""
    return code in COUNTRIES


def known_zone(name: str) -> bool:
    """Tell whether this is a time zone of the IANA database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


Country: TypeAlias = Annotated[
    str,
    Satisfying(known_country, 'an upper-case ISO 3166-1 code such as "US"'),
]
Currency: TypeAlias = Annotated[
    str,
    Satisfying(known_currency, "a lower-case ISO 4217 code such as usd"),
]
Language: TypeAlias = Annotated[str, LANGUAGE]
TimeZone: TypeAlias = Annotated[
    str,
    Satisfying(known_zone, "an IANA time zone such as Europe/Berlin"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One shop, till system or content page of the program.

    `languages`: the first is the default. `points_for_tax`: whether tax on an order earns points;
    None means the habit of the currency, see `counts_tax`. `voucher_store`: where vouchers live.
    `subscription_provider`: who runs subscriptions; None where nobody does.
    """

    id: Id
    name: Line
    url: Url
    currency: Currency
    languages: Annotated[tuple[Language, ...], Length(1, 50, "entries")]
    kind: SiteKind = SiteKind.ECOMMERCE
    platform: Line = "custom"
    primary: bool = False
    country: Country | None = None
    timezone: TimeZone = "UTC"
    channels: Annotated[tuple[Channel, ...], Length(1, 3, "entries")] = tuple(Channel)
    consent_provider: ConsentProvider | None = ConsentProvider.LOCAL
    points_for_tax: bool | None = None
    voucher_store: VoucherStore = OwnVoucherStore()
    subscription_provider: SubscriptionProvider | None = None

    @property
    def default_language(self) -> str:
        """The language used when a request names none."""
        return self.languages[0]

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which this site's calendar days begin and end."""
        return ZoneInfo(self.timezone)

    @property
    def counts_tax(self) -> bool:
        """Whether tax earns points: off by custom where prices exclude it (usd, cad)."""
        if self.points_for_tax is None:
            return self.currency not in _PRICED_WITHOUT_TAX
        return self.points_for_tax


class Places(Protocol):
    """What a rule or reward needs to know of its program: the sites."""

    @property
    def primary_site(self) -> Site:
        """The site the program defaults to."""

    def site(self, site_id: int) -> Site | None:
        """Find a site by its id."""


_PRICED_WITHOUT_TAX = frozenset({"usd", "cad"})

_COUNTRY_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""

COUNTRIES = frozenset(_COUNTRY_CODES.split())
