"""A survey's plan, for people and machines."""

from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from srbench.survey.forecast import Forecast
from srbench.survey.study import Study


def record(study: Study, expected: Forecast) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "study": str(study.folder),
        "title": study.title,
        "design": asdict(study.design),
        "pictures": len(study.pictures),
        "models": sorted({p.stimulus.model for p in study.pictures if p.role == "rated"}),
        "forecast": asdict(expected),
    }


def page(study: Study, expected: Forecast) -> RenderableType:
    """What `srbench survey create` and `plan` print."""
    rated = [picture for picture in study.pictures if picture.role == "rated"]
    contents = {(picture.stimulus.dataset, picture.stimulus.content) for picture in rated}
    split = f", in {expected.sittings} sittings" if expected.sittings > 1 else ""
    votes = f"{expected.votes[0]}" if len(set(expected.votes)) == 1 else f"{expected.votes[0]} to {expected.votes[1]}"
    lines = [
        f"{study.design.method}: {len(rated)} pictures of {len(contents)} contents, {study.raters} raters",
        f"a session: {expected.trials} trials, about {expected.minutes:.0f} min{split}",
        f"each picture: {votes} {study.method.response_noun}",
        f"to expect: {_widths(study, expected)}",
    ]
    return Group(
        Text(study.title, style="bold"),
        *map(Text, lines),
        _balance(expected),
        Text(f"Expected from {expected.assumption}.", style="dim"),
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


def _balance(expected: Forecast) -> Table:
    table = Table(title="Balance", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("model")
    table.add_column("in the first third of sessions", justify="right")
    if expected.balance.left:
        table.add_column("on the left", justify="right")
    for model, early in expected.balance.early.items():
        left = [f"{expected.balance.left[model]:.1%}"] if expected.balance.left else []
        table.add_row(model, f"{early:.1%}", *left)
    return table
