"""Suggestions of similar names, and lists of names in a sentence."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import Iterable

#: What all searches for one spec may cost together, in about microseconds. Beyond that the spec has
#: so many mistakes that more suggestions do not help.
BUDGET = 100_000
#: The start of the name of an operation.
_OPERATION = "ops."
#: How many known names are searched, how many of them are compared letter by letter, and how many
#: characters of the word count.
_MOST_NAMES, _MOST_COMPARED, _MOST_CHARACTERS = 5000, 500, 80
#: The most names of a sentence; messages are cut after fewer.
_MOST_LISTED = 1000


class Searches:
    """The searches for one spec: their results, and how much they have cost.

    A wrong name often occurs in many places, so a search is done once; all of them together are
    bounded, as there may be thousands of wrong names.
    """

    __slots__ = ("_results", "_spent")

    def __init__(self) -> None:
        self._results: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        self._spent = 0

    def nearest(self, word: str, known: Iterable[str]) -> list[str]:
        """Return up to three known names that resemble a word; none once the budget is spent."""
        if self._spent > BUDGET:
            return []
        key = word[:_MOST_CHARACTERS], tuple(islice(known, _MOST_NAMES))
        if key not in self._results:
            self._results[key], cost = _search(_fold(key[0]), key[1])
            self._spent += cost
        return self._results[key]


def nearest(
    word: str, known: Iterable[str], most: int = 3, searches: Searches | None = None
) -> list[str]:
    """Return the known names most similar to a word, one that differs only in case first.

    Args:
        word: The word, as the user wrote it.
        known: The names among which to search.
        most: How many names to return at most, up to three.
        searches: The searches of the spec, which bound their cost.

    >>> nearest("Droput", ["Dense", "Dropout"]), nearest("dense", ["Dense", "Dot"])
    (['Dropout'], ['Dense'])
    """
    return (searches or Searches()).nearest(word, known)[:most]


def _search(word: str, known: tuple[str, ...]) -> tuple[list[str], int]:
    """Return the known names that resemble a folded word, and what the search cost."""
    import difflib  # start-up

    folded: dict[str, str] = {}
    for name in known:
        folded.setdefault(_fold(name), name)
    if word in folded:
        return [folded[word]], len(folded)
    if word.startswith(_OPERATION):
        # What all operations have in common does not make two of them similar.
        folded = {k[len(_OPERATION) :]: v for k, v in folded.items() if k.startswith(_OPERATION)}
        word = word[len(_OPERATION) :]
    # Only names of about the same length that share most letters can be similar enough.
    letters = set(word)
    likely = [
        name
        for name in folded
        if 2 * abs(len(name) - len(word)) <= len(word) + 1
        and 2 * len(letters & set(name)) >= len(letters)
    ]
    matches = difflib.get_close_matches(word, likely[:_MOST_COMPARED], 3, 0.7)
    return [folded[match] for match in matches], len(folded) + 20 * len(likely)


def with_parts(word: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Return the known names that have all parts of a word, in its order; the shortest first.

    >>> with_parts("block_6_relu", ["block_6_expand_relu", "block_16_relu", "relu"])
    ['block_6_expand_relu']
    """
    parts = word.split("_")
    if len(parts) < 2 or len(word) > _MOST_CHARACTERS:
        return []
    result = []
    for name in islice(known, _MOST_NAMES):
        rest = iter(name.split("_"))
        if all(part in rest for part in parts):
            result.append(name)
    return sorted(result, key=len)[:most]


def slip(word: str, known: Iterable[str]) -> str | None:
    """Return the one known name that differs from a word in case or by one typing mistake.

    That is a character that is missing, added, replaced or swapped with the next one. Names whose
    digits differ mean different things, and short names are too similar to each other.

    >>> slip("kernal_size", ["kernel_size", "filters"]), slip("Conv4D", ["Conv2D", "Conv3D"])
    ('kernel_size', None)
    >>> slip("dnese", ["Dense"])
    'Dense'
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


@lru_cache(maxsize=4096)
def _fold(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "").replace(" ", "")


def listed(names: Iterable[str], word: str = "or") -> str:
    """Return names as a list in a sentence.

    >>> listed(["a", "b", "c"])
    '`a`, `b` or `c`'
    """
    quoted = [f"`{name}`" for name in islice(names, _MOST_LISTED)]
    return f" {word} ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def did_you_mean(word: str, known: Iterable[str], searches: Searches | None = None) -> str | None:
    """Return a question with the names most similar to a word; None if none is similar.

    Args:
        word: The word, as the user wrote it.
        known: The names among which to search.
        searches: The searches of the spec, which bound their cost.
    """
    near = nearest(word, known, searches=searches)
    return f"did you mean {listed(near)}?" if near else None
