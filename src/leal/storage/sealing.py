"""Secrets that have to be used again, such as signing keys, are stored sealed (AES-256-GCM).

A sealed value is: one byte for the format, twelve random bytes, then ciphertext and tag. What it
is bound to (whose secret, which one) is authenticated with it, so a value moved to another row
does not open.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_FORMAT = b"\x01"
_NONCE_BYTES = 12


class Unsealable(Exception):  # noqa: N818 - said of the value
    """The value was sealed with another key, belongs elsewhere, or is damaged."""

    def __init__(self) -> None:
        super().__init__(
            "a stored secret does not open: leal runs with another secret key than the one it was "
            "sealed with; restore LEAL_SECRET_KEY, or the file secret.key in LEAL_DATA "
            "(`leal doctor` tells which open, and what to do when the key is lost)"
        )


class Sealer:
    """Seals and opens with one key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, *, bound_to: bytes) -> bytes:
        """Encrypt; sealing the same value twice gives different bytes."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, plain, _FORMAT + bound_to)

    def open(self, sealed: bytes, *, bound_to: bytes) -> bytes:
        """Decrypt what ``seal`` made with the same ``bound_to``. Raises Unsealable."""
        nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if sealed[:1] != _FORMAT or len(nonce) != _NONCE_BYTES:
            raise Unsealable
        try:
            return self._cipher.decrypt(nonce, rest, _FORMAT + bound_to)
        except InvalidTag as error:
            raise Unsealable from error

    def opens(self, sealed: bytes, *, bound_to: bytes) -> bool:
        """Whether the value can be opened with this key."""
        try:
            self.open(sealed, bound_to=bound_to)
        except Unsealable:
            return False
        return True
