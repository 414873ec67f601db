"""`mergecli diff`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Mapping, NamedTuple, NoReturn

import click

from mergecli.catalog.versions import Version
from mergecli.cli import git, inputs, options, terminal
from mergecli.cli.reports import only_shown, same_file
from mergecli.compiler.pipeline import compile_model, compile_spec, is_model
from mergecli.diagnostics import files
from mergecli.diagnostics.escaping import line
from mergecli.diagnostics.source import Source, Unreadable
from mergecli.diff import Comparison, compare
from mergecli.diff.checkpoint_layout import of_saved
from mergecli.diff.model import unfold
from mergecli.exporters.formats import (
    DIFF_PICTURES,
    DIFFS,
    PictureOptions,
    check_installed,
)
from mergecli.importers.modules import CustomLayers

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from mergecli.cli.live_page import Server
    from mergecli.diff.model import Model

#: How many arguments git passes to a program that shows a difference: path, old file, hex, mode,
#: new file, hex, mode; for a renamed file two more.
GIT = (7, 9)
#: The name that git passes for a missing file, on every system.
NOTHING = "/dev/null"


class Side(NamedTuple):
    """One side of the comparison: its name, and its model unless it has errors."""

    name: str
    model: Model | None


@click.command(cls=options.ServingCommand)
@click.argument("old", metavar="OLD")
@click.argument("new", nargs=-1, metavar="NEW")
@options.formats_option(DIFFS)
@click.option(
    "--plot",
    "pictures",
    multiple=True,
    metavar="FILE",
    help=f"Draw both in one picture: .{', .'.join(DIFF_PICTURES)}; repeatable.",
)
@options.picture_options
@options.serve_option("it follows both files.")
@click.option(
    "-q", "--quiet", is_flag=True, help="Print nothing; the exit code says whether they differ."
)
@options.verbose_option
@options.spec_options
def diff(
    old: str,
    new: tuple[str, ...],
    formats: tuple[str, ...],
    pictures: tuple[str, ...],
    theme: str,
    rankdir: str,
    serve: int | None,
    quiet: bool,
    **reading: Unpack[options.SpecOptions],
) -> None:
    """Say what changed between two architectures, and which weights would still load. Keras is never imported.

    OLD and NEW are specs, saved models (.keras, .h5, .json), or REV:PATH for a file in a revision of git. It takes git's seven arguments,
    too. Exit code 0: the same model; 1: they differ; 3: a side could not be read, or has errors.

    \f

    Raises:
        click.UsageError: There are not two sides, or a picture of many is asked for.
    """
    wanted = _formats(formats) if formats or serve is None else []
    drawn = _pictures(pictures, [path for _, path in wanted if path])
    if serve is not None:
        with terminal.missing_dependencies():
            check_installed(DIFF_PICTURES, "html")
    if len(new) + 1 in GIT or (not new and "GIT_DIFF_PATH_COUNTER" in os.environ):
        if drawn or serve is not None:
            what = "--plot draws" if drawn else "--serve shows"
            raise click.UsageError(
                f"git asks for each file by itself, and {what} one difference: name both sides, as in HEAD:a.yaml a.yaml"
            )
        return _for_git(SideReader(**reading), (old, *new), wanted, reading["color"])
    if len(new) != 1:
        raise click.UsageError(
            f"a difference is between two models, OLD and NEW, not {len(new) + 1}"
        )
    _prepare(old, new[0], wanted, drawn)
    name = reading["stdin_filename"]
    names = inputs.display_name(old, name), inputs.display_name(new[0], name)
    look = PictureOptions("auto", theme, rankdir, "none", None, [])
    job = _Job((old, new[0]), names, wanted, drawn, look, quiet, reading["color"])
    if serve is not None:
        _serve(job, reading, serve)
    _run(job, reading)


class _Job(NamedTuple):
    """What to compare, and the outputs.

    Attributes:
        sides: The old and the new side, as they are on the command line.
        names: How both sides are called.
        wanted: The formats, each with its file, which is empty for standard output.
        drawn: The pictures, each with its format.
        look: How pictures look.
        quiet: Whether to print nothing.
        color: The value of `--color`.
    """

    sides: tuple[str, str]
    names: tuple[str, str]
    wanted: list[tuple[str, str]]
    drawn: list[tuple[str, str]]
    look: PictureOptions
    quiet: bool
    color: bool | None

    def compare(self, reader: SideReader) -> Comparison | None:
        """Return the comparison; None if a side has no model, which is reported."""
        old, new = (reader.side(side).model for side in self.sides)
        return None if old is None or new is None else compare(old, new)

    def write(self, comparison: Comparison) -> None:
        """Write and print all outputs."""
        if self.drawn:
            _draw(comparison, self.names, self.drawn, self.look)
        for form, path in self.wanted:
            if path:
                files.write(path, DIFFS[form].load()(comparison, self.names, False))
            elif not self.quiet:
                shows_colors = terminal.colored(self.color, sys.stdout)
                terminal.emit(DIFFS[form].load()(comparison, self.names, shows_colors))
        if self.quiet:
            return
        terminal.flush()
        for _, path in self.drawn:
            terminal.note(f"wrote {path}")
        if comparison.same:
            terminal.note(f"{self.names[0]} and {self.names[1]} are the same model")


def _run(job: _Job, reading: options.SpecOptions) -> None:
    """Compare once, and end with the exit code that says what the result is."""
    comparison = job.compare(SideReader(**reading))
    if comparison is None:
        sys.exit(terminal.EXIT_UNREADABLE)
    job.write(comparison)
    if not comparison.same:
        sys.exit(terminal.EXIT_ERRORS)


def _serve(job: _Job, reading: options.SpecOptions, port: int) -> NoReturn:
    """Show the comparison on a page, and again at each change of a side, until interrupted."""
    from mergecli.cli import watching  # start-up
    from mergecli.cli.live_page import Server  # start-up

    watching.check(job.sides)
    with Server(port) as server:
        terminal.note(server.address)
        watching.watch(
            lambda dependencies: _show(server, job, reading, dependencies),
            job.quiet,
            server.address,
        )


def _show(
    server: Server, job: _Job, reading: options.SpecOptions, dependencies: inputs.Dependencies
) -> None:
    """Draw a comparison on its page, or show there why it cannot be drawn."""
    title = " -> ".join(job.names)
    try:
        with terminal.usage_errors():
            reader = SideReader(**reading, dependencies=dependencies)
            comparison = job.compare(reader)
    except click.ClickException as problem:
        server.show_problem(title, problem.format_message())
        raise
    if comparison is None:
        server.show_problem(title, "\n".join(reader.problems))
        sys.exit(terminal.EXIT_UNREADABLE)
    from mergecli.exporters.pictures.diff_pictures import page  # start-up

    try:
        server.show(page(comparison, job.names, "html", job.look, server.stream))
    except OSError as problem:
        server.show_problem(title, str(problem))
        raise
    job.write(comparison)


def _prepare(
    old: str, new: str, wanted: list[tuple[str, str]], drawn: list[tuple[str, str]]
) -> None:
    """Check that the outputs can be written and are not one of the sides."""
    if old == new == "-":
        raise click.UsageError("only one side can come from standard input")
    outputs = [(f"--format …={path}", path) for _, path in wanted if path]
    outputs += [(f"--plot {path}", path) for _, path in drawn]
    for option, path in outputs:
        if same_file(old, path) or same_file(new, path):
            raise click.UsageError(f"{option} would overwrite a file that is compared")
        files.prepare(path)


def _formats(values: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the formats, each with its file, which is empty for standard output."""
    formats = [options.read_format(text, DIFFS) for text in values or ("text",)]
    only_shown(formats)
    options.refuse_repeated(path for _, path in formats if path)
    return formats


def _pictures(paths: tuple[str, ...], taken: list[str]) -> list[tuple[str, str]]:
    """Return the pictures, each with its format; `taken` are the files of other outputs."""
    pictures = []
    for path in paths:
        form = os.path.splitext(path)[1].lower().removeprefix(".")
        if form not in DIFF_PICTURES:
            raise click.BadParameter(
                f"{path!r} does not end in .{', .'.join(DIFF_PICTURES)}.", param_hint="'--plot'"
            )
        pictures.append((form, path))
    options.refuse_repeated((*taken, *paths))
    with terminal.missing_dependencies():
        for form, _ in pictures:
            check_installed(DIFF_PICTURES, form)
    return pictures


def _draw(
    comparison: Comparison,
    names: tuple[str, str],
    drawn: list[tuple[str, str]],
    look: PictureOptions,
) -> None:
    """Write the pictures, all or none."""
    written: list[tuple[str, str]] = []
    try:
        for form, path in drawn:
            data = DIFF_PICTURES[form].load()(comparison, names, form, look)
            real = os.path.realpath(path)
            written.append((files.temporary_path(real), real))
            files.write_temporary(written[-1][0], data, path)
        files.move(written)
    finally:
        files.remove([temporary for temporary, _ in written])


class SideReader:
    """Reads the sides of a comparison, and reports their errors on standard error."""

    def __init__(
        self,
        variables: Mapping[str, object],
        custom_layers: CustomLayers,
        target: Version | None,
        stdin_filename: str | None,
        color: bool | None,
        dependencies: inputs.Dependencies | None = None,
    ) -> None:
        self.variables, self.dependencies = variables, dependencies
        self.custom_layers = options.reread_custom_layers(custom_layers, dependencies is not None)
        self.target = inputs.target_of("-", target)
        self.stdin_filename, self.color = stdin_filename, color
        #: The diagnostics of the sides without a model.
        self.problems: list[str] = []

    def side(self, text: str) -> Side:
        """Return one side: a file, standard input, or a file in a revision."""
        name = inputs.display_name(text, self.stdin_filename)
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
            self._report(inputs.Checked(name, None, problem))
            return Side(name, None)

    def _report(self, checked: inputs.Checked) -> None:
        """Print the diagnostics of a side, and record on which files it depends."""
        inputs.report(checked, self.color)
        if checked.compiled is None or checked.compiled.network is None:
            self.problems.append(inputs.report_text(checked))
        if self.dependencies is not None:
            self.dependencies.add(checked, self.custom_layers)

    def spec(self, source: Source) -> Model | None:
        """Return the model of a spec; None when it has errors, which are reported."""
        compiled = compile_spec(source, self.variables, self.custom_layers, self.target)
        self._report(inputs.Checked(source.path, compiled, None))
        return None if compiled.network is None else unfold(compiled.network, source=source)

    def saved(self, path: str, name: str) -> Model | None:
        """Return a saved model, read without Keras; None when it is not safe, which is reported.

        Raises:
            Unreadable: It cannot be read.
        """
        compiled = compile_model(path, name, target=self.target)
        self._report(inputs.Checked(name, compiled, None))
        if compiled.network is None or compiled.saved is None:
            return None
        return unfold(compiled.network, of_saved(compiled.saved, compiled.network))

    def file_of_git(self, file: str, path: str) -> Side:
        """Return a side that git passes.

        Args:
            file: The file that holds the text.
            path: Its path in the working tree, from which it includes other files.
        """
        try:
            if is_model(path):
                return Side(path, self.saved(file, path))
            source = Source.read(file)
            source.path = path
            return Side(path, self.spec(source))
        except Unreadable as problem:
            self._report(inputs.Checked(path, None, problem))
            return Side(path, None)


def _for_git(
    reader: SideReader,
    arguments: tuple[str, ...],
    wanted: list[tuple[str, str]],
    color: bool | None,
) -> None:
    """Show a difference in `git diff`, which takes any exit code but 0 for a crash."""
    if len(arguments) == 1:
        terminal.emit(f"{line(arguments[0])} is unmerged\n")
        return
    path, old, _, _, new = arguments[:5]
    after = arguments[7] if len(arguments) == 9 else path
    names = f"a/{path}", f"b/{after}"
    sides = [
        None if file == NOTHING else reader.file_of_git(file, called)
        for file, called in ((old, path), (new, after))
    ]
    for side, name in zip(sides, names):
        if side is not None and side.model is None:
            terminal.emit(f"{line(name)}: no model, as said on standard error\n")
    old_side, new_side = sides
    if old_side is None or new_side is None:
        _emit_single(old_side or new_side, "removed" if new_side is None else "added")
    elif old_side.model is not None and new_side.model is not None:
        comparison = compare(old_side.model, new_side.model)
        form = next((form for form, path in wanted if not path), "text")
        text = DIFFS[form].load()(comparison, names, terminal.colored(color, sys.stdout))
        if comparison.same and form == "text":
            text = f"{line(names[0])} -> {line(names[1])}\n\nthe same model, written otherwise\n"
        terminal.emit(text)


def _emit_single(side: Side | None, change: str) -> None:
    """Say that the model of a side was added or removed."""
    if side is not None and side.model is not None:
        layers = sum(not call.is_input for call in side.model.calls)
        ending = "s" * (layers != 1)
        terminal.emit(f"{line(side.name)}: {change}, a model of {layers:,} layer{ending}\n")
