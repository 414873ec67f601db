"""A comparison for a terminal."""

from __future__ import annotations

from mergecli.diff import Comparison
from mergecli.diff import wording as words

_PLAIN, _BOLD, _DIM = "\033[0m", "\033[1m", "\033[2m"
_HUES = {
    "added": "\033[32m",
    "removed": "\033[31m",
    "changed": "\033[33m",
    "renamed": "\033[36m",
    "rewired": "\033[35m",
}
#: How many lines a list of consequences may have.
MOST = 12


def render(found: Comparison, names: tuple[str, str], color: bool = False) -> str:
    """The differences, what follows from them, sums, and what of a checkpoint loads; nothing for the same model."""
    if found.same:
        return ""

    def hue(kind: str, text: str) -> str:
        return f"{_HUES.get(kind, kind)}{text}{_PLAIN}" if color else text

    lines = [hue(_BOLD, f"{names[0]} -> {names[1]}"), words.counts(found), ""]
    for entry in words.entries(found):
        lines.append(f"{hue(entry.kind, f'{entry.mark} {entry.kind} {entry.name}')} ({entry.cls})")
        lines += [f"    {detail}" for detail in entry.details]
    lines += [hue("changed", f"~ {line}") for line in words.outputs(found)]
    if found.training:
        lines.append(hue("changed", "~ changed compile"))
        lines += [f"    {line}" for line in words.training(found)]
    for title, rows in (
        (
            "what follows: other shapes",
            [f"{name}: {old} -> {new}" for name, old, new in words.consequences(found)],
        ),
        (
            "what follows: other numbers in automatic names",
            [f"{pair.before} -> {pair.new.name}" for pair in found.renumbered],
        ),
    ):
        if rows:
            lines += ["", title, *(hue(_DIM, f"    {row}") for row in _cut(rows))]
    lines += ["", *_aligned(words.table(found)), ""]
    share, misses, whole = words.loading(found)
    lines += ["weights of a checkpoint of the old model", f"    by name and shape: {share}"]
    lines += [hue(_DIM, f"        {miss}") for miss in _cut(misses)]
    lines.append(f'    new.load_weights("old.weights.h5") {whole}')
    return "\n".join(lines) + "\n"


def _cut(rows: list[str]) -> list[str]:
    return rows if len(rows) <= MOST else [*rows[: MOST - 1], f"and {len(rows) - MOST + 1:,} more"]


def _aligned(rows: list[tuple[str, str, str, str]]) -> list[str]:
    table = [("", "before", "after", "difference"), *rows]
    widths = [max(len(row[column]) for row in table) for column in range(4)]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:]))]
        ).rstrip()
        for row in table
    ]
