"""The table of models that are, or are not, as good as another one within a margin."""

from collections.abc import Sequence

from srbench.ratings.non_inferiority import NonInferiority
from srbench.report.numbers import number, p_value
from srbench.report.table import Column, Table, text_column, text_rows


def table(found: Sequence[NonInferiority]) -> list[Table]:
    """Tabulate the tests, the best model first; no table without them."""
    if not found:
        return []
    baseline, margin = found[0].baseline, found[0].margin
    rows = (
        (
            *(one.model, number(one.mean), number(one.lower95), p_value(one.p), p_value(one.p_holm)),
            *(f"as good within {margin:g}" if one.shown else "not shown", str(one.images)),
        )
        for one in found
    )
    return [
        Table(
            key="as-good-as",
            title=f"As good as {baseline}, within {margin:g} steps",
            columns=(
                *(text_column("model"), Column("difference"), Column("at least (95 %)")),
                *(Column("p", rank=1), Column("p (Holm)"), text_column("verdict"), Column("images", rank=2)),
            ),
            rows=text_rows(rows),
            notes=(
                f'One-sided t tests over raters and images of "worse than {baseline} by {margin:g} or more", corrected '
                'by Holm. "At least": lower end of the one-sided 95 % interval, not corrected. "Not shown" does not '
                "mean worse.",
            ),
        )
    ]
