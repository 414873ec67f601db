"""Functions of `keras.ops.linalg`: what matrices are made of, their inverses and sizes, and systems of equations."""

from typing import Annotated, Optional, Sequence, Tuple

from mergecli.catalog.arguments import Choice
from mergecli.catalog.fields import Flag
from mergecli.catalog.operations.operation import Operation, RealOrNone
from mergecli.catalog.shapes import (
    Shape,
    ShapeError,
    check_has_axis,
    check_least_rank,
    text,
)
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.versions import Backend

#: The floats of which complex numbers consist.
_FLOATS_OF = {"complex64": "float32", "complex128": "float64"}


def _real(dtype: Optional[str]) -> Optional[str]:
    """Return the dtype of sizes of numbers of a dtype, None where that is not known."""
    return _FLOATS_OF.get(dtype, dtype) if dtype else None


def _complex(dtype: Optional[str]) -> Optional[str]:
    """Return the dtype of complex numbers of some floats; None if that is not known.

    JAX has none of more than 64 bits.
    """
    if dtype is None or dtype in _FLOATS_OF:
        return dtype
    is_long = dtype == "float64" and Backend.choose() != "jax"
    return "complex128" if is_long else "complex64"


def check_square(shape: Shape, place: int = 0) -> None:
    """Check that an operand has as many rows as columns.

    Raises:
        ShapeError: It has not, or Keras does not know that it has.
    """
    check_least_rank(shape, 2, place)
    if shape[-1] != shape[-2]:
        raise ShapeError(f"takes square matrices, {{{place}}} is {text(shape)}", inputs=(place,))


def check_known(shape: Shape) -> Tuple[int, int]:
    """Return the number of rows and of columns.

    Raises:
        ShapeError: One of them is not known.
    """
    check_least_rank(shape, 2)
    rows, columns = shape[-2:]
    if rows is None or columns is None:
        raise ShapeError(
            f"needs a known number of rows and columns, {{0}} is {text(shape)}",
            code="unknown-dimension",
            inputs=(0,),
        )
    return rows, columns


class Square(Operation, abstract=True):
    """Takes square matrices, and gives as many."""

    rule = "as it is; the last two axes have the same size"

    def shape(self, x: Shape) -> Shape:
        check_square(x)
        return x


class Cholesky(Square, aliases=("ops.linalg.cholesky",)):
    """The triangular matrices whose products with themselves are the matrices.

    >>> Cholesky().shape((None, 4, 4))
    (None, 4, 4)
    """

    newer = {"upper": "3.12"}

    upper: Flag = False


class CholeskyInverse(Square, aliases=("ops.linalg.cholesky_inverse",)):
    """The inverses of matrices of which the triangular ones are given.

    >>> CholeskyInverse().shape((None, 4, 4))
    (None, 4, 4)
    """

    upper: Flag = False


class Inv(Square, aliases=("ops.linalg.inv",)):
    """The inverses of matrices.

    >>> Inv().shape((None, 4, 4))
    (None, 4, 4)
    """


class Det(Operation, aliases=("ops.linalg.det",)):
    """The determinants of matrices.

    >>> Det().shape((None, 4, 4))
    (None,)
    """

    rule = "without the last two axes, which have the same size"

    def shape(self, x: Shape) -> Shape:
        check_square(x)
        return x[:-2]


class Logdet(Det):
    """The logarithms of the determinants of matrices.

    >>> Logdet().shape((None, 4, 4))
    (None,)
    """


class Slogdet(Operation):
    """The sign of a determinant and the logarithm of its size; Keras gives the sign no axes.

    >>> [tensor.shape for tensor in Slogdet().results(Inputs.of((None, 4, 4)))]
    [(), (None,)]
    """

    rule = "no axes; then without the last two, which have the same size"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        (x,) = self.tensors(inputs)
        (shape,) = inputs.shapes
        check_square(shape)
        return Tensor((), x.dtype), Tensor(shape[:-2], x.dtype)

    def run_dtypes(
        self, results: Sequence[Tensor], first: Optional[str]
    ) -> Tuple[Optional[str], ...]:
        return first, _real(first)


class Eigen(Operation, abstract=True):
    """Eigenvalues and eigenvectors of square matrices."""

    rule = "without the last axis; then as it is. The last two axes have the same size"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        (x,) = self.tensors(inputs)
        (shape,) = inputs.shapes
        check_square(shape)
        return Tensor(shape[:-1], x.dtype), Tensor(shape, x.dtype)


class Eig(Eigen, aliases=("ops.linalg.eig",)):
    """The eigenvalues and eigenvectors of matrices, which are complex also where Keras declares floats.

    >>> [tensor.shape for tensor in Eig().results(Inputs.of((None, 4, 4)))]
    [(None, 4), (None, 4, 4)]
    """

    refuses_floats = True

    def run_dtypes(
        self, results: Sequence[Tensor], first: Optional[str]
    ) -> Tuple[Optional[str], ...]:
        given = _complex(first)
        return given, given


class Eigh(Eigen, aliases=("ops.linalg.eigh",)):
    """The eigenvalues and eigenvectors of symmetric matrices.

    >>> [tensor.shape for tensor in Eigh().results(Inputs.of((None, 4, 4)))]
    [(None, 4), (None, 4, 4)]
    """

    def run_dtypes(
        self, results: Sequence[Tensor], first: Optional[str]
    ) -> Tuple[Optional[str], ...]:
        is_complex = (results[1].dtype or "").startswith("complex")
        return first, _complex(first) if is_complex else first


class LuFactor(Operation, aliases=("ops.linalg.lu_factor",)):
    """The LU decomposition of matrices, and the rows that were exchanged.

    >>> [tensor.shape for tensor in LuFactor().results(Inputs.of((None, 4, 4)))]
    [(None, 4, 4), (None, 4)]
    """

    refuses_floats = True
    rule = "as it is; then the smaller of the last two sizes"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the decomposition.

        Raises:
            ShapeError: TensorFlow is to decompose matrices that are not square.
        """
        (x,) = self.tensors(inputs)
        (shape,) = inputs.shapes
        small = min(check_known(shape))
        if Backend.choose() == "tensorflow":
            check_square(shape)
        return Tensor(shape, x.dtype), Tensor((*shape[:-2], small), x.dtype)

    def run_dtypes(
        self, results: Sequence[Tensor], first: Optional[str]
    ) -> Tuple[Optional[str], ...]:
        # Keras declares that the rows, too, have the dtype of the matrix.
        return first, "int32"


class Qr(Operation, aliases=("ops.linalg.qr",)):
    """The QR decomposition of matrices.

    >>> [tensor.shape for tensor in Qr().results(Inputs.of((None, 4, 3)))]
    [(None, 4, 3), (None, 3, 3)]
    """

    rule = "rows by the smaller size, that by columns; rows by rows first with `mode: complete`"

    mode: Annotated[str, Choice("reduced", "complete")] = "reduced"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        (x,) = self.tensors(inputs)
        (shape,) = inputs.shapes
        rows, columns = check_known(shape)
        size = rows if self.mode == "complete" else min(rows, columns)
        rest = shape[:-2]
        return Tensor((*rest, rows, size), x.dtype), Tensor((*rest, size, columns), x.dtype)


class SVD(Operation, aliases=("ops.linalg.svd",)):
    """The singular value decomposition of matrices.

    >>> [tensor.shape for tensor in SVD(full_matrices=False).results(Inputs.of((None, 4, 3)))]
    [(None, 4, 3), (None, 3), (None, 3, 3)]
    """

    keras_name = "ops.svd"
    rule = (
        "the left vectors, the values, the right vectors; only the values with `compute_uv: false`"
    )

    full_matrices: Flag = True
    compute_uv: Flag = True

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        (x,) = self.tensors(inputs)
        (shape,) = inputs.shapes
        rows, columns = check_known(shape)
        small, rest = min(rows, columns), shape[:-2]
        values = Tensor((*rest, small), x.dtype)
        if not self.compute_uv:
            return (values,)
        left = (rows, rows) if self.full_matrices else (rows, small)
        right = (columns, columns) if self.full_matrices else (small, columns)
        return Tensor((*rest, *left), x.dtype), values, Tensor((*rest, *right), x.dtype)

    def run_dtypes(
        self, results: Sequence[Tensor], first: Optional[str]
    ) -> Tuple[Optional[str], ...]:
        return (first, _real(first), first) if self.compute_uv else (_real(first),)


class MatrixRank(Operation, aliases=("ops.linalg.matrix_rank",)):
    """The ranks of matrices.

    >>> MatrixRank().results(Inputs.of((None, 4, 3)))
    (Tensor(shape=(None,), dtype='int32'),)
    """

    rule = "without the last two axes"
    becomes = "int32"

    tol: RealOrNone = None

    def shape(self, x: Shape) -> Shape:
        check_least_rank(x, 2)
        return x[:-2]


class Pinv(Operation, aliases=("ops.linalg.pinv",)):
    """The pseudo-inverses of matrices.

    >>> Pinv().shape((None, 4, 3))
    (None, 3, 4)
    """

    rule = "the last two axes change places"

    rcond: RealOrNone = None

    def shape(self, x: Shape) -> Shape:
        check_least_rank(x, 2)
        return (*x[:-2], x[-1], x[-2])


class Solving(Operation, abstract=True):
    """Solves linear equations: of matrices, and what their products with the result are."""

    arity = 2
    becomes = "last"
    rule = "as the second; the first has square matrices"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the solution.

        Raises:
            ShapeError: The tensors do not fit.
        """
        tensors = self.tensors(inputs)
        a, b = inputs.shapes
        check_square(a)
        check_has_axis(b, 1)
        differs = (len(a) == len(b) and a[-2] != b[-2]) or (len(a) == len(b) - 1 and a[-1] != b[-1])
        if differs:
            raise ShapeError(
                f"cannot solve {{0}} for {{1}}: {text(a)} against {text(b)}",
                code="merge-shape",
                inputs=(0, 1),
            )
        return (Tensor(b, self.result_dtype(tensors)),)


class Solve(Solving, aliases=("ops.linalg.solve",)):
    """The solution of linear equations.

    >>> Solve().results(Inputs.of((None, 4, 4), (None, 4, 3)))[0].shape
    (None, 4, 3)
    """


class SolveTriangular(Solving, aliases=("ops.linalg.solve_triangular",)):
    """The solution of linear equations of triangular matrices.

    >>> SolveTriangular(lower=True).results(Inputs.of((None, 4, 4), (None, 4, 3)))[0].shape
    (None, 4, 3)
    """

    lower: Flag = False


class Lstsq(Operation, aliases=("ops.linalg.lstsq",)):
    """The best solution of linear equations, of which there may be too many.

    >>> Lstsq().results(Inputs.of((6, 4), (6, 3)))[0].shape
    (4, 3)
    """

    arity = 2
    becomes = "first"
    rule = "the first's columns by the second's"

    rcond: RealOrNone = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the solution.

        Raises:
            ShapeError: The tensors do not fit.
        """
        tensors = self.tensors(inputs)
        a, b = inputs.shapes
        if len(a) != 2 or len(b) not in (1, 2) or a[0] != b[0]:
            raise ShapeError(
                f"takes a matrix and as many rows beside it: {{0}} is {text(a)}, {{1}} is {text(b)}",
                inputs=(0, 1),
            )
        return (Tensor((a[1], *b[1:]), self.result_dtype(tensors)),)
