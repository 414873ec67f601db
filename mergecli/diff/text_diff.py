"""A comparison for a terminal."""

from __future__ import annotations

from mergecli.diagnostics.escaping import line
from mergecli.diff import Comparison, wording

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


def render(comparison: Comparison, names: tuple[str, str], color: bool = False) -> str:
    """Return the differences, their consequences, sums, and what loads of a checkpoint.

    Args:
        comparison: The compared models.
        names: The names of the old and the new file.
        color: Whether to use ANSI colors.

    Returns:
        The text, empty if both are the same model.
    """
    if comparison.same:
        return ""

    def hue(style: str, text: str) -> str:
        text = line(text)
        return f"{_HUES.get(style, style)}{text}{_PLAIN}" if color else text

    lines = [hue(_BOLD, f"{names[0]} -> {names[1]}"), wording.counts(comparison), ""]
    for entry in wording.entries(comparison):
        lines.append(
            f"{hue(entry.change, f'{entry.mark} {entry.change} {entry.name}')} ({line(entry.cls)})"
        )
        lines += [f"    {line(detail)}" for detail in entry.details]
    lines += [hue("changed", f"~ {output}") for output in wording.outputs(comparison)]
    if comparison.training:
        lines.append(hue("changed", "~ changed compile"))
        lines += [f"    {line(change)}" for change in wording.training(comparison)]
    for title, rows in (
        (
            "consequences: other shapes",
            [f"{name}: {old} -> {new}" for name, old, new in wording.consequences(comparison)],
        ),
        (
            "consequences: other numbers in automatic names",
            [f"{pair.before} -> {pair.new.name}" for pair in comparison.renumbered],
        ),
    ):
        if rows:
            lines += ["", title, *(hue(_DIM, f"    {row}") for row in _cut(rows))]
    lines += ["", *_aligned(wording.table(comparison)), ""]
    share, misses, whole = wording.loading(comparison)
    lines += ["weights of a checkpoint of the old model", f"    by name and shape: {share}"]
    lines += [hue(_DIM, f"        {miss}") for miss in _cut(misses)]
    lines.append(f'    new.load_weights("old.weights.h5") {line(whole)}')
    return "\n".join(lines) + "\n"


def _cut(rows: list[str]) -> list[str]:
    return rows if len(rows) <= MOST else [*rows[: MOST - 1], f"and {len(rows) - MOST + 1:,} more"]


def _aligned(rows: list[tuple[str, str, str, str]]) -> list[str]:
    table = [("", "before", "after", "difference"), *((line(row[0]), *row[1:]) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(4)]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:]))]
        ).rstrip()
        for row in table
    ]
