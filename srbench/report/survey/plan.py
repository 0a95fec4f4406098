"""The report of a survey's plan."""

from dataclasses import asdict
from typing import Any

from srbench.core.wording import counted
from srbench.ratings.model_differences import Test
from srbench.report.table import Column, Page, Table, text_column, text_rows
from srbench.survey.plan.boost import SAFE_CHANGES
from srbench.survey.plan.flicker import flicker
from srbench.survey.plan.forecast import Forecast
from srbench.survey.plan.planning import Balance
from srbench.survey.study import Study

_TESTS: dict[Test, str] = {
    "two-way": "t test over raters and images",
    "wilcoxon": "signed ranks of images, these raters held fixed",
    "permutation": "permutation over images, these raters held fixed",
}


def record(study: Study, expected: Forecast) -> dict[str, Any]:
    """Return what `--json` prints."""
    return {
        "study": str(study.folder),
        "title": study.title,
        "design": asdict(study.design),
        "pictures": len(study.pictures),
        "models": sorted({p.stimulus.model for p in study.pictures if p.role == "rated"}),
        **({"flicker": asdict(shown)} if (shown := flicker(study)) else {}),
        "forecast": asdict(expected),
    }


def page(study: Study, expected: Forecast) -> Page:
    """Arrange what `srbench survey create` and `plan` print."""
    rated = [picture for picture in study.plain if picture.role == "rated"]
    contents = {(picture.stimulus.dataset, picture.stimulus.content) for picture in rated}
    split = f", in {expected.sittings} sittings" if expected.sittings > 1 else ""
    votes = f"{expected.votes[0]}" if len(set(expected.votes)) == 1 else f"{expected.votes[0]} to {expected.votes[1]}"
    noun = study.method.response_noun
    return Page(
        title=study.title,
        lead=(
            f"{study.design.method}: {counted(len(rated), 'picture')} of {counted(len(contents), 'content')}, "
            f"{counted(study.raters, 'rater')}",
            f"a session: {counted(expected.trials, 'trial')}, about {expected.minutes:.0f} min{split}",
            *_flicker(study),
            f"each picture: {votes} {noun.removesuffix('s') if votes == '1' else noun}",
            f"to expect: {_widths(study, expected)}",
            _found(study, expected),
        ),
        tables=(_balance(expected),),
        caption=(f"Expected from {expected.assumption}.",),
    )


def _flicker(study: Study) -> tuple[str, ...]:
    shown = flicker(study)
    if shown is None:
        return ()
    boost = shown.boost
    line = (
        f"boosted: {boost.zoom} x {boost.zoom} device pixels for each, differences times {boost.amplification:g}, "
        f"{boost.changes_per_second:g} changes a second"
    )
    if not shown.pictures:
        return (f"{line}; clipped pixels and flashes are counted once the study is written",)
    most = f"{shown.slowed} of {counted(shown.questions, 'question')} flash more than WCAG 2.3.1 allows"
    return (
        f"{line}; {shown.clipped_mean:.2%} of the pixels are clipped, {shown.clipped_most:.2%} of the worst picture",
        f"{most} and change {SAFE_CHANGES:g} times a second" if shown.slowed else f"{most}",
    )


def _widths(study: Study, expected: Forecast) -> str:
    if expected.half_model is None:
        return "how exact the scores will be cannot be told with so few raters"
    model = f"a model's score within ± {expected.half_model:.2f} {study.method.score_unit}"
    if not study.method.scores_pictures:
        return f"{model} (95 %)"
    if expected.half_stimulus is None:
        return f"{model} (95 %); a picture's cannot be told with so few raters"
    return f"{model}, a picture's within ± {expected.half_stimulus:.2f} (95 %)"


def _found(study: Study, expected: Forecast) -> str:
    found = expected.detectable
    if found.problem:
        return f"WARNING: no difference between models can be found: {found.problem}"
    over = "t test over raters and contents" if not study.method.scores_pictures else _TESTS[expected.test]
    return (
        f"found with 80 %: a difference of {found.difference:.2f} {study.method.score_unit} between two models "
        f"({over}, corrected for {counted(found.pairs, 'pair')})"
    )


def _balance(expected: Forecast) -> Table:
    balance = expected.balance
    sides = (Column("on the left"),) if balance.left else ()
    rows = (
        (model, f"{early:.1%}", *((f"{balance.left[model]:.1%}",) if balance.left else ()))
        for model, early in balance.early.items()
    )
    columns = (text_column("model"), Column("in the first third of sessions"), *sides)
    return Table("balance", "Balance", columns, text_rows(rows), notes=_predecessors(balance))


def _predecessors(balance: Balance) -> tuple[str, ...]:
    if balance.predecessors is None:
        return ()
    least, most, due = balance.predecessors
    return (f"Each question comes directly after each other one {least} to {most} times; {due:.1f} are due.",)
