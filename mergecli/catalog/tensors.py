"""What layers are called on: tensors, and the names under which a call takes them."""

from contextlib import contextmanager
from typing import (
    Any,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from mergecli.catalog.shapes import Shape, ShapeError


class Tensor(NamedTuple):
    """What a call gives: a shape, None when no rule knows it, and a dtype."""

    shape: Optional[Shape]
    dtype: Optional[str] = "float32"


UNKNOWN = Tensor(None, None)


class Inputs(NamedTuple):
    """What a layer is called on: tensors, whether they come as a list, and the call's options that are no tensors.

    `keywords`, if any, names the call argument of each tensor; a name that stands several times takes a list. The last
    `masks` of the tensors are masks of others, which Keras hands on.
    """

    tensors: Tuple[Tensor, ...]
    listed: bool = False
    keywords: Tuple[str, ...] = ()
    options: Dict[str, Any] = {}
    masks: int = 0

    @classmethod
    def of(cls, *shapes: Shape, dtype: str = "float32") -> "Inputs":
        """Tensors of these shapes; several come as a list."""
        return cls(tuple(Tensor(shape, dtype) for shape in shapes), listed=len(shapes) > 1)

    @property
    def shapes(self) -> Tuple[Shape, ...]:
        return tuple(tensor.shape for tensor in self.tensors)  # type: ignore[misc]


def bind(takes: Mapping[str, Tuple[int, int]], inputs: Inputs) -> Dict[str, List[int]]:
    """Return which of the inputs a call takes under each name.

    Args:
        takes: The least and the most tensors that there may be under each name; a call without
            names gives the first.
        inputs: What a layer is called on.

    Raises:
        ShapeError: A name is missing, unknown, or has another number of tensors.
    """
    first = next(iter(takes))
    found: Dict[str, List[int]] = {name: [] for name in takes}
    for index, name in enumerate(inputs.keywords or [first] * len(inputs.tensors)):
        if name not in found:
            raise _unknown_name(name, index, takes)
        found[name].append(index)
    for name, (least, most) in takes.items():
        many, hint = len(found[name]), _binding_hint(takes)
        if not many and least and inputs.keywords:
            raise ShapeError(f"needs a tensor as `{name}`", code="input-count", hint=hint)
        if not least <= many <= most or (name == first and most == 1 and inputs.listed):
            count = _count(many, inputs.listed)
            raise ShapeError(
                f"takes {_tensors(least, most)} as `{name}`, not {count}",
                code="input-count",
                inputs=tuple(found[name]),
                hint=hint,
            )
    return found


def _unknown_name(name: str, index: int, names: Iterable[str]) -> ShapeError:
    return ShapeError(
        f"takes no tensor `{name}`",
        code="input-count",
        inputs=(index,),
        hint=f"it takes {prose_list(names)}",
    )


def _binding_hint(takes: Mapping[str, Tuple[int, int]]) -> Optional[str]:
    """Return how a spec names or lists the tensors of a call."""
    needed = [name for name, (least, _) in takes.items() if least]
    if len(needed) > 1:
        return f"name them: `from: {{{', '.join(f'{name}: …' for name in needed)}}}`"
    return "list them: `from: [a, b]`" if takes[next(iter(takes))][0] > 1 else None


def single(inputs: Inputs) -> Tensor:
    """Return the tensor of a call of one tensor.

    Raises:
        ShapeError: It is a call of several, of none, or of a list.
    """
    many = len(inputs.tensors)
    if many != 1 or inputs.keywords or inputs.listed:
        raise ShapeError(
            f"takes one tensor, not {'a list of ' if inputs.listed else ''}{many}",
            code="input-count",
            hint="join them first, with `Concatenate` or another merging layer"
            if many > 1
            else "write it without brackets",
        )
    return inputs.tensors[0]


def has_dtype(inputs: Inputs, place: int, dtype: Optional[str]) -> str:
    """Return the words that an input has a dtype, and whether only when the model runs, for a message.

    >>> has_dtype(Inputs.of((None, 3)), 0, "uint8")
    '{0} has dtype uint8 when the model runs'
    """
    later = "" if dtype == inputs.tensors[place].dtype else " when the model runs"
    return f"{{{place}}} has dtype {dtype}{later}"


def as_run(inputs: Inputs, dtypes: Sequence[Optional[str]]) -> Inputs:
    """Return inputs with the dtypes that they have when the model runs, None where not known.

    >>> as_run(Inputs.of((2,), (3,)), ["int32", None]).tensors[0].dtype
    'int32'
    """
    pairs = zip(inputs.tensors, dtypes)
    return inputs._replace(tensors=tuple(x._replace(dtype=dtype) for x, dtype in pairs))


def before_mask(inputs: Inputs, first: str, is_masked: bool) -> int:
    """Return how many of the inputs come before the mask, which is the last one if there is one.

    Args:
        inputs: What a layer is called on, with names.
        first: The name of its tensors.
        is_masked: Whether it takes a `mask`.

    Raises:
        ShapeError: A name is unknown, or there is no tensor or more than one mask.
    """
    names = (first, "mask") if is_masked else (first,)
    for index, name in enumerate(inputs.keywords):
        if name not in names:
            raise _unknown_name(name, index, names)
    many = inputs.keywords.count(first)
    masks = range(many, len(inputs.keywords))
    if not many:
        raise ShapeError(f"needs a tensor as `{first}`", code="input-count", inputs=tuple(masks))
    if len(masks) > 1:
        raise ShapeError(
            f"takes one tensor as `mask`, not a list of {len(masks)}",
            code="input-count",
            inputs=tuple(masks),
        )
    return many


def check_strings(inputs: Inputs, takes: bool, mixes: bool) -> None:
    """Check that a layer does not compute with strings, which Keras finds out when it runs.

    Args:
        inputs: What the layer is called on.
        takes: Whether it takes strings.
        mixes: Whether it takes strings and numbers in one list.

    Raises:
        ShapeError: One of the inputs is of strings, or strings and numbers are joined.
    """
    strings = [index for index, x in enumerate(inputs.tensors) if x.dtype == "string"]
    if not strings:
        return
    hint = (
        "turn the strings into numbers first, with `StringLookup`, `Hashing` or `TextVectorization`"
    )
    if not takes:
        raise ShapeError(
            f"takes numbers, {{{strings[0]}}} has dtype string",
            code="wrong-type",
            inputs=strings[:1],
            hint=hint,
        )
    others = [index for index, x in enumerate(inputs.tensors) if x.dtype not in ("string", None)]
    if others and inputs.listed and not inputs.keywords and not mixes:
        raise ShapeError(
            f"cannot join strings with numbers: {{{strings[0]}}} has dtype string,"
            f" {{{others[0]}}} has {inputs.tensors[others[0]].dtype}",
            code="wrong-type",
            inputs=(strings[0], others[0]),
            hint=hint,
        )


@contextmanager
def remap_inputs(places: Sequence[int]) -> Iterator[None]:
    """Report errors of an inner computation at the inputs of the outer one.

    Args:
        places: The index in the outer inputs of each inner input.

    Raises:
        ShapeError: the inner computation raises one; its inputs are those of the outer computation.
    """
    try:
        yield
    except ShapeError as error:
        raise ShapeError(
            error.message.format(*(f"{{{place}}}" for place in places)),
            code=error.code,
            inputs=[places[index] for index in error.inputs],
            argument=error.argument,
            hint=error.hint,
        ) from None


def prose_list(names: Iterable[str]) -> str:
    """Return names in backquotes, separated by commas."""
    return ", ".join(f"`{name}`" for name in names)


def _count(many: int, listed: bool) -> str:
    if listed or many > 1:
        return f"a list of {many}"
    return "one" if many else "none"


def _tensors(least: int, most: float) -> str:
    """Say how many tensors are taken.

    >>> _tensors(1, 1), _tensors(1, 2), _tensors(2, float("inf"))
    ('one tensor', '1 or 2 tensors', 'at least 2 tensors')
    """
    if most == 1:
        return "one tensor"
    return f"{least} or {most} tensors" if most == least + 1 else f"at least {least} tensors"


def of_dtype(
    says: str, inputs: Inputs, place: int, dtype: Optional[str], otherwise: str = ""
) -> ShapeError:
    """Return the error that an input of a call has a dtype that it does not take.

    Args:
        says: What the layer takes, or does not take.
        inputs: What it is called on.
        place: Which input it is.
        dtype: The dtype of that when the model runs.
        otherwise: Another fix than to convert the input.
    """
    convert = "convert it first, with `ops.cast: {dtype: float32}`"
    return ShapeError(
        f"{says}, {has_dtype(inputs, place, dtype)}",
        code="wrong-type",
        inputs=(place,),
        hint=f"{convert}, or {otherwise}" if otherwise else convert,
    )


def of_two_dtypes(
    verb: str, places: Tuple[int, int], dtypes: Sequence[Optional[str]], wanted: Optional[str]
) -> ShapeError:
    """Return the error that two tensors of a call have two dtypes.

    Args:
        verb: What the layer does with tensors of one dtype.
        places: Which two tensors they are.
        dtypes: The dtypes of all tensors.
        wanted: The dtype to which one of them is converted.
    """
    given = ", ".join(f"{{{place}}} has dtype {dtypes[place]}" for place in places)
    return ShapeError(
        f"{verb} tensors of one dtype: {given}",
        code="wrong-type",
        inputs=places,
        hint=f"convert one first, with `ops.cast: {{dtype: {wanted}}}`",
    )
