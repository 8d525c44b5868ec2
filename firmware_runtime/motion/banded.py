"""Symmetric banded linear systems that may close on themselves, for splines and the line fit (numpy only).

Stands outside the tick: used while a route is built. A closed line gives a banded matrix with corner
entries; both kinds are solved by substructuring (nested dissection): equal chunks are eliminated together
in one batch, which leaves a smaller banded system for the unknowns between them, and so on.
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_CHUNK = 48
"""Unknowns of a chunk: one step of Python for each, whatever the number of chunks (measured)."""


class BandedLeastSquares:
    """Sum of weighted squares of rows, each over a few neighbouring unknowns, and where it is least.

    Row i is sum over a of coefficients[a, i] * x[(first[i] + a) % unknowns] - wanted[i].
    """

    def __init__(self, unknowns: int, half_width: int) -> None:
        """`half_width`: one less than the unknowns of the longest row."""
        self._bands = np.zeros((half_width + 1, unknowns))
        self._right_side = np.zeros(unknowns)

    def add(self, first: IntArray, coefficients: FloatArray, wanted: FloatArray, weight: FloatArray) -> None:
        """Take in rows: `first`, `wanted`, `weight` of shape (rows,), `coefficients` of (places, rows)."""
        unknowns = self._bands.shape[1]
        for place, coefficient in enumerate(coefficients):
            column = (first + place) % unknowns
            weighted = weight * coefficient
            self._right_side += np.bincount(column, weighted * wanted, unknowns)
            for further in range(place, len(coefficients)):
                self._bands[further - place] += np.bincount(
                    column, weighted * coefficients[further], unknowns
                )

    def copy(self) -> "BandedLeastSquares":
        other = BandedLeastSquares(self._bands.shape[1], self._bands.shape[0] - 1)
        other._bands[:] = self._bands
        other._right_side[:] = self._right_side
        return other

    def solve(self) -> FloatArray:
        return solve_banded(self._bands, self._right_side[:, None])[:, 0]


def solve_banded(bands: FloatArray, right_side: FloatArray) -> FloatArray:
    """Solve A x = b for a symmetric positive definite, cyclically banded A.

    `bands[k, i]` is A[i, (i + k) % n] for k = 0..p; entries that would wrap are 0 on an open line.
    `right_side` has shape (n, columns); so has the result.
    """
    half_width, unknowns = bands.shape[0] - 1, bands.shape[1]
    inner_size = max(_CHUNK, 4 * half_width)
    period = inner_size + half_width
    if unknowns < period + 2 * half_width:
        return np.linalg.solve(_dense(bands), right_side).astype(np.float64, copy=False)
    start = np.arange(unknowns // period, dtype=np.int64) * period
    inner = np.arange(inner_size, dtype=np.int64)[:, None] + start
    beside = np.arange(half_width, dtype=np.int64)[:, None]
    left, right = (start + beside - half_width) % unknowns, start + inner_size + beside
    is_kept = np.ones(unknowns, dtype=bool)
    is_kept[inner] = False
    kept = np.flatnonzero(is_kept)
    kept_position = np.cumsum(is_kept) - 1

    coupling = _chunk_couplings(bands, inner, left, right)
    sides = np.concatenate([right_side[inner].transpose(0, 2, 1), coupling], axis=1)
    solved = _eliminate(bands[:, inner], sides)
    columns = right_side.shape[1]
    particular, response = solved[:, :columns], solved[:, columns:]

    # The kept unknowns are banded again: those left and right of a chunk are neighbours without it.
    neighbours = kept_position[np.concatenate([left, right])]
    kept_bands = np.zeros((2 * half_width, len(kept)))
    for offset, band in enumerate(bands):
        both = is_kept & np.roll(is_kept, -offset)
        kept_bands[offset, kept_position[both]] = band[both]
    kept_side = right_side[kept].copy()
    for row in range(2 * half_width):
        for column in range(row, 2 * half_width):
            correction = np.sum(coupling[:, row] * response[:, column], axis=0)
            np.subtract.at(kept_bands[column - row], neighbours[row], correction)
        np.subtract.at(kept_side, neighbours[row], np.sum(coupling[:, row, None] * particular, axis=0).T)
    kept_solution = solve_banded(kept_bands, kept_side)

    solution = np.empty_like(right_side)
    solution[kept] = kept_solution
    for row in range(2 * half_width):
        particular = particular - response[:, row, None] * kept_solution[neighbours[row]].T
    solution[inner] = particular.transpose(0, 2, 1)
    return solution


def _eliminate(bands: FloatArray, sides: FloatArray) -> FloatArray:
    """Solve many open banded systems side by side, by LDL' without pivoting.

    `bands` (p + 1, size, systems), `sides` (size, columns, systems); entries of `bands` that reach beyond
    the size are not used. Elementwise arithmetic only: the same bits whatever library multiplies matrices.
    """
    half_width, size = bands.shape[0] - 1, bands.shape[1]
    bands, solved = bands.copy(), sides.copy()
    for row in range(size):
        reach = min(half_width, size - 1 - row)
        for ahead in range(1, reach + 1):
            factor = bands[ahead, row] / bands[0, row]
            bands[: reach - ahead + 1, row + ahead] -= factor * bands[ahead : reach + 1, row]
            solved[row + ahead] -= factor * solved[row]
    for row in range(size - 1, -1, -1):
        for ahead in range(1, min(half_width, size - 1 - row) + 1):
            solved[row] -= bands[ahead, row] * solved[row + ahead]
        solved[row] /= bands[0, row]
    return solved


def _dense(bands: FloatArray) -> FloatArray:
    """The banded matrix written out."""
    unknowns = bands.shape[1]
    matrix = np.zeros((unknowns, unknowns))
    row = np.arange(unknowns, dtype=np.int64)
    for offset, band in enumerate(bands):
        column = (row + offset) % unknowns
        np.add.at(matrix, (row, column), band)
        if offset:
            np.add.at(matrix, (column, row), band)
    return matrix


def _chunk_couplings(bands: FloatArray, inner: IntArray, left: IntArray, right: IntArray) -> FloatArray:
    """Coupling of each chunk to the kept unknowns before and after it, shape (inner, 2 p, chunks)."""
    half_width, (size, chunks) = bands.shape[0] - 1, inner.shape
    coupling = np.zeros((size, 2 * half_width, chunks))
    for offset in range(1, half_width + 1):
        for place in range(offset):
            before = half_width - offset + place
            coupling[place, before] = bands[offset, left[before]]
            last = size - offset + place
            coupling[last, half_width + place] = bands[offset, inner[last]]
    return coupling
