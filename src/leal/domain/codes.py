"""Codes made from given randomness: the domain has no source of chance of its own.

The caller hands in `entropy`, fresh bytes for each try of each request; every code of that
decision is derived from it under its own label, so one decision can need any number of codes and
still be a pure function of its arguments.
"""

from hashlib import sha256

REFERRAL_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters and digits without those that are easily mistaken for one another."""

_REFERRAL_LENGTH = 10


def code(entropy: bytes, *, label: str, alphabet: str, length: int) -> str:
    """`length` characters of `alphabet`, derived from `entropy` under `label`.

    The 256 bits of the digest exceed what any code of up to 40 characters can hold, so each
    character is uniform to within 2^-50.
    """
    number = int.from_bytes(sha256(entropy + b"\x00" + label.encode()).digest())
    characters: list[str] = []
    for _ in range(length):
        number, place = divmod(number, len(alphabet))
        characters.append(alphabet[place])
    return "".join(characters)


def referral_id(entropy: bytes) -> str:
    """A customer's referral code: ten characters, 57 bits."""
    return code(entropy, label="referral", alphabet=REFERRAL_ALPHABET, length=_REFERRAL_LENGTH)
