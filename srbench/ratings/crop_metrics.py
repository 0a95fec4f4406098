"""Metrics of the parts of images that were rated, in place of a run's values of whole images."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from srbench import protocol as protocols
from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.errors import BadRatings
from srbench.evaluation import scoring
from srbench.evaluation.crop_scores import crop_scores
from srbench.evaluation.kept_pictures import measured_picture
from srbench.evaluation.originals import noted_originals
from srbench.evaluation.rectangle import Rectangle
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import MOS, TIMINGS, Row
from srbench.evaluation.scoring import Scorer
from srbench.metrics import catalogue
from srbench.protocol import Protocol
from srbench.ratings.join import Joined
from srbench.ratings.votes import Stimulus

_CROP = re.compile(r"(\d+),(\d+),([1-9]\d*),([1-9]\d*)", re.ASCII)
_ANYWHERE = re.compile(r"\?,\?,([1-9]\d*),([1-9]\d*)", re.ASCII)


class CropMetrics:
    """Computes a run's metrics on parts of its kept pictures.

    Args:
        folder: Folder of the run.
        store: Gives what metrics need.
    """

    def __init__(self, folder: RunFolder, store: AssetStore) -> None:
        self.folder, self.store = folder, store
        self._originals = noted_originals(folder).files
        self._scorers: dict[tuple[str, str], Scorer] = {}

    def of(self, joined: Joined, stimuli: Sequence[Stimulus]) -> Joined:
        """Return the rows of stimuli with the values of the parts that they show; whole images keep theirs.

        Raises:
            BadRatings: A part cannot be computed: pictures were not kept, the original is gone, or it was not stored
                where the part was cut.
            BadRun: A kept picture is not the one that was measured.
        """
        found, parts, failed = dict(joined.rows), 0, dict[str, int]()
        for stimulus in stimuli:
            rows = joined.rows.get(stimulus.name)
            if not stimulus.crop or not rows or self._is_whole(stimulus, rows):
                continue
            values, lacking = self._values(stimulus, rows)
            found[stimulus.name] = [replace(row, value=values[row.metric]) for row in rows if row.metric in values]
            for name in lacking:
                failed[name] = failed.get(name, 0) + 1
            parts += 1
        notes = [
            f"metrics of {_stimuli(parts)} are of the part that was rated, by the run's protocol without its border"
        ]
        notes += [f"no {name} of {_stimuli(count)}: the part is too small for it" for name, count in failed.items()]
        return Joined(found, (*joined.notes, *notes) if parts else joined.notes, parts)

    def _is_whole(self, stimulus: Stimulus, rows: Sequence[Row]) -> bool:
        """Whether a picture of which only the size is known is the whole output."""
        size = _ANYWHERE.fullmatch(stimulus.crop)
        if size is None:
            return False
        output = measured_picture(self.folder, rows)
        if output is not None and image.size(output) == (int(size[2]), int(size[1])):
            return True
        raise BadRatings(
            f"{_named(stimulus)} is a picture of {size[1]} x {size[2]} px, and it is not stored which part of an image "
            "of the run that is; metrics of the whole do not belong to it. Make the study anew: srbench survey create "
            "stores it, or leave out --run"
        )

    def _values(self, stimulus: Stimulus, rows: Sequence[Row]) -> tuple[dict[str, float], list[str]]:
        """The values of a part by metric, and the metrics that cannot take it."""
        match = _CROP.fullmatch(stimulus.crop)
        if match is None:
            raise BadRatings(f"{stimulus.name} has the crop '{stimulus.crop}'; expected x,y,width,height in pixels")
        row = rows[0]
        output = measured_picture(self.folder, rows)
        if output is None:
            raise BadRatings(
                f"{_named(stimulus)} was rated in the part {stimulus.crop} (x,y,width,height) alone, and "
                f"{self.folder.path} has not kept the picture from which its metrics could be computed there; keep it "
                "by srbench run --save-images, or analyse the ratings without the run"
            )
        protocol = protocols.find(row.protocol)
        names = dict.fromkeys(r.metric for r in rows if r.metric not in (*TIMINGS, MOS))
        scorers = [scorer for name in names if (scorer := self._scorer(name, row.protocol, protocol))]
        part = Rectangle(*map(int, match.groups()))
        measured = crop_scores(output, self._original(row), part, scorers, protocol)
        return measured.values, list(measured.failed)

    def _scorer(self, name: str, label: str, protocol: Protocol) -> Scorer | None:
        if catalogue.find(protocol.metric(name)).of_sets:
            return None
        if (name, label) not in self._scorers:
            (self._scorers[name, label],) = scoring.scorers([name], protocol, self.store)
        return self._scorers[name, label]

    def _original(self, row: Row) -> Path:
        original = self._originals.get(row.dataset, {}).get((row.dataset, row.image))
        if original is None:
            raise BadRatings(
                f"the original of {row.dataset}/{row.image} is gone or changed since {self.folder.path} was made, and "
                "the metrics of the part that was rated cannot be computed; put it back, or leave out --run"
            )
        return original


def _named(stimulus: Stimulus) -> str:
    return f"{stimulus.model} on {'/'.join(filter(None, (stimulus.dataset, stimulus.content)))}"


def _stimuli(count: int) -> str:
    return "1 stimulus" if count == 1 else f"{count} stimuli"
