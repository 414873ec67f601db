"""DOT to SVG, PDF or PNG, laid out and drawn in this process by the Graphviz inside `pygraphviz`.

The same text gives the same bytes: Latin text is always measured and drawn in the font of `ttf-opensans`, whatever other
fonts there are, and dates and versions are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Callable

from mergecli.exporters.pictures import fonts
from mergecli.exporters.pictures.themes import pairs

if TYPE_CHECKING:
    import pygraphviz

#: Pixels: Cairo cannot draw a bitmap with a longer side.
LONGEST_SIDE = 32_767
#: More pixels than this take seconds to draw and to open.
MOST_PIXELS = 50_000_000
#: Dots per inch of a PNG.
DPI = 144
#: Dots per inch: with fewer its small characters cannot be read.
LEAST_DPI = 80
#: More arrows than this, and for each node, take seconds to lay out.
MOST_ARROWS, MOST_ARROWS_PER_NODE = 5_000, 3
#: Graphviz routes an arrow through each rank that it crosses: more steps than this in total, and for
#: each arrow, take minutes.
MOST_STEPS, MOST_STEPS_PER_ARROW = 2_500, 4
#: Graphviz compares all boxes and arrows of a rank with each other: 1,000 take 2 s and 300 MiB, 5,000
#: would take minutes and several GiB.
WIDEST_RANK = 1_200
_ARROW = re.compile(r'^\s*"?([\w.-]+)"?(?::\w+)* -> "?([\w.-]+)"?', re.M)


class TooLarge(Exception):
    """A picture is too large for a bitmap in which its text can be read."""


class TooManyArrows(OSError):
    """A picture has so many arrows or boxes side by side that Graphviz would need minutes."""

    def __init__(self, what: str = "arrows") -> None:
        super().__init__(
            f"the picture has too many {what} to be laid out; a .mmd or .dot has no such limit"
        )
        self.what = what


def draw(
    dot: str,
    form: str,
    notify: Callable[[str], None] = lambda note: None,
    engine: bytes = b"dot",
) -> bytes:
    """Return a picture of a DOT text.

    Groups of an SVG have the ids and the `data-nodes` that `dot` describes.

    Args:
        dot: The text, as `pictures.dot` writes it.
        form: "svg", "pdf" or "png".
        notify: Called with a note where a bitmap is coarser than usual.
        engine: What lays it out; b"nop2" takes the places of everything from the text.

    Raises:
        TooLarge: The text could not be read in any bitmap.
    """
    fonts.provide()

    def lower(graph: pygraphviz.AGraph) -> int | None:
        dpi = int(min(largest_dpi(graph, 0.5), DPI))
        if dpi < LEAST_DPI:
            raise TooLarge
        if dpi == DPI:
            return None
        notify(
            f"the picture is large: the .png has {dpi} instead of {DPI} dots per inch; an .svg has no such limit"
        )
        return dpi

    data = rendered(
        dot,
        form,
        {"png": "png:cairo", "pdf": "pdf:cairo"}.get(form, form),
        lower,
        DPI if form == "png" else None,
        engine,
    )
    return _finished(data, form)


def largest_dpi(graph: pygraphviz.AGraph, margin: float) -> float:
    """Return the most dots per inch that a bitmap of a graph can have.

    Args:
        graph: A `pygraphviz.AGraph` that is laid out.
        margin: Inches that the bitmap is wider, and higher, than the graph.
    """
    _, _, width, height = (
        float(number) / 72 + margin for number in re.split("[ ,]", graph.graph_attr["bb"])
    )
    by_area: float = (MOST_PIXELS / (width * height)) ** 0.5
    return min(LONGEST_SIDE / max(width, height), by_area)


def _check_arrows(dot: str) -> None:
    """Check that Graphviz can lay out the boxes and arrows of a DOT text.

    Raises:
        TooManyArrows: It cannot.
    """
    arrows = _ARROW.findall(dot)
    if len(arrows) < MOST_STEPS // 20:
        return
    ranks = _ranks(arrows)
    spans = [(ranks.get(source, 0), ranks.get(target, 0)) for source, target in arrows]
    steps = sum(max(0, last - first - 1) for first, last in spans)
    many = len(arrows) > max(MOST_ARROWS, MOST_ARROWS_PER_NODE * len(ranks))
    if many or steps > max(MOST_STEPS, MOST_STEPS_PER_ARROW * len(arrows)):
        raise TooManyArrows
    if _widest(ranks, spans, arrows) > WIDEST_RANK:
        raise TooManyArrows("boxes or arrows side by side")


def _ranks(arrows: list[tuple[str, str]]) -> dict[str, int]:
    """Return the rank of each node: one more than the highest of those with an arrow to it."""
    targets: dict[str, list[str]] = {}
    waiting: dict[str, int] = {}
    for source, target in arrows:
        targets.setdefault(source, []).append(target)
        waiting[target] = waiting.get(target, 0) + 1
    ranks = dict.fromkeys((source for source in targets if source not in waiting), 0)
    ready = list(ranks)
    while ready:
        source = ready.pop()
        for target in targets.get(source, ()):
            ranks[target] = max(ranks.get(target, 0), ranks[source] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return ranks


def _widest(
    ranks: dict[str, int], spans: list[tuple[int, int]], arrows: list[tuple[str, str]]
) -> int:
    """Return the most boxes and arrows that are side by side, wherever boxes without sources are."""
    change = [0] * (max(ranks.values(), default=0) + 2)
    for rank in ranks.values():
        change[rank] += 1
        change[rank + 1] -= 1
    for first, last in spans:
        if last > first + 1:
            change[first + 1] += 1
            change[last] -= 1
    # All arrows to a box cross the rank before it, and those from it the one after it.
    ends = Counter(source for source, _ in arrows), Counter(target for _, target in arrows)
    return max(*accumulate(change), *(max(end.values(), default=0) for end in ends))


def rendered(
    dot: str,
    form: str,
    renderer: str,
    lower: Callable[[pygraphviz.AGraph], int | None],
    dpi: int | None = None,
    engine: bytes = b"dot",
) -> bytes:
    """Return a DOT text as Graphviz draws it.

    Args:
        dot: The text.
        form: The format, such as "png".
        renderer: Graphviz's name of what draws it, such as "png:cairo".
        lower: Returns fewer dots per inch for a bitmap of a graph that is laid out, where it needs them.
        dpi: Dots per inch of a bitmap, by default those of the text.
        engine: What lays it out; b"nop" takes the places that are in the text, b"nop2" those of arrows too.

    Raises:
        OSError: Graphviz cannot draw the format.
        TooManyArrows: It cannot lay it out in a reasonable time.
    """
    import pygraphviz  # optional
    from pygraphviz import graphviz as library  # optional

    if engine == b"dot":
        _check_arrows(dot)
    graph = pygraphviz.AGraph(string=dot)
    context = library.gvContextWithBuiltins()
    try:
        if dpi is not None:
            graph.graph_attr["dpi"] = str(dpi)
        library.gvLayout(context, graph.handle, engine)
        less = lower(graph) if form == "png" else None
        if less is not None:
            library.gvFreeLayout(context, graph.handle)
            graph.graph_attr["dpi"] = str(less)
            library.gvLayout(context, graph.handle, engine)
        status = library.gvRenderData(context, graph.handle, renderer.encode())
        if isinstance(status, int) or status[0]:
            raise OSError(f"Graphviz cannot draw {form}")
        data = status[1]
        library.gvFreeLayout(context, graph.handle)
    finally:
        library.gvFreeContext(context)
        graph.close()
    return data.encode() if isinstance(data, str) else bytes(data)


def draw_placed(dot: str, form: str = "png", dpi: int = DPI) -> bytes:
    """Return a picture of a DOT text in which everything has its place.

    Args:
        dot: The text.
        form: "svg", "pdf" or "png".
        dpi: Dots per inch of a bitmap.

    Raises:
        OSError: Graphviz cannot draw it.
    """
    fonts.provide()
    renderer = {"png": "png:cairo", "pdf": "pdf:cairo"}.get(form, form)
    bitmap = dpi if form == "png" else None
    return _finished(rendered(dot, form, renderer, lambda graph: None, bitmap, b"nop"), form)


def sizes(dot: str) -> dict[str, tuple[float, float]]:
    """Return the width and height of each node of a DOT text by its name, in points; the names are words."""
    fonts.provide()
    plain = rendered(dot, "plain", "plain", lambda graph: None, engine=b"nop").decode()
    return {
        name: (float(width) * 72, float(height) * 72)
        for name, width, height in re.findall(r"^node (\w+) \S+ \S+ (\S+) (\S+)", plain, re.M)
    }


def _finished(data: bytes, form: str) -> bytes:
    """Return what Graphviz has drawn without dates, an SVG also with what readers need."""
    return {"svg": finished_svg, "pdf": _pdf}.get(form, bytes)(data)


_COMMENT = re.compile(r"<!--.*?-->\n?", re.S)
_GROUP = re.compile(r'<g id="([^"]*)" class="(node|edge|cluster)([^"]*)">\n<title>[^<]*</title>\n')
_LINK, _LINK_END = re.compile(r'<g id="a_[^"]*"><a xlink:title="[^"]*">\n'), "</a>\n</g>\n"
_BOX = re.compile(r'<g id="(?:node|output)-[^"]*" class="node[^"]*".*?</g>\n', re.S)
# Only a text that is alone on the right: of several, each would end where the last one does.
_RIGHT = re.compile(
    r'<text [^>]*>\xa0{6}</text>\n(<text [^>]*?text-anchor=")start(" x=")[^"]*("[^>]*? y="([^"]*)"[^>]*>[^<]*</text>\n)(?!<text [^>]*? y="\4")'
)
_AFTER = re.compile(
    r'(<text [^>]*? y="([^"]*)"[^>]*>[^<]+)</text>\n<text [^>]*>\xa0</text>\n'
    r'<text [^>]*?text-anchor="start"[^>]*? y="\2" font-family="[^"]*"( [^>]*)>([^<\xa0]+)</text>'
)
_TEXT = re.compile(r'<text((?: [^ >]+="[^"]*")*? font-size="(?P<size>[^"]*)"[^>]*)>(.*?)</text>')
#: The corners of a box, of which the first is also the last one; the x of these; and where its text begins.
_OUTLINE, _X = re.compile(r' (?:d|points)="([^"]*)"'), re.compile(r"[ MC]([^ ,]+),")
_LEFT = re.compile(r'<text [^>]*? x="([^"]*)"')
_BLANK = re.compile(r"<text [^>]*>\xa0+</text>\n")


def _box(match: re.Match[str]) -> str:
    """Return a box whose text at the right ends at its side, and whose small text follows the large one, in every font."""
    text = match[0]
    outline, left = _OUTLINE.search(text), _LEFT.search(text)
    if left is not None and outline is not None:
        sides = [float(x) for x in _X.findall(outline[1])]
        # The margins on both sides are equal.
        end = f"{min(sides) + max(sides) - float(left[1]):.2f}"
        text = _RIGHT.sub(lambda row: f"{row[1]}end{row[2]}{end}{row[3]}", text)
    # A smaller text follows the one before it, however long that becomes.
    return _AFTER.sub(r"\1 <tspan\3>\4</tspan></text>", text)


def _unescaped(text: str) -> str:
    return text.replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&")


def _fitted(text: str) -> str:
    """Return a picture that states how long each text is, so that it has that length in every font."""
    both = fonts.load() if fonts.provide() else None
    if both is None:
        return text
    # Many boxes have the same shape or class.
    regular, bold = (cache(font.length) for font in both)

    def fit(match: re.Match[str]) -> str:
        attributes, content = match[1], match[3]
        first, _, after = content.partition("<tspan")
        length = (bold if ' font-weight="bold"' in attributes else regular)(
            _unescaped(first), float(match["size"])
        )
        if after and length is not None:
            # The smaller text is regular, and has its own size.
            look, _, rest = after.removesuffix("</tspan>").partition(">")
            size = re.search(r'font-size="([^"]*)"', look)
            more = regular(_unescaped(rest), float(size[1] if size else match["size"]))
            length = None if more is None else length + more
        return (
            match[0]
            if not length
            else f'<text{attributes} textLength="{length:.1f}" lengthAdjust="spacingAndGlyphs">{content}</text>'
        )

    return _TEXT.sub(fit, text)


def finished_svg(data: bytes) -> bytes:
    """Return the SVG of Graphviz with titles as tooltips, the indices of calls, and colours that follow the reader."""
    text = _COMMENT.sub("", data.decode().replace("&#45;", "-"))

    def group(match: re.Match[str]) -> str:
        title, body = "", text[match.end() : match.end() + 4000]
        link = re.match(r'<g id="a_[^"]*"><a xlink:title="([^"]*)">', body)
        if link:
            title = f"<title>{link[1]}</title>\n"
        words = match[3].split()
        calls = " ".join(word[6:].replace("-", " ") for word in words if word.startswith("nodes-"))
        nodes = f' data-nodes="{calls}"' if calls else ""
        others = [word for word in words if word.partition("-")[0] != "nodes"]
        name = " ".join([match[2], *others])
        return f'<g id="{match[1]}" class="{name}"{nodes}>\n{title}'

    text = _GROUP.sub(group, text)
    # Graphviz states a tooltip as a link; the title does so now.
    text = _LINK.sub("", text).replace(_LINK_END, "")
    # Only Graphviz needs the spaces.
    text = _fitted(_BLANK.sub("", _BOX.sub(_box, text)))
    if 'class="graph theme-auto"' in text:
        used = set(re.findall(r'(fill|stroke)="(#[^"]*)"', text))
        dark = "".join(
            f'[{what}="{a}"]{{{what}:{b}}}'
            for a, b in dict(pairs()).items()
            for what in ("fill", "stroke")
            if (what, a) in used
        )
        style = f"<style>:root{{color-scheme:light dark}}@media (prefers-color-scheme:dark){{{dark}}}</style>\n"
        text = re.sub(r"(<svg [^>]*>\n)", lambda match: match[1] + style, text, count=1)
    return text.encode()


def _pdf(data: bytes) -> bytes:
    """Return a PDF with a fixed time of creation, of the same length, as the file holds byte offsets."""
    return re.sub(
        rb"/(CreationDate|ModDate) ?\(([^)]*)\)",
        lambda m: b"/" + m[1] + b" (" + b"D:19700101000000Z".ljust(len(m[2]))[: len(m[2])] + b")",
        data,
    )
