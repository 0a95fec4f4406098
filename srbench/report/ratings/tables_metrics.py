"""Tables of metrics against people: how well metrics predict scores, and both side by side."""

from collections.abc import Sequence
from dataclasses import replace

from srbench.evaluation.row import MOS, TIMINGS
from srbench.evaluation.summary import Summary, summarise
from srbench.ratings.analysis import Analysis
from srbench.ratings.join import Joined
from srbench.ratings.metric_tests import MetricTest
from srbench.ratings.picture_differences import Judgement
from srbench.ratings.prediction import Prediction
from srbench.report.numbers import from_to, number, p_value
from srbench.report.table import Cell, Column, Table, text_column, text_rows

_NAMES = {"psnr": "PSNR [dB]", "ssim": "SSIM", "lpips": "LPIPS"}


_JUDGED = (
    "Better or worse: share of the pairs of pictures that raters tell apart (paired t test over raters, 5 %) whose "
    "better picture has the better value, the direction being that of SRCC. Different or not: area under the ROC curve "
    "of the absolute difference, pairs that are told apart against pairs that are not (Krasula et al. 2016), with the "
    "interval over contents like these (bootstrap, these raters)."
)


def predictions(predicted: Sequence[Prediction]) -> Table:
    """Tabulate how well each metric predicts the scores, the best first."""
    judged = any(p.pairs for p in predicted)
    return Table(
        key="metrics",
        title="Metrics against opinion",
        columns=(
            *(text_column("metric"), Column("SRCC"), Column("KROCC", rank=3), Column("PLCC", rank=2)),
            *(Column("PLCC,\nlog. 4", rank=4), Column("PLCC,\nlog. 5", rank=1), Column("PLCC,\ncubic", rank=9)),
            Column("RMSE", rank=5),
            *(Column("RMSE*", rank=6), Column("outliers", rank=7), Column("stimuli", rank=10)),
            *((Column("better\nor worse", rank=7), Column("different\nor not", rank=8)) if judged else ()),
        ),
        rows=tuple(_prediction(p, judged=judged) for p in sorted(predicted, key=lambda p: -abs(p.srcc))),
        notes=(
            "ITU-T P.1401, with 95 % intervals. RMSE (over n - 5), RMSE* (of what errors exceed half of a stimulus's "
            "interval by) and outlier ratio after the 5-parameter logistic. Cubic: monotonic third-order polynomial. A "
            "metric that falls as quality rises has negative correlations. ≈: not told from the best by |SRCC| "
            "(bootstrap over contents, 95 %).",
            *((_JUDGED,) if judged else ()),
        ),
    )


def _prediction(p: Prediction, *, judged: bool) -> tuple[Cell, ...]:
    fits = {fit.curve: fit for fit in p.fits}
    four, five, cubic = fits["logistic4"], fits["logistic5"], fits["cubic"]
    return (
        Cell(p.metric),
        replace(_with_interval(p.srcc, p.srcc_ci95), best=p.best, tied=p.tied),
        _with_interval(p.krocc, p.krocc_ci95),
        _with_interval(p.plcc, p.plcc_ci95),
        _with_interval(four.plcc, four.plcc_ci95),
        _with_interval(five.plcc, five.plcc_ci95),
        _with_interval(cubic.plcc, cubic.plcc_ci95),
        _with_interval(five.rmse, five.rmse_ci95),
        Cell("" if five.rmse_star is None else f"{five.rmse_star:.3f}"),
        _with_interval(five.outlier_ratio, five.outlier_ci95),
        Cell(str(p.n)),
        *(_judgement(p.pairs) if judged else ()),
    )


def _judgement(pairs: Judgement | None) -> tuple[Cell, Cell]:
    right = "" if pairs is None or pairs.right is None else f"{pairs.right:.1%}"
    if pairs is None or pairs.auc_different is None:
        return Cell(right), Cell("")
    area = _with_interval(pairs.auc_different, pairs.auc_different_ci95)
    return Cell(right), area if area.text else Cell(number(pairs.auc_different, 3))


def comparisons(tests: Sequence[MetricTest]) -> Table:
    """Tabulate the tests between metrics."""
    rows = (
        (
            *(t.first, t.second, number(t.plcc, 3), p_value(t.p_plcc_holm), p_value(t.p_plcc), p_value(t.p_plcc_p1401)),
            *(number(t.rmse_ratio, 2), p_value(t.p_rmse_holm), p_value(t.p_rmse), p_value(t.p_rmse_p1401), str(t.n)),
        )
        for t in tests
    )
    return Table(
        key="tests-of-metrics",
        title="Differences between metrics",
        columns=(
            *(text_column("metric"), text_column("against"), Column("PLCC\ndifference"), Column("p (Holm)")),
            *(Column("p", rank=3), Column("p (P.1401)", rank=2), Column("RMSE\nratio"), Column("p (Holm)")),
            *(Column("p", rank=4), Column("p (P.1401)", rank=1), Column("stimuli", rank=5)),
        ),
        rows=text_rows(rows),
        notes=(
            f"After the monotonic third-order polynomial. p: {_tested(tests)}; Holm over all pairs. P.1401's z and F "
            "tests take the two metrics, and all stimuli, as independent.",
        ),
    )


def _tested(tests: Sequence[MetricTest]) -> str:
    """Say what the tests between metrics take as independent."""
    contents = sorted({t.contents for t in tests if t.contents is not None})
    if contents:
        return (
            f"t tests over {from_to(contents)} contents, each with all its stimuli (cluster-robust variance of the "
            "difference of Fisher's z, and of the logarithm of the mean square)"
        )
    return (
        "tests for two metrics on the same stimuli, which count as independent (Meng, Rosenthal and Rubin for "
        "correlations, Pitman and Morgan for RMSE)"
    )


def _with_interval(value: float | None, ends: tuple[float, float] | None) -> Cell:
    return Cell("") if value is None or ends is None else Cell(f"{value:.3f}", f"{ends[0]:.3f}–{ends[1]:.3f}")


def side_by_side(study: Analysis, joined: Joined, score: str) -> Table:
    """Tabulate metrics and scores: a block of rows for each data set, a column for each rated model, originals last.

    Args:
        study: Study with models.
        joined: Rows of a run of the same models.
        score: Name of what models are compared by.

    Source:
        Ledig et al., Photo-realistic single image super-resolution using a GAN, CVPR 2017, table 2.
    """
    shown = [row for row in joined.renamed(study.compared.stimuli) if row.metric not in (*TIMINGS, MOS)]
    summaries = summarise(shown)
    means = {(g.model, g.dataset): g for g in study.models}
    datasets = list(dict.fromkeys(s.dataset for s in study.compared.stimuli if s.model))
    several = len(datasets) > 1
    overall = {model: group.mean for (model, dataset), group in means.items() if not dataset}
    originals = {s.model for s in study.compared.stimuli if s.reference}
    models = sorted(overall, key=lambda model: (model in originals, overall[model]))
    lines: list[tuple[str, ...]] = []
    for dataset in datasets:
        inside = [s for s in summaries if s.dataset == dataset or not dataset]
        for metric in dict.fromkeys(s.metric for s in inside):
            values = {s.model: s for s in inside if s.metric == metric}
            images = _count([s.n for s in values.values()])
            lines.append((dataset, _name(metric), images, *_cells(models, values, originals, metric)))
        groups = [means.get((model, dataset if several else "")) for model in models]
        images = _count([g.images for g in groups if g])
        lines.append((dataset, score, images, *("" if g is None else f"{g.mean:.2f}" for g in groups)))
    return Table(
        key="side-by-side",
        title="Metrics and ratings",
        columns=(text_column("data set"), text_column("metric"), Column("images"), *map(Column, models)),
        rows=text_rows(lines),
        notes=(
            "Means over the images that were rated. MOS: higher is better; so are PSNR and SSIM, while LPIPS is a "
            "distance.",
        ),
    )


def _name(metric: str) -> str:
    base, _, flavour = metric.partition(".")
    return _NAMES.get(base, base) + (f" {flavour}" if flavour else "")


def _cells(models: Sequence[str], values: dict[str, Summary], originals: set[str], metric: str) -> list[str]:
    perfect = {"psnr": "∞", "ssim": "1"}
    cells = []
    for model in models:
        summary = values.get(model)
        if model in originals and summary is None:
            cells.append(perfect.get(metric.partition(".")[0], ""))
        elif summary is None or summary.whole_mean is None:
            cells.append("")
        else:
            cells.append(f"{summary.whole_mean:.{2 if summary.unit == 'dB' else 4}f}")
    return cells


def _count(images: Sequence[int]) -> str:
    least, most = min(images), max(images)
    return str(most) if least == most else f"{least}–{most}"
