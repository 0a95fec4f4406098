"""Where labels of points go, so that none covers a point or another label. Pure geometry, in any one unit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]

_RINGS = (0.35, 0.9, 1.6, 2.6, 4.0, 6.0, 9.0, 13.0, 18.0, 26.0, 36.0)
_ANGLES = np.linspace(0, 2 * np.pi, 24, endpoint=False)
_SWEEPS = 3
_CROSSED = 3.0  # what it costs to lie on a line, in label heights of distance
_OVER_A_POINT = 6.0


@dataclass(frozen=True)
class Wanted:
    """A label to place.

    Attributes:
        anchors: Points that it may stand beside, `(n, 2)`; one is enough.
        width: Width of the label's box.
        height: Height of the label's box.
    """

    anchors: Floats
    width: float
    height: float


@dataclass(frozen=True)
class Place:
    """Where a label stands.

    Attributes:
        anchor: Number of the anchor that the label stands beside.
        x: Left edge of the label.
        y: Lower edge of the label.
        end: Point of the label's box that is nearest to the anchor, `(2,)`.
        away: Whether the label is so far from the anchor that a line must lead there.
    """

    anchor: int
    x: float
    y: float
    end: Floats
    away: bool


@dataclass(frozen=True, eq=False)
class _Candidates:
    """All places that one label may take: boxes, ends and anchors, with the cost of each by itself."""

    anchors: npt.NDArray[np.int64]
    starts: Floats
    boxes: Floats
    ends: Floats
    costs: Floats


def place(wanted: Sequence[Wanted], points: Floats, lines: Floats, frame: tuple[float, ...]) -> list[Place | None]:
    """Place labels near their points, in a few sweeps in which each takes the best place that the others leave.

    Args:
        wanted: Labels to place.
        points: Boxes that no label may cover, `(n, 4)`: left, lower, right, upper edge.
        lines: Segments that labels should not lie on, `(n, 2, 2)`.
        frame: Box that labels must stay in.

    Returns:
        A place for each label; None where all places are taken.
    """
    every = [_candidates(one, points, lines, frame) for one in wanted]
    taken: list[int | None] = [None] * len(wanted)
    order = sorted(range(len(wanted)), key=lambda i: len(every[i].costs))
    for _ in range(_SWEEPS):
        for i in order:
            others = [(every[j], k) for j, k in enumerate(taken) if k is not None and j != i]
            taken[i] = _best(every[i], others)
    chosen = zip(wanted, every, taken, strict=True)
    return [None if k is None else _placed(one, candidates, k) for one, candidates, k in chosen]


def _placed(one: Wanted, candidates: _Candidates, k: int) -> Place:
    x, y = candidates.boxes[k, :2]
    far = float(np.hypot(*(candidates.ends[k] - candidates.starts[k])))
    return Place(int(candidates.anchors[k]), float(x), float(y), candidates.ends[k], far > one.height)


def _candidates(one: Wanted, points: Floats, lines: Floats, frame: tuple[float, ...]) -> _Candidates:
    rings, angles, anchors = (
        grid.ravel() for grid in np.meshgrid(_RINGS, _ANGLES, np.arange(len(one.anchors)), indexing="ij")
    )
    starts = one.anchors[anchors]
    half = np.array([one.width, one.height]) / 2
    towards = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    # Beside the point at 0 and 180 degrees, over and under it at 90 and 270, and round it between.
    centres = starts + towards * (rings[:, None] * one.height + half) + towards * one.height * 0.15
    boxes = np.hstack([centres - half, centres + half])
    inside = (boxes[:, :2] >= frame[:2]).all(axis=1) & (boxes[:, 2:] <= frame[2:]).all(axis=1)
    free = inside & ~overlaps(boxes, points).any(axis=1)
    anchors, starts, boxes, rings = anchors[free], starts[free], boxes[free], rings[free]
    ends = np.clip(starts, boxes[:, :2], boxes[:, 2:])
    leaders = np.stack([starts, ends], axis=1)
    foreign = points[~(_inside(points, one.anchors).any(axis=1))]
    costs = np.hypot(*(ends - starts).T) / one.height
    costs += _CROSSED * crossings(boxes, lines).sum(axis=1)
    costs += _OVER_A_POINT * crossings(foreign, leaders).sum(axis=0)
    return _Candidates(anchors, starts, boxes, ends, costs)


def _best(candidates: _Candidates, others: Sequence[tuple[_Candidates, int]]) -> int | None:
    if not len(candidates.costs):
        return None
    costs = candidates.costs.copy()
    if others:
        boxes = np.stack([other.boxes[k] for other, k in others])
        leaders = np.stack([np.stack([other.starts[k], other.ends[k]]) for other, k in others])
        mine = np.stack([candidates.starts, candidates.ends], axis=1)
        blocked = overlaps(candidates.boxes, boxes).any(axis=1)
        blocked |= crossings(candidates.boxes, leaders).any(axis=1) | crossings(boxes, mine).any(axis=0)
        costs[blocked] = np.inf
    best = int(costs.argmin())
    return best if np.isfinite(costs[best]) else None


def overlaps(first: Floats, second: Floats) -> Truths:
    """Tell which boxes share area: `(n, 4)` and `(m, 4)` to `(n, m)`."""
    a, b = first[:, None], second[None]
    return np.logical_and((a[..., :2] < b[..., 2:]).all(axis=-1), (b[..., :2] < a[..., 2:]).all(axis=-1))


def crossings(boxes: Floats, lines: Floats) -> Truths:
    """Tell which segments pass through which boxes: `(n, 4)` and `(m, 2, 2)` to `(n, m)`.

    Source:
        Liang and Barsky, A new concept and method for line clipping, ACM Transactions on Graphics 3(1), 1984.
    """
    start, along = lines[None, :, 0], (lines[:, 1] - lines[:, 0])[None]
    still = along == 0
    step = np.where(still, 1.0, along)
    low, high = ((edge[:, None] - start) / step for edge in (boxes[:, :2], boxes[:, 2:]))
    between = (boxes[:, None, :2] < start) & (start < boxes[:, None, 2:])
    enter = np.where(still, np.where(between, 0.0, np.inf), np.minimum(low, high)).max(axis=-1)
    leave = np.where(still, np.where(between, 1.0, -np.inf), np.maximum(low, high)).min(axis=-1)
    return np.less(np.maximum(enter, 0.0), np.minimum(leave, 1.0))


def _inside(boxes: Floats, points: Floats) -> Truths:
    at = points[None]
    return np.logical_and((boxes[:, None, :2] <= at).all(axis=-1), (at <= boxes[:, None, 2:]).all(axis=-1))
