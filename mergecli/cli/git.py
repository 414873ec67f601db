"""Files as they are in a revision of git: `REV:path`, and what a spec there includes, from the same revision."""

from __future__ import annotations

import os
import posixpath
import subprocess
import tempfile

import click

from mergecli.diagnostics.source import LARGEST, Source, Unreadable, decode

#: The most bytes of a file in a revision, which is read whole.
MOST_BYTES = 1 << 30


def split(text: str) -> tuple[str, str] | None:
    """The revision and the path in `REV:path`; None when the text names a file.

    >>> split("HEAD~2:specs/a.yaml"), split("specs/a.yaml"), split(":a.yaml")
    (('HEAD~2', 'specs/a.yaml'), None, ('', 'a.yaml'))

    Raises:
        click.UsageError: There is a file of that name, and one in the revision.
    """
    revision, separator, path = text.partition(":")
    drive = os.name == "nt" and len(revision) == 1
    if not separator or not path or drive or revision.startswith("-"):
        return None
    if os.path.exists(text):
        if _has(revision, path):
            raise click.UsageError(
                f"{text} is a file, and a file in a revision; name the file as ./{text}"
            )
        return None
    return revision, path


def _has(revision: str, path: str) -> bool:
    """Whether there is such a file in a revision."""
    try:
        git("cat-file", "-e", f"{revision}:{path}")
    except Unreadable:
        return False
    return True


class Revision:
    """A revision of the repository around the working directory; a stage of the index, if its name is empty."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files: dict[str, str] = {}

    def full(self, path: str) -> str:
        """A path as it is from the top of the repository; one that begins with `./` or `../` is relative to the working directory.

        Raises:
            Unreadable: there is no repository.
        """
        if not path.startswith(("./", "../")):
            return path
        prefix = git("rev-parse", "--show-prefix").decode("utf-8", "surrogateescape").rstrip("\n")
        return posixpath.normpath(posixpath.join(prefix, path))

    def bytes(self, path: str) -> bytes:
        """What is in a file.

        Raises:
            Unreadable: there is no such file or revision, or no repository.
        """
        place = f"{self.name}:{path}"
        if int(git("cat-file", "-s", place)) > MOST_BYTES:
            raise Unreadable("unreadable", f"is larger than {MOST_BYTES >> 20} MiB")
        return git("cat-file", "blob", place)

    def source(self, path: str, label: bool = False) -> Revised:
        """A spec in the revision; with a `label` it is one that another spec includes.

        Raises:
            Unreadable: it cannot be read, or is not text.
        """
        data = self.bytes(path)
        if len(data) > LARGEST:
            raise Unreadable("unreadable", f"is larger than {LARGEST >> 20} MiB; no spec is")
        return Revised(decode(data), f"{self.name}:{path}", self, label)

    def file(self, path: str) -> str:
        """A copy of a file, which is there as long as this object is; it has the same ending.

        Raises:
            Unreadable: it cannot be read.
        """
        if path not in self._files:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="mergecli-")
            place = os.path.join(
                self._folder.name, f"{len(self._files)}{posixpath.splitext(path)[1]}"
            )
            data = self.bytes(path)
            with open(place, "wb") as file:
                file.write(data)
            self._files[path] = place
        return self._files[path]


class Revised(Source):
    """The text of a spec in a revision; what is beside it is in that revision, too."""

    __slots__ = ("revision",)

    def __init__(self, text: str, path: str, revision: Revision, label: bool = False) -> None:
        super().__init__(text, path, path if label else "")
        self.revision = revision

    def beside(self, text: str) -> str:
        if posixpath.isabs(text):
            return text
        own = self.path[len(self.revision.name) + 1 :]
        return f"{self.revision.name}:{posixpath.normpath(posixpath.join(posixpath.dirname(own), text))}"

    def _inside(self, path: str) -> str | None:
        """A path that `beside` gave, from the top of the repository; None when it is not in it."""
        return (
            path[len(self.revision.name) + 1 :]
            if path.startswith(f"{self.revision.name}:")
            else None
        )

    def may_read(self, path: str) -> bool:
        inside = self._inside(path)
        return Source.allow_outside or (inside is not None and not inside.startswith("../"))

    def include(self, path: str) -> Source:
        inside = self._inside(path)
        return super().include(path) if inside is None else self.revision.source(inside, True)

    def file(self, path: str) -> str:
        inside = self._inside(path)
        return path if inside is None else self.revision.file(inside)


def git(*arguments: str) -> bytes:
    """What git prints.

    Raises:
        Unreadable: it is not installed, or refuses; with its reason.
    """
    try:
        result = subprocess.run(["git", *arguments], capture_output=True)
    except FileNotFoundError:
        raise Unreadable("not-found", "git is not installed, which a revision needs") from None
    if result.returncode:
        lines = result.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = next(
            (line for line in lines if line.startswith("fatal:")), (lines or ["git refuses it"])[0]
        )
        raise Unreadable("not-found", reason.removeprefix("fatal: "))
    return result.stdout
