"""The table of `srbench show` in a notebook."""

from pathlib import Path

import pandas as pd
import pytest

import srbench
from srbench.errors import UserError
from tests.cli.conftest import Call, call  # noqa: F401  (a fixture)
from tests.report.site.examples import stored

MODELS = {"nearest": 0.0, "<b>ours": 1.02}


def test_a_notebook_and_a_terminal_see_what_show_prints(tmp_path: Path, call: Call) -> None:  # noqa: F811
    stored(tmp_path / "run", MODELS)
    shown = srbench.table(srbench.load_results(tmp_path / "run"))
    _, out, _ = call("show", "run")
    assert repr(shown).splitlines() == out.rstrip("\n").splitlines()
    page = shown._repr_html_()
    assert page.startswith("<pre")
    assert "&lt;b&gt;ours" in page
    assert "<b>ours" not in page


def test_lines_of_one_data_set_are_its_table_alone_and_each_protocol_has_its_own(tmp_path: Path) -> None:
    runs = [stored(tmp_path / name, MODELS, name=name).path for name in ("classical_x4", "rgb_x4")]
    stored(runs[0], MODELS, dataset="set5")
    scores = srbench.load_results(runs)
    both = repr(srbench.table(scores))
    assert both.index("classical_x4: x4") < both.index("set5, 8 images") < both.index("rgb_x4: x4")
    text = repr(srbench.table(scores[(scores.dataset == "set5") & (scores.metric == "psnr")]))
    assert "set14" not in text
    assert "SSIM ↑" not in text
    assert "a test" in text  # the machine


def test_what_has_no_table_is_refused(tmp_path: Path) -> None:
    scores = srbench.load_results(stored(tmp_path / "run", MODELS).path)
    with pytest.raises(UserError, match="the scores have no lines"):
        srbench.table(scores[:0])
    with pytest.raises(UserError, match="has several values of psnr"):
        srbench.table(pd.concat([scores, scores.assign(run="other")]))
