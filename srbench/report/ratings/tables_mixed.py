"""Tables of mixed models: where votes differ, and differences between models."""

from collections.abc import Sequence

from srbench.ratings.mixed import RESIDUAL, MixedDifference, MixedFit
from srbench.report.numbers import number, p_value
from srbench.report.table import Column, Table, text_column, text_rows


def tables(fits: Sequence[MixedFit]) -> list[Table]:
    """Tabulate variance components and differences of the fits that there are."""
    made = [fit for fit in fits if not fit.reason]
    return [_components(made), *(_differences(fit) for fit in made)] if made else []


def _components(fits: Sequence[MixedFit]) -> Table:
    rows = (
        (name, *(text for fit in fits for text in (number(fit.sd[name], 3), _share(fit, name)))) for name in fits[0].sd
    )
    columns = [
        column
        for fit in fits
        for column in (Column(f"{fit.kind}\nsd", _unit(fit)), Column(f"{fit.kind}\nshare", rank=1))
    ]
    return Table(
        key="mixed-components",
        title="Variance components of the votes (mixed models)",
        columns=(text_column("of"), *columns),
        rows=text_rows(rows),
        notes=(
            f"Models are fixed, all else is random. {RESIDUAL.capitalize()}: what a rater's single vote adds; of the "
            "ordinal model it is the logistic's, pi / sqrt 3. Shares are of the sum of the variances."
            + "".join(f" {singular(fit)}" for fit in fits if fit.singular),
        ),
    )


def singular(fit: MixedFit) -> str:
    """Say of a singular fit which variances are 0, and what that means."""
    names = " and ".join(fit.vanished)
    one = len(fit.vanished) == 1
    zero = f"variance{'' if one else 's'} of {names} {'is' if one else 'are'} estimated as 0, the end of the range"
    what = "that effect" if one else "these effects"
    return (
        f"The {fit.kind} fit is singular: the {zero}. These votes do not show {what}; errors and tests take "
        f"{'it' if one else 'them'} as absent, and may be too sure."
    )


def _unit(fit: MixedFit) -> str:
    return "steps" if fit.kind == "linear" else "log odds"


def _share(fit: MixedFit, name: str) -> str:
    return f"{fit.sd[name] ** 2 / sum(sd**2 for sd in fit.sd.values()):.0%}"


def _differences(fit: MixedFit) -> Table:
    linear = fit.kind == "linear"
    return Table(
        key=f"mixed-{fit.kind}",
        title=f"Differences between models, {fit.kind} mixed model",
        columns=(
            *(text_column("model"), text_column("against"), Column("difference", _unit(fit))),
            *(Column("standard error", rank=1), *((Column("df", rank=4),) if linear else ()), Column("p", rank=2)),
            *(Column("p (Holm)"), Column("p < .05", rank=3)),
        ),
        rows=text_rows(_row(pair, linear=linear) for pair in fit.differences),
        notes=(
            ("Two-sided t tests, Satterthwaite's degrees of freedom" if linear else "Two-sided z tests (Wald)")
            + f"; Holm's correction for all pairs.{'' if fit.converged else ' The fit did not converge.'}"
            + (f" {singular(fit)}" if fit.singular else ""),
        ),
    )


def _row(pair: MixedDifference, *, linear: bool) -> tuple[str, ...]:
    df = (number(pair.df, 1),) if linear else ()
    told = "yes" if pair.significant else "no"
    return (
        *(pair.first, pair.second, number(pair.value), number(pair.error, 3), *df),
        *(p_value(pair.p), p_value(pair.p_holm), told),
    )
