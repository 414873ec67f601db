"""Files that are read as bytes, and files that are written whole or not at all.

An output is written to a temporary file beside its place and then renamed, so a reader never sees
half of it and a failure leaves the old file as it was.
"""

from __future__ import annotations

import os
import stat
from errno import EISDIR, ENXIO
from typing import BinaryIO

#: The most bytes of a settings file, and of a spec that is rewritten.
MOST_BYTES = 16 << 20
#: How many bytes are read at once from the end of a file.
_BLOCK = 1 << 16


def before_writing() -> None:
    """Prepare for temporary files; the command line puts its own function here."""


def from_here(path: str) -> str:
    """Return a path relative to the working directory; as it is where Windows has it on another drive."""
    try:
        return os.path.relpath(path)
    except ValueError:
        return path


class Unwritable(OSError):
    """An output cannot be written. The message names the path and the reason."""

    def __init__(self, path: str, problem: OSError) -> None:
        super().__init__(f"cannot write {path}: {problem.strerror or problem}")


def open_regular(path: str) -> BinaryIO:
    """Open a regular file to read its bytes.

    A pipe would wait for a writer, and a device may have no end.

    Raises:
        OSError: It cannot be opened, or is not a regular file.
    """
    if "\0" in path:
        raise OSError(0, "has a NUL character in its path")
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as problem:
        if problem.errno == ENXIO:
            raise OSError(0, "is not a regular file") from None
        raise
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return open(descriptor, "rb")
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
    raise OSError(0, "is not a regular file")


def read_if_present(path: str) -> bytes | None:
    """Return the bytes of a file, or None if this path has no file.

    Raises:
        OSError: The file exists and cannot be read, or is too large.
    """
    try:
        with open_regular(path) as file:
            data = file.read(MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    if len(data) > MOST_BYTES:
        raise OSError(0, f"it is larger than {MOST_BYTES >> 20} MiB")
    return data


def prepare(path: str, folder: bool = False) -> None:
    """Check that an output can be written, before any work is done, and make its parent folder.

    Args:
        path: Where the output goes.
        folder: Whether the output is a folder. An existing folder is replaced only if it is empty
            or holds a SavedModel.

    Raises:
        Unwritable: The output cannot be written there.
    """
    import tempfile  # start-up

    parent = os.path.dirname(path) or "."
    try:
        if not folder and not os.path.isdir(path) and _is_stream(path):
            return
        os.makedirs(parent, exist_ok=True)
        with tempfile.TemporaryFile(dir=parent):
            pass
        if os.path.isdir(path) and (
            not folder or not {"saved_model.pb"} & set(os.listdir(path) or ["saved_model.pb"])
        ):
            raise IsADirectoryError(
                0, "a folder is there that holds something else" if folder else "a folder is there"
            )
        if folder and os.path.exists(path) and not os.path.isdir(path):
            raise FileExistsError(0, "a file is there")
    except OSError as problem:
        raise Unwritable(path, problem) from None


def temporary_path(path: str) -> str:
    """Return a new name in the folder of an output or of its link's target, with the same ending."""
    before_writing()
    folder, name = os.path.split(os.path.realpath(path))
    return os.path.join(folder, f".{os.getpid()}-{os.urandom(4).hex()}-{name}")


def move(pairs: list[tuple[str, str]]) -> None:
    """Rename temporary files and folders to their final paths.

    Links keep their names, and files that exist keep their permissions.

    Args:
        pairs: Each temporary path with its final path.

    Raises:
        Unwritable: One of them cannot be renamed; those before it are in place.
    """
    import shutil  # start-up

    for temporary, path in pairs:
        old = None
        named, path = path, os.path.realpath(path)
        try:
            if os.path.isfile(path) and os.path.isfile(temporary):
                os.chmod(temporary, stat.S_IMODE(os.stat(path).st_mode))
            if os.path.isdir(temporary) and os.path.isdir(path):
                # A folder cannot be replaced in one step.
                old = temporary_path(path)
                os.rename(path, old)
            os.replace(temporary, path)
        except OSError as problem:
            if old is not None and not os.path.exists(path):
                os.rename(old, path)
            raise Unwritable(named, problem) from None
        if old is not None:
            shutil.rmtree(old)


def write(path: str, text: str) -> None:
    """Write a text file whole or not at all; a device or a pipe is written to directly.

    Raises:
        Unwritable: It cannot be written.
    """
    prepare(path)
    data = text.encode("utf-8", "backslashreplace")
    if _is_stream(path):
        try:
            with open(path, "wb") as file:
                file.write(data)
        except OSError as problem:
            raise Unwritable(path, problem) from None
        return
    temporary = temporary_path(path)
    try:
        write_temporary(temporary, data, path)
        move([(temporary, path)])
    finally:
        remove([temporary])


def write_temporary(temporary: str, data: bytes, path: str) -> None:
    """Write bytes to a temporary file with the permissions of its final `path`, which errors name.

    Raises:
        Unwritable: It cannot be written.
    """
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode) if os.path.isfile(path) else 0o666
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with open(os.open(temporary, flags, mode), "wb") as file:
            file.write(data)
    except OSError as problem:
        raise Unwritable(path, problem) from None


def append(path: str, text: str) -> None:
    """Write a text to the end of a file.

    Raises:
        Unwritable: It cannot be written.
    """
    try:
        with open(path, "ab") as file:
            file.write(text.encode("utf-8", "backslashreplace"))
    except OSError as problem:
        raise Unwritable(path, problem) from None


def cut_last_line(path: str) -> bytes:
    """Remove an unfinished last line of a file.

    A process that was killed may have left one.

    Returns:
        The last whole line, without its end; empty if there is none.

    Raises:
        Unwritable: The file cannot be changed.
    """
    try:
        with open(path, "r+b") as file:
            start = size = file.seek(0, os.SEEK_END)
            tail = b""
            while start > 0 and tail.count(b"\n") < 2:
                start = max(0, start - _BLOCK)
                file.seek(start)
                tail = file.read(size - start)
            end = tail.rfind(b"\n") + 1
            file.truncate(start + end)
    except OSError as problem:
        raise Unwritable(path, problem) from None
    return tail[: max(end - 1, 0)].rsplit(b"\n", 1)[-1]


def rewrite(path: str, old: bytes, new: bytes) -> None:
    """Replace the content of a file, which keeps its permissions and its owner.

    Args:
        path: The file, not a link.
        old: Its bytes when it was read.
        new: The bytes to write.

    Raises:
        OSError: It has changed since it was read, or cannot be written.
    """
    state = os.stat(path)
    temporary = temporary_path(path)
    try:
        with open(temporary, "xb") as file:
            file.write(new)
        os.chmod(temporary, state.st_mode & 0o7777)
        if hasattr(os, "chown") and (os.geteuid() == 0):
            os.chown(temporary, state.st_uid, state.st_gid)
        if read_if_present(path) != old:
            raise OSError(0, "it has changed since it was read")
        os.replace(temporary, path)
    finally:
        remove([temporary])


def remove(paths: list[str]) -> None:
    """Remove temporary files and folders, as far as they exist."""
    import shutil  # start-up

    for path in paths:
        if os.path.isdir(path):
            shutil.rmtree(path, ignore_errors=True)
        elif os.path.exists(path):
            os.remove(path)


def _is_stream(path: str) -> bool:
    """Whether the path is not a regular file to replace, such as `/dev/stderr` and its target."""
    return (os.path.exists(path) and not os.path.isfile(path)) or os.path.abspath(path).startswith(
        ("/dev/", "/proc/")
    )
