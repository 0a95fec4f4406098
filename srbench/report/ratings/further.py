"""Further analyses of votes, as tables and as sentences of the methods paragraph."""

from srbench.ratings.analysis import Analysis
from srbench.report.numbers import interval, number, p_value
from srbench.report.table import Column, Table, text_column, text_rows

_WHAT = {
    "drift": "change from first to last place in the session",
    "predecessor": "change for each step that the picture before is better",
}


def tables(study: Analysis) -> list[Table]:
    """Tabulate scatter over the scale and order effects; without rows where they were not asked for."""
    sos = [study.further.sos] if study.further.sos else []
    return [
        Table(
            key="sos",
            title="Scatter of votes over the scale",
            columns=(Column("a"), Column("95 %"), Column("RMSE of std"), Column("stimuli")),
            rows=text_rows((number(s.a, 3), interval(s.ci95, 3), number(s.rmse, 3), str(s.stimuli)) for s in sos),
            notes=("Variance = a (mean - low)(high - mean), the SOS hypothesis: a is 0 where all raters agree.",),
        ),
        Table(
            key="order",
            title="Order effects",
            columns=(text_column("effect"), Column("change"), Column("95 %"), Column("p"), Column("raters")),
            rows=text_rows(
                (_WHAT[e.what], f"{e.slope:+.3f}", interval(e.ci95, 3), p_value(e.p), str(e.raters))
                for e in study.further.order
            ),
            notes=("Of votes less their stimulus's mean; intervals over raters like these.",),
        ),
    ]


def sentences(study: Analysis) -> str:
    """Describe the further analyses that were asked for."""
    parts = []
    if study.further.z:
        parts.append(
            "Votes were also standardised rater by rater, z = (vote - the rater's mean) / the rater's standard "
            "deviation (van Dijk, Martens and Watson 1995), and averaged with Student t intervals."
        )
    sos = study.further.sos
    if sos:
        ends = f" [{sos.ci95[0]:.3f}, {sos.ci95[1]:.3f}]" if sos.ci95 else ""
        parts.append(
            f"The SOS parameter is a = {sos.a:.3f}{ends} (Hossfeld, Schatz and Egger 2011; least squares on the "
            f"variances of {sos.stimuli} stimuli, t interval with variance HC3)."
        )
    parts += [
        f"Order: {_WHAT[e.what]}: {e.slope:+.3f} [{e.ci95[0]:.3f}, {e.ci95[1]:.3f}], p = {e.p:.4f} (least squares "
        f"inside raters on votes less their stimulus's mean, cluster-robust by rater, {e.raters - 1} degrees of "
        "freedom)."
        for e in study.further.order
    ]
    return " ".join(parts)
