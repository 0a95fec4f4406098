"""Tables of a study of paired comparisons."""

from srbench.ratings.pair_scores import PairScores
from srbench.ratings.pair_study import PairAnalysis
from srbench.report.numbers import around, interval, number, p_value
from srbench.report.table import Column, Table, text_column, text_rows

_UNITS = {"bradley-terry": "log odds", "thurstone": "sd of a difference", "jod": "1: preferred by 75 %"}


def tables(study: PairAnalysis) -> list[Table]:
    """Tabulate scores over all contents, their differences, scores of each content, wins, and raters."""
    groups = [("", study.overall), *study.contents.items()]
    scores = [_scores(content, fits) for content, fits in groups if fits and not fits[0].problem]
    if study.overall and study.overall[0].differences:
        scores.insert(1, _differences(study.overall[0]))
    wins = [_wins(content, fits[0]) for content, fits in study.contents.items()]
    checks = [table for table in (_tests(study),) if table.rows]
    return [*scores, *checks, *wins, _raters(study)]


def _scores(content: str, fits: tuple[PairScores, ...]) -> Table:
    first = fits[0]
    rows = []
    for i in first.order:
        cells = [text for fit in fits for text in _values(fit, i)]
        rows.append((first.items[i], *cells, first.letters.get(first.items[i], "")))
    columns = [column for rank, fit in enumerate(fits) for column in _columns(fit, 3 * rank)]
    ties = f" {first.ties} ties." if first.ties else ""
    prior = f"{first.unbounded}: half a win each way is added to every pair." if first.prior else ""
    said = (f"{first.comparisons} answers.{ties} Higher is better; scores are centred to mean 0.", prior, _reach(first))
    return Table(
        key=f"pairs-{content}" if content else "pairs",
        title=f"Preference scores, {content or 'all contents'}",
        columns=(text_column("item"), *columns, Column("group")),
        rows=text_rows(rows),
        notes=(" ".join(part for part in said if part),),
    )


def _values(fit: PairScores, i: int) -> tuple[str, ...]:
    score = float(fit.score[i])
    both = (around(score, float(fit.rater_half[i])),) if "content" in fit.clusters else ()
    return (number(score), *both, around(score, float(fit.half[i])))


def _columns(fit: PairScores, rank: int) -> list[Column]:
    both = [Column("95 % (raters)", rank=rank + 2)] if "content" in fit.clusters else []
    return [
        Column(fit.link, _UNITS[fit.link], higher_is_better=True, rank=rank),
        *both,
        Column(_covered(fit), rank=rank + 1),
    ]


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


def _tests(study: PairAnalysis) -> Table:
    """Tabulate tests of the model, side bias, circular triads and repeated answers."""
    rows: list[tuple[str, str, str, str]] = [
        (what, f"chi-squared {test.chi2:.1f}, {test.df} df", "" if test.p is None else p_value(test.p), test.link)
        for what, tests in (
            ("one scale for all contents", study.heterogeneity),
            ("scores explain every pair", study.fit),
        )
        for test in tests
    ]
    side = study.side_bias
    if side:
        log_odds = f"{side.log_odds:+.2f}" + (f" [{interval(side.ci95)}]" if side.ci95 else "")
        share = f"{side.first:.1%} of {side.answers} answers; log odds"
        rows.append(("first shown is preferred", log_odds, "" if side.p is None else p_value(side.p), share))
    counted, circular = (sum(getattr(t, name) for t in study.triads.values()) for name in ("triads", "circular"))
    if counted:
        rows.append(("circular triads", f"{circular} of {counted}", "", "a quarter is expected of chance"))
    shares = [one.consistence for one in study.triads.values() if one.consistence is not None]
    if shares:
        rows.append(("consistence (Kendall)", number(sum(shares) / len(shares), 3), "", "mean of raters"))
    if study.retest:
        again = study.retest
        rows.append(("test-retest: same answer", f"{again.same:.1%}", "", f"{again.pairs} repeated answers"))
        if again.same_exchanged is not None:
            shown = f"{again.exchanged} with sides exchanged"
            rows.append(("test-retest: same answer", f"{again.same_exchanged:.1%}", "", shown))
    return Table(
        key="checks",
        title="Checks of model and raters",
        columns=(text_column("what"), text_column("value"), Column("p"), text_column("of what")),
        rows=text_rows(rows),
        notes=(
            "A small p speaks against what is tested. Score tests draw the signs of raters, so that a rater's answers "
            "may depend on one another.",
        ),
    )


def _raters(study: PairAnalysis) -> Table:
    rows = (
        (
            *(rater, str(count), "" if share is None else f"{share:.0%}"),
            *(f"{study.triads[rater].circular} of {study.triads[rater].triads}",),
            number(study.triads[rater].consistence),
        )
        for rater, (count, share) in study.agreement.items()
    )
    return Table(
        key="raters",
        title="Raters",
        columns=(
            *(text_column("rater"), Column("answers")),
            Column("with the majority\nof the others"),
            *(Column("circular\ntriads"), Column("consistence")),
        ),
        rows=text_rows(rows),
        notes=("Ties, and pairs on which the others are evenly split, do not count.",),
    )
