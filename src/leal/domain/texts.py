"""Words a merchant wrote for shoppers, in one language or several."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

EVERY_LANGUAGE = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A text by language, in the order of the document.

    `entries` holds (language, words) pairs; the language is lower case ("en", "en-gb"), or
    EVERY_LANGUAGE for a text that was written once for all of them.
    """

    entries: tuple[tuple[str, str], ...]

    @classmethod
    def everywhere(cls, words: str) -> Self:
        """Make a text that reads the same in every language."""
        return cls(entries=((EVERY_LANGUAGE, words),))

    @classmethod
    def of(cls, words: Mapping[str, str]) -> Self:
        """Make a text from a mapping language -> words, which must not be empty."""
        return cls(entries=tuple(words.items()))

    def in_(self, language: str) -> str:
        """Give the words in this language, else its base language, else any there are.

        A shopper is better served by a title in another language than by none.
        """
        for known, words in self.entries:
            if known == language:
                return words
        return self._fallback(language.partition("-")[0])

    def _fallback(self, base: str) -> str:
        for known, words in self.entries:
            if known == base:
                return words
        return self.entries[0][1]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages named; none for a text written once for all."""
        return tuple(language for language, _ in self.entries if language != EVERY_LANGUAGE)

    @property
    def words(self) -> tuple[str, ...]:
        """What is written, once a language."""
        return tuple(words for _, words in self.entries)
