"""Exact money: currencies, their smallest units, and amounts as JSON numbers.

Inside the domain an amount is a whole number of the currency's smallest unit ("minor"), or a
`Decimal` of its main unit; never a float. Digits follow ISO 4217.
"""

from decimal import Decimal

DEFAULT_MINOR_DIGITS = 2


def known_currency(code: str) -> bool:
    """Tell whether this is a lower-case ISO 4217 code of money people pay with."""
    return code in CURRENCIES


def minor_digits(currency: str) -> int:
    """Count the decimal digits of a currency: 2 for usd, 0 for jpy, 3 for kwd."""
    if currency in _WITHOUT_DIGITS:
        return 0
    return 3 if currency in _WITH_THREE_DIGITS else DEFAULT_MINOR_DIGITS


def to_minor(amount: Decimal, currency: str) -> int:
    """Convert main units to smallest units, exactly.

    Raises ValueError when the amount has more digits than the currency, or is not finite.
    """
    if not amount.is_finite():
        raise ValueError(f"{amount} is not an amount of money")
    # Through whole numbers, for decimal arithmetic would round to its context.
    numerator, denominator = amount.as_integer_ratio()
    scale: int = 10 ** minor_digits(currency)
    minor, rest = divmod(numerator * scale, denominator)
    if rest:
        raise ValueError(
            f"{amount} is finer than {currency} allows: {minor_digits(currency)} digits",
        )
    return minor


def from_minor(minor: int, currency: str) -> Decimal:
    """Convert smallest units to main units: 990 usd -> Decimal("9.90")."""
    sign = 1 if minor < 0 else 0
    return Decimal((sign, tuple(map(int, str(abs(minor)))), -minor_digits(currency)))


def wire_amount(minor: int, currency: str) -> int | float:
    """Give the JSON number for an amount: 500 usd -> 5, 990 usd -> 9.9, 990 jpy -> 990."""
    scale: int = 10 ** minor_digits(currency)
    whole, rest = divmod(minor, scale)
    return float(from_minor(minor, currency)) if rest else whole


# The codes are written as words, so that a line of them can be read and compared with the standard.
_NO_DIGITS = "bif clp djf gnf isk jpy kmf krw pyg rwf ugx vnd vuv xaf xof xpf"
_THREE_DIGITS = "bhd iqd jod kwd lyd omr tnd"
_CODES = """
aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd btn bwp byn
bzd cad cdf chf clp cny cop crc cup cve czk djf dkk dop dzd egp ern etb eur fjd fkp gbp gel ghs
gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr iqd irr isk jmd jod jpy kes kgs khr kmf kpw krw
kwd kyd kzt lak lbp lkr lrd lsl lyd mad mdl mga mkd mmk mnt mop mru mur mvr mwk mxn myr mzn nad
ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sdg sek sgd
shp sle sos srd ssp stn svc syp szl thb tjs tmt tnd top try ttd twd tzs uah ugx usd uyu uzs ved
ves vnd vuv wst xaf xcd xcg xof xpf yer zar zmw zwg
"""

_WITHOUT_DIGITS = frozenset(_NO_DIGITS.split())
_WITH_THREE_DIGITS = frozenset(_THREE_DIGITS.split())
CURRENCIES = frozenset(_CODES.split())
