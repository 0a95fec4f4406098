"""A published log is compared step by step; another file is refused in one line."""

import json
from pathlib import Path

import pytest

from srbench.errors import BadRun
from srbench.training.log_comparison import LogComparison
from srbench.training.recipe import Recipe
from tests.training.conftest import TINY

RECIPE = Recipe.check(TINY, "test")
FACTS = {"command": "srbench train tiny", "recipe": RECIPE.model_dump(mode="json"), "machine": {}}


def _log(path: Path, *losses: float) -> Path:
    lines = [FACTS, *({"step": step, "loss": loss} for step, loss in enumerate(losses, 1))]
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_differences_are_relative(tmp_path: Path) -> None:
    comparison = LogComparison(_log(tmp_path / "log.jsonl", 2.0, 4.0), RECIPE)
    assert comparison.steps == 2
    comparison({"step": 1, "loss": 2.0})
    assert comparison.largest == 0
    comparison({"step": 2, "loss": 3.0})
    assert comparison.largest == 0.25


def test_a_log_without_steps_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRun, match=r"log\.jsonl has no step 1 to compare with"):
        LogComparison(_log(tmp_path / "log.jsonl"), RECIPE)


@pytest.mark.parametrize("text", ["", "[1]\n", "3\n", '{"recipe": 3, "command": "", "machine": {}}\n', "title = 1\n"])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadRun, match=r"log\.jsonl is no log of a training run"):
        LogComparison(path, RECIPE)
