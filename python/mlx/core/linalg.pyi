# Written by tools/opgen.py from src/ops/ and python/src/; do not edit.
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from mlx.core import Device, DeviceType, Dtype, StreamOrDevice, array, bfloat16, float32, int32, scalar

from mlx.core import matmul as matmul
from mlx.core import matrix_transpose as matrix_transpose
from mlx.core import outer as outer
from mlx.core import tensordot as tensordot
from mlx.core import vecdot as vecdot

class EighResult(tuple[array, array]):
    @property
    def eigenvalues(self) -> array: ...
    @property
    def eigenvectors(self) -> array: ...

class EigResult(tuple[array, array]):
    @property
    def eigenvalues(self) -> array: ...
    @property
    def eigenvectors(self) -> array: ...

class SlogdetResult(tuple[array, array]):
    @property
    def sign(self) -> array: ...
    @property
    def logabsdet(self) -> array: ...

class QRResult(tuple[array, array]):
    @property
    def Q(self) -> array: ...
    @property
    def R(self) -> array: ...

class SVDResult(tuple[array, array, array]):
    @property
    def U(self) -> array: ...
    @property
    def S(self) -> array: ...
    @property
    def Vh(self) -> array: ...

def cholesky(a: array, upper: bool = False, *, stream: StreamOrDevice | None = None) -> array:
    """The lower L with a = L L^T of a symmetric positive definite matrix, or the upper U with a = U^T U; only that triangle of a is read. float32, float64."""
    ...

def cholesky_inv(a: array, upper: bool = False, *, stream: StreamOrDevice | None = None) -> array:
    """The inverse of the matrix that a, L or U, is the Cholesky factor of."""
    ...

def inv(a: array, *, stream: StreamOrDevice | None = None) -> array:
    """The inverse. A singular matrix is a RuntimeError at evaluation. float32, float64."""
    ...

def tri_inv(a: array, upper: bool = False, *, stream: StreamOrDevice | None = None) -> array:
    """The inverse of a triangular matrix; only that triangle is read."""
    ...

def lu_factor(a: array, *, stream: StreamOrDevice | None = None) -> tuple[array, array]:
    """L below and U on and above the diagonal of one matrix, and the rows that were exchanged, in order (uint32, from 0). float32, float64."""
    ...

def lu(a: array, *, stream: StreamOrDevice | None = None) -> tuple[array, array, array]:
    """P (uint32), L and U with a = L[P, :] U."""
    ...

def solve(a: array, b: array, *, stream: StreamOrDevice | None = None) -> array:
    """x with a x = b; b is a vector or a matrix. A singular a is a RuntimeError at evaluation. float32, float64."""
    ...

def solve_triangular(a: array, b: array, *, upper: bool = False, stream: StreamOrDevice | None = None) -> array:
    """x with a x = b for a triangular a; only that triangle is read."""
    ...

def qr(a: array, *, mode: Literal['reduced', 'complete'] = 'reduced', stream: StreamOrDevice | None = None) -> QRResult:
    """Q with orthonormal columns and R upper triangular: of an m by n matrix m by k and k by n, k the lesser, or (complete) m by m and m by n. float32, float64, complex64."""
    ...

def svd(a: array, compute_uv: bool = True, *, full_matrices: bool = True, stream: StreamOrDevice | None = None) -> Any:
    """U, S and Vt with a = U diag(S) Vt, S descending, U and Vt square; S alone without compute_uv. float32, float64, complex64."""
    ...

def eigh(a: array, UPLO: str = 'L', *, stream: StreamOrDevice | None = None) -> EighResult:
    """Eigenvalues, ascending, and eigenvectors (columns) of a symmetric or Hermitian matrix of which one triangle, UPLO, is read. float32, float64, complex64."""
    ...

def eigvalsh(a: array, UPLO: str = 'L', *, stream: StreamOrDevice | None = None) -> array:
    """Eigenvalues, ascending, and eigenvectors (columns) of a symmetric or Hermitian matrix of which one triangle, UPLO, is read. float32, float64, complex64."""
    ...

def eig(a: array, *, stream: StreamOrDevice | None = None) -> EigResult:
    """Eigenvalues and eigenvectors (columns) of a square matrix, in complex64. float32, float64, complex64."""
    ...

def eigvals(a: array, *, stream: StreamOrDevice | None = None) -> array:
    """Eigenvalues and eigenvectors (columns) of a square matrix, in complex64. float32, float64, complex64."""
    ...

def pinv(a: array, *, rtol: float | array | None = None, stream: StreamOrDevice | None = None) -> array:
    """The Moore-Penrose inverse, singular values below 10 max(m, n) eps of the largest taken for zero. float32, float64."""
    ...

def det(a: array, *, stream: StreamOrDevice | None = None) -> array:
    """The determinant. Real dtypes; integers give float32."""
    ...

def slogdet(a: array, *, stream: StreamOrDevice | None = None) -> SlogdetResult:
    """Sign, and logarithm of the absolute value, of the determinant."""
    ...

def matrix_power(a: array, n: int, /, *, stream: StreamOrDevice | None = None) -> array:
    """A square matrix multiplied n times with itself; of a negative n the inverse is."""
    ...

def matrix_rank(a: array, /, *, rtol: float | array | None = None, stream: StreamOrDevice | None = None) -> array:
    """How many singular values are above rtol times the largest of their matrix; rtol max(m, n) eps where there is none. int32."""
    ...

def svdvals(a: array, /, *, stream: StreamOrDevice | None = None) -> array:
    """Singular values, descending. float32, float64, complex64."""
    ...

def vector_norm(a: array, /, *, axis: int | Sequence[int] | None = None, keepdims: bool = False, ord: float = 2, stream: StreamOrDevice | None = None) -> array:
    """Norms of the vectors that some axes, or all, hold together."""
    ...

def norm(a: array, /, ord: None | int | float | str = None, axis: None | int | list[int] = None, keepdims: bool = False, *, stream: StreamOrDevice | None = None) -> array:
    """Norms of vectors (one axis) or matrices (two axes). No axis means all. Orders of vectors: any number; of matrices: 1, -1, 2, -2, inf, -inf, "fro", "nuc"."""
    ...

def cross(a: array, b: array, axis: int = -1, *, stream: StreamOrDevice | None = None) -> array:
    """Cross product of vectors of 2 or 3 numbers along an axis."""
    ...

def matrix_norm(a: array, /, *, keepdims: bool = False, ord: int | float | str | None = 'fro', stream: StreamOrDevice | None = None) -> array:
    """Norms of the matrices in the last two axes, as linalg.norm."""
    ...

def diagonal(a: array, /, *, offset: int = 0, stream: StreamOrDevice | None = None) -> array:
    """Diagonals of the matrices in the last two axes."""
    ...

def trace(a: array, /, *, offset: int = 0, dtype: Dtype | None = None, stream: StreamOrDevice | None = None) -> array:
    """Sums of the diagonals of the matrices in the last two axes."""
    ...
