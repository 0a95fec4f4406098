"""The report of how far a survey is."""

from dataclasses import asdict
from typing import Any

from srbench.report.table import DASH, Column, Page, Table, text_column, text_rows
from srbench.survey.export import exclusion_note
from srbench.survey.monitor import Monitor
from srbench.survey.progress import StudyProgress, quota_rule, stop_rule
from srbench.survey.scores import ScreeningOutcome
from srbench.survey.study import Study


def record(progress: StudyProgress, watched: Monitor) -> dict[str, Any]:
    """Return what `--json` prints."""
    people = [{**asdict(person), "seen": person.seen.isoformat()} for person in progress.people]
    counts = {"raters": progress.states, "endings": progress.endings, "excluded": progress.excluded}
    return {**asdict(progress), "people": people, **counts, "widest": progress.widest, "monitor": asdict(watched)}


def page(study: Study, progress: StudyProgress, watched: Monitor) -> Page:
    """Arrange what `srbench survey status` prints."""
    states = ", ".join(f"{number} {state}" for state, number in progress.states.items()) or "nobody yet"
    endings = ", ".join(f"{number} {ending}" for ending, number in progress.endings.items())
    incidents = ", ".join(f"{what} ({number})" for what, number in watched.incidents.items())
    further = (
        f"endings: {endings}" if endings else "",
        exclusion_note(progress.excluded),
        f"incidents: {incidents}" if incidents else "",
        quota_rule(study),
        stop_rule(study, progress),
    )
    people = any(person.answers or person.ending for person in progress.people)
    return Page(
        title=study.title,
        lead=(
            *((f"{progress.status}: {progress.reason}",) if progress.reason else ()),
            f"{progress.status}; raters: {states}; {progress.wanted} wanted; {progress.answers} answers",
            f"screened by {' and '.join(progress.planned) or 'no rule'}, as the plan says",
            *filter(None, further),
        ),
        tables=(
            *((_models(study, progress),) if progress.models else ()),
            *((_raters(progress), _stages(watched)) if people else ()),
        ),
    )


def _models(study: Study, progress: StudyProgress) -> Table:
    without = (Column(_heading(rule), rank=1) for rule in progress.rules)
    columns = (text_column("model"), Column(study.method.score_name, higher_is_better=True), Column("95 %"), *without)
    rows = []
    for at, model in enumerate(progress.models):
        half = "" if model.half is None else f"± {model.half:.2f}"
        others = [_score(None if rule.reason else rule.models[at]) for rule in progress.rules]
        rows.append((model.name, f"{model.score:.2f}", half, *others))
    return Table("models", "Models so far", columns, text_rows(rows))


def _heading(rule: ScreeningOutcome) -> str:
    return "all raters" if rule.name == "none" else f"without {rule.name} ({len(rule.rejected)})"


def _score(value: float | None) -> str:
    return DASH if value is None else f"{value:.2f}"


def _stages(watched: Monitor) -> Table:
    columns = (text_column("page"), Column("reached"), Column("ended there"), Column("there now"))
    rows = [(stage.name, str(stage.reached), str(stage.ended), str(stage.here)) for stage in watched.stages]
    return Table("pages", "Pages", columns, text_rows(rows))


def _raters(progress: StudyProgress) -> Table:
    sent = any(person.panel_ids for person in progress.people)
    columns = (
        *(text_column("rater"), text_column("state"), text_column("ending"), text_column("code")),
        *((text_column("panel id"),) if sent else ()),
        *(Column("answers"), Column("px / degree", rank=1), text_column("rules that would reject")),
    )
    rows = []
    for person in progress.people:
        if person.answers or person.ending:
            degree = "" if person.pixels_per_degree is None else f"{person.pixels_per_degree:.0f}"
            ids = (next(iter(person.panel_ids.values()), ""),) if sent else ()
            start = (person.id, person.state, person.ending, person.code, *ids)
            rows.append((*start, str(person.answers), degree, ", ".join(person.flags)))
    return Table("raters", "Raters", columns, text_rows(rows))
