"""A comparison for a pull request: a table of what changed, and what is long folded away."""

from __future__ import annotations

from mergecli.diff import Comparison
from mergecli.diff import wording as words

#: What GitHub takes in a comment is 65,536 characters; a list of this many lines stays well below.
MOST = 200


def render(found: Comparison, names: tuple[str, str]) -> str:
    """The comment."""
    if found.same:
        return f"{code(names[0])} and {code(names[1])} are the same model.\n"
    lines = [f"**{code(names[0])} → {code(names[1])}**: {words.counts(found)}", ""]
    rows = [
        f"| {entry.mark} {entry.kind} | {code(entry.name)} | {code(entry.cls)} | {'<br>'.join(code(detail) for detail in entry.details)} |"
        for entry in words.entries(found)
    ]
    rows += [f"| ~ changed | | | {code(line)} |" for line in words.outputs(found)]
    rows += [
        f"| ~ changed | {code('compile')} | | {'<br>'.join(code(line) for line in words.training(found))} |"
    ] * bool(found.training)
    if rows:
        lines += [
            "| | layer | class | what |",
            "| --- | --- | --- | --- |",
            *_cut(rows, "| … | | | and {} more |"),
            "",
        ]
    lines += ["| | before | after | difference |", "| --- | ---: | ---: | ---: |"]
    lines += [
        f"| {_cell(what)} | {old} | {new} | {change} |"
        for what, old, new, change in words.table(found)
    ]
    lines.append("")
    share, misses, whole = words.loading(found)
    lines += [
        f'A checkpoint of the old model has {share} by name and shape; `new.load_weights("old.weights.h5")` {_cell(whole)}.',
        "",
    ]
    lines += _folded("weights that do not load", [f"- {code(miss)}" for miss in misses])
    shapes = [
        f"- {code(f'{name}: {old} -> {new}')}" for name, old, new in words.consequences(found)
    ]
    lines += _folded("layers whose shapes follow", shapes)
    lines += _folded(
        "names with another number",
        [f"- {code(f'{pair.before} -> {pair.new.name}')}" for pair in found.renumbered],
    )
    return "\n".join(lines).rstrip("\n") + "\n"


def _folded(title: str, rows: list[str]) -> list[str]:
    if not rows:
        return []
    return [
        f"<details><summary>{len(rows):,} {title}</summary>",
        "",
        *_cut(rows, "- and {} more"),
        "",
        "</details>",
        "",
    ]


def _cut(rows: list[str], last: str) -> list[str]:
    return (
        rows if len(rows) <= MOST else [*rows[: MOST - 1], last.format(f"{len(rows) - MOST + 1:,}")]
    )


def code(text: str) -> str:
    """A text as it is, also in a table.

    >>> code("a|b"), code("x`y")
    ('`a\\\\|b`', '``x`y``')
    """
    text = text.replace("|", "\\|").replace("\n", " ").replace("\r", " ")
    fence = "`" * (max(map(len, _ticks(text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def _ticks(text: str) -> list[str]:
    """The runs of backticks in a text."""
    import re

    return re.findall("`+", text)


def _cell(text: str) -> str:
    """A text in which nothing is markup."""
    for sign in "\\`*_<>|[]":
        text = text.replace(sign, f"\\{sign}")
    return text
