"""Balanced blocks of pairs: each rater has a few rounds of a round robin, and raters together have all of it."""

_ROUNDS = 4


def round_robin(models: int) -> list[list[tuple[int, int]]]:
    """Return the rounds in which every two models meet once, and every model once a round.

    Of an odd number of models another one sits out in each round.

    Args:
        models: Number of models, 2 at least.

    Returns:
        Rounds, each of `models // 2` pairs, the smaller number first.

    Source:
        The circle method: Kirkman, On a problem in combinations, Cambridge and Dublin Mathematical Journal 2, 1847.
    """
    places = [*range(models), *([-1] if models % 2 else [])]
    rounds = []
    for _ in range(len(places) - 1):
        half = len(places) // 2
        facing = zip(places[:half], reversed(places[half:]), strict=True)
        rounds.append([(min(pair), max(pair)) for pair in facing if -1 not in pair])
        places = [places[0], places[-1], *places[1:-1]]
    return rounds


def block(models: int, turn: int) -> list[tuple[int, int]]:
    """Return which pairs of a content a rater compares: four rounds of a round robin, the next four the next rater.

    Over as many raters as there are rounds every pair comes equally often, and so does every model.

    Args:
        models: Number of models.
        turn: Number of raters who have had a block of this content before.

    Returns:
        For each pair its number among the pairs of all rounds, one after the other, and how often it was asked before.
    """
    rounds = round_robin(models)
    size = len(rounds[0])
    taken = min(_ROUNDS, len(rounds))
    found = []
    for number in range(turn * taken, (turn + 1) * taken):
        before, at = divmod(number, len(rounds))
        found += [(at * size + place, before) for place in range(size)]
    return found
