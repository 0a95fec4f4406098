"""Which points nothing beats in both of two properties."""

from collections.abc import Sequence


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Find the Pareto front, as indices in the order of the points.

    A point stands on the front when no other is at least as large in both properties and larger in one; of equal points
    all stand on it.

    Args:
        points: Pairs of finite values; larger is better in both properties.

    Examples:
        >>> front([(1, 3), (2, 2), (1, 2), (3, 1), (2, 2)])
        [0, 1, 3, 4]
    """
    best: list[int] = []
    highest = -float("inf")  # second property of all that are larger in the first
    edge = (float("nan"), float("nan"))
    for i in sorted(range(len(points)), key=lambda i: points[i], reverse=True):
        if points[i][1] > highest:
            highest, edge = points[i][1], points[i]
            best.append(i)
        elif points[i] == edge:
            best.append(i)
    return sorted(best)
