"""The tables of a study of paired comparisons."""

from srbench.opinion.pairs import PairScores
from srbench.opinion.preference import PairAnalysis
from srbench.report.opinion.table import Table
from srbench.report.opinion.tables import figure, interval

_UNITS = {"bradley-terry": "log odds", "thurstone": "sd of a difference"}


def tables(made: PairAnalysis) -> list[Table]:
    """Scores over all contents and of each content, wins, and raters."""
    places = [("", made.overall), *made.contents.items()]
    scores = [_scores(place, fits) for place, fits in places if fits and not fits[0].problem]
    wins = [_wins(content, fits[0]) for content, fits in made.contents.items()]
    return [*scores, *wins, _raters(made)]


def _scores(content: str, fits: tuple[PairScores, ...]) -> Table:
    first = fits[0]
    order = sorted(range(len(first.items)), key=lambda i: -first.score[i])
    cells = []
    for i in order:
        row = [first.items[i]]
        for fit in fits:
            score, reach = float(fit.score[i]), 1.96 * float(fit.error[i])
            row += [figure(score), interval((score - reach, score + reach))]
        cells.append(tuple(row))
    heads = [head for fit in fits for head in (f"{fit.link} [{_UNITS[fit.link]}]", "95 %")]
    ties = f" {first.ties} ties." if first.ties else ""
    return Table(
        key=f"pairs-{content}" if content else "pairs",
        title=f"Preference scores, {content or 'all contents'}",
        heads=("item", *heads),
        rows=tuple(cells),
        note=f"{first.comparisons} answers.{ties} Higher is better; scores are centred to mean 0.",
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
