"""Pairs of models on a ring: fewer than all, and yet connected."""

_SPARSE_DEGREE = 4


def ring(models: int) -> list[tuple[int, int]]:
    """Return the pairs of neighbours and second neighbours on a ring: connected, and each model meets four others.

    With five models or fewer these are all pairs.
    """
    reach = _SPARSE_DEGREE // 2
    chosen = {
        (min(i, j), max(i, j)) for i in range(models) for d in range(1, reach + 1) if i != (j := (i + d) % models)
    }
    return sorted(chosen)
