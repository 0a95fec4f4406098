"""The table of the pictures of a study."""

from collections.abc import Iterable, Mapping
from typing import Any

from srbench.ratings.triplets import FORMS
from srbench.ratings.votes import Stimulus, unknown_crop
from srbench.survey.package.tables import Column, Table
from srbench.survey.study import Study

STIMULI = Table(
    "stimuli",
    "A picture of the study",
    (
        Column("stimulus", "string", "Name of the picture", required=True),
        Column(
            "role",
            "string",
            "What the picture is for: rated; the ends of the scale, which are traps too (anchor); or practice",
            values=("rated", "anchor", "practice"),
            required=True,
        ),
        Column(
            "form",
            "string",
            "How it was made: as it is, or with the difference from the original amplified",
            values=FORMS,
            required=True,
        ),
        Column("clipped", "integer", "Number of pixels of a boosted picture that were clipped", "pixels"),
        Column(
            "flashing",
            "integer",
            "Most pixels of the screen within 10 degrees that flash, by WCAG 2.3.1, where a boosted picture changes "
            "places with its original",
            "pixels",
        ),
        Column("since", "integer", "Revision of the plan that brought the picture, from 1", required=True),
        Column("dataset", "string", "Data set of the content"),
        Column("content", "string", "What the picture shows", required=True),
        Column("model", "string", "Model that made the picture; hr is the original"),
        Column("reference", "boolean", "Whether it is the original, hidden among the others", required=True),
        Column("expected", "number", "Score that an attentive rater gives, of the ends of the scale alone"),
        Column("width", "integer", "Width of the picture", "pixels", required=True),
        Column("height", "integer", "Height of the picture", "pixels", required=True),
        Column("crop", "string", "Part of the whole image that was shown: x,y,width,height in its pixels"),
        Column("part", "boolean", "Whether that is less than the whole image; empty where it is not known"),
        Column("sha256", "string", "SHA-256 of the picture's file, as it was shown"),
        Column("picture_sha256", "string", "SHA-256 of the file of the whole image"),
        Column("output_key", "string", "What identifies the model's output in runs of srbench"),
        Column("file", "string", "File of the picture in the package; empty where it has no pictures"),
    ),
    key=("stimulus",),
)


def rows(study: Study, *, pictures: bool) -> list[dict[str, Any]]:
    """Return the pictures of a study; their files are named where they go into the package."""
    return [
        {
            "stimulus": picture.stimulus.name,
            "role": picture.role,
            "form": picture.form,
            "clipped": picture.clipped_px,
            "flashing": picture.flashing_px,
            "since": picture.since,
            "dataset": picture.stimulus.dataset,
            "content": picture.stimulus.content,
            "model": picture.stimulus.model,
            "reference": picture.stimulus.reference,
            "expected": picture.stimulus.expected,
            "width": picture.width_px,
            "height": picture.height_px,
            "crop": picture.rectangle,
            "part": picture.part,
            "sha256": picture.sha256,
            "picture_sha256": picture.stimulus.picture_sha256,
            "output_key": picture.stimulus.output_key,
            "file": picture.file if pictures else None,
        }
        for picture in study.pictures
    ]


def stimuli(table: Iterable[Mapping[str, str]]) -> dict[str, Stimulus]:
    """Return the stimuli that rows are of, by name."""
    return {
        row["stimulus"]: Stimulus(
            name=row["stimulus"],
            content=row["content"],
            model=row["model"],
            dataset=row["dataset"],
            reference=row["reference"] == "true",
            expected=float(row["expected"]) if row["expected"] else None,
            output_key=row["output_key"],
            picture_sha256=row["picture_sha256"],
            crop=_crop(row),
        )
        for row in table
    }


def _crop(row: Mapping[str, str]) -> str:
    if row["part"] == "false":
        return ""
    return row["crop"] or unknown_crop(int(row["width"]), int(row["height"]))
