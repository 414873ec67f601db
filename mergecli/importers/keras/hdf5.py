"""HDF5 files as data: groups, attributes and arrays, and nothing that leads out of the file or runs a plugin."""

from __future__ import annotations

import zlib
from io import RawIOBase
from math import prod
from typing import TYPE_CHECKING, BinaryIO, Iterable, Iterator, NamedTuple, Protocol, Sequence

from mergecli.catalog.shapes import text
from mergecli.diagnostics.source import Unreadable

if TYPE_CHECKING:
    import h5py
    import numpy as np

#: The first bytes of every HDF5 file.
MAGIC = b"\x89HDF\r\n\x1a\n"
#: Filters that are decoded here: deflate, byte shuffle, checksum. Any other would load a plugin.
_DEFLATE, _SHUFFLE, _CHECKSUM = 1, 2, 3
#: Compressed weights become a little smaller; what shrinks much further was made to fill the memory.
RATIO, SMALL = 200, 1 << 20
#: The most numbers in a part of an array that is read by parts, and the most bytes of a chunk in it.
PART, CHUNK = 1 << 20, 1 << 27


class ArraySource(Protocol):
    """What holds the numbers of an array."""

    def numbers(self, array: Array) -> np.ndarray:
        """Return the numbers."""

    def parts(self, array: Array) -> Iterator[np.ndarray]:
        """Yield the numbers in parts."""


class Array(NamedTuple):
    """An array in a file, whose numbers are not read yet.

    Attributes:
        name: Its name in the file.
        shape: Its shape.
        dtype: The dtype of its numbers.
        source: What holds the numbers.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    source: ArraySource

    def read(self) -> np.ndarray:
        """Return the numbers as a NumPy array.

        Raises:
            Unreadable: The file is damaged.
        """
        return self.source.numbers(self)

    def parts(self) -> Iterator[np.ndarray]:
        """Yield the numbers in parts, in no particular order, so that a large array is never in memory as a whole.

        Raises:
            Unreadable: The file is damaged, or stored in a form that needs too much memory.
        """
        return self.source.parts(self)


class Hdf5:
    """A file of HDF5, opened to be read.

    Args:
        file: A path, or a binary file object.

    Raises:
        Unreadable: It is not an HDF5 file, or h5py is not installed.
    """

    def __init__(self, file: str | BinaryIO | RawIOBase) -> None:
        try:
            import h5py  # optional
        except ImportError:
            raise Unreadable(
                "not-installed", "HDF5 files need h5py, which is not installed", "pip install h5py"
            ) from None
        self._h5py = h5py
        try:
            self.file = h5py.File(file, "r")
        except Exception as problem:
            raise Unreadable("not-a-model", f"is not an HDF5 file: {_line(problem)}") from None

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def group(self, path: str, within: h5py.Group | None = None) -> h5py.Group | None:
        """Return a group, or None if there is none.

        Raises:
            Unreadable: The path leads out of the file, or the file is damaged.
        """
        found = self._member(path, within)
        return found if isinstance(found, self._h5py.Group) else None

    def array(self, path: str, within: h5py.Group | None = None) -> Array | None:
        """Return an array, or None if there is none.

        Raises:
            Unreadable: The path leads out of the file, it is not an array of numbers, or its numbers
                are elsewhere, need a plugin, or are more than its bytes account for.
        """
        found = self._member(path, within)
        if not isinstance(found, self._h5py.Dataset):
            return None
        try:
            array = Array(path, tuple(found.shape), _dtype_of(found), _Dataset(found))
            _check(array, found)
            return array
        except Unreadable:
            raise
        except Exception as problem:
            raise _damaged(path, problem) from None

    def members(self, group: h5py.Group) -> list[str]:
        """Return the names in a group.

        Raises:
            Unreadable: The file is damaged.
        """
        try:
            return [name for name in group if isinstance(name, str)]
        except Exception as problem:
            raise _damaged("a group", problem) from None

    def strings(self, group: h5py.Group, name: str) -> list[str] | None:
        """Return an attribute that is a list of strings, which Keras splits in parts if it is long; None if there is none.

        Raises:
            Unreadable: It is something else.
        """
        try:
            if name in group.attrs:
                return _strings(group.attrs[name])
            parts: list[str] = []
            number = 0
            while f"{name}{number}" in group.attrs:
                parts += _strings(group.attrs[f"{name}{number}"])
                number += 1
        except Exception as problem:
            raise _damaged(f"the attribute `{name}`", problem) from None
        return parts if number else None

    def string(self, name: str, most: int, group: h5py.Group | None = None) -> str | bytes | None:
        """Return an attribute that is a string of at most `most` bytes; None if there is none.

        Raises:
            Unreadable: The file is damaged.
        """
        try:
            attributes = (self.file if group is None else group).attrs
            if name not in attributes or attributes.get_id(name).get_storage_size() > most:
                return None
            value = attributes[name]
        except Exception as problem:
            raise _damaged(f"the attribute `{name}`", problem) from None
        return value if isinstance(value, (str, bytes)) else None

    def _member(self, path: str, within: h5py.Group | None) -> h5py.Group | h5py.Dataset | None:
        found = self.file if within is None else within
        try:
            for name in path.split("/"):
                if name in ("", "."):
                    continue
                link = found.get(name, getlink=True) if hasattr(found, "keys") else None
                if link is None:
                    return None
                if not isinstance(link, self._h5py.HardLink):
                    raise Unreadable(
                        "unsafe-model",
                        f"its entry `{path}` is a link, which may lead out of the file",
                    )
                found = found[name]
        except Unreadable:
            raise
        except Exception as problem:
            raise _damaged(path, problem) from None
        return found


class ShardedHdf5(Hdf5):
    """Several files of HDF5 as one, as `save_weights` with `max_shard_size` writes them.

    A group is a tuple of the groups of that name in the files that have one.

    Args:
        paths: The files.

    Raises:
        Unreadable: One is not an HDF5 file, or h5py is not installed.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._files: list[Hdf5] = []
        try:
            for path in paths:
                self._files.append(Hdf5(path))
        except BaseException:
            self.close()
            raise
        self.file = tuple(file.file for file in self._files)

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()

    def group(
        self, path: str, within: tuple[h5py.Group, ...] | None = None
    ) -> tuple[h5py.Group, ...] | None:
        """Return the groups of a path, or None if no file has one; see `Hdf5.group`."""
        groups = [file.group(path, root) for file, root in self._roots(within)]
        return tuple(group for group in groups if group is not None) or None

    def array(self, path: str, within: tuple[h5py.Group, ...] | None = None) -> Array | None:
        """Return the array that one of the files has, or None; see `Hdf5.array`."""
        arrays = (file.array(path, root) for file, root in self._roots(within))
        return next((array for array in arrays if array is not None), None)

    def members(self, group: tuple[h5py.Group, ...]) -> list[str]:
        """Return the names in a group, each once; see `Hdf5.members`."""
        names = (file.members(root) for file, root in self._roots(group))
        return list(dict.fromkeys(name for members in names for name in members))

    def strings(self, group: tuple[h5py.Group, ...], name: str) -> list[str] | None:
        """Return None: only single files have lists of names."""
        return None

    def string(
        self, name: str, most: int, group: tuple[h5py.Group, ...] | None = None
    ) -> str | bytes | None:
        """Return the attribute that one of the files has, or None; see `Hdf5.string`."""
        values = (file.string(name, most, root) for file, root in self._roots(group))
        return next((value for value in values if value is not None), None)

    def _roots(self, within: tuple[h5py.Group, ...] | None) -> Iterator[tuple[Hdf5, h5py.Group]]:
        """Yield each group of a tuple of them with the file that it is in."""
        for root in self.file if within is None else within:
            yield next(file for file in self._files if file.file == root.file), root


def _strings(value: Iterable[str | bytes]) -> list[str]:
    found = [item.decode() if isinstance(item, bytes) else item for item in value]
    if not all(isinstance(item, str) for item in found):
        raise TypeError("not a list of strings")
    return found


def _line(problem: Exception) -> str:
    return (str(problem).strip() or type(problem).__name__).splitlines()[0][:200]


def _damaged(what: str, problem: Exception) -> Unreadable:
    return Unreadable("not-a-model", f"is damaged at {what}: {_line(problem)}")


def _dtype_of(dataset: h5py.Dataset) -> str:
    if dataset.dtype.kind in "fiub":
        return str(dataset.dtype.newbyteorder("="))
    if dataset.dtype.kind == "V" and dataset.dtype.itemsize == 2 and dataset.dtype.fields is None:
        return "bfloat16"
    raise Unreadable("not-a-model", f"holds an array of {str(dataset.dtype)[:40]}, not of numbers")


def _check(array: Array, dataset: h5py.Dataset) -> None:
    """Refuse what is stored elsewhere, needs a plugin, or is larger than its bytes account for."""
    if dataset.external or dataset.is_virtual:
        raise Unreadable("unsafe-model", f"its array `{array.name}` lies in another file")
    filters = dataset.id.get_create_plist()
    known = (_DEFLATE, _SHUFFLE, _CHECKSUM)
    for index in range(filters.get_nfilters()):
        if filters.get_filter(index)[0] not in known:
            raise Unreadable(
                "unsafe-model",
                f"its array `{array.name}` needs a filter, which may be a plugin",
            )
    size = dataset.size * dataset.dtype.itemsize
    stored = dataset.id.get_storage_size()
    chunk = dataset.dtype.itemsize
    for length in dataset.chunks or ():
        chunk *= length
    if size > max(SMALL, RATIO * stored) or (dataset.chunks and chunk > max(SMALL, 2 * size)):
        raise Unreadable(
            "unsafe-model",
            f"its array `{array.name}`, {text(array.shape)}, claims {size:,} bytes and has {stored:,}",
        )


class _Dataset:
    """A dataset whose numbers are read when they are needed."""

    def __init__(self, dataset: h5py.Dataset) -> None:
        self.dataset = dataset

    def numbers(self, array: Array) -> np.ndarray:
        """Return its numbers; see `Array.read`.

        Raises:
            Unreadable: The file is damaged, or the numbers are stored in an unsafe form.
        """
        import numpy  # optional

        dataset, dtype = self.dataset, self._stored_dtype(array)
        try:
            if dataset.chunks is None:
                values = self._slab(dtype, ())
            else:
                values = numpy.zeros(dataset.shape, dtype)
                for target, block in self._chunks(dtype):
                    values[target] = block
        except (Unreadable, MemoryError):
            raise
        except Exception as problem:
            raise _damaged(f"`{array.name}`", problem) from None
        return _widened(values, array)

    def parts(self, array: Array) -> Iterator[np.ndarray]:
        """Yield its numbers in parts; see `Array.parts`.

        Raises:
            Unreadable: The file is damaged, or the numbers are stored in an unsafe form.
        """
        dtype = self._stored_dtype(array)
        try:
            for values in self._parts(dtype):
                yield _widened(values, array)
        except (Unreadable, MemoryError):
            raise
        except Exception as problem:
            raise _damaged(f"`{array.name}`", problem) from None

    def _parts(self, dtype: np.dtype) -> Iterator[np.ndarray]:
        import numpy  # optional

        dataset = self.dataset
        if dataset.chunks is None:
            for slab in slabs(dataset.shape, PART):
                yield self._slab(dtype, slab)
            return
        size = prod(dataset.chunks) * dtype.itemsize
        if size > CHUNK:
            message = f"its array has a chunk of {size:,} bytes, which is too large to be read"
            raise Unreadable("unsafe-model", message)
        missing = prod(dataset.shape)
        for _, block in self._chunks(dtype):
            missing -= block.size
            yield block
        # Chunks that were never written are zeros.
        while missing > 0:
            yield numpy.zeros(min(missing, PART), dtype)
            missing -= PART

    def _stored_dtype(self, array: Array) -> np.dtype:
        import numpy  # optional

        return numpy.dtype("<u2") if array.dtype == "bfloat16" else self.dataset.dtype

    def _slab(self, dtype: np.dtype, slab: tuple[int | slice, ...]) -> np.ndarray:
        """Return a part of an array that is stored in one piece."""
        import numpy  # optional

        values = numpy.asarray(self.dataset[slab])
        return values.view(dtype).reshape(values.shape) if values.dtype.kind == "V" else values

    def _chunks(self, dtype: np.dtype) -> Iterator[tuple[tuple[slice, ...], np.ndarray]]:
        """Decode each chunk here, up to its size and no further: the library would decode whatever it becomes.

        Yields:
            The place of a chunk in the array, and its numbers there.
        """
        import numpy  # optional

        dataset = self.dataset
        chunks: tuple[int, ...] = dataset.chunks
        size = prod(chunks) * dtype.itemsize
        plan = dataset.id.get_create_plist()
        filters = [plan.get_filter(index)[0] for index in range(plan.get_nfilters())]
        for index in range(dataset.id.get_num_chunks()):
            start = dataset.id.get_chunk_info(index).chunk_offset
            mask, data = dataset.id.read_direct_chunk(start)
            used = [kind for place, kind in enumerate(filters) if not mask >> place & 1]
            block = numpy.frombuffer(_decoded(data, used, size, dtype.itemsize), dtype)
            lengths = [
                min(length, whole - at) for at, length, whole in zip(start, chunks, dataset.shape)
            ]
            target = tuple(slice(at, at + length) for at, length in zip(start, lengths))
            yield target, block.reshape(chunks)[tuple(map(slice, lengths))]


def slabs(shape: Sequence[int], most: int) -> Iterator[tuple[int | slice, ...]]:
    """Yield the parts of an array with at most so many numbers, as indices.

    >>> list(slabs((2, 3), 6)), list(slabs((2, 3), 2))
    ([()], [(0, slice(0, 2, None)), (0, slice(2, 4, None)), (1, slice(0, 2, None)), (1, slice(2, 4, None))])
    >>> list(slabs((), 1)), list(slabs((3, 1), 2))
    ([()], [(slice(0, 2, None),), (slice(2, 4, None),)])
    """
    if prod(shape) <= most:
        yield ()
        return
    inner = prod(shape[1:])
    if inner > most:
        for index in range(shape[0]):
            for rest in slabs(shape[1:], most):
                yield (index, *rest)
        return
    step = most // max(inner, 1)
    for start in range(0, shape[0], step):
        yield (slice(start, start + step),)


def _widened(values: np.ndarray, array: Array) -> np.ndarray:
    """Return numbers of bfloat16, which NumPy does not have, as float32 of which they are the upper half."""
    if array.dtype == "bfloat16":
        return (values.astype("uint32") << 16).view("float32")
    return values


def _decoded(data: bytes, filters: list[int], size: int, width: int) -> bytes:
    """Undo the filters of a chunk, the last first; it has `size` bytes, in numbers of `width` bytes."""
    for kind in reversed(filters):
        if kind == _CHECKSUM:
            data = data[:-4]
        elif kind == _DEFLATE:
            data = zlib.decompressobj().decompress(data, size + 1)
        else:
            import numpy  # optional

            # All first bytes of the numbers come first, then all second ones.
            data = numpy.frombuffer(data, "u1").reshape(width, -1).T.tobytes()
    if len(data) != size:
        raise ValueError(f"a chunk has {len(data)} bytes, not {size}")
    return data


def walk(file: Hdf5, group: h5py.Group) -> Iterator[str]:
    """Yield the paths of all arrays below a group."""
    stack = [("", group, 0)]
    while stack:
        path, here, depth = stack.pop()
        for name in file.members(here):
            inner = f"{path}{name}"
            below = file.group(name, here)
            if below is not None and depth < 100:
                stack.append((f"{inner}/", below, depth + 1))
            elif below is None:
                yield inner
