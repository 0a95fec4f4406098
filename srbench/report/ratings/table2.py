"""Quality by metric and by people, side by side: the layout of the SRGAN paper's Table 2."""

from collections.abc import Sequence

from srbench.evaluation.results import MOS, TIMINGS, Row
from srbench.evaluation.summary import Summary, summarise
from srbench.ratings import join
from srbench.ratings.analysis import Analysis
from srbench.report.ratings.table import Table
from srbench.report.ratings.tables import score_name

_NAMES = {"psnr": "PSNR [dB]", "ssim": "SSIM", "lpips": "LPIPS"}


def table2(made: Analysis, rows: Sequence[Row]) -> Table:
    """A block of lines for each data set, a column for each rated model, the originals last.

    Args:
        made: With models.
        rows: Of a run of the same models.

    Source:
        Ledig et al., Photo-realistic single image super-resolution using a GAN, CVPR 2017, table 2.
    """
    shown = [row for row in join.rows_of_rated_images(made.compared, rows) if row.metric not in (*TIMINGS, MOS)]
    summaries = summarise(shown)
    means = {(g.model, g.dataset): g for g in made.models}
    datasets = list(dict.fromkeys(s.dataset for s in made.compared.stimuli if s.model))
    several = len(datasets) > 1
    overall = {model: group.mean for (model, dataset), group in means.items() if not dataset}
    originals = {s.model for s in made.compared.stimuli if s.reference}
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
        lines.append((dataset, score_name(made), images, *("" if g is None else f"{g.mean:.2f}" for g in groups)))
    return Table(
        key="table2",
        title="Metrics and opinion",
        heads=("data set", "", "images", *models),
        rows=tuple(lines),
        texts=2,
        note=(
            "Means over the images that were rated. MOS: higher is better; so are PSNR and SSIM, while LPIPS is a "
            "distance."
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
        elif summary is None or summary.mean is None:
            cells.append("")
        else:
            cells.append(f"{summary.mean:.{2 if summary.unit == 'dB' else 4}f}")
    return cells


def _count(images: Sequence[int]) -> str:
    least, most = min(images), max(images)
    return str(most) if least == most else f"{least}–{most}"
