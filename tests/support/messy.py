"""Specs written as nobody should: any style of YAML, with comments wherever one may stand."""

from __future__ import annotations

import json
import random
from typing import Any


class Messy:
    """Writes plain data as YAML in styles chosen at random; `ignores` are comments that say what is to be ignored on their line."""

    def __init__(self, chance: random.Random, comments: float = 0.2, ignores: float = 0.0) -> None:
        self.chance, self.comments, self.ignores = chance, comments, ignores
        self.count = 0

    def page(self, data: Any) -> str:
        chance = self.chance
        top = [self.comment() for _ in range(chance.choice([0, 0, 1, 2]))] + [""] * chance.choice(
            [0, 1]
        )
        lines = [*top, *self.block(data)] if chance.random() < 0.95 else [*top, self.flow(data)]
        lines += ["  " * chance.choice([0, 1]) + self.comment()] * (chance.random() < self.comments)
        text = "\n".join(lines) + chance.choice(["", "\n", "\n\n\n"])
        if chance.random() < 0.1:
            text = "---\n" + text
        return text.replace("\n", "\r\n") if chance.random() < 0.1 else text

    def comment(self) -> str:
        self.count += 1
        if self.chance.random() < self.ignores:
            return f"# mergecli: ignore[unsafe-name] {self.count}"
        words = self.chance.choice(["", "it is: so", "- a", "# b", "{", "don't \""])
        return f"#{self.chance.choice(['', ' ', '  '])}c{self.count} {words}"

    def end(self, rare: float = 1.0) -> str:
        return (
            f"{' ' * self.chance.randint(1, 5)}{self.comment()}"
            if self.chance.random() < self.comments * rare
            else ""
        )

    def between(self, indent: str) -> list[str]:
        """Lines that may stand between two others."""
        lines = []
        while self.chance.random() < self.comments:
            lines.append(
                self.chance.choice(
                    [
                        "",
                        "   ",
                        indent + self.comment(),
                        " " * self.chance.randint(0, 8) + self.comment(),
                    ]
                )
            )
        return lines

    def block(self, value: Any) -> list[str]:
        """The lines of a list or mapping, from the margin."""
        chance = self.chance
        lines: list[str] = []
        for key, item in (
            value.items() if isinstance(value, dict) else [(None, item) for item in value]
        ):
            lines += self.between("")
            head = "-" if key is None else f"{self.scalar(key)}{chance.choice(['', '', ' '])}:"
            if isinstance(item, (dict, list)) and item and chance.random() < 0.6:
                inner = self.block(item)
                step = " " * chance.choice([1, 2, 2, 4])
                if key is None and (self.ignores or chance.random() < 0.8):
                    while inner and (not inner[0].strip() or inner[0].lstrip().startswith("#")):
                        inner.pop(0)
                    gap = chance.choice(["", "", "  "])
                    inner = [f"  {gap}{line}" if line.strip() else line for line in inner]
                    lines += [f"-{inner[0][1:]}", *inner[1:]]
                    continue
                if isinstance(item, list) and key is not None and chance.random() < 0.3:
                    step = ""
                lines.append(head + self.end())
                lines += [f"{step}{line}" if line.strip() else line for line in inner]
            elif (
                isinstance(item, str)
                and item
                and chance.random() < 0.1
                and item == item.strip()
                and item.isascii()
            ):
                lines += [f"{head} {chance.choice(['|-', '>-'])}{self.end()}", f"   {item}"]
                lines += [""] * chance.choice([0, 0, 2])
            elif chance.random() < 0.05 and not (self.ignores and key is None):
                lines += [head, f"   {self.flow(item)}{self.end()}"]
            else:
                rows = f"{head}{' ' * chance.randint(1, 3)}{self.flow(item, lines=True)}".split(
                    "\n"
                )
                rows[1:] = ["    " + " " * chance.randint(0, 9) + row for row in rows[1:]]
                rows[-1] += self.end()
                lines += rows
        return lines

    def flow(self, value: Any, lines: bool = False) -> str:
        chance = self.chance
        if not isinstance(value, (dict, list)):
            return self.scalar(value)

        def gap() -> str:
            if lines and chance.random() < 0.15:
                return (f" {self.comment()}" if chance.random() < self.comments else "") + "\n"
            return " " * chance.choice([0, 1, 1, 2])

        parts = []
        for key, item in (
            value.items() if isinstance(value, dict) else [(None, item) for item in value]
        ):
            text = self.flow(item, lines)
            parts.append(text if key is None else f"{self.scalar(key)}: {text}")
        inner = ""
        for number, part in enumerate(parts):
            inner += (
                gap() + part + gap() + ("," if number + 1 < len(parts) else chance.choice(["", ""]))
            )
            if number + 1 < len(parts):
                inner += " "
        return f"[{inner}]" if isinstance(value, list) else f"{{{inner}}}"

    def scalar(self, value: Any) -> str:
        if not isinstance(value, str):
            return (
                {True: "true", False: "false", None: "null"}[value]
                if value is None or isinstance(value, bool)
                else repr(value)
            )
        from mergecli.syntax.quoting import flow

        plain = flow(value.replace("$$", "$")) if "$" not in value else json.dumps(value)
        if plain.startswith('"'):
            return plain
        return self.chance.choice([plain, plain, plain, f'"{value}"', f"'{value}'"])
