"""`mergecli diff`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from mergecli.cli import git, reports, terminal
from mergecli.cli.commands.summary import tell
from mergecli.compiler.pipeline import compile_model, compile_spec, is_model
from mergecli.diagnostics import files
from mergecli.diagnostics.source import Source, Unreadable
from mergecli.importers.modules import CustomLayers

if TYPE_CHECKING:
    from mergecli.diff import Comparison
    from mergecli.diff.model import Model

FORMATS = ("text", "json", "markdown", "mermaid")
#: The pictures that `--plot` draws.
PICTURES = ("svg", "png", "pdf", "dot", "mmd")
#: What git gives a program that shows a difference: path, old file, hex, mode, new file, hex, mode; for a renamed file two more.
GIT = (7, 9)
#: What git calls a file that is not there, on every system.
NOTHING = "/dev/null"


class Side(NamedTuple):
    """One side of the comparison: what it is called, and its model, unless it could not be had, which is said."""

    name: str
    model: Model | None


@click.command(short_help="Say what changed between two models.")
@click.argument("old", metavar="OLD")
@click.argument("new", nargs=-1, metavar="NEW")
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="FORMAT[=FILE]",
    shell_complete=lambda context, parameter, incomplete: [
        name for name in FORMATS if name.startswith(incomplete)
    ],
    help=f"{', '.join(FORMATS)}; repeat it to write several, each to a FILE.",
)
@click.option(
    "--plot",
    "pictures",
    multiple=True,
    metavar="FILE",
    help=f"Draw both in one picture: .{', .'.join(PICTURES)}; repeatable.",
)
@terminal.theme_option
@terminal.rankdir_option
@click.option(
    "-q", "--quiet", is_flag=True, help="Print nothing; the exit code says whether they differ."
)
@terminal.verbose_option
@terminal.set_option
@terminal.import_option
@terminal.stdin_option
@terminal.color_option
def diff(
    old: str,
    new: tuple[str, ...],
    formats: tuple[str, ...],
    pictures: tuple[str, ...],
    theme: str,
    rankdir: str,
    quiet: bool,
    settings: dict[str, Any],
    modules: CustomLayers,
    stdin_filename: str | None,
    color: bool | None,
) -> None:
    """Say what changed between two architectures, and which weights would still load. Keras is never imported.

    OLD and NEW are specs, saved models (.keras, .h5, .json), or REV:PATH for a file in a revision of git. It takes git's seven arguments,
    too. Exit code 0: the same model; 1: they differ; 3: a side could not be read, or has errors.
    """
    wanted = _wanted(formats)
    drawn = _drawn(pictures, [path for _, path in wanted if path])
    reader = _Reader(settings, modules, stdin_filename, color)
    if len(new) + 1 in GIT or (not new and "GIT_DIFF_PATH_COUNTER" in os.environ):
        if drawn:
            raise click.UsageError(
                "git asks for each file by itself, and --plot draws one difference: name both sides, as in HEAD:a.yaml a.yaml"
            )
        _for_git(reader, (old, *new), wanted, color)
        return
    if len(new) != 1:
        raise click.UsageError(
            f"a difference is between two models, OLD and NEW, not {len(new) + 1}"
        )
    if old == new[0] == "-":
        raise click.UsageError("only one side can come from standard input")
    for option, path in [(f"--format …={path}", path) for _, path in wanted if path] + [
        (f"--plot {path}", path) for _, path in drawn
    ]:
        if any(
            os.path.exists(side) and os.path.exists(path) and os.path.samefile(side, path)
            for side in (old, new[0])
        ):
            raise click.UsageError(f"{option} would overwrite a file that is compared")
        files.prepare(path)
    sides = [reader.side(old), reader.side(new[0])]
    if sides[0].model is None or sides[1].model is None:
        sys.exit(terminal.EXIT_UNREADABLE)
    from mergecli.diff import compare

    comparison = compare(sides[0].model, sides[1].model)
    names = sides[0].name, sides[1].name
    if drawn:
        _draw(comparison, names, drawn, theme, rankdir)
    for form, path in wanted:
        if path:
            files.write(path, render(comparison, form, names))
        elif not quiet:
            terminal.emit(render(comparison, form, names, terminal.colored(color, sys.stdout)))
    sys.stdout.flush()
    for _, path in drawn if not quiet else ():
        terminal.note(f"wrote {path}")
    if comparison.same and not quiet:
        terminal.note(f"{names[0]} and {names[1]} are the same model")
    if not comparison.same:
        sys.exit(terminal.EXIT_ERRORS)


def render(comparison: Comparison, form: str, names: tuple[str, str], color: bool = False) -> str:
    """A comparison in a format; `names` are what to call the two sides."""
    if form == "json":
        from mergecli.diff import json_report

        return json_report.render(comparison, names)
    if form == "markdown":
        from mergecli.diff import markdown

        return markdown.render(comparison, names)
    if form == "mermaid":
        from mergecli.exporters.pictures import diff_mermaid
        from mergecli.exporters.pictures.diff_scene import overlays

        return diff_mermaid.mermaid(overlays(comparison, names))
    from mergecli.diff import text as diff_text

    return diff_text.render(comparison, names, color)


def _wanted(formats: tuple[str, ...]) -> list[tuple[str, str]]:
    wanted = [reports.wanted(text, FORMATS) for text in formats or ("text",)]
    if sum(not path for _, path in wanted) > 1:
        raise click.UsageError(
            "only one format can go to standard output; give the others a file: FORMAT=FILE"
        )
    paths = [os.path.realpath(path) for _, path in wanted if path]
    for path in paths:
        if paths.count(path) > 1:
            raise click.UsageError(f"{path} would be written twice")
    return wanted


def picture(
    comparison: Comparison, form: str, names: tuple[str, str], theme: str, rankdir: str
) -> bytes:
    """A picture of both models in one of `PICTURES`.

    Raises:
        OSError: there is no bitmap large enough.
    """
    from mergecli.exporters.pictures.diff_scene import overlays

    pages = overlays(comparison, names)
    if form == "mmd":
        from mergecli.exporters.pictures.diff_mermaid import mermaid

        return mermaid(pages, theme, rankdir).encode("utf-8", "backslashreplace")
    from mergecli.exporters.pictures.diff_dot import dot

    if form == "dot":
        return dot(next(pages), theme, rankdir).encode("utf-8", "backslashreplace")
    from mergecli.exporters.pictures import graphviz
    from mergecli.runtime import backend

    for page in pages:
        try:
            with backend.silence():
                return graphviz.draw(dot(page, theme, rankdir), form)
        except graphviz.TooLarge:
            continue
    raise OSError("the picture is too large for a bitmap; an .svg has no such limit")


def _drawn(pictures: tuple[str, ...], taken: list[str]) -> list[tuple[str, str]]:
    """The pictures that are wanted, each with its format."""
    drawn = []
    for path in pictures:
        form = os.path.splitext(path)[1].lower().removeprefix(".")
        if form not in PICTURES:
            raise click.BadParameter(
                f"{path!r} does not end in .{', .'.join(PICTURES)}.", param_hint="'--plot'"
            )
        drawn.append((form, path))
    places = [os.path.realpath(path) for path in (*taken, *pictures)]
    for place in places:
        if places.count(place) > 1:
            raise click.UsageError(f"{place} would be written twice")
    if drawn:
        from mergecli.cli.commands.plot import check_installed

        for form, _ in drawn:
            check_installed(form)
    return drawn


def _draw(
    comparison: Comparison,
    names: tuple[str, str],
    drawn: list[tuple[str, str]],
    theme: str,
    rankdir: str,
) -> None:
    """Write the pictures, all or none."""
    written: list[tuple[str, str]] = []
    try:
        for form, path in drawn:
            data = picture(comparison, form, names, theme, rankdir)
            real = os.path.realpath(path)
            written.append((files.temporary_path(real), real))
            files.write_temporary(written[-1][0], data, path)
        files.move(written)
    finally:
        files.remove([temporary for temporary, _ in written])


class _Reader:
    """Reads the sides of a comparison; what is wrong with them goes to standard error."""

    def __init__(
        self,
        settings: dict[str, Any],
        customs: CustomLayers,
        stdin_filename: str | None,
        color: bool | None,
    ) -> None:
        self.settings, self.customs, self.stdin_filename, self.color = (
            settings,
            customs,
            stdin_filename,
            color,
        )

    def side(self, text: str) -> Side:
        """One side: a file, standard input, or a file in a revision."""
        name = (self.stdin_filename or "<stdin>") if text == "-" else text
        try:
            place = git.split(text) if text != "-" else None
            if place is None:
                if is_model(text):
                    return Side(name, self.saved(text, text))
                return Side(name, self.spec(Source.read(text, self.stdin_filename)))
            revision = git.Revision(place[0])
            path = revision.full(place[1])
            if is_model(path):
                return Side(name, self.saved(revision.file(path), text))
            return Side(name, self.spec(revision.source(path)))
        except Unreadable as problem:
            tell(terminal.Checked(name, None, problem), self.color)
            return Side(name, None)

    def spec(self, source: Source) -> Model | None:
        """The model of a spec; None when it has errors, which are told."""
        checked = terminal.Checked(
            source.path, compile_spec(source, self.settings, self.customs), None
        )
        tell(checked, self.color)
        assert checked.compiled is not None
        if checked.compiled.network is None:
            return None
        from mergecli.diff.model import unfold

        return unfold(checked.compiled.network)

    def saved(self, path: str, name: str) -> Model | None:
        """A saved model, read without Keras; None when it is not safe, which is told.

        Raises:
            Unreadable: it cannot be read.
        """
        compiled = compile_model(path, name)
        tell(terminal.Checked(name, compiled, None), self.color)
        if compiled.network is None or compiled.saved is None:
            return None
        from mergecli.diff.checkpoint_layout import of_saved
        from mergecli.diff.model import unfold

        return unfold(compiled.network, of_saved(compiled.saved, compiled.network))

    def file_of_git(self, file: str, path: str) -> Side:
        """A side that git gives: the file that holds it, and the path that it has in the working tree, where it finds what it includes."""
        try:
            if is_model(path):
                return Side(path, self.saved(file, path))
            source = Source.read(file)
            source.path = path
            return Side(path, self.spec(source))
        except Unreadable as problem:
            tell(terminal.Checked(path, None, problem), self.color)
            return Side(path, None)


def _for_git(
    reader: _Reader, arguments: tuple[str, ...], wanted: list[tuple[str, str]], color: bool | None
) -> None:
    """Show a difference within `git diff`, which takes any exit code but 0 for a crash."""
    if len(arguments) == 1:
        terminal.emit(f"{arguments[0]} is unmerged\n")
        return
    path, old, _, _, new = arguments[:5]
    after = arguments[7] if len(arguments) == 9 else path
    names = f"a/{path}", f"b/{after}"
    sides = [
        None if file == NOTHING else reader.file_of_git(file, called)
        for file, called in ((old, path), (new, after))
    ]
    for side, name, other in ((sides[0], names[0], sides[1]), (sides[1], names[1], sides[0])):
        if side is None and other is not None and other.model is not None:
            layers = sum(not call.is_input for call in other.model.calls)
            word = "added" if side is sides[0] else "removed"
            terminal.emit(
                f"{other.name}: {word}, a model of {layers:,} layer{'s' * (layers != 1)}\n"
            )
        elif side is not None and side.model is None:
            terminal.emit(f"{name}: no model, as said on standard error\n")
    if sides[0] is None or sides[1] is None or sides[0].model is None or sides[1].model is None:
        return
    from mergecli.diff import compare

    comparison = compare(sides[0].model, sides[1].model)
    form = next((form for form, path in wanted if not path), "text")
    text = render(comparison, form, names, terminal.colored(color, sys.stdout))
    terminal.emit(
        text
        if not comparison.same or form != "text"
        else f"{names[0]} -> {names[1]}\n\nthe same model, written otherwise\n"
    )
