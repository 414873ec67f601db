"""Write a comparison for a pull request: a table of changes, with long lists folded."""

from __future__ import annotations

from mergecli.diagnostics.escaping import markdown
from mergecli.diagnostics.escaping import markdown_code as code
from mergecli.diff import Comparison, wording

#: What GitHub takes in a comment is 65,536 characters; a list of this many lines stays well below.
MOST = 200


def render(comparison: Comparison, names: tuple[str, str], color: bool = False) -> str:
    """Return the comment as Markdown; `names` are those of the old and the new file."""
    if comparison.same:
        return f"{code(names[0])} and {code(names[1])} are the same model.\n"
    lines = [f"**{code(names[0])} → {code(names[1])}**: {wording.counts(comparison)}", ""]
    rows = [
        f"| {entry.mark} {entry.change} | {code(entry.name)} | {code(entry.cls)} | {'<br>'.join(code(detail) for detail in entry.details)} |"
        for entry in wording.entries(comparison)
    ]
    rows += [f"| ~ changed | | | {code(line)} |" for line in wording.outputs(comparison)]
    rows += [
        f"| ~ changed | {code('compile')} | | {'<br>'.join(code(line) for line in wording.training(comparison))} |"
    ] * bool(comparison.training)
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
        for what, old, new, change in wording.table(comparison)
    ]
    lines.append("")
    share, misses, whole = wording.loading(comparison)
    lines += [
        f'A checkpoint of the old model has {share} by name and shape; `new.load_weights("old.weights.h5")` {_cell(whole)}.',
        "",
    ]
    lines += _folded("weights that do not load", [f"- {code(miss)}" for miss in misses])
    shapes = [
        f"- {code(f'{name}: {old} -> {new}')}"
        for name, old, new in wording.consequences(comparison)
    ]
    lines += _folded("layers with other shapes as a consequence", shapes)
    lines += _folded(
        "automatic names with another number",
        [f"- {code(f'{pair.before} -> {pair.new.name}')}" for pair in comparison.renumbered],
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


def _cell(text: str) -> str:
    """Escape a string so that nothing in it is markup."""
    return markdown(text).replace("_", "\\_")
