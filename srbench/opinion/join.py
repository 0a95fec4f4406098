"""Ratings beside a run: the same models on the same images, by metric and by people."""

from collections.abc import Sequence

from srbench.errors import BadRatings
from srbench.opinion.votes import Opinion, Stimulus
from srbench.results import MOS, TIMINGS, Row, key

_Place = tuple[str, str, str]


def measured(opinion: Opinion, rows: Sequence[Row]) -> tuple[dict[str, dict[str, float]], tuple[str, ...]]:
    """Values of a run's metrics for rated stimuli.

    A stimulus is the image of a row when model, data set and image (its content) have the same names; data sets need
    not be named where the run has one only. Where a run has several modes of a model, the first one counts.

    Returns:
        Values by metric and stimulus, and notes on stimuli without rows.

    Raises:
        BadRatings: Nothing fits.
    """
    found: dict[str, dict[str, float]] = {}
    by_place = _by_place(rows)
    fitting = 0
    for stimulus in opinion.stimuli:
        own = by_place.get(_place(stimulus, rows), [])
        fitting += bool(own)
        for row in own:
            if row.metric not in (*TIMINGS, MOS):
                found.setdefault(row.metric, {}).setdefault(stimulus.name, row.value)
    if not fitting:
        raise BadRatings(_nothing(opinion, rows))
    missing = sum(_place(s, rows) not in by_place for s in opinion.stimuli if not s.reference)
    return found, (f"{missing} rated stimuli are not in the run",) if missing else ()


def mos_rows(opinion: Opinion, rows: Sequence[Row], study: str) -> list[Row]:
    """The opinion as rows of the run, for every stimulus that has rows there.

    Args:
        opinion: Of stimuli.
        rows: Of the run.
        study: Name of the study; a second study does not replace the first one's rows, but is newer.
    """
    made = []
    by_place = _by_place(rows)
    for i, stimulus in enumerate(opinion.stimuli):
        for row in by_place.get(_place(stimulus, rows), [])[:1]:
            made.append(
                Row(
                    key=key(metric=MOS, study=study, model=row.identity, dataset=row.dataset, image=row.image),
                    protocol=row.protocol,
                    model=row.model,
                    identity=row.identity,
                    dataset=row.dataset,
                    image=row.image,
                    metric=MOS,
                    value=float(opinion.mean[i]),
                    unit="",
                    higher_is_better=True,
                    device=row.device,
                    mode=row.mode,
                    environment=row.environment,
                )
            )
    return made


def _by_place(rows: Sequence[Row]) -> dict[_Place, list[Row]]:
    modes: dict[str, tuple[str, str]] = {}
    found: dict[_Place, list[Row]] = {}
    for row in rows:
        if modes.setdefault(row.model, (row.device, row.mode)) == (row.device, row.mode):
            found.setdefault((row.model, row.dataset, row.image), []).append(row)
    return found


def _place(stimulus: Stimulus, rows: Sequence[Row]) -> _Place:
    dataset = stimulus.dataset or (rows[0].dataset if rows else "")
    return stimulus.model, dataset, stimulus.content


def _nothing(opinion: Opinion, rows: Sequence[Row]) -> str:
    models = sorted({s.model for s in opinion.stimuli if s.model}) or ["no models"]
    there = sorted({row.model for row in rows}) or ["no models"]
    places = sorted({(s.dataset, s.content) for s in opinion.stimuli})[:1]
    images = sorted({(row.dataset, row.image) for row in rows})[:1]
    return (
        f"no rated stimulus is in the run: ratings are of {', '.join(models[:4])} on {places}, the run has "
        f"{', '.join(there[:4])} on {images}; expected the same names of model, dataset and content (image)"
    )
