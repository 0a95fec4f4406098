"""Scores under conventions, kept on disk: what one call has measured the next looks up."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from srbench.core import files
from srbench.evaluation.convention_scores import ConventionScores
from srbench.evaluation.conventions import Convention, Images
from srbench.evaluation.pipeline import PIPELINE
from srbench.evaluation.plan import content_of
from srbench.evaluation.row import key
from srbench.metrics.catalogue import find
from srbench.models.model import Model


@dataclass(frozen=True)
class KeptScores:
    """The file of a model on a data set, under a name that changes with all that can change a value.

    Attributes:
        scores: What is filled from it, and written to it.
        file: The file.
    """

    scores: ConventionScores
    file: Path

    def write(self) -> None:
        """Write all that is known."""
        parts = {"psnr": self.scores.psnrs, "ssim": self.scores.ssims}
        content = {name: [[*of.values.values(), value] for of, value in part.items()] for name, part in parts.items()}
        files.write(self.file, json.dumps(content))


def opened(folder: Path, model: Model, scores: ConventionScores) -> KeptScores:
    """Fill in what is known of a model on a data set.

    Args:
        folder: Folder of the files.
        model: The model.
        scores: Its scores on the data set.
    """
    images = scores.source.images
    versions = [find(name).version for name in ("psnr", "ssim.wang", "ssim.wang-ds", "ssim.skimage-default")]
    of = key(model=model.fingerprint, images=content_of(images), pipeline=PIPELINE, versions=versions)
    kept = KeptScores(scores, folder / f"{model.id}-{images.id}-{of}.json")
    if kept.file.exists():
        content: dict[str, list[list[Any]]] = json.loads(kept.file.read_text(encoding="utf-8"))
        scores.psnrs.update((_convention(values), value) for *values, value in content["psnr"])
        scores.ssims.update((_convention(values), value) for *values, value in content["ssim"])
    return kept


def _convention(values: list[str]) -> Convention:
    """Return the convention of values in the order of `Convention.values`."""
    named: dict[str, Any] = dict(zip(Convention().values, values, strict=True))
    images = Images(**{axis: named.pop(axis) for axis in vars(Images())})
    return replace(Convention(images), **named)
