"""Which points nothing beats in both of two properties."""

from collections.abc import Sequence


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the Pareto front, in the order of the points.

    A point stands on the front when no other is at least as large in both properties and larger in one; of equal points
    all stand on it.

    Args:
        points: Finite; larger is better in both properties.

    Examples:
        >>> front([(1, 3), (2, 2), (1, 2), (3, 1), (2, 2)])
        [0, 1, 3, 4]
    """
    found: list[int] = []
    highest = -float("inf")  # second property of all that are larger in the first
    edge = (float("nan"), float("nan"))
    for i in sorted(range(len(points)), key=lambda i: points[i], reverse=True):
        if points[i][1] > highest:
            highest, edge = points[i][1], points[i]
            found.append(i)
        elif points[i] == edge:
            found.append(i)
    return sorted(found)
