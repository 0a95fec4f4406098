"""Ratings joined to a run of the same models on the same images: by content, and by name where no content is stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from srbench.errors import BadRatings
from srbench.evaluation.row import MOS, TIMINGS, WHOLE_SET, Row, key
from srbench.ratings.votes import Stimulus, StimulusScores

_ImageOfModel = tuple[str, str, str]
_MOST_NAMED = 3


@dataclass(frozen=True)
class Joined:
    """Rated stimuli and the rows of a run that measured the same outputs.

    Attributes:
        rows: Rows by stimulus, those of one output; stimuli without rows are not there.
        notes: What a reader must know: stimuli that are not in the run, that are of another content, or that were
            joined by name.
        parts: Number of stimuli that are parts of outputs, whose values are of those parts.
    """

    rows: dict[str, list[Row]]
    notes: tuple[str, ...] = ()
    parts: int = 0

    def metric_values(self) -> dict[str, dict[str, float]]:
        """Return the values of the run's metrics, by metric and stimulus."""
        values: dict[str, dict[str, float]] = {}
        for name, rows in self.rows.items():
            for row in rows:
                if row.metric not in (*TIMINGS, MOS):
                    values.setdefault(row.metric, {})[name] = row.value
        return values

    def renamed(self, stimuli: Iterable[Stimulus]) -> list[Row]:
        """Return the rows of stimuli under the names that the ratings have for model and image."""
        return [
            replace(row, model=s.model or row.model, dataset=s.dataset or row.dataset, image=s.content)
            for s in stimuli
            for row in self.rows.get(s.name, [])
        ]


def join(scores: StimulusScores, rows: Sequence[Row], shown: Sequence[Row]) -> Joined:
    """Find the rows of rated stimuli.

    A stimulus that knows its content is the output of the rows of that content, whatever their names and however old
    they are. One that does not is the output of the shown rows whose model, data set and image (its content) have the
    same names; data sets need not be named where the run has one only, and the first of several modes counts.

    Args:
        scores: Scores of the stimuli.
        rows: All rows of the run.
        shown: Those of its rows that its table shows.

    Raises:
        BadRatings: No stimulus is in the run, its data set is not named, or all are of another content.
    """
    outputs, named = _Outputs(rows), _by_name(shown)
    found: dict[str, list[Row]] = {}
    by_name: list[Stimulus] = []
    others: list[Stimulus] = []
    only = _only([s for s in scores.stimuli if not outputs.of(s)], shown)
    for stimulus in scores.stimuli:
        same = outputs.of(stimulus)
        if not same and (same := named.get((stimulus.model, stimulus.dataset or only, stimulus.content), [])):
            if _differ(stimulus, same):
                others.append(stimulus)
                continue
            by_name.append(stimulus)
        if same:
            found[stimulus.name] = same
    if not found:
        raise BadRatings(_other_content(others) if others else _nothing(scores, shown))
    missing = sum(not s.reference and s.name not in found for s in scores.stimuli) - len(others)
    notes = [f"{_count(missing)} not in the run"] if missing else []
    notes += [_other_content(others)] if others else []
    if names_alone := [s for s in by_name if not s.reference]:
        notes.append(f"{_count(len(names_alone))} joined to the run by the names of model and image, not by content")
    return Joined(found, tuple(notes))


def output_key(row: Row) -> str:
    """Return 16 hex digits that stand for the output that a row measures, in whatever folder and under whatever names.

    They are the same for the same model, images, conventions, mode and version of the pipeline; empty for a row of an
    older srbench, which does not tell its images' content.
    """
    if not row.hr:
        return ""
    return key(pipeline=row.pipeline, protocol=row.protocol, model=row.identity, hr=row.hr, lr=row.lr, mode=row.mode)


def mos_rows(scores: StimulusScores, joined: Joined, study: str) -> list[Row]:
    """Return the scores as rows of the run, for every stimulus that has rows there.

    Args:
        scores: Scores of stimuli.
        joined: Their rows.
        study: Name of the study; a second study does not replace the first one's rows, but is newer.
    """
    first = [(i, joined.rows[s.name][0]) for i, s in enumerate(scores.stimuli) if s.name in joined.rows]
    return [_mos_row(row, float(scores.mean[i]), study) for i, row in first]


def _mos_row(row: Row, value: float, study: str) -> Row:
    conditions = {"model": row.identity, "dataset": row.dataset, "image": row.image}
    return Row(
        key=key(metric=MOS, study=study, output=row.output, **conditions),
        protocol=row.protocol,
        model=row.model,
        identity=row.identity,
        dataset=row.dataset,
        image=row.image,
        metric=MOS,
        value=value,
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


class _Outputs:
    """The outputs that rows measured, by content."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.by_key: dict[str, list[Row]] = {}
        self.by_picture: dict[str, list[Row]] = {}
        self.by_output: dict[str, list[Row]] = {}
        for row in rows:
            if row.image == WHOLE_SET or row.metric == MOS:
                continue
            self.by_output.setdefault(row.output, []).append(row)
            if content := output_key(row):
                self.by_key.setdefault(content, []).append(row)
            if row.picture:
                self.by_picture.setdefault(row.picture, []).append(row)

    def of(self, stimulus: Stimulus) -> list[Row]:
        """Return the rows of the output that a stimulus shows: of the very picture, else of the same conditions."""
        same_picture = self.by_picture.get(stimulus.picture_sha256, [])
        same_key = self.by_key.get(stimulus.output_key, [])
        both = [row for row in same_picture if not stimulus.output_key or output_key(row) == stimulus.output_key]
        candidates = both or same_key or same_picture
        # Two models may have made one picture, and a folder may call one model two names.
        named = [row for row in candidates if row.model == stimulus.model] or candidates
        if not named:
            return []
        pictures = {"", named[-1].picture}
        return [row for row in self.by_output[named[-1].output] if row.picture in pictures]


def _differ(stimulus: Stimulus, rows: Sequence[Row]) -> bool:
    """Whether rows of the same names are known to be of another output than a stimulus."""
    if not stimulus.identified:
        return False
    pictures = {row.picture for row in rows if row.picture}
    return bool(stimulus.output_key and output_key(rows[0])) or bool(stimulus.picture_sha256 and pictures)


def _by_name(rows: Sequence[Row]) -> dict[_ImageOfModel, list[Row]]:
    modes: dict[str, tuple[str, str]] = {}
    by_image: dict[_ImageOfModel, list[Row]] = {}
    for row in rows:
        if modes.setdefault(row.model, (row.device, row.mode)) == (row.device, row.mode):
            by_image.setdefault((row.model, row.dataset, row.image), []).append(row)
    return by_image


def _only(stimuli: Sequence[Stimulus], rows: Sequence[Row]) -> str:
    """Return the run's data set, for stimuli that name none."""
    datasets = sorted({row.dataset for row in rows})
    nameless = [s.name for s in stimuli if s.model and not s.dataset and not s.reference]
    if nameless and len(datasets) > 1:
        raise BadRatings(
            f"{nameless[0]} names no data set, and the run has {', '.join(datasets)}; give the ratings a column dataset"
        )
    return datasets[0] if datasets else ""


def _count(number: int) -> str:
    return "1 rated stimulus is" if number == 1 else f"{number} rated stimuli are"


def _other_content(stimuli: Sequence[Stimulus]) -> str:
    named = [f"{s.model} on {'/'.join(filter(None, (s.dataset, s.content)))}" for s in stimuli[:_MOST_NAMED]]
    more = f" and {len(stimuli) - _MOST_NAMED} more" if len(stimuli) > _MOST_NAMED else ""
    return (
        f"{_count(len(stimuli))} of another content than the run's, and without its values: {', '.join(named)}{more}. "
        "Give the run that the pictures were taken from, or rate the new ones"
    )


def _nothing(scores: StimulusScores, rows: Sequence[Row]) -> str:
    models = sorted({s.model for s in scores.stimuli if s.model}) or ["no models"]
    there = sorted({row.model for row in rows}) or ["no models"]
    rated = sorted({(s.dataset, s.content) for s in scores.stimuli})[:1]
    images = sorted({(row.dataset, row.image) for row in rows})[:1]
    return (
        f"no rated stimulus is in the run: ratings are of {', '.join(models[:4])} on {rated}, the run has "
        f"{', '.join(there[:4])} on {images}; expected the same names of model, dataset and content (image)"
    )
