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
    likely = [
        name
        for name in folded
        if 2 * abs(len(name) - len(word)) <= len(word) + 1
        and 2 * len(letters & set(name)) >= len(letters)
    ]
    _spent += 20 * len(likely)
    return [folded[match] for match in difflib.get_close_matches(word, likely[:500], 3, 0.7)]


def slip(word: str, known: Iterable[str]) -> str | None:
    """The one known name that is the word but for its case, or for one letter that is missing, surplus, wrong or in the wrong place.

    Names that differ in their numbers are different things, and so are short ones.

    >>> slip("kernal_size", ["kernel_size", "filters"]), slip("Conv4D", ["Conv2D", "Conv3D"]), slip("dnese", ["Dense"])
    ('kernel_size', None, 'Dense')
    """
    folded = _fold(word)
    names = [(name, _fold(name)) for name in islice(known, 2000)]
    near = [name for name, other in names if other == folded] or [
        name for name, other in names if _one_edit(folded, other)
    ]
    return near[0] if len(near) == 1 else None


def _one_edit(word: str, other: str) -> bool:
    if (
        abs(len(word) - len(other)) > 1
        or len(other) < 4
        or [c for c in word if c.isdigit()] != [c for c in other if c.isdigit()]
    ):
        return False
    start = 0
    while start < min(len(word), len(other)) and word[start] == other[start]:
        start += 1
    rest, left = word[start:], other[start:]
    return (
        rest[1:] == left[1:]
        or rest[1:] == left
        or rest == left[1:]
        or (rest[:2] == left[:2][::-1] and rest[2:] == left[2:])
    )


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
