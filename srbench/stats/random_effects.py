"""The random effects of a mixed model in blocks that meet in a few shared levels alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import linalg, sparse

from srbench.stats.arrays import Flags, Floats, Ints


@dataclass(frozen=True, eq=False)
class Layout:
    """Levels of crossed factors, arranged so that equations in them can be solved block by block.

    Some factors are shared by all blocks. What is left falls into blocks of levels of which no observation has two: of
    raters, contents and both crossed with models, the shared levels are raters and contents, and each model is a block.

    Attributes:
        shared: Number of shared levels.
        blocks: Number of blocks.
        size: Levels of a block; smaller blocks have empty places.
        column: Place of each observation's level of each factor, `(n, factors)`: shared ones first, then block by
            block.
        factor: Factor of each place, `(shared + blocks * size,)`; -1 for an empty one.
    """

    shared: int
    blocks: int
    size: int
    column: Ints
    factor: Ints

    @property
    def places(self) -> int:
        """Number of levels, empty places included."""
        return self.shared + self.blocks * self.size

    @property
    def cost(self) -> float:
        """Number of operations of one solution, roughly."""
        return cost(self.shared, [self.size] * self.blocks)


def cost(shared: int, sizes: Sequence[int]) -> float:
    """Return the number of operations that blocks of these sizes take with a number of shared levels, roughly."""
    return float(shared**3 + len(sizes) * max(sizes, default=0) * (max(sizes, default=0) + shared) ** 2)


def arrange(groups: Sequence[Ints]) -> Layout:
    """Arrange levels so that solving takes the fewest operations.

    Args:
        groups: Level of each observation, numbered from 0 without gaps, `(n,)`, for each factor; factors may cross.
    """
    levels = [int(group.max()) + 1 for group in groups]
    candidates = [chosen for k in range(len(groups)) for chosen in combinations(range(len(groups)), k)]
    labelled = {chosen: _components(groups, levels, chosen) for chosen in candidates}

    def expense(chosen: tuple[int, ...]) -> float:
        return cost(sum(levels[i] for i in chosen), np.bincount(labelled[chosen]).tolist())

    best = min(candidates, key=expense)
    return _layout(groups, levels, best, labelled[best])


def _components(groups: Sequence[Ints], levels: Sequence[int], shared: tuple[int, ...]) -> Ints:
    """Return the block of each level of the factors that are not shared, one factor after another."""
    rest = [i for i in range(len(groups)) if i not in shared]
    starts = np.cumsum([0, *(levels[i] for i in rest)])
    first = groups[rest[0]]
    ends = np.concatenate([groups[i] + start for i, start in zip(rest, starts, strict=False)])
    size = int(starts[-1])
    pairs = np.unique(np.tile(first, len(rest)) * size + ends)
    graph = sparse.csr_array((np.ones(len(pairs)), (pairs // size, pairs % size)), shape=(size, size))
    return np.asarray(sparse.csgraph.connected_components(graph, directed=False)[1], dtype=np.int64)


def _layout(groups: Sequence[Ints], levels: Sequence[int], shared: tuple[int, ...], label: Ints) -> Layout:
    sizes = np.bincount(label)
    size, count = int(sizes.max()), sum(levels[i] for i in shared)
    order = np.argsort(label, kind="stable")
    inside = np.empty(len(label), dtype=np.int64)
    inside[order] = np.arange(len(label)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    place = count + label * size + inside
    factor = np.full(count + len(sizes) * size, -1, dtype=np.int64)
    columns = np.empty((len(groups[0]), len(groups)), dtype=np.int64)
    start = at = 0
    for i, group in enumerate(groups):
        if i in shared:
            columns[:, i] = start + group
            factor[start : start + levels[i]] = i
            start += levels[i]
        else:
            mine = place[at : at + levels[i]]
            columns[:, i] = mine[group]
            factor[mine] = i
            at += levels[i]
    return Layout(count, len(sizes), size, columns, factor)


@dataclass(frozen=True, eq=False)
class Blocks:
    """A symmetric matrix over the places of a layout and further columns.

    Attributes:
        inner: Blocks, `(blocks, size, size)`.
        border: Blocks against shared levels and further columns, `(blocks * size, shared + further)`.
        corner: Shared levels and further columns against themselves, `(shared + further, shared + further)`.
    """

    inner: Floats
    border: Floats
    corner: Floats

    def scaled(self, place: Floats, further: int) -> "Blocks":
        """Return D M D + I over the places, D being this scale of each place; further columns stay as they are."""
        count, size = self.inner.shape[:2]
        shared = len(self.corner) - further
        own = place[shared:].reshape(count, size)
        outer = np.concatenate([place[:shared], np.ones(further)])
        inner = self.inner * own[:, :, None] * own[:, None, :]
        inner[:, np.arange(size), np.arange(size)] += 1
        corner = self.corner * outer[:, None] * outer
        corner[np.arange(shared), np.arange(shared)] += 1
        return Blocks(inner, self.border * own.reshape(-1, 1) * outer, corner)

    def raised(self, diagonal: Floats) -> "Blocks":
        """Return M + diag(diagonal), without further columns."""
        count, size = self.inner.shape[:2]
        shared = len(self.corner)
        inner, corner = self.inner.copy(), self.corner.copy()
        inner[:, np.arange(size), np.arange(size)] += diagonal[shared:].reshape(count, size)
        corner[np.arange(shared), np.arange(shared)] += diagonal[:shared]
        return Blocks(inner, self.border, corner)


class Products:
    """Cross products of the indicators of all levels, with any weights."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        n, factors = layout.column.shape
        self.indicators = sparse.csr_array(
            (np.ones(n * factors), (np.repeat(np.arange(n), factors), layout.column.ravel())), shape=(n, layout.places)
        )
        left = np.repeat(layout.column, factors, axis=1)
        right = np.tile(layout.column, (1, factors))
        self._wanted, self._target = self._targets(left, right)

    def _targets(self, left: Ints, right: Ints) -> tuple[Flags, Ints]:
        """Return which products of two levels are kept, and where, in the order inner, border, corner."""
        shared, size = self.layout.shared, self.layout.size
        rows = self.layout.blocks * size
        row, other = left - shared, right - shared
        target = np.where(
            (row >= 0) & (other >= 0),
            row * size + other % size,
            np.where(row >= 0, rows * size + row * shared + right, rows * (size + shared) + left * shared + right),
        )
        wanted = (row >= 0) | (other < 0)
        return wanted, target[wanted]

    def of(self, weight: Floats) -> Blocks:
        """Return Z' diag(weight) Z, Z being the indicators, `(n, places)`; weights are `(n,)`."""
        shared, size, blocks = self.layout.shared, self.layout.size, self.layout.blocks
        rows = blocks * size
        spread = np.broadcast_to(weight[:, None], self._wanted.shape)[self._wanted]
        total = rows * (size + shared) + shared**2
        sums = np.bincount(self._target, spread, total).astype(np.float64)
        inner, border, corner = np.split(sums, [rows * size, rows * (size + shared)])
        return Blocks(inner.reshape(blocks, size, size), border.reshape(rows, shared), corner.reshape(shared, shared))

    def bordered(self, further: Floats) -> Blocks:
        """Return [Z, further]' [Z, further]; further columns are `(n, m)`."""
        plain, beside = self.of(np.ones(len(further))), self.indicators.T @ further
        shared = self.layout.shared
        corner = np.block([[plain.corner, beside[:shared]], [beside[:shared].T, further.T @ further]])
        return Blocks(plain.inner, np.hstack([plain.border, beside[shared:]]), corner)


class Solver:
    """A positive definite matrix in blocks, factored."""

    def __init__(self, matrix: Blocks) -> None:
        """Factor a matrix.

        Raises:
            LinAlgError: It is not positive definite.
        """
        self.count, self.size = matrix.inner.shape[:2]
        diagonals = np.diagonal(np.linalg.cholesky(matrix.inner), axis1=1, axis2=2)
        self.logdet_inner = 2 * float(np.log(diagonals).sum())
        self.inner_inverse = np.linalg.inv(matrix.inner)
        self.border = matrix.border
        self.reach = self._apply(matrix.border)
        self.corner = linalg.cholesky(matrix.corner - matrix.border.T @ self.reach, check_finite=False)

    def _apply(self, columns: Floats) -> Floats:
        """Multiply the blocks' inverses with columns, `(blocks * size, m)`."""
        return np.asarray(self.inner_inverse @ columns.reshape(self.count, self.size, -1)).reshape(len(columns), -1)

    @property
    def logdet(self) -> float:
        """Logarithm of the determinant."""
        return self.logdet_inner + 2 * float(np.log(np.diag(self.corner)).sum())

    def solve(self, right: Floats) -> Floats:
        """Solve for one or several right sides, `(places,)` or `(places, m)`."""
        columns = right.reshape(len(right), -1)
        shared = len(self.corner)
        outer = linalg.cho_solve((self.corner, False), columns[:shared] - self.reach.T @ columns[shared:])
        inner = self._apply(columns[shared:]) - self.reach @ outer
        return np.concatenate([outer, inner]).reshape(right.shape)

    def leverages(self, layout: Layout) -> tuple[Floats, Floats]:
        """Return z' M^-1 z of each observation's indicators z, `(n,)`, and the diagonal of M^-1, `(places,)`."""
        shared = layout.shared
        outer = linalg.cho_solve((self.corner, False), np.eye(shared))
        across = -self.reach @ outer
        inner = self.inner_inverse - self._within(across)
        diagonal = np.concatenate([np.diag(outer), np.diagonal(inner, axis1=1, axis2=2).ravel()])
        leverage = np.zeros(len(layout.column))
        factors = range(layout.column.shape[1])
        for i in factors:
            for j in factors:
                left, right = layout.column[:, i] - shared, layout.column[:, j] - shared
                if left[0] >= 0 and right[0] >= 0:
                    leverage += inner[left // self.size, left % self.size, right % self.size]
                elif left[0] >= 0:
                    leverage += 2 * across[left, right + shared]
                elif right[0] < 0:
                    leverage += outer[left + shared, right + shared]
        return leverage, diagonal

    def _within(self, across: Floats) -> Floats:
        shape = self.count, self.size, -1
        return np.asarray(across.reshape(shape) @ self.reach.reshape(shape).transpose(0, 2, 1))
