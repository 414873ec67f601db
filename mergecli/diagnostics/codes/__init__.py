"""What each code means: `CODE.md` beside this file has its meaning, the reason, a wrong example and its mend.

Nothing here is loaded by a check; `mergecli explain`, the README's table and the rules of SARIF come from these files.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import NamedTuple


class Explanation(NamedTuple):
    """One code. Its examples are specs, or, where a mistake is not in a spec's text, `commands` with the `message` they give."""

    code: str
    meaning: str
    reason: str
    wrong: str
    right: str
    commands: bool
    message: str | None
    markdown: str


@cache
def names() -> tuple[str, ...]:
    """Every code."""
    return tuple(
        sorted(name[:-3] for name in os.listdir(os.path.dirname(__file__)) if name.endswith(".md"))
    )


@cache
def explanation(code: str) -> Explanation:
    """What a code means.

    >>> explanation("unknown-layer").meaning
    'Keras has no such layer'
    """
    import pkgutil

    text = (pkgutil.get_data(__name__, f"{code}.md") or b"").decode("utf-8")
    title, body = text.split("\n", 1)
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", body, re.M | re.S)
    wrong, right = [(language, block) for language, block in blocks if language != "text"]
    message = next((block.rstrip("\n") for language, block in blocks if language == "text"), None)
    paragraphs = body[: body.index("```")].strip().split("\n\n")
    reason = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    return Explanation(
        code,
        title.removeprefix("# "),
        reason,
        wrong[1],
        right[1],
        wrong[0] == "sh",
        message,
        body.strip() + "\n",
    )


def unknown(code: str) -> str:
    """Return the message for a code that does not exist."""
    from mergecli.diagnostics.suggestions import did_you_mean

    return f"There is no code `{code}`; " + (
        did_you_mean(code, names()) or "mergecli explain lists all"
    )


def meanings() -> dict[str, str]:
    """Every code with what it means in a line."""
    return {code: explanation(code).meaning for code in names()}
