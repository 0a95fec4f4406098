"""The report of a study as one HTML document that needs nothing else."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from importlib import resources

import jinja2
import markupsafe

from srbench import __version__
from srbench.ratings.analysis import Analysis
from srbench.ratings.pair_study import PairAnalysis
from srbench.ratings.votes import contents
from srbench.report.ratings.figures import figures
from srbench.report.ratings.table import Table

_LONG = 30
"""Rows; longer tables are folded."""


def page(made: Analysis | PairAnalysis, tables: Sequence[Table], methods: str) -> str:
    """Write the report: key figures, notes, figures, tables, methods, choices.

    Args:
        made: The study.
        tables: In the order of the page; their keys become ids.
        methods: Plain text; blank lines part paragraphs.
    """
    source = resources.files("srbench.report.ratings").joinpath("page.html").read_text(encoding="utf-8")
    # Names come from the users' files: everything is escaped but the drawings, which are made here.
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(source).render(
        name=made.name,
        facts=_pair_facts(made) if isinstance(made, PairAnalysis) else _facts(made),
        higher=_higher(made),
        notes=made.caveats,
        figures=[(figure, markupsafe.Markup(figure.svg)) for figure in figures(made)],
        tables=tables,
        long=_LONG,
        methods=[part.strip() for part in re.split(r"\n\s*\n", methods) if part.strip()],
        choices=_choices(made),
        version=__version__,
    )


def _facts(made: Analysis) -> list[tuple[str, str, str]]:
    """Key figures: what, how much, a remark."""
    stimuli = made.scores.stimuli
    found = [("stimuli", str(len(stimuli)), _references(made)), ("contents", str(contents(stimuli)), "")]
    models = {s.model for s in stimuli if s.model}
    if models:
        found.append(("models", str(len(models)), ""))
    datasets = {s.dataset for s in stimuli if s.dataset}
    if len(datasets) > 1:
        found.append(("data sets", str(len(datasets)), ""))
    if made.raters:
        out = sum(made.raters.excluded)
        found.append(("raters", str(len(made.raters.names) - out), f"who count; {out} rejected"))
    counted = f"{len(made.votes)} count" if made.votes is not None else "averaged by others"
    found.append(("votes", str(made.total_votes), counted))
    return found + _reliability(made)


def _references(made: Analysis) -> str:
    count = sum(s.reference for s in made.scores.stimuli)
    return f"{count} hidden reference{'s' if count > 1 else ''}" if count else ""


def _reliability(made: Analysis) -> list[tuple[str, str, str]]:
    if made.icc:
        low, high = made.icc.average_ci95
        return [(f"ICC(2,{made.icc.raters})", f"{made.icc.average:.3f}", f"95 % interval {low:.3f} to {high:.3f}")]
    if made.alpha_ordinal is not None:
        return [("Krippendorff’s α", f"{made.alpha_ordinal:.3f}", "ordinal")]
    if made.alpha_interval is not None:
        return [("Krippendorff’s α", f"{made.alpha_interval:.3f}", "interval")]
    return []


def _pair_facts(made: PairAnalysis) -> list[tuple[str, str, str]]:
    items = {name for fits in made.contents.values() for name in fits[0].items}
    ties = sum(answer.tie for answer in made.answers)
    shares = [share for _, share in made.agreement.values() if share is not None]
    found = [
        ("contents", str(len(made.contents)), ""),
        ("items", str(len(items)), "compared"),
        ("raters", str(len(made.agreement)), ""),
        ("answers", str(len(made.answers)), f"{ties} ties"),
    ]
    if shares:
        found.append(("agreement", f"{100 * sum(shares) / len(shares):.0f} %", "with the majority, mean of raters"))
    return found


def _higher(made: Analysis | PairAnalysis) -> str:
    if isinstance(made, PairAnalysis):
        return "Scores come from answers to “which of the two is better?”. Higher is better."
    scale = made.scores.scale
    return f"Scores are on a scale from {scale.low:g} to {scale.high:g}. Higher is better."


def _choices(made: Analysis | PairAnalysis) -> str:
    chosen = asdict(made.options) if isinstance(made, Analysis) else {"links": ["bradley-terry", "thurstone"]}
    return json.dumps({"srbench": __version__, "study": made.name, **chosen}, indent=2, ensure_ascii=False)
