"""DOT -> SVG, PDF or PNG, laid out and drawn in this process by the Graphviz inside `pygraphviz`.

The same text gives the same bytes: Latin text is always measured and drawn in the font of `ttf-opensans`, wherever there are fonts
besides, and dates and versions are left out.
"""

from __future__ import annotations

import re
from typing import Any, Callable
from xml.sax.saxutils import unescape

from mergecli.exporters.pictures import fonts, letters
from mergecli.exporters.pictures.themes import DARK, LIGHT, pairs

#: Cairo draws no bitmap with a longer side.
LONGEST_SIDE = 32_767
#: More pixels than this take seconds to draw and to open.
MOST_PIXELS = 50_000_000
#: Dots per inch of a PNG.
DPI = 144
#: With fewer its small letters cannot be read.
LEAST = 80


class TooLarge(Exception):
    """A picture is larger than any bitmap may be, if its text is to be read."""


def draw(dot: str, form: str, tell: Callable[[str], None] = lambda note: None) -> bytes:
    """A DOT text of `emit.dot` as `svg`, `pdf` or `png`.

    Groups of an SVG have the ids and the `data-nodes` that `emit.dot` tells of. `tell` is given a note where a bitmap is coarser than usual.

    Raises:
        TooLarge: no bitmap can hold it readably.
    """
    fonts.provide()

    def lower(graph: Any) -> int | None:
        less = _resolution(graph)
        if less == DPI:
            return None
        tell(
            f"the picture is large: the .png has {less} instead of {DPI} dots per inch; an .svg has no such limit"
        )
        return less

    data = rendered(
        dot,
        form,
        {"png": "png:cairo", "pdf": "pdf:cairo"}.get(form, form),
        lower,
        DPI if form == "png" else None,
    )
    return {"svg": _svg, "pdf": _pdf}.get(form, bytes)(data)


def _resolution(graph: Any) -> int:
    """The dots per inch that a bitmap of this size can have, so that its text can be read.

    Raises:
        TooLarge: there are none.
    """
    _, _, width, height = (
        float(number) / 72 for number in re.split("[ ,]", graph.graph_attr["bb"])
    )
    width, height = width + 0.5, height + 0.5
    possible = min(
        LONGEST_SIDE / max(width, height),
        (MOST_PIXELS / (width * height)) ** 0.5,
        DPI,
    )
    if possible < LEAST:
        raise TooLarge
    return int(possible)


def rendered(
    dot: str, form: str, renderer: str, lower: Callable[[Any], int | None], dpi: int | None = None
) -> bytes:
    """A DOT text as Graphviz's `renderer` draws it in the format `form`.

    `dpi` are the dots per inch of a bitmap, by default those of the text; `lower` gives fewer for a graph that is laid out, where it has to.
    """
    import pygraphviz
    from pygraphviz import graphviz as library

    graph = pygraphviz.AGraph(string=dot)
    context = library.gvContextWithBuiltins()
    try:
        if dpi is not None:
            graph.graph_attr["dpi"] = str(dpi)
        library.gvLayout(context, graph.handle, b"dot")
        less = lower(graph) if form == "png" else None
        if less is not None:
            library.gvFreeLayout(context, graph.handle)
            graph.graph_attr["dpi"] = str(less)
            library.gvLayout(context, graph.handle, b"dot")
        status = library.gvRenderData(context, graph.handle, renderer.encode())
        if isinstance(status, int) or status[0]:
            raise OSError(f"Graphviz cannot draw {form}")
        data = status[1]
        library.gvFreeLayout(context, graph.handle)
    finally:
        library.gvFreeContext(context)
        graph.close()
    return data.encode() if isinstance(data, str) else bytes(data)


_COMMENT = re.compile(r"<!--.*?-->\n?", re.S)
_GROUP = re.compile(r'<g id="([^"]*)" class="(node|edge|cluster)([^"]*)">\n<title>[^<]*</title>\n')
_LINK = re.compile(r'<g id="a_[^"]*"><a xlink:title="([^"]*)">\n(.*?)</a>\n</g>\n', re.S)


_BOX = re.compile(r'<g id="(?:node|output)-[^"]*" class="node[^"]*".*?</g>\n', re.S)
# Only of a text that stands alone there: one of several would end where the last one does.
_RIGHT = re.compile(
    r'<text [^>]*>\xa0{6}</text>\n(<text [^>]*?text-anchor=")start(" x=")[^"]*("[^>]*? y="([^"]*)"[^>]*>[^<]*</text>\n)(?!<text [^>]*? y="\4")'
)
_BEHIND = re.compile(
    r'(<text [^>]*? y="([^"]*)"[^>]*>[^<]+)</text>\n<text [^>]*>\xa0</text>\n'
    r'<text [^>]*?text-anchor="start"[^>]*? y="\2" font-family="[^"]*"( [^>]*)>([^<\xa0]+)</text>'
)
_TEXT = re.compile(r'<text((?: [^ >]+="[^"]*")*? font-size="(?P<size>[^"]*)"[^>]*)>(.*?)</text>')
_BLANK = re.compile(r"<text [^>]*>\xa0+</text>\n")


def _box(match: re.Match[str]) -> str:
    """A box whose texts at the right end there, and whose small words follow the large ones, whatever font the reader has."""
    text = match[0]
    sides = [
        float(x)
        for x in re.findall(
            r"(-?[\d.]+),", (re.search(r' (?:d|points)="([^"]*)"', text) or ["", "0,"])[1]
        )
    ]
    left = re.search(r'<text [^>]*? x="([^"]*)"', text)
    if left is not None:
        # The text is as far from one side as from the other.
        end = f"{min(sides) + max(sides) - float(left[1]):.2f}"
        text = _RIGHT.sub(lambda found: f"{found[1]}end{found[2]}{end}{found[3]}", text)
    # What is said behind a word in smaller letters follows it, however long the word becomes.
    return _BEHIND.sub(r"\1 <tspan\3>\4</tspan></text>", text)


def _fitted(text: str) -> str:
    """Each text as long as it was measured, whatever font the reader has."""
    found = letters.fonts() if fonts.provide() else None
    if found is None:
        return text
    regular, bold = found

    def fit(match: re.Match[str]) -> str:
        attributes, words = match[1], match[3]
        first, _, behind = words.partition("<tspan")
        length = (bold if ' font-weight="bold"' in attributes else regular).length(
            unescape(first), float(match["size"])
        )
        if behind and length is not None:
            # What is said behind a word is regular, and in letters of its own size.
            look, _, rest = behind.removesuffix("</tspan>").partition(">")
            size = re.search(r'font-size="([^"]*)"', look)
            more = regular.length(unescape(rest), float(size[1] if size else match["size"]))
            length = None if more is None else length + more
        return (
            match[0]
            if not length
            else f'<text{attributes} textLength="{length:.1f}" lengthAdjust="spacingAndGlyphs">{words}</text>'
        )

    return _TEXT.sub(fit, text)


def _svg(data: bytes) -> bytes:
    """The SVG of Graphviz with what a page needs: titles that are tooltips, the indices of calls, and colours that follow the reader."""
    text = _COMMENT.sub("", data.decode().replace("&#45;", "-"))

    def group(match: re.Match[str]) -> str:
        title, body = "", text[match.end() : match.end() + 4000]
        link = re.match(r'<g id="a_[^"]*"><a xlink:title="([^"]*)">', body)
        if link:
            title = f"<title>{link[1]}</title>\n"
        rest = match[3].strip()
        nodes = f' data-nodes="{rest[6:].replace("-", " ")}"' if rest.startswith("nodes-") else ""
        kind = match[2] if rest.startswith("nodes") or not rest else f"{match[2]} {rest}"
        return f'<g id="{match[1]}" class="{kind}"{nodes}>\n{title}'

    found = _GROUP.sub(group, text)
    # The links lead nowhere: they are Graphviz's way to say a tooltip, which the title says now.
    found = _LINK.sub(lambda match: match[2], found)
    # Only Graphviz needs the blanks.
    found = _fitted(_BLANK.sub("", _BOX.sub(_box, found)))
    if 'class="graph theme-auto"' in found:
        used = set(re.findall(r'(fill|stroke)="(#[^"]*)"', found))
        dark = "".join(
            f'[{what}="{a}"]{{{what}:{b}}}'
            for a, b in dict(pairs()).items()
            for what in ("fill", "stroke")
            if (what, a) in used
        )
        style = f"<style>:root{{color-scheme:light dark}}@media (prefers-color-scheme:dark){{{dark}}}</style>\n"
        found = re.sub(r"(<svg [^>]*>\n)", lambda match: match[1] + style, found, count=1)
    return found.encode()


def _pdf(data: bytes) -> bytes:
    """Without the time at which it was drawn; what stands there is as long, as the places of things in the file are counted."""
    return re.sub(
        rb"/(CreationDate|ModDate) ?\(([^)]*)\)",
        lambda m: b"/" + m[1] + b" (" + b"D:19700101000000Z".ljust(len(m[2]))[: len(m[2])] + b")",
        data,
    )


__all__ = ["DARK", "DPI", "LIGHT", "TooLarge", "draw", "rendered"]
