"""Comments with known themes: sentences of made-up words, whose frequencies are those of a language (Zipf's law)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

SYLLABLES: Final = [consonant + vowel for consonant in "bdklmnrst" for vowel in "aeiou"]
GREEK: Final = "βα βε γι γο δα δε θι θο κα κε λι λο μα με νι νο πα πε ρι ρο σα σε τι το φα φε".split()


@dataclass
class World:
    """A language of its own with themes planted in it."""

    seed: int = 1
    themes: int = 8
    words_of_theme: int = 12
    common: int = 400
    language: str = "en"
    syllables: list[str] = field(default_factory=lambda: SYLLABLES)

    def __post_init__(self) -> None:
        """Make its words."""
        dice = np.random.default_rng((self.seed, 7))
        made: dict[str, None] = {}
        while len(made) < self.common + self.themes * self.words_of_theme:
            word = "".join(dice.choice(self.syllables, int(dice.integers(2, 5))))
            if word[:6] not in {each[:6] for each in made}:
                made[word] = None
        words = list(made)
        self.vocabulary = words[: self.common]
        rest = words[self.common :]
        size = self.words_of_theme
        self.matter = [rest[at * size : (at + 1) * size] for at in range(self.themes)]
        frequency = 1 / np.arange(1, self.common + 1)
        self.frequency = frequency / frequency.sum()

    def comments(
        self, n: int, *, seed: int = 0, share: float = 0.75, weights: np.ndarray | None = None
    ) -> tuple[list[str], list[set[int]]]:
        """`n` comments and the themes of each: none, one, or (every fifth of those) two."""
        dice = np.random.default_rng((self.seed, seed))
        texts, truth = [], []
        mine = 1 / np.arange(1, self.words_of_theme + 1) ** 0.7
        mine /= mine.sum()
        for _ in range(n):
            about: set[int] = set()
            if dice.random() < share:
                number = 2 if dice.random() < 0.2 else 1
                about = set(dice.choice(self.themes, number, replace=False, p=weights).tolist())
            said = list(dice.choice(self.vocabulary, int(dice.integers(6, 22)), p=self.frequency))
            for theme in about:
                said += list(dice.choice(self.matter[theme], int(dice.integers(2, 6)), p=mine))
            dice.shuffle(said)
            texts.append(" ".join(said))
            truth.append(about)
        return texts, truth


def shuffled(texts: list[str], seed: int = 0) -> list[str]:
    """The same words and lengths, with every word in some comment by chance."""
    dice = np.random.default_rng(seed)
    words = [word for text in texts for word in text.split()]
    dice.shuffle(words)
    out, at = [], 0
    for text in texts:
        size = len(text.split())
        out.append(" ".join(words[at : at + size]))
        at += size
    return out
