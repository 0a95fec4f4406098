"""Ratings joined to a run of the same models on the same images."""

from collections.abc import Sequence

from srbench.errors import BadRatings
from srbench.evaluation.results import MOS, TIMINGS, Row, key
from srbench.ratings.votes import Stimulus, StimulusScores

_ImageOfModel = tuple[str, str, str]


def metric_values(scores: StimulusScores, rows: Sequence[Row]) -> tuple[dict[str, dict[str, float]], tuple[str, ...]]:
    """Return values of a run's metrics for rated stimuli.

    A stimulus is the image of a row when model, data set and image (its content) have the same names; data sets need
    not be named where the run has one only. Where a run has several modes of a model, the first one counts.

    Returns:
        Values by metric and stimulus, and notes on stimuli without rows.

    Raises:
        BadRatings: No stimulus is in the run, or its data set is not named.
    """
    values: dict[str, dict[str, float]] = {}
    by_image, only = _by_image(rows), _only(scores, rows)
    fitting = 0
    for stimulus in scores.stimuli:
        same = by_image.get(_image_of(stimulus, only), [])
        fitting += bool(same)
        for row in same:
            if row.metric not in (*TIMINGS, MOS):
                values.setdefault(row.metric, {}).setdefault(stimulus.name, row.value)
    if not fitting:
        raise BadRatings(_nothing(scores, rows))
    missing = sum(_image_of(s, only) not in by_image for s in scores.stimuli if not s.reference)
    return values, (f"{missing} rated stimuli are not in the run",) if missing else ()


def mos_rows(scores: StimulusScores, rows: Sequence[Row], study: str) -> list[Row]:
    """Return the scores as rows of the run, for every stimulus that has rows there.

    Args:
        scores: Scores of stimuli.
        rows: Rows of the run.
        study: Name of the study; a second study does not replace the first one's rows, but is newer.
    """
    mos = []
    by_image, only = _by_image(rows), _only(scores, rows)
    for i, stimulus in enumerate(scores.stimuli):
        for row in by_image.get(_image_of(stimulus, only), [])[:1]:
            mos.append(
                Row(
                    key=key(
                        metric=MOS,
                        study=study,
                        output=row.output,
                        model=row.identity,
                        dataset=row.dataset,
                        image=row.image,
                    ),
                    protocol=row.protocol,
                    model=row.model,
                    identity=row.identity,
                    dataset=row.dataset,
                    image=row.image,
                    metric=MOS,
                    value=float(scores.mean[i]),
                    unit="",
                    higher_is_better=True,
                    device=row.device,
                    mode=row.mode,
                    environment=row.environment,
                    pipeline=row.pipeline,
                    tile_px=row.tile_px,
                    hr=row.hr,
                    lr=row.lr,
                    output=row.output,
                )
            )
    return mos


def rows_of_rated_images(scores: StimulusScores, rows: Sequence[Row]) -> list[Row]:
    """Return the rows of images that were rated, of any model."""
    only = _only(scores, rows)
    images = {_image_of(stimulus, only)[1:] for stimulus in scores.stimuli}
    return [row for row in rows if (row.dataset, row.image) in images]


def _by_image(rows: Sequence[Row]) -> dict[_ImageOfModel, list[Row]]:
    modes: dict[str, tuple[str, str]] = {}
    by_image: dict[_ImageOfModel, list[Row]] = {}
    for row in rows:
        if modes.setdefault(row.model, (row.device, row.mode)) == (row.device, row.mode):
            by_image.setdefault((row.model, row.dataset, row.image), []).append(row)
    return by_image


def _image_of(stimulus: Stimulus, only: str) -> _ImageOfModel:
    return stimulus.model, stimulus.dataset or only, stimulus.content


def _only(scores: StimulusScores, rows: Sequence[Row]) -> str:
    """Return the run's data set, for stimuli that name none."""
    datasets = sorted({row.dataset for row in rows})
    nameless = [s.name for s in scores.stimuli if s.model and not s.dataset]
    if nameless and len(datasets) > 1:
        raise BadRatings(
            f"{nameless[0]} names no data set, and the run has {', '.join(datasets)}; give the ratings a column dataset"
        )
    return datasets[0] if datasets else ""


def _nothing(scores: StimulusScores, rows: Sequence[Row]) -> str:
    models = sorted({s.model for s in scores.stimuli if s.model}) or ["no models"]
    there = sorted({row.model for row in rows}) or ["no models"]
    rated = sorted({(s.dataset, s.content) for s in scores.stimuli})[:1]
    images = sorted({(row.dataset, row.image) for row in rows})[:1]
    return (
        f"no rated stimulus is in the run: ratings are of {', '.join(models[:4])} on {rated}, the run has "
        f"{', '.join(there[:4])} on {images}; expected the same names of model, dataset and content (image)"
    )
