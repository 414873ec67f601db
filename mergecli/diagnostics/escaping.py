"""Strings from files made safe for where they are written: one function for each target.

Names of layers, files and settings may contain anything: escape sequences for a terminal, marks
that reverse the direction of text, line breaks that begin a heading or a workflow command. Writers
of Graphviz, Mermaid, HTML and Python have their own functions, as these escape for a grammar.
"""

from __future__ import annotations

import re

#: Characters with which a spreadsheet begins a formula.
_FORMULA = ("=", "+", "-", "@")
#: White space that is not printable for Python, and harmless.
_SPACES = "\t\n\r\xa0\u3000"
#: What stands for characters that mean something to TeX, or that its usual fonts do not have at their places.
_TEX = {
    **{c: f"\\{c}" for c in "{}$&#%_"}, **{c: f"\\ensuremath{{{c}}}" for c in "<>|"}, **{c: f"{{\\char{ord(c)}}}" for c in "\"`'"},
    "\\": "\\textbackslash{}", "^": "\\textasciicircum{}", "~": "\\textasciitilde{}", "-": "-{}", "×": "\\ensuremath{\\times}",
    "·": "\\ensuremath{\\cdot}", "\u2212": "\\ensuremath{-}", "…": "\\ldots{}", "\xa0": "~", "²": "\\textsuperscript{2}", "³": "\\textsuperscript{3}", "±": "\\ensuremath{\\pm}", "→": "\\ensuremath{\\rightarrow}", "ß": "\\ss{}", "ł": "\\l{}", "Ł": "\\L{}", "ø": "\\o{}", "Ø": "\\O{}", "æ": "\\ae{}", "Æ": "\\AE{}",
}  # fmt: skip
#: The commands for accents, by the combining characters.
_TEX_ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".", "\u0308": '"',
    "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c",
}  # fmt: skip
#: Characters that begin markup in Markdown, and `@`, which would notify somebody.
_MARKUP = "\\`*<>|[]&~@#!"


def line(text: str) -> str:
    """Return a string as one line of printable characters, for a terminal or a log.

    GitHub Actions runs `::command::` at the start of a line of a log, and `##[command]` in it.

    >>> line("a key\\n\\x1b[31m of two lines"), line("::error::x")
    ('a key \\\\x1b[31m of two lines', '\\\\x3a:error::x')
    """
    if not text.isprintable():
        text = " ".join(text.splitlines())
        text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    if "##[" in text:
        text = text.replace("##[", "##\\x5b")
    if "::" in text and text.lstrip().startswith("::"):
        text = text.replace(":", "\\x3a", 1)
    return text


def block(text: str) -> str:
    """Return a string of several lines for a terminal, each made safe.

    >>> block("a\\x07\\n::b\\n")
    'a\\\\x07\\n\\\\x3a:b\\n'
    """
    return "\n".join(map(line, text.split("\n")))


def visible(text: str) -> str:
    """Return a string with each character that cannot be seen replaced; lines and tabs are kept.

    >>> visible("a\\u202eb\\n")
    'a\\ufffdb\\n'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in _SPACES else "\ufffd" for c in text)


def escaped_json(text: str) -> str:
    """Return JSON with escapes for the characters in its strings that cannot be seen.

    >>> escaped_json('["é\\u202e"]')
    '["é\\\\u202e"]'
    """
    if text.replace("\n", "").isprintable():
        return text
    import json  # start-up

    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def markdown_code(text: str) -> str:
    """Return a string as inline code, also within a table.

    >>> markdown_code("a|b"), markdown_code("x`y")
    ('`a\\\\|b`', '``x`y``')
    """
    text = line(text).replace("|", "\\|")
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def markdown(text: str) -> str:
    """Return a string with nothing in it that is markup, also within a table.

    >>> markdown("a|b <c>"), markdown("dense_1")
    ('a\\\\|b \\\\<c\\\\>', 'dense_1')
    """
    return "".join(f"\\{c}" if c in _MARKUP else c for c in line(text))


def csv_cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula.

    >>> csv_cell("=1+1"), csv_cell("dense")
    ("'=1+1", 'dense')
    """
    text = line(text)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def workflow_command(text: str, also: str = "") -> str:
    """Return a string that does not end a workflow command of GitHub Actions.

    Args:
        text: The string.
        also: Further characters to escape, which end a property.

    >>> workflow_command("50%\\n"), workflow_command("a:b,c", ":,")
    ('50%25%0A', 'a%3Ab%2Cc')
    """
    return "".join(f"%{ord(c):02X}" if c in "%\r\n" + also else c for c in visible(text))


def xml(text: str) -> str:
    """Return a string as the text of an XML element.

    >>> xml("a < b")
    'a &lt; b'
    """
    return visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def xml_attribute(text: str) -> str:
    """Return a string between double quotes in XML; line breaks are kept.

    >>> xml_attribute('a < "b"')
    'a &lt; &quot;b&quot;'
    """
    text = xml(text).replace('"', "&quot;")
    return text.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")


def tex(text: str) -> str:
    """Return a string as TeX sets it, in ASCII.

    Characters that TeX's usual fonts lack are arguments of `\\mergecliunicode`, which the document must define.

    >>> print(tex("50% of x_1 × é²"), tex("\\\\input{a}"), tex("漢"))
    50\\% of x\\_1 \\ensuremath{\\times} \\'{e}\\textsuperscript{2} \\textbackslash{}input\\{a\\} \\mergecliunicode{28450}
    """
    return "".join(map(_tex_character, visible(text).replace("\t", " ").replace("\n", " ")))


def _tex_character(character: str) -> str:
    if character in _TEX:
        return _TEX[character]
    if " " <= character <= "~":
        return character
    import unicodedata  # start-up

    base, *accents = list(unicodedata.normalize("NFD", character))
    if base.isascii() and base.isalpha() and len(accents) == 1 and accents[0] in _TEX_ACCENTS:
        return f"\\{_TEX_ACCENTS[accents[0]]}{{{base}}}"
    return f"\\mergecliunicode{{{ord(character)}}}"
