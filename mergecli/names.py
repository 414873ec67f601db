"""Names that resemble a name: what a suggestion is made of."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import Iterable


def nearest(word: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The known names most like a word, the same letters in another case first.

    The search is remembered, as a wrong name often stands in many places, and bounded, as there may be thousands of names.

    >>> nearest("Droput", ["Dense", "Dropout"]), nearest("dense", ["Dense", "Dot"])
    (['Dropout'], ['Dense'])
    """
    return list(_nearest(word[:80], tuple(islice(known, 2000)), most))


@lru_cache(maxsize=256)
def _nearest(word: str, known: tuple[str, ...], most: int) -> list[str]:
    import difflib

    folded: dict[str, str] = {}
    for name in known:
        folded.setdefault(_fold(name), name)
    exact = folded.get(_fold(word))
    if exact is not None:
        return [exact]
    return [folded[match] for match in difflib.get_close_matches(_fold(word), folded, most, 0.7)]


def _fold(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "").replace(" ", "")


def listed(names: Iterable[str], word: str = "or") -> str:
    """Names in a sentence.

    >>> listed(["a", "b", "c"])
    '`a`, `b` or `c`'
    """
    quoted = [f"`{name}`" for name in names]
    return f" {word} ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A question with the nearest names, or nothing when none is near."""
    near = nearest(word, known)
    return f"did you mean {listed(near)}?" if near else None
