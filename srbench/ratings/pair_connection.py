"""Whether the answers of paired comparisons bound the scores of all items."""

import numpy as np
from scipy import optimize, sparse

from srbench.stats.arrays import Floats


def why_unconnected(items: tuple[str, ...], wins: Floats, ties: Floats) -> str:
    """Say which items were never compared with one another, directly or through others; empty where all were.

    Args:
        items: Names of what was compared.
        wins: `wins[i, j]`: number of times that i was preferred to j.
        ties: `ties[i, j]`: number of ties of i and j, i < j.
    """
    parts, label = sparse.csgraph.connected_components(sparse.csr_array(wins + ties), directed=False)
    if parts < 2:
        return ""
    lists = [", ".join(_members(items, label, part)) for part in range(parts)]
    return f"{parts} groups were never compared with one another: {' | '.join(lists)}"


def why_unbounded(items: tuple[str, ...], wins: Floats, ties: Floats) -> str:
    """Say why no scores of greatest likelihood exist though all items are connected; empty where they do.

    Source:
        Ford, American Mathematical Monthly 64, 1957.
    """
    beaten = sparse.csr_array(wins + ties + ties.T)
    parts, label = sparse.csgraph.connected_components(beaten, directed=True, connection="strong")
    if parts > 1:
        table = beaten.toarray()
        tops = [part for part in range(parts) if not table[np.ix_(label != part, label == part)].any()]
        ends = [part for part in range(parts) if not table[np.ix_(label == part, label != part)].any()]
        top, end = _members(items, label, tops[0]), _members(items, label, ends[0])
        if len(end) <= len(top):
            return f"{', '.join(end)} never beat any of the others"
        return f"{', '.join(top)} {'was' if len(top) == 1 else 'were'} never beaten by any of the others"
    if ties.any() and _unbounded_with_ties(wins, ties):
        return "answers fit any distance between the items (too many ties against too few wins)"
    return ""


def _members(items: tuple[str, ...], label: Floats, part: int) -> list[str]:
    return [name for name, of in zip(items, label, strict=True) if of == part]


def _unbounded_with_ties(wins: Floats, ties: Floats) -> bool:
    """Tell whether scores and threshold can grow together for ever.

    They can where some scores v put every winner at least 1 above the loser and every tied pair at most 1 apart: then
    t v with the threshold t makes every answer certain as t grows.
    """
    winner, loser = np.nonzero(wins)
    left, right = np.nonzero(ties)
    rows = [*zip(loser, winner, [-1.0] * len(winner), strict=True), *zip(left, right, [1.0] * len(left), strict=True)]
    rows += list(zip(right, left, [1.0] * len(left), strict=True))
    limits = np.zeros((len(rows), len(wins)))
    for row, (plus, minus, _) in enumerate(rows):
        limits[row, plus], limits[row, minus] = 1.0, -1.0
    bounds = [bound for *_, bound in rows]
    solution = optimize.linprog(np.zeros(len(wins)), A_ub=limits, b_ub=bounds, bounds=(None, None))
    return bool(solution.status == 0)
