"""The tables of a study of paired comparisons."""

import math

from srbench.ratings.pair_study import PairAnalysis
from srbench.ratings.pairs import PairScores
from srbench.report.ratings.table import Table
from srbench.report.ratings.tables import chance, figure, interval

_UNITS = {"bradley-terry": "log odds", "thurstone": "sd of a difference"}


def tables(made: PairAnalysis) -> list[Table]:
    """Scores over all contents, their differences, scores of each content, wins, and raters."""
    places = [("", made.overall), *made.contents.items()]
    scores = [_scores(place, fits) for place, fits in places if fits and not fits[0].problem]
    if made.overall and made.overall[0].differences:
        scores.insert(1, _differences(made.overall[0]))
    wins = [_wins(content, fits[0]) for content, fits in made.contents.items()]
    return [*scores, *wins, _raters(made)]


def _scores(content: str, fits: tuple[PairScores, ...]) -> Table:
    first = fits[0]
    cells = []
    for i in first.order:
        row = [first.items[i]]
        for fit in fits:
            row += [figure(float(fit.score[i])), _around(float(fit.score[i]), float(fit.half[i]))]
        cells.append((*row, first.letters.get(first.items[i], "")))
    heads = [head for fit in fits for head in (f"{fit.link} [{_UNITS[fit.link]}]", _covered(fit))]
    ties = f" {first.ties} ties." if first.ties else ""
    return Table(
        key=f"pairs-{content}" if content else "pairs",
        title=f"Preference scores, {content or 'all contents'}",
        heads=("item", *heads, "group"),
        rows=tuple(cells),
        note=f"{first.comparisons} answers.{ties} Higher is better; scores are centred to mean 0. {_reach(first)}",
    )


def _around(middle: float, half: float) -> str:
    return interval((middle - half, middle + half)) if math.isfinite(half) else ""


def _covered(fit: PairScores) -> str:
    """Head of the column of intervals."""
    return f"95 % ({', '.join(f'{kind}s' for kind in fit.clusters)})"


def _reach(fit: PairScores) -> str:
    """What intervals and letters mean."""
    if fit.robust_df is None:
        return "One rater: no intervals, no tests."
    of = " and ".join(f"{number} {kind}s" for kind, number in fit.clusters.items())
    return (
        f"Intervals: for others like these {of} (cluster-robust, Student t, {_degrees(fit.robust_df)}). Items that "
        f"share a letter do not differ significantly ({fit.link}, t tests, Holm)."
    )


def _degrees(df: int) -> str:
    return f"{df} degree{'s' if df > 1 else ''} of freedom"


def _differences(fit: PairScores) -> Table:
    rows = tuple(
        (
            *(pair.first, pair.second, figure(pair.difference)),
            _around(pair.difference, fit.quantile * pair.standard_error),
            *(chance(pair.p), chance(pair.p_holm), "yes" if pair.significant else "no"),
        )
        for pair in fit.differences
    )
    assert fit.robust_df is not None
    return Table(
        key="pairs-differences",
        title="Differences, all contents",
        heads=("item", "against", f"{fit.link} [{_UNITS[fit.link]}]", _covered(fit), "p", "p (Holm)", "p < .05"),
        rows=rows,
        texts=2,
        note=(
            f"Two-sided t tests, {_degrees(fit.robust_df)}, from the covariance of the intervals; Holm's correction "
            f"for all {len(rows)} pairs."
        ),
    )


def _wins(content: str, fit: PairScores) -> Table:
    rows = tuple((name, *(_count(fit, i, j) for j in range(len(fit.items)))) for i, name in enumerate(fit.items))
    return Table(f"wins-{content}", f"How often the row was preferred to the column, {content}", ("", *fit.items), rows)


def _count(fit: PairScores, i: int, j: int) -> str:
    return "" if i == j else f"{fit.wins[i, j]:.0f}"


def _raters(made: PairAnalysis) -> Table:
    rows = tuple(
        (rater, str(count), "" if share is None else f"{share:.0%}") for rater, (count, share) in made.agreement.items()
    )
    return Table(
        key="raters",
        title="Raters",
        heads=("rater", "answers", "with the majority of the others"),
        rows=rows,
        note="Ties, and pairs on which the others are evenly split, do not count.",
    )
