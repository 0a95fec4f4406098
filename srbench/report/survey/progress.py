"""How far a survey is, for people and machines."""

from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from srbench.survey.progress import StudyProgress, stop_rule
from srbench.survey.study import Study


def record(found: StudyProgress) -> dict[str, Any]:
    """What `--json` prints."""
    people = [{**asdict(person), "seen": person.seen.isoformat()} for person in found.people]
    return {**asdict(found), "people": people, "raters": found.states, "widest": found.widest}


def page(study: Study, found: StudyProgress) -> RenderableType:
    """What `srbench survey status` prints."""
    states = ", ".join(f"{number} {state}" for state, number in found.states.items()) or "nobody yet"
    parts: list[RenderableType] = [
        Text(study.title, style="bold"),
        Text(f"{found.status}; raters: {states}; {found.wanted} wanted; {found.answers} answers"),
    ]
    if stop := stop_rule(study, found):
        parts.append(Text(stop))
    if found.models:
        parts += [_models(study, found), _people(found)]
    return Group(*parts)


def _models(study: Study, found: StudyProgress) -> Table:
    table = Table(title="Models so far", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("model")
    table.add_column(study.method.score_name, justify="right")
    table.add_column("95 %", justify="right")
    for rule in found.rules:
        table.add_column(f"without {rule.name} ({len(rule.rejected)})", justify="right")
    for at, model in enumerate(found.models):
        half = "" if model.half is None else f"± {model.half:.2f}"
        others = [_score(None if rule.reason else rule.models[at]) for rule in found.rules]
        table.add_row(model.name, f"{model.score:.2f}", half, *others)
    return table


def _score(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _people(found: StudyProgress) -> Table:
    table = Table(title="Raters", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("rater", "state", "answers", "px / degree", "rules that would reject"):
        table.add_column(name, justify="right" if name in ("answers", "px / degree") else "left")
    for person in found.people:
        if person.answers:
            degree = "" if person.pixels_per_degree is None else f"{person.pixels_per_degree:.0f}"
            table.add_row(person.id, person.state, str(person.answers), degree, ", ".join(person.flags))
    return table
