"""Extension of a study: more raters, pictures and models. What was begun and answered stays."""

import json
from collections.abc import Sequence
from dataclasses import replace

from srbench.core import files
from srbench.errors import BadStudy
from srbench.protocol import Protocol
from srbench.ratings.votes import Stimulus
from srbench.survey.plan.creation import boosted, stimulus_of, write_picture
from srbench.survey.plan.design import Content
from srbench.survey.plan.gap_filling import filling_session
from srbench.survey.stimuli.crops import Crop, cut, fitting_crops
from srbench.survey.stimuli.pictures import Source
from srbench.survey.study import Picture, Study
from srbench.survey.study_folder import STUDY_FILE


def extend(study: Study, raters: int, sources: Sequence[Source], protocol: Protocol) -> Study:
    """Write a study's plan anew, with more raters or pictures, as its next revision.

    Pictures of a content that the study has are cut where the others of it were; new contents fit into the largest
    picture of the study.

    Args:
        study: Plan of the study.
        raters: Number of raters that the study wants from now on.
        sources: Pictures to rate; those that the study has are passed over.
        protocol: Convention by which the anchors' LR is made.

    Returns:
        The extended study.

    Raises:
        BadStudy: Nothing is new, fewer raters are wanted, or the pictures cannot make such a study.
    """
    known = {picture.stimulus.name for picture in study.pictures}
    new = [source for source in sources if stimulus_of(source).name not in known]
    if raters < study.raters:
        raise BadStudy(f"{study.title} wants {study.raters} raters; expected at least as many, not {raters}")
    if not new and raters == study.raters:
        raise BadStudy(f"{study.title} has all of these pictures and wants {raters} raters; nothing would be new")
    clash = {s.content for s in new} & {s.content for s in study.calibration()}
    if clash:
        raise BadStudy(f"{', '.join(sorted(clash))} serves for calibration in {study.title}; rate other images")
    revision = study.revision + 1
    crops = _crops(study, new)
    shown = [replace(stimulus_of(source), crop=str(crops[source.dataset, source.content])) for source in new]
    _check(study, shown)
    written: list[Picture] = []
    for source, stimulus in zip(new, shown, strict=True):
        pixels, colour = cut(source, crops[source.dataset, source.content], protocol)
        picture = write_picture(study.folder, stimulus, pixels, "rated", colour)
        written.append(replace(picture, since=revision))
    written += boosted(study.folder, study.design, (*study.plain, *written), revision)
    extended = replace(study, raters=raters, revision=revision, pictures=(*study.pictures, *written))
    files.write(study.folder / STUDY_FILE, json.dumps(extended.as_dict(), indent=1, ensure_ascii=False) + "\n")
    return extended


def _check(study: Study, shown: Sequence[Stimulus]) -> None:
    """Check that there are sessions of the extended study, before anything is written."""
    names = [stimulus.name for stimulus in shown]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise BadStudy(f"two pictures would be called {twice[0]}; rename an image or a model")
    filling_session(study.design, [*study.stimuli(), *shown], study.stimuli(1), 0, {})


def _crops(study: Study, new: Sequence[Source]) -> dict[Content, Crop]:
    """The part of each content that is shown: for contents that the study has, the part that it shows already."""
    rated = [picture for picture in study.pictures if picture.role == "rated"]
    found: dict[Content, Crop] = {}
    for picture in rated:
        content = picture.stimulus.dataset, picture.stimulus.content
        if content in {(source.dataset, source.content) for source in new}:
            found[content] = _crop(picture)
    area = max(picture.width_px for picture in rated), max(picture.height_px for picture in rated)
    others = [source for source in new if (source.dataset, source.content) not in found]
    return found | fitting_crops(others, area, {}, study.design.seed)


def _crop(picture: Picture) -> Crop:
    if picture.rectangle is None:
        raise BadStudy(
            f"where {picture.stimulus.name} was cut is not known, since an older version made the study; add whole "
            "contents alone, or make a new study"
        )
    left, top, width, height = map(int, picture.rectangle.split(","))
    return Crop(top, left, height, width, whole=not picture.stimulus.crop)
