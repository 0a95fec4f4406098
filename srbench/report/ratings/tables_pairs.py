"""Tables of a study of paired comparisons."""

from srbench.ratings.pair_study import PairAnalysis
from srbench.ratings.pairs import PairScores
from srbench.report.numbers import around, number, p_value
from srbench.report.table import Column, Table, text_column, text_rows

_UNITS = {"bradley-terry": "log odds", "thurstone": "sd of a difference"}


def tables(study: PairAnalysis) -> list[Table]:
    """Tabulate scores over all contents, their differences, scores of each content, wins, and raters."""
    groups = [("", study.overall), *study.contents.items()]
    scores = [_scores(content, fits) for content, fits in groups if fits and not fits[0].problem]
    if study.overall and study.overall[0].differences:
        scores.insert(1, _differences(study.overall[0]))
    wins = [_wins(content, fits[0]) for content, fits in study.contents.items()]
    return [*scores, *wins, _raters(study)]


def _scores(content: str, fits: tuple[PairScores, ...]) -> Table:
    first = fits[0]
    rows = []
    for i in first.order:
        values = ((number(float(fit.score[i])), around(float(fit.score[i]), float(fit.half[i]))) for fit in fits)
        rows.append(
            (first.items[i], *(text for pair in values for text in pair), first.letters.get(first.items[i], ""))
        )
    columns = [
        column
        for rank, fit in enumerate(fits)
        for column in (
            Column(fit.link, _UNITS[fit.link], higher_is_better=True, rank=2 * rank),
            Column(_covered(fit), rank=2 * rank + 1),
        )
    ]
    ties = f" {first.ties} ties." if first.ties else ""
    return Table(
        key=f"pairs-{content}" if content else "pairs",
        title=f"Preference scores, {content or 'all contents'}",
        columns=(text_column("item"), *columns, Column("group")),
        rows=text_rows(rows),
        notes=(f"{first.comparisons} answers.{ties} Higher is better; scores are centred to mean 0. {_reach(first)}",),
    )


def _covered(fit: PairScores) -> str:
    """Name the column of intervals."""
    return f"95 % ({', '.join(f'{kind}s' for kind in fit.clusters)})"


def _reach(fit: PairScores) -> str:
    """Say what intervals and letters mean."""
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
    rows = [
        (
            *(pair.first, pair.second, number(pair.difference)),
            around(pair.difference, fit.quantile * pair.standard_error),
            *(p_value(pair.p), p_value(pair.p_holm), "yes" if pair.significant else "no"),
        )
        for pair in fit.differences
    ]
    assert fit.robust_df is not None
    return Table(
        key="pairs-differences",
        title="Differences, all contents",
        columns=(
            *(text_column("item"), text_column("against"), Column(fit.link, _UNITS[fit.link])),
            *(Column(_covered(fit), rank=1), Column("p", rank=2), Column("p (Holm)"), Column("p < .05", rank=3)),
        ),
        rows=text_rows(rows),
        notes=(
            f"Two-sided t tests, {_degrees(fit.robust_df)}, from the covariance of the intervals; Holm's correction "
            f"for all {len(rows)} pairs.",
        ),
    )


def _wins(content: str, fit: PairScores) -> Table:
    return Table(
        key=f"wins-{content}",
        title=f"How often the row was preferred to the column, {content}",
        columns=(text_column("item"), *map(Column, fit.items)),
        rows=text_rows((item, *(_count(fit, i, j) for j in range(len(fit.items)))) for i, item in enumerate(fit.items)),
    )


def _count(fit: PairScores, i: int, j: int) -> str:
    return "" if i == j else f"{fit.wins[i, j]:.0f}"


def _raters(study: PairAnalysis) -> Table:
    rows = (
        (rater, str(count), "" if share is None else f"{share:.0%}")
        for rater, (count, share) in study.agreement.items()
    )
    return Table(
        key="raters",
        title="Raters",
        columns=(text_column("rater"), Column("answers"), Column("with the majority of the others")),
        rows=text_rows(rows),
        notes=("Ties, and pairs on which the others are evenly split, do not count.",),
    )
