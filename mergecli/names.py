"""Names that resemble a name: what a suggestion is made of."""

from __future__ import annotations

from itertools import islice
from typing import Iterable

#: What all searches for one spec may cost together, in about microseconds. Where so much is wrong, more suggestions help nobody.
BUDGET = 100_000
_found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
_spent = 0


def forget() -> None:
    """Begin a new spec: what was looked for in another one counts no more."""
    global _spent
    _found.clear()
    _spent = 0


def nearest(word: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The known names most like a word, the same letters in another case first.

    A search is remembered, as a wrong name often stands in many places, and all are bounded, as there may be thousands.

    >>> nearest("Droput", ["Dense", "Dropout"]), nearest("dense", ["Dense", "Dot"])
    (['Dropout'], ['Dense'])
    """
    if _spent > BUDGET:
        return []
    key = word[:80], tuple(islice(known, 5000))
    if key not in _found:
        _found[key] = _nearest(_fold(key[0]), key[1])
    return _found[key][:most]


def _nearest(word: str, known: tuple[str, ...]) -> list[str]:
    global _spent
    import difflib

    folded: dict[str, str] = {}
    for name in known:
        folded.setdefault(_fold(name), name)
    _spent += len(folded)
    if word in folded:
        return [folded[word]]
    # Only what has about the length and most of the letters can be near.
    letters = set(word)
    likely = [name for name in folded if 2 * abs(len(name) - len(word)) <= len(word) + 1 and 2 * len(letters & set(name)) >= len(letters)]
    _spent += 20 * len(likely)
    return [folded[match] for match in difflib.get_close_matches(word, likely[:500], 3, 0.7)]


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
