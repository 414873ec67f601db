"""A text and a place in it."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple, Sequence

#: Bytes that a spec may have.
LARGEST = 4 << 20
#: How far apart the places are at which the number of the line is known.
_STRIDE = 1024


class Span(NamedTuple):
    """A stretch of a text, 1-based as editors count; columns count code points; the end is exclusive.

    `path` is empty for the spec that is checked, else it names the included file in which the stretch lies.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    path: str = ""

    @property
    def begin(self) -> Span:
        """The place where it begins."""
        return self._replace(end_line=self.line, end_column=self.column)


class Via(NamedTuple):
    """A step on the path to a place: a block or a spec in which it stands, and where that is used.

    Attributes:
        role: "block" or "spec".
        name: The name of the block, or the path of the spec.
        instance: The name of the instance of the block, or of the branch that the spec makes.
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
    return f"in `{via.name}`, used as branch `{via.instance}` at {at}"


class Unreadable(Exception):
    """An input could not be read: `code` is stable, `message` says why, `hint` a way out, `span` where, if anywhere."""

    def __init__(
        self, code: str, message: str, hint: str | None = None, span: Span | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.hint, self.span = code, message, hint, span


def beginning(path: str, size: int) -> bytes:
    """The first bytes of a file.

    Raises:
        Unreadable: they cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return file.read(size)
    except OSError as error:
        raise Unreadable("unreadable", error.strerror or str(error)) from None


class Source:
    """The text of one spec, and the path by which the user knows it.

    A file that a spec includes is a source with a `label`, its path, which all spans in it have, too; it stands among the
    `included` of the spec.
    """

    __slots__ = ("_counts", "_unified", "included", "label", "mark", "named", "path", "text")

    def __init__(self, text: str, path: str, label: str = "") -> None:
        self.text = text
        self.path = path
        self.label = label
        #: Whether a byte-order mark stood before the text.
        self.mark = False
        self.included: dict[str, Source] = {}
        #: The paths of all files that it and what it includes name, whether or not they could be read.
        self.named: set[str] = set()
        #: The text with one kind of line ends, and how many lines end before each multiple of the stride.
        self._unified = ""
        self._counts: list[int] = []

    def of(self, span: Span | None) -> Source:
        """The text in which a place lies: this one, or one that it includes."""
        return self.included.get(span.path, self) if span is not None and span.path else self

    @property
    def stem(self) -> str:
        """The file's name without folder and ending: what a spec without a `name` is called."""
        return os.path.splitext(os.path.basename(self.path))[0].strip("<>") or "model"

    def line(self, number: int) -> str:
        """The text of a line, from 1; empty when there is no such line. Lines end as in YAML 1.2: with CR LF, CR or LF."""
        if not self._counts:
            text = self.text
            self._unified = text = (
                text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
            )
            total = 0
            for start in range(0, len(text) + 1, _STRIDE):
                self._counts.append(total)
                total += text.count("\n", start, start + _STRIDE)
        from bisect import bisect_left

        text = self._unified
        place = bisect_left(self._counts, number) - 1
        if place < 0 or number < 1:
            return ""
        start = place * _STRIDE
        # The start of the line that begins first behind this place, unless the text begins here.
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
        """Read a file, or standard input for `-`; `name` is what to call standard input.

        Raises:
            Unreadable: there is no such file, it is a folder, or its bytes are not UTF-8.
        """
        large = False
        try:
            if path == "-":
                data = sys.stdin.buffer.read(LARGEST + 1)
            else:
                with open(path, "rb") as file:
                    # What is too large is not even read.
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
        """The path of a file that is named relative to this text."""
        return os.path.normpath(os.path.join(os.path.dirname(self.path), text))

    def include(self, path: str) -> Source:
        """A spec that this one includes, by the path that `beside` gives.

        Raises:
            Unreadable: it cannot be read.
        """
        return Source(Source.read(path).text, path, path)

    def file(self, path: str) -> str:
        """Where the bytes of a file lie that is beside this text.

        Raises:
            Unreadable: they cannot be had.
        """
        return path

    @property
    def lines(self) -> list[str]:
        """The texts of all lines."""
        return self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    @property
    def data(self) -> bytes:
        """The bytes that were read."""
        return b"\xef\xbb\xbf" * self.mark + self.text.encode("utf-8")


def decode(data: bytes) -> str:
    """UTF-8 bytes as text, without a byte-order mark.

    Raises:
        Unreadable: the bytes are not UTF-8; the span is the place of the first wrong byte.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rsplit(b"\n", 1)[-1].decode("utf-8", "replace")) + 1
        if b"\0" in data[:4096]:
            raise Unreadable(
                "not-utf8", "the file is no text", None, Span(line, column, line, column + 1)
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
    """A file beside a missing one, with one of these endings, that is called much like it."""
    import difflib

    folder, name = os.path.split(path)
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return None
    there = [n for n in names if n.endswith(endings) and n != name]
    close = [n for n in there if n.lower() == name.lower()] or difflib.get_close_matches(
        name, there, 1, 0.7
    )
    return os.path.join(folder, close[0]) if close else None
