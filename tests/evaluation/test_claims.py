"""The claims of cards, measured again."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import claims as report
from srbench.core.assets import AssetStore
from srbench.datasets.locate import locate
from srbench.errors import MissingData, UserError
from srbench.evaluation import claims
from srbench.evaluation.results import RunFolder
from srbench.models import registry
from srbench.models.card import Claim
from tests.cli.conftest import Call, call

__all__ = ["call"]


def test_patterns_choose_claims_in_the_order_of_protocols() -> None:
    found = claims.chosen(["BI*"], ["set5", "set14"], [])
    assert {card.family for card, _ in found} == {"bicubic"}
    places = [(claim.protocol, claim.dataset) for _, claim in found]
    assert places == sorted(places)
    assert {dataset for _, dataset in places} == {"set5", "set14"}
    with pytest.raises(UserError, match=r"no data set of the claims is called 'set6'; expected one of: .*set14"):
        claims.chosen(["bicubic"], ["set5", "set6"], [])  # one that is right beside it hides nothing
    with pytest.raises(UserError, match="no card claims a score of that; the claims of all cards: srbench models"):
        claims.chosen(["bicubic"], [], ["openmmlab_x4"])


def test_each_printed_score_has_a_verdict(data: Path, tmp_path: Path) -> None:
    store = AssetStore([])
    nearest, missing = registry.find("nearest"), registry.find("edsr")
    right = Claim("set5", "classical_x4", 26.2560, 0.7380, "x")
    wrong = Claim("set5", "classical_x4", 26.28, 0.7385, "y")
    asked = [(nearest, right), (nearest, wrong), (missing, replace(right, ssim=None))]
    folder = RunFolder(tmp_path / "run")

    def place(name: str, *, scale: int) -> object:
        return locate(name, store, scale=scale, data_root=data)

    found = list(claims.measure(asked, lambda _: folder, store, place))  # type: ignore[arg-type]
    assert [(one.model, one.metric, one.verdict) for one in found] == [
        ("nearest", "psnr", "agrees"),
        ("nearest", "ssim", "agrees"),
        ("nearest", "psnr", "differs"),
        ("nearest", "ssim", "agrees"),
        (missing.id, "psnr", "not checked"),
    ]
    assert [one.convention for one in found] == ["", "", "none found", "", ""]
    assert found[2].difference == pytest.approx(26.2583 - 26.28, abs=1e-4)
    assert "weights not at hand" in found[4].reason
    assert found[4].difference is None


def test_a_data_set_that_is_not_there_is_a_reason(tmp_path: Path) -> None:
    def place(name: str, **_: object) -> object:
        raise MissingData(f"{name} is not at hand")

    asked = claims.chosen(["nearest"], ["set14"], ["classical_x4"])
    found = list(claims.measure(asked, lambda _: RunFolder(tmp_path), AssetStore([]), place))  # type: ignore[arg-type]
    assert {(one.verdict, one.reason) for one in found} == {("not checked", "set14: set14 is not at hand")}


def test_hr_that_was_cropped_for_another_scale_is_not_compared(data: Path, tmp_path: Path) -> None:
    images = locate("set5", AssetStore([]), scale=3, data_root=data)
    assert images.record is not None
    cropped = replace(images, record=replace(images.record, hr_multiple=4))
    asked = [(registry.find("bicubic"), Claim("set5", "classical_x3", 30.39, None, "x"))]
    (found,) = claims.measure(asked, lambda _: RunFolder(tmp_path), AssetStore([]), lambda *_, **__: cropped)
    assert found.verdict == "not checked"
    assert "already cropped to a multiple of 4; x3 made from them does not compare" in found.reason


def test_the_verb_prints_and_tells_by_its_exit_code(call: Call, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of = ("claims", "--models", "nearest", "--datasets", "set5", "--data-root", str(data))
    code, out, err = call(*of)
    assert (code, err) == (0, "")
    assert "2 printed scores: 2 agree, 0 differ, 0 were not checked" in out
    wrong = [(registry.find("nearest"), Claim("set5", "classical_x4", 24.56, 0.6998, "a misprint"))]
    monkeypatch.setattr(claims, "chosen", lambda *_: wrong)
    code, out, _ = call(*of, "--json")
    assert code == 3
    claim, _ = json.loads(out)["claims"]
    assert (claim["printed"], claim["verdict"], claim["source"]) == (24.56, "differs", "a misprint")
    assert claim["convention"] == "RGB"
    page = call(*of, "--format", "md")[1]
    assert page.count("| differs |") == 2
    assert "nearest on set5: convention that gives the printed scores: RGB" in page


def test_the_report_holds_the_values_of_which_its_scores_are_the_means(
    call: Call, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def here(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        code, printed, _ = call(*command[3:])
        return subprocess.CompletedProcess(command, code, printed)

    out = tmp_path / "report"
    words = ["--models", "nearest", "--datasets", "set5", "--runs", str(tmp_path / "runs"), "--out", str(out)]
    monkeypatch.setenv("SRBENCH_MIRROR", str(data))
    monkeypatch.setattr(sys, "argv", ["benchmarks.claims", *words])
    monkeypatch.setattr(report.subprocess, "run", here)
    assert report.main() == 0
    page = (out / "README.md").read_text(encoding="utf-8")
    assert "    python -m benchmarks.claims --weights-root WEIGHTS --datasets set5 --models 'nearest'\n" in page
    printed, rows = pd.read_csv(out / "claims.csv"), pd.read_csv(out / "rows.csv")
    keys = ["protocol", "model", "dataset", "metric"]
    means, counts = rows.groupby(keys)["value"].mean(), rows.groupby(keys)["image"].nunique()
    assert set(counts) == {5}
    ours = printed.set_index(keys)["ours"]
    assert set(ours.index) == set(means.index)
    assert (ours - means.loc[ours.index]).abs().max() < 1e-9
