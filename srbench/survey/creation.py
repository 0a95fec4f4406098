"""A study is made: pictures as they will be shown, without any metadata, and study.json."""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from secrets import token_hex

import numpy as np
import numpy.typing as npt
from PIL import Image

from srbench.core import image
from srbench.core.files import atomic_write
from srbench.core.progress import NO_PROGRESS, Progress
from srbench.errors import BadStudy
from srbench.protocol import Protocol
from srbench.survey import pictures, secrets
from srbench.survey.design import Design, Shown, session
from srbench.survey.pictures import REFERENCE, Crop, Source
from srbench.survey.study import HEAD, PICTURES, Picture, Study, vacant
from srbench.survey.terms import Terms

_CALIBRATION = "calibration"


def create(
    folder: Path,
    title: str,
    design: Design,
    raters: int,
    sources: Sequence[Source],
    calibration: Mapping[str, Path],
    protocol: Protocol,
    crops: Mapping[tuple[str, str], Crop],
    terms: Terms,
    progress: Progress = NO_PROGRESS,
) -> Study:
    """Write a study's folder: the pictures as they will be shown, without any metadata, study.json, and secrets.

    Args:
        folder: New, or empty.
        title: For people.
        design: Who sees what.
        raters: Wanted.
        sources: Pictures to rate.
        calibration: HR images outside the study, by name.
        protocol: How the anchors' LR is made.
        crops: What of each content is shown.
        terms: Of taking part.
        progress: Shows a task with a step for each picture.

    Raises:
        BadStudy: The folder is in use, or the pictures cannot make such a study.
    """
    vacant(folder)
    clash = {s.content for s in sources} & calibration.keys()
    if clash:
        raise BadStudy(f"{', '.join(sorted(clash))} would be rated and calibrate; give other images with --calibration")
    rated = [_shown(source) for source in sources]
    ends = [_anchor(name, model) for name in calibration for model in pictures.ANCHORS]
    _possible(design, rated, ends)
    made: list[Picture] = []
    with progress.task("pictures", len(rated) + len(ends)) as task:
        for source, shown in zip(sources, rated, strict=True):
            pixels = pictures.cut(source.path, crops[source.dataset, source.content])
            made.append(_write(folder, shown, pixels, "rated"))
            task.advance()
        for picture in _calibration(folder, calibration, protocol, crops.values()):
            made.append(picture)
            task.advance()
    study = Study(folder, title, design, raters, tuple(made), protocol.scale, terms, token_hex(8))
    with atomic_write(folder / HEAD) as partial:
        partial.write_text(json.dumps(study.as_dict(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    secrets.load(folder)
    return study


def _shown(source: Source) -> Shown:
    name = "_".join(filter(None, (source.dataset, source.content, source.model)))
    name = name.replace("/", "_").replace("\\", "_")  # it names a file too
    return Shown(name, source.content, source.model, source.dataset, source.reference)


def _anchor(name: str, model: str) -> Shown:
    expected = {"nearest": 1.0, REFERENCE: 5.0}.get(model)
    return Shown(f"{_CALIBRATION}_{name}_{model}", name, model, _CALIBRATION, expected=expected)


def _possible(design: Design, rated: Sequence[Shown], ends: Sequence[Shown]) -> None:
    """Whether there are sessions of this design, before anything is written."""
    names = Counter(shown.name for shown in [*rated, *ends])
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise BadStudy(f"two pictures would be called {twice[0]}; rename an image or a model")
    session(design, [*rated, *(shown for shown in ends if design.traps and shown.expected is not None)], 0)


def _calibration(
    folder: Path, originals: Mapping[str, Path], protocol: Protocol, crops: Iterable[Crop]
) -> Iterable[Picture]:
    """Nearest neighbour and original as anchors, bicubic for practice, as large as the rated ones at most."""
    height = max((crop.height for crop in crops), default=512)
    width = max((crop.width for crop in crops), default=512)
    for name, path in originals.items():
        hr = image.read(path)
        part = Crop((max(hr.shape[0] - height, 0)) // 2, max(hr.shape[1] - width, 0) // 2, height, width)
        for model, pixels in pictures.anchors(pictures.cut(path, part), protocol).items():
            shown = _anchor(name, model)
            yield _write(folder, shown, pixels, "practice" if shown.expected is None else "anchor")


def _write(folder: Path, shown: Shown, pixels: npt.NDArray[np.uint8], role: str) -> Picture:
    # Only pixels go in: no names, dates or software that would tell where a picture comes from.
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format="PNG", optimize=False)
    content = out.getvalue()
    file = f"{PICTURES}/{shown.name}.png"
    with atomic_write(folder / file) as partial:
        partial.write_bytes(content)
    height, width = pixels.shape[:2]
    return Picture(shown, file, hashlib.sha256(content).hexdigest(), width, height, role)
