"""Making a study: its pictures as they will be shown, without any metadata, and study.json."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

import numpy as np
import numpy.typing as npt

from srbench.core import files, image, image_file
from srbench.core.download import sha256
from srbench.core.image_file import Colour
from srbench.core.progress import NO_PROGRESS, Progress
from srbench.errors import BadStudy
from srbench.protocol import Protocol
from srbench.ratings.votes import Scale, Stimulus
from srbench.survey import methods, secrets
from srbench.survey.people.participation import Participation
from srbench.survey.plan.boost import boosted_name
from srbench.survey.plan.design import REFERENCE, Design
from srbench.survey.plan.planning import session
from srbench.survey.stimuli.amplified import amplified
from srbench.survey.stimuli.crops import ANCHORS, Crop, anchors, cut
from srbench.survey.stimuli.flashes import flashing_px
from srbench.survey.stimuli.pictures import Source
from srbench.survey.study import Picture, Study
from srbench.survey.study_folder import PICTURES_FOLDER, STUDY_FILE, require_empty, unfinished

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
    participation: Participation,
    progress: Progress = NO_PROGRESS,
) -> Study:
    """Write a study's folder: the pictures as they will be shown, without any metadata, study.json, and secrets.

    Args:
        folder: Folder of the study; new, or empty.
        title: Title that raters read.
        design: Settings of the sessions.
        raters: Number of raters that the study wants.
        sources: Pictures to rate.
        calibration: HR images outside the study, by name.
        protocol: Convention by which the anchors' LR is made.
        crops: Part of each content that is shown.
        participation: What raters are asked and told before they rate.
        progress: Shows a task with a step for each picture.

    Raises:
        BadStudy: The folder is in use, or the pictures cannot make such a study.
    """
    rated, ends = _planned(folder, design, sources, calibration)
    scale = methods.find(design.method).scale(design)
    with unfinished(folder):
        written: list[Picture] = []
        with progress.task("pictures", len(rated) + len(ends)) as task:
            for source, stimulus in zip(sources, rated, strict=True):
                crop = crops[source.dataset, source.content]
                pixels, colour = cut(source, crop, protocol)
                written.append(write_picture(folder, replace(stimulus, crop=str(crop)), pixels, "rated", colour))
                task.advance()
            for picture in _calibration(folder, calibration, protocol, crops.values(), scale):
                written.append(picture)
                task.advance()
            written += boosted(folder, design, written)
        study = Study(
            *(folder, title, design, raters, tuple(written), protocol.scale, participation),
            id=token_hex(8),
            name=folder.resolve().name,
        )
        files.write(folder / STUDY_FILE, json.dumps(study.as_dict(), indent=1, ensure_ascii=False) + "\n")
        secrets.load(folder)
    return study


def draft(
    folder: Path,
    title: str,
    design: Design,
    raters: int,
    sources: Sequence[Source],
    calibration: Mapping[str, Path],
    protocol: Protocol,
    participation: Participation,
) -> Study:
    """Return the study that `create` would write, with pictures that have a place and no content; nothing is written.

    Raises:
        BadStudy: The folder is in use, or the pictures cannot make such a study.
    """
    rated, ends = _planned(folder, design, sources, calibration)
    roles = [(stimulus, "rated") for stimulus in rated]
    roles += [(stimulus, "practice" if stimulus.expected is None else "anchor") for stimulus in ends]
    shown = tuple(Picture(stimulus, "", "", 0, 0, role) for stimulus, role in roles)
    return Study(folder, title, design, raters, shown, protocol.scale, participation)


def _planned(
    folder: Path, design: Design, sources: Sequence[Source], calibration: Mapping[str, Path]
) -> tuple[list[Stimulus], list[Stimulus]]:
    """Return the stimuli to rate and those for calibration, of a study that can be made in this folder."""
    require_empty(folder)
    clash = {s.content for s in sources} & calibration.keys()
    if clash:
        raise BadStudy(
            f"{', '.join(sorted(clash))} would be rated and used for calibration too; give other images with "
            "--calibration"
        )
    rated = [stimulus_of(source) for source in sources]
    scale = methods.find(design.method).scale(design)
    ends = [_anchor(name, model, scale) for name in calibration for model in ANCHORS]
    _check_plan(design, rated, ends)
    return rated, ends


def stimulus_of(source: Source) -> Stimulus:
    """Return the stimulus of a picture to rate; its name is the same wherever the picture lies."""
    name = "_".join(filter(None, (source.dataset, source.content, source.model)))
    name = name.replace("/", "_").replace("\\", "_")  # it names a file too
    identity = ("", "") if source.reference or source.anchor else (source.output_key, sha256(source.path))
    return Stimulus(name, source.content, source.model, source.dataset, source.reference, None, *identity)


def _anchor(name: str, model: str, scale: Scale) -> Stimulus:
    expected = {"nearest": scale.low, REFERENCE: scale.high}.get(model)
    return Stimulus(f"{_CALIBRATION}_{name}_{model}", name, model, _CALIBRATION, expected=expected)


def _check_plan(design: Design, rated: Sequence[Stimulus], ends: Sequence[Stimulus]) -> None:
    """Check that there are sessions of this design, before anything is written."""
    plain = [stimulus.name for stimulus in [*rated, *ends]]
    names = Counter(map(_file_name, [*plain, *map(boosted_name, plain)]))
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise BadStudy(f"two pictures would be called {twice[0]}; rename an image or a model")
    session(design, [*rated, *(anchor for anchor in ends if design.traps and anchor.expected is not None)], 0)


def _calibration(
    folder: Path, originals: Mapping[str, Path], protocol: Protocol, crops: Iterable[Crop], scale: Scale
) -> Iterable[Picture]:
    """Nearest neighbour and original as anchors, bicubic for practice, as large as the rated ones at most."""
    height = max((crop.height for crop in crops), default=512)
    width = max((crop.width for crop in crops), default=512)
    for name, path in originals.items():
        hr = image.read(path)
        part = Crop((max(hr.shape[0] - height, 0)) // 2, max(hr.shape[1] - width, 0) // 2, height, width)
        whole, _ = cut(Source(_CALIBRATION, name, REFERENCE, path), part)
        for model, pixels in anchors(whole, protocol).items():
            shown = Crop(part.top, part.left, pixels.shape[0], pixels.shape[1], whole=pixels.shape == hr.shape)
            stimulus = replace(_anchor(name, model, scale), crop=str(shown))
            yield write_picture(folder, stimulus, pixels, "practice" if stimulus.expected is None else "anchor")


def write_picture(
    folder: Path, stimulus: Stimulus, pixels: npt.NDArray[np.uint8], role: str, colour: Colour = image_file.PLAIN
) -> Picture:
    """Write a picture as it will be shown.

    Args:
        folder: Folder of the study.
        stimulus: What the picture shows.
        pixels: uint8 `(H, W, 3)`.
        role: "rated", "anchor" or "practice".
        colour: Colours that the file names.
    """
    # Only pixels and their colours go in: no names, dates or software that would tell where a picture comes from.
    content = image_file.encode(pixels, colour)
    file = f"{PICTURES_FOLDER}/{_file_name(stimulus.name)}.png"
    files.write(folder / file, content)
    height, width = pixels.shape[:2]
    return Picture(stimulus, file, hashlib.sha256(content).hexdigest(), width, height, role)


def boosted(folder: Path, design: Design, plain: Sequence[Picture], since: int = 1) -> list[Picture]:
    """Write the boosted pictures of plain ones, where the method boosts any.

    Args:
        folder: Folder of the study.
        design: Design of the study.
        plain: Plain pictures that are written, the originals among them.
        since: Revision of the plan; pictures of other revisions are passed over.
    """
    boost = methods.find(design.method).boost(design)
    if boost is None:
        return []
    zoom = boost.zoom * design.presentation.enlarge
    originals = {_place(picture): picture for picture in plain if picture.stimulus.model == REFERENCE}
    made = []
    for picture in plain:
        if picture.stimulus.model == REFERENCE or picture.since != since:
            continue
        pixels, colour = image_file.read_shown(folder / picture.file)
        original = image.read(folder / originals[_place(picture)].file)
        different, clipped = amplified(pixels, original, boost.amplification)
        stimulus = replace(picture.stimulus, name=boosted_name(picture.stimulus.name))
        new = write_picture(folder, stimulus, different, picture.role, colour)
        flashes = flashing_px(different, original, zoom)
        made.append(replace(new, since=since, form="boosted", clipped_px=clipped, flashing_px=flashes))
    return made


def _file_name(name: str) -> str:
    return name.replace("/", ".")


def _place(picture: Picture) -> tuple[str, str]:
    return picture.stimulus.dataset, picture.stimulus.content
