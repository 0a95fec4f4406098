"""The page of a study: tables and the text around them, key values, plots."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, replace

from srbench import __version__
from srbench.ratings.analysis import Analysis
from srbench.ratings.pair_study import PairAnalysis
from srbench.ratings.triplet_study import TripletAnalysis
from srbench.ratings.votes import contents
from srbench.report.ratings.plots.study import plots
from srbench.report.table import KeyValue, Page, Section, Table


def page(study: Analysis | PairAnalysis | TripletAnalysis, tables: Sequence[Table], methods: str) -> Page:
    """Arrange the text of a report.

    Args:
        study: The study.
        tables: Tables in the order of the page.
        methods: Methods as plain text; blank lines part paragraphs.
    """
    paragraphs = tuple(part.strip() for part in re.split(r"\n\s*\n", methods) if part.strip())
    return Page(
        title=f"Ratings: {study.name}",
        lead=(f"Study of human ratings. {_higher(study)}",),
        tables=tuple(tables),
        caveats=tuple(study.caveats),
        sections=(Section("Methods", paragraphs),),
    )


def illustrated(content: Page, study: Analysis | PairAnalysis | TripletAnalysis) -> Page:
    """Add what an HTML page has beyond the text: key values, plots, and the options of the analysis."""
    if isinstance(study, TripletAnalysis):
        return content
    same = f"The same votes and the same options give the same values with srbench {__version__}."
    return replace(
        content,
        key_values=tuple(_pair_key_values(study) if isinstance(study, PairAnalysis) else _key_values(study)),
        plots=tuple(plots(study)),
        sections=(
            *content.sections,
            Section("Reproducibility", (same,)),
            Section("Options of this analysis", (_options(study),), "code"),
        ),
    )


def _key_values(study: Analysis) -> list[KeyValue]:
    stimuli = study.scores.stimuli
    models = {s.model for s in stimuli if s.model}
    datasets = {s.dataset for s in stimuli if s.dataset}
    values = [
        KeyValue("stimuli", str(len(stimuli)), _references(study)),
        KeyValue("contents", str(contents(stimuli))),
        *([KeyValue("models", str(len(models)))] if models else []),
        *([KeyValue("data sets", str(len(datasets)))] if len(datasets) > 1 else []),
    ]
    if study.raters:
        out = sum(study.raters.excluded)
        values.append(KeyValue("raters", str(len(study.raters.names) - out), f"who count; {out} rejected"))
    counted = f"{len(study.votes)} count" if study.votes is not None else "averaged by others"
    return [*values, KeyValue("votes", str(study.total_votes), counted), *_reliability(study)]


def _references(study: Analysis) -> str:
    count = sum(s.reference for s in study.scores.stimuli)
    return f"{count} hidden reference{'s' if count > 1 else ''}" if count else ""


def _reliability(study: Analysis) -> list[KeyValue]:
    if study.icc:
        low, high = study.icc.average_ci95
        return [
            KeyValue(f"ICC(2,{study.icc.raters})", f"{study.icc.average:.3f}", f"95 % interval {low:.3f} to {high:.3f}")
        ]
    if study.alpha_ordinal is not None:
        return [KeyValue("Krippendorff’s α", f"{study.alpha_ordinal:.3f}", "ordinal")]
    if study.alpha_interval is not None:
        return [KeyValue("Krippendorff’s α", f"{study.alpha_interval:.3f}", "interval")]
    return []


def _pair_key_values(study: PairAnalysis) -> list[KeyValue]:
    items = {name for fits in study.contents.values() for name in fits[0].items}
    ties = sum(answer.tie for answer in study.answers)
    shares = [share for _, share in study.agreement.values() if share is not None]
    values = [
        KeyValue("contents", str(len(study.contents)), ""),
        KeyValue("items", str(len(items)), "compared"),
        KeyValue("raters", str(len(study.agreement)), ""),
        KeyValue("answers", str(len(study.answers)), f"{ties} ties"),
    ]
    if shares:
        values.append(
            KeyValue("agreement", f"{100 * sum(shares) / len(shares):.0f} %", "with the majority, mean of raters")
        )
    return values


def _higher(study: Analysis | PairAnalysis | TripletAnalysis) -> str:
    if isinstance(study, TripletAnalysis):
        return "Distances from the original come from triplets. Lower is better."
    if isinstance(study, PairAnalysis):
        return "Scores come from answers to “which of the two is better?”. Higher is better."
    scale = study.scores.scale
    return f"Scores are on a scale from {scale.low:g} to {scale.high:g}. Higher is better."


def _options(study: Analysis | PairAnalysis) -> str:
    chosen = asdict(study.options)
    return json.dumps({"srbench": __version__, "study": study.name, **chosen}, indent=2, ensure_ascii=False)
