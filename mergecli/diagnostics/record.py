"""A base for small records.

Making a class with `NamedTuple` or `dataclass` costs 0.1 to 0.5 milliseconds at start-up, for a
record of the front end more than all the work with it. `Record` costs a hundredth of that; type
checkers know its constructor as that of a dataclass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, ClassVar, TypeVar

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**options: bool) -> Callable[[type], type]:
        """Tell type checkers that subclasses are like dataclasses."""
        return lambda cls: cls


_R = TypeVar("_R", bound="Record")


@dataclass_transform(frozen_default=True)
class Record:
    """An object whose fields are the annotations of its class; their defaults are class attributes.

    Two records are equal only if they are the same object.

    >>> class Size(Record):
    ...     width: int
    ...     height: int = 1
    >>> Size(3), Size(3, height=2).height
    (Size(width=3, height=1), 2)
    """

    _fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls._fields = tuple(cls.__annotations__)

    def __init__(self, *values: Any, **named: Any) -> None:
        self.__dict__.update(zip(self._fields, values))
        self.__dict__.update(named)

    def _replace(self: _R, **named: Any) -> _R:
        """Return a copy with other values of some fields."""
        return type(self)(**{**self.__dict__, **named})

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({', '.join(shown)})"
