"""The long table: a row for each picture of each trial that a rater was shown."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

from srbench.ratings.triplets import FORMS
from srbench.ratings.votes import Stimulus
from srbench.survey.package.tables import Column, Table
from srbench.survey.plan.design import TrialKind
from srbench.survey.responses import Response
from srbench.survey.study import Picture, Study

_FACTS = {
    "focus_lost": "focus_lost",
    "focus_lost_s": "focus_lost_s",
    "screen_width": "screen_width",
    "screen_height": "screen_height",
    "window_width": "width",
    "window_height": "height",
    "density": "dpr",
    "zoom": "zoom",
    "language": "language",
    "browser": "browser",
}
"""Columns by the names that the facts of an answer have."""
PASSED, MISSED = "passed", "missed"

EVENTS = Table(
    "events",
    "A picture of a trial that a rater was shown; a trial of two pictures has two rows, with or without an answer",
    (
        Column("study", "string", "Name of the study", required=True),
        Column("revision", "integer", "Revision of the plan by which the trial was assigned, from 1", required=True),
        Column("method", "string", "Test method, as `srbench survey methods` lists them", required=True),
        Column("rater", "string", "The rater: a random id, in public packages a number", required=True),
        Column("panel_id", "string", "The id by which the panel knows the rater", kept="panel"),
        Column("sitting", "integer", "Number of the rater's sitting, from 1", required=True),
        Column("order", "integer", "Number of the trial in the rater's session, from 1", required=True),
        Column("place", "integer", "Number of the picture in the trial, from 1", required=True),
        Column(
            "kind",
            "string",
            "Purpose of the trial; a repeat asks again what was asked before, a trap has an answer beyond doubt, and a "
            "bias question shows one picture twice",
            values=tuple(kind for kind in get_args(TrialKind) if kind != "practice"),
            required=True,
        ),
        Column("form", "string", "Form of a triplet; empty for other methods", values=FORMS),
        Column(
            "repetition",
            "integer",
            "How many times the rater was shown these pictures together, this one included",
        ),
        Column("trap", "string", "How the rater answered a trap", values=(PASSED, MISSED)),
        Column("side", "string", "Where the picture was, or what it was for", required=True),
        Column("stimulus", "string", "Name of the picture", required=True),
        Column("stimulus_sha256", "string", "SHA-256 of the picture's file, as it was shown"),
        Column("dataset", "string", "Data set of the content"),
        Column("content", "string", "What the picture shows", required=True),
        Column("model", "string", "Model that made the picture; hr is the original"),
        Column("crop", "string", "Part of the whole image that was shown: x,y,width,height in its pixels"),
        Column("answer", "string", "Answer to the trial as it was stored, the same in all its rows"),
        Column("value", "string", "What the answer says of this picture: a score, or 1, 0 or 0.5 of a comparison"),
        Column("shown", "datetime", "Time at which the pictures were on the screen, in UTC", kept="private"),
        Column("answered", "datetime", "Time at which the answer arrived, in UTC", kept="private"),
        Column("response_s", "number", "Time from the moment the pictures were on the screen to the answer", "seconds"),
        Column("views", "integer", "How many times the page of the trial was loaded and its pictures shown"),
        Column("focus_lost", "integer", "How many times the page was left while its pictures were on the screen"),
        Column("focus_lost_s", "number", "For how long it was left", "seconds"),
        Column("screen_width", "number", "Width of the screen", "CSS pixels"),
        Column("screen_height", "number", "Height of the screen", "CSS pixels"),
        Column("window_width", "number", "Width of the window's content", "CSS pixels"),
        Column("window_height", "number", "Height of the window's content", "CSS pixels"),
        Column("density", "number", "Device pixels in a CSS pixel, zoom included"),
        Column("zoom", "number", "Zoom of the page; a side bar of the browser counts as zoom"),
        Column("language", "string", "Language of the page"),
        Column("browser", "string", "Name and main version of the browser"),
        Column("further", "string", "What else the method has stored with the answer, as JSON"),
    ),
    key=("rater", "order", "place"),
    references=(("rater", "raters"), ("stimulus", "stimuli")),
)


def rows(
    study: Study, presented: Sequence[Response], raters: Mapping[str, str], panel_ids: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Return the rows of the long table.

    Args:
        study: The study.
        presented: Trials that were shown, in the order of sessions and positions.
        raters: Names of the raters in the package, by id; trials of others are left out.
        panel_ids: Ids by which a panel knows raters, by their own ids.
    """
    pictures = {picture.stimulus.name: picture for picture in study.pictures}
    method, named = study.method, study.stimuli_by_name()
    seen: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for response in presented:
        if response.rater not in raters:
            continue
        question = response.rater, tuple(sorted(response.pictures))
        seen[question] += 1
        common = _of_trial(study, response) | {
            "rater": raters[response.rater],
            "panel_id": panel_ids.get(response.rater),
            "repetition": seen[question],
        }
        if response.kind == "trap" and response.answered is not None:
            common["trap"] = MISSED if method.missed_trap(study.design, named, response) else PASSED
        for place, (side, name, value) in enumerate(method.parts(study.design, named, response), start=1):
            yield {**common, "place": place, "side": side, "value": value, **_of_picture(pictures[name])}


def _of_trial(study: Study, response: Response) -> dict[str, Any]:
    facts = {column: response.facts.get(name) for column, name in _FACTS.items()}
    further = {name: value for name, value in response.facts.items() if name not in _FACTS.values()}
    answered = response.answered is not None
    return {
        "study": study.label,
        "revision": response.revision,
        "method": study.design.method,
        "sitting": response.sitting + 1,
        "order": response.position + 1,
        "kind": response.kind,
        "form": study.method.form(response),
        "answer": response.value,
        "shown": _moment(response.shown),
        "answered": _moment(response.answered),
        "response_s": response.seconds if answered else None,
        "views": response.views or None,
        **facts,
        "focus_lost": None if facts["focus_lost"] is None else int(facts["focus_lost"]),
        "further": json.dumps(further, ensure_ascii=False, sort_keys=True) if further else None,
    }


def _of_picture(picture: Picture) -> dict[str, Any]:
    shown: Stimulus = picture.stimulus
    return {
        "stimulus": shown.name,
        "stimulus_sha256": picture.sha256,
        "dataset": shown.dataset,
        "content": shown.content,
        "model": shown.model,
        "crop": picture.rectangle,
    }


def _moment(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def responses(table: Iterable[Mapping[str, str]]) -> Iterator[Response]:
    """Return the answers that rows of the long table are of, in their order; trials without an answer are left out."""
    for trial in _trials(table):
        first = trial[0]
        if not first["answer"]:
            continue
        pictures = [row["stimulus"] for row in trial]
        facts: dict[str, Any] = {
            name: first[column] if column in ("language", "browser") else float(first[column])
            for column, name in _FACTS.items()
            if first.get(column)
        }
        yield Response(
            rater=first["rater"],
            position=int(first["order"]) - 1,
            kind=first["kind"],
            first=pictures[0],
            second=pictures[1] if len(pictures) > 1 else "",
            value=first["answer"],
            seconds=float(first["response_s"]),
            facts=facts | (json.loads(first["further"]) if first.get("further") else {}),
            revision=int(first["revision"]),
            others=tuple(pictures[2:]),
            sitting=int(first["sitting"]) - 1,
        )


def _trials(table: Iterable[Mapping[str, str]]) -> Iterator[list[Mapping[str, str]]]:
    trial: list[Mapping[str, str]] = []
    for row in table:
        if trial and (row["rater"], row["order"]) != (trial[0]["rater"], trial[0]["order"]):
            yield trial
            trial = []
        trial.append(row)
    if trial:
        yield trial
