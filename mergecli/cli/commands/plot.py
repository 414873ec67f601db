"""`mergecli plot`."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from mergecli.cli import terminal
from mergecli.cli.commands.summary import checked, words
from mergecli.compiler import settings as config
from mergecli.diagnostics import files
from mergecli.diagnostics.source import Source
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import Network

if TYPE_CHECKING:
    from mergecli.cli.live_page import Server
    from mergecli.cli.watching import Seen

#: Each format with what it needs beside mergecli.
FORMATS: dict[str, tuple[str, ...]] = {
    "svg": ("graphviz", "pygraphviz"),
    "png": ("graphviz", "pygraphviz"),
    "pdf": ("graphviz", "pygraphviz"),
    "dot": ("graphviz",),
    "mmd": (),
    "html": ("graphviz", "pygraphviz"),
}
#: What a picture that is too large is drawn with instead.
_COARSER = {"layer": "auto", "auto": "block", "block": "branch"}
#: A page with more layers than this has no picture with a box for each of them, which takes long to lay out.
MOST_UNFOLDED = 1500


class _Plot(click.Command):
    """A command whose option `--serve` may stand without its port, also before the spec."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for place, word in enumerate(args):
            if word == "--":
                break
            if word == "--serve" and not "".join(args[place + 1 : place + 2]).isdigit():
                args[place] = "--serve=0"
        return super().parse_args(ctx, args)


@click.command(cls=_Plot)
@click.argument("spec", metavar="SPEC|MODEL")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FILE",
    help=f"Draw this file: .{', .'.join(FORMATS)}; repeatable.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    help="Print the picture on standard output.",
)
@click.option(
    "--detail",
    type=click.Choice(["auto", "layer", "block", "branch"]),
    default="auto",
    show_default=True,
    help="What a box stands for; `auto` folds what is repeated until the picture fits a page.",
)
@terminal.theme_option
@terminal.rankdir_option
@click.option(
    "--bar",
    type=click.Choice(["parameters", "macs", "none"]),
    default="parameters",
    show_default=True,
    help="What the bars in the boxes show.",
)
@terminal.watch_option
@click.option(
    "--serve",
    type=click.IntRange(0, 65535),
    metavar="[PORT]",
    help="Show the page at an address of this machine only, by default at a free port; it follows what --watch sees.",
)
@click.option("-q", "--quiet", is_flag=True, help="No notes.")
@terminal.verbose_option
@terminal.set_option
@terminal.import_option
@terminal.stdin_option
@terminal.color_option
def plot(
    spec: str,
    outputs: tuple[str, ...],
    form: str | None,
    watch: bool,
    serve: int | None,
    settings: dict[str, Any],
    modules: CustomLayers,
    **options: Any,
) -> None:
    """Draw the architecture of a spec or a saved model, without Keras.

    Without -o, --format and --serve, an SVG called as the spec goes where `build` puts its picture.
    """
    jobs = (
        _jobs(spec, outputs, form, options["stdin_filename"])
        if outputs or form or serve is None
        else []
    )
    for wanted in [*(wanted for wanted, _ in jobs), *["html"] * (serve is not None)]:
        check_installed(wanted)
    if not watch and serve is None:
        return _draw(jobs, *_network(spec, options, settings, modules), options)
    from mergecli.cli import watching

    watching.check([spec])
    if serve is None:
        watching.watch(
            lambda seen: _draw(
                jobs, *_network(spec, options, settings, modules, seen), options, seen
            ),
            options["quiet"],
        )
    from mergecli.cli.live_page import Server

    with Server(serve) as server:
        terminal.note(server.address)
        watching.watch(
            lambda seen: _show(server, spec, jobs, options, settings, modules, seen),
            options["quiet"],
            server.address,
        )


def _show(
    server: Server,
    spec: str,
    jobs: list[tuple[str, str]],
    options: dict[str, Any],
    settings: dict[str, Any],
    modules: CustomLayers,
    seen: Seen,
) -> None:
    """Draw a spec for those who look at its page, or tell them why it cannot be drawn."""
    try:
        with terminal.usage_errors():
            network, source = _network(spec, options, settings, modules, seen)
    except SystemExit:
        assert seen.checked is not None
        server.tell(spec, words(seen.checked))
        raise
    except click.ClickException as problem:
        server.tell(spec, problem.format_message())
        raise
    server.show(
        render_page(
            network,
            source,
            options["detail"],
            options["theme"],
            options["rankdir"],
            options["bar"],
            server.stream,
        )
    )
    _draw(jobs, network, source, options, seen)


def _draw(
    jobs: list[tuple[str, str]],
    network: Network,
    source: Source | None,
    options: dict[str, Any],
    seen: Seen | None = None,
) -> None:
    """Draw all that is wanted; while the spec is watched, a file is written only if it becomes another."""
    for _, path in jobs:
        if path:
            files.prepare(path)
    written: list[tuple[str, str]] = []
    same: list[str] = []
    notes: list[str] = []
    try:
        for wanted, path in jobs:
            choices = options["detail"], options["theme"], options["rankdir"], options["bar"]
            data = (
                render_page(network, source, *choices)
                if wanted == "html"
                else render(network, wanted, *choices, notes)
            )
            if not path:
                _print(data)
            elif seen is not None and _holds(path, data):
                same.append(path)
            else:
                written.append((files.temporary_path(os.path.realpath(path)), path))
                files.write_temporary(written[-1][0], data, path)
        files.move([(temporary, os.path.realpath(path)) for temporary, path in written])
    finally:
        files.remove([temporary for temporary, _ in written])
    if not options["quiet"]:
        for told in dict.fromkeys(notes):
            terminal.note(f"note: {told}")
        for _, path in written:
            terminal.note(f"wrote {path}")
        for path in same:
            terminal.note(f"{path} stays as it is")


def render(
    network: Network, form: str, detail: str, theme: str, rankdir: str, bar: str, notes: list[str]
) -> bytes:
    """A picture of a network in one of `FORMATS`; what had to be drawn otherwise goes to the notes.

    A format more is a line in `FORMATS` and a branch here; one that holds an SVG gets it by asking for `svg` with the theme `auto`.
    """
    if form == "mmd":
        from mergecli.exporters.pictures.mermaid import mermaid

        return mermaid(network, detail, theme, rankdir, bar).encode("utf-8", "backslashreplace")
    from mergecli.exporters.pictures.dot import dot

    if form == "dot":
        return dot(network, detail, theme, rankdir, bar).encode("utf-8", "backslashreplace")
    from mergecli.exporters.pictures import graphviz
    from mergecli.runtime import backend

    while True:
        text = dot(network, detail, theme, rankdir, bar)
        try:
            with backend.silence():
                return graphviz.draw(text, form, notes.append)
        except graphviz.TooLarge:
            if detail not in _COARSER:
                raise OSError(
                    "the picture is too large for a bitmap; an .svg has no such limit"
                ) from None
            coarser = _COARSER[detail]
            notes.append(
                f"with --detail {detail} no bitmap could be read; the .{form} is drawn with --detail {coarser}, an .svg has no such limit"
            )
            detail = coarser


def render_page(
    network: Network,
    source: Source | None,
    detail: str,
    theme: str,
    rankdir: str,
    bar: str,
    live: str | None = None,
) -> bytes:
    """The page of a network; `live` is where it learns that there is a new one."""
    from mergecli.exporters.page.writer import page
    from mergecli.exporters.pictures.dot import dot
    from mergecli.exporters.pictures.graphviz import draw
    from mergecli.runtime import backend

    # The reader turns the colours of a page; `theme` is what it begins with.
    colours = "print" if theme == "print" else "auto"
    details = [detail] if len(network.parts()) > MOST_UNFOLDED else [detail, "layer"]
    with backend.silence():
        pictures = [
            draw(text, "svg").decode()
            for text in dict.fromkeys(dot(network, one, colours, rankdir, bar) for one in details)
        ]
    return page(network, source, *pictures, theme=theme, live=live).encode()


def _jobs(
    spec: str, outputs: tuple[str, ...], form: str | None, name: str | None
) -> list[tuple[str, str]]:
    """The formats that are wanted, each with its file; standard output has none."""
    jobs = [(_format(path), path) for path in outputs]
    if form is not None:
        jobs.append((form, ""))
    if not jobs:
        shown = (name or "architecture") if spec == "-" else spec
        stem = os.path.splitext(os.path.basename(shown))[0] or "architecture"
        jobs.append(
            (
                "svg",
                os.path.join(config.Configs().of_folder().output_dir or "output", f"{stem}.svg"),
            )
        )
    places = [os.path.realpath(path) for _, path in jobs if path]
    for place in places:
        if places.count(place) > 1:
            raise click.UsageError(f"{place} would be written twice")
        if spec != "-" and place == os.path.realpath(spec):
            raise click.UsageError(f"{spec} would be overwritten")
    return jobs


def _format(path: str) -> str:
    ending = os.path.splitext(path)[1].lower().removeprefix(".")
    if ending not in FORMATS:
        raise click.BadParameter(
            f"{path!r} does not end in .{', .'.join(FORMATS)}.", param_hint="'-o'"
        )
    return ending


def check_installed(form: str) -> None:
    """End with what to install, if a format cannot be drawn."""
    for package in FORMATS[form]:
        if not _found(package):
            others = [name for name, needs in FORMATS.items() if all(map(_found, needs))]
            terminal.note(
                f"mergecli: `{package}`, which draws .{form}, is not installed; install it: pip install 'mergecli[plot]'"
                f" (without it there is .{', .'.join(others)})"
            )
            sys.exit(terminal.EXIT_MISSING)


def _found(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):
        # Something stands before the packages and refuses this one.
        return False


def _network(
    spec: str,
    options: dict[str, Any],
    settings: dict[str, Any],
    modules: CustomLayers,
    seen: Seen | None = None,
) -> tuple[Network, Source | None]:
    return checked(spec, options["stdin_filename"], options["color"], settings, modules, seen)


def _print(data: bytes) -> None:
    sys.stdout.flush()
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        terminal.emit(data.decode())
    else:
        stream.write(data)
        stream.flush()


def _holds(path: str, data: bytes) -> bool:
    """Whether a file has these bytes already."""
    try:
        with open(path, "rb") as file:
            return file.read() == data
    except OSError:
        return False
