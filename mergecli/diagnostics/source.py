"""The text of a spec, and places in it."""

from __future__ import annotations

import os
import sys
from bisect import bisect_left
from typing import BinaryIO, ClassVar, NamedTuple, Sequence

from mergecli.diagnostics.files import open_regular

#: Bytes that a spec may have.
LARGEST = 4 << 20
#: Where a shell puts the pipes of process substitution.
_PIPES = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
#: Characters between two places whose line number is stored.
_STRIDE = 1024


class Span(NamedTuple):
    """A range of a text.

    Lines and columns begin at 1, as in editors; columns count code points; the end is exclusive.
    `path` is empty for the spec that is checked, and the path of the file for one that it includes.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    path: str = ""

    @property
    def begin(self) -> Span:
        """The empty range where it begins."""
        return self._replace(end_line=self.line, end_column=self.column)


class Via(NamedTuple):
    """A step on the path to a place: a block or a spec in which it stands, and where that is used.

    Attributes:
        role: "block" or "spec".
        name: The name of the block, or the path of the spec.
        instance: The name of the instance of the block, or of the branch that the spec makes; empty
            for a spec that is a model in a layer.
        span: Where it is used. Its `path` is never empty.
    """

    role: str
    name: str
    instance: str
    span: Span


def sentence(via: Sequence[Via]) -> str | None:
    """Describe the steps to a place, the innermost first; None if there are none.

    >>> sentence([Via("block", "stem", "stem_2", Span(4, 5, 4, 9, "a.yaml"))])
    'in block `stem`, used as `stem_2` at a.yaml:4:5'
    """
    return ", ".join(map(_step, reversed(via))) or None


def _step(via: Via) -> str:
    at = f"{via.span.path}:{via.span.line}:{via.span.column}"
    if via.role == "block":
        return f"in block `{via.name}`, used as `{via.instance}` at {at}"
    if not via.instance:
        return f"in `{via.name}`, used at {at}"
    return f"in `{via.name}`, used as branch `{via.instance}` at {at}"


class Unreadable(Exception):
    """An input cannot be read.

    Attributes:
        code: The code of the diagnostic about it.
        message: Why it cannot be read.
        hint: What to do about it, if that is known.
        span: The place in the input, if there is one.
    """

    def __init__(
        self, code: str, message: str, hint: str | None = None, span: Span | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.hint, self.span = code, message, hint, span


def beginning(path: str, size: int) -> bytes:
    """Return up to `size` bytes from the start of a file.

    Raises:
        Unreadable: They cannot be read.
    """
    try:
        with open_regular(path) as file:
            return file.read(size)
    except OSError as error:
        raise Unreadable("unreadable", error.strerror or str(error)) from None


def binary(path: str) -> BinaryIO:
    """Open a file to read bytes at any place of it.

    Raises:
        Unreadable: It cannot be opened.
    """
    try:
        return open_regular(path)
    except OSError as error:
        raise Unreadable("unreadable", error.strerror or str(error)) from None


def with_line_feeds(text: str) -> str:
    """Return a text whose lines end with LF, where they end as in YAML 1.2: with CR LF, CR or LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


class Source:
    """The text of a spec, and the path by which the user knows it.

    Attributes:
        text: The text, without a byte-order mark.
        path: The path of the file, or the name of standard input.
        label: The `path` of all spans in it: empty for the spec that is checked, and the path of
            the file for one that it includes.
        mark: Whether the file begins with a byte-order mark.
        included: The files that the spec includes, by path.
        named: The paths of all files that it and the files it includes name, readable or not.
    """

    #: Whether specs may name files outside of their projects, as the command line says.
    allow_outside: ClassVar[bool] = False

    __slots__ = ("_counts", "_unified", "included", "label", "mark", "named", "path", "text")

    def __init__(self, text: str, path: str, label: str = "") -> None:
        self.text = text
        self.path = path
        self.label = label
        self.mark = False
        self.included: dict[str, Source] = {}
        self.named: set[str] = set()
        # The text with \n as the only line end, and how many lines end before each multiple of
        # the stride.
        self._unified = ""
        self._counts: list[int] = []

    def of(self, span: Span | None) -> Source:
        """Return the source in which a place lies: this one, or one that it includes."""
        return self.included.get(span.path, self) if span is not None and span.path else self

    @property
    def stem(self) -> str:
        """The name of the file without folder and ending, which names a spec without a `name`."""
        return os.path.splitext(os.path.basename(self.path))[0].strip("<>") or "model"

    def line(self, number: int) -> str:
        """Return the text of a line, from 1; empty if there is no such line.

        Lines end as in YAML 1.2: with CR LF, CR or LF.
        """
        if not self._counts:
            self._unified = text = with_line_feeds(self.text)
            total = 0
            for start in range(0, len(text) + 1, _STRIDE):
                self._counts.append(total)
                total += text.count("\n", start, start + _STRIDE)
        text = self._unified
        place = bisect_left(self._counts, number) - 1
        if place < 0 or number < 1:
            return ""
        start = place * _STRIDE
        # Move to the start of the first line after this place, unless the text begins here.
        for _ in range(number - 1 - self._counts[place]):
            start = text.find("\n", start) + 1
            if not start:
                return ""
        if number - 1 == self._counts[place]:
            start = text.rfind("\n", 0, start) + 1
        end = text.find("\n", start)
        return text[start : end if end >= 0 else len(text)]

    @classmethod
    def read(cls, path: str, name: str | None = None) -> Source:
        """Read a file.

        Args:
            path: The file, or `-` for standard input.
            name: What to call standard input.

        Raises:
            Unreadable: It does not exist, is a folder, is too large, or is not UTF-8.
        """
        large = False
        try:
            if path == "-":
                data = sys.stdin.buffer.read(LARGEST + 1)
            else:
                with open(path, "rb") if path.startswith(_PIPES) else open_regular(path) as file:
                    # A file that is too large is not read at all.
                    large = os.fstat(file.fileno()).st_size > LARGEST
                    data = b"" if large else file.read(LARGEST + 1)
        except FileNotFoundError:
            near = nearby(path, (".yaml", ".yml"))
            raise Unreadable(
                "not-found", "no such file" + (f"; did you mean `{near}`?" if near else "")
            ) from None
        except IsADirectoryError:
            raise Unreadable(
                "is-folder",
                "is a folder, not a spec",
                f"name a file in it, or check all: mergecli validate {path}",
            ) from None
        except OSError as error:
            raise Unreadable("unreadable", error.strerror or str(error)) from None
        if large or len(data) > LARGEST:
            raise Unreadable("unreadable", f"is larger than {LARGEST >> 20} MiB; no spec is")
        source = cls(decode(data), (name or "<stdin>") if path == "-" else path)
        source.mark = data.startswith(b"\xef\xbb\xbf")
        return source

    def beside(self, text: str) -> str:
        """Return the path of a file that is named relative to this one."""
        return os.path.normpath(os.path.join(os.path.dirname(self.path), text))

    def may_read(self, path: str) -> bool:
        """Whether a spec may name a file: it is in the spec's project, or the user allows others.

        The project is the nearest folder above the spec with `.git` or `pyproject.toml`, or the
        spec's own folder.

        Args:
            path: The path of the file, from the working directory.
        """
        if Source.allow_outside:
            return True
        folder = os.path.realpath(os.path.dirname(self.path) or os.curdir)
        real = os.path.realpath(path)
        if _is_in(real, folder):
            return True
        while not _is_project(folder):
            parent = os.path.dirname(folder)
            if parent == folder:
                return False
            folder = parent
        return _is_in(real, folder)

    def include(self, path: str) -> Source:
        """Read a spec that this one includes, by the path that `beside` returns.

        Raises:
            Unreadable: It cannot be read.
        """
        if not os.path.exists(path):
            raise Unreadable("not-found", "no such file")
        return Source(Source.read(path).text, path, path)

    def file(self, path: str) -> str:
        """Return a path from which a file can be read that is named relative to this one.

        Raises:
            Unreadable: There is no such path.
        """
        return path

    @property
    def lines(self) -> list[str]:
        """All lines."""
        return with_line_feeds(self.text).split("\n")

    @property
    def data(self) -> bytes:
        """The bytes of the file."""
        return b"\xef\xbb\xbf" * self.mark + self.text.encode("utf-8")


def _is_project(folder: str) -> bool:
    return any(os.path.exists(os.path.join(folder, name)) for name in (".git", "pyproject.toml"))


def _is_in(path: str, folder: str) -> bool:
    return path.startswith(os.path.join(folder, ""))


def decode(data: bytes) -> str:
    """Decode UTF-8 bytes, without a byte-order mark.

    Raises:
        Unreadable: The bytes are not UTF-8; its span is the place of the first invalid byte.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rsplit(b"\n", 1)[-1].decode("utf-8", "replace")) + 1
        if b"\0" in data[:4096]:
            raise Unreadable(
                "not-utf8", "the file is not text", None, Span(line, column, line, column + 1)
            ) from None
        byte = f"byte 0x{data[error.start]:02X} is not valid UTF-8"
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            looks, encoding = "; the file looks like UTF-16", "utf-16"
        else:
            looks, encoding = "; the file looks like Latin-1", "latin-1"
        hint = f"save it as UTF-8: iconv -f {encoding} -t utf-8 OLD > NEW"
        raise Unreadable(
            "not-utf8", byte + looks, hint, Span(line, column, line, column + 1)
        ) from None
    return text[1:] if text.startswith("\ufeff") else text


def nearby(path: str, endings: tuple[str, ...]) -> str | None:
    """Return the path of a file in the folder of a missing one that has a similar name.

    Args:
        path: The file that does not exist.
        endings: The endings that the other file may have.
    """
    import difflib  # start-up

    folder, name = os.path.split(path)
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return None
    there = [n for n in names if n.endswith(endings) and n != name]
    # The endings, which are all alike, do not make two names similar.
    stems = {os.path.splitext(n)[0]: n for n in there}
    stem = os.path.splitext(name)[0]
    close = [n for n in there if n.lower() == name.lower()] or [
        stems[match] for match in difflib.get_close_matches(stem, stems, 1, 0.7)
    ]
    return os.path.join(folder, close[0]) if close else None
