"""The ablation of training, in its short form."""

import json
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import ablation
from benchmarks.ablation import Way, recipe_of


def test_ways_differ_in_what_they_are_named_for() -> None:
    taught = recipe_of(Way("both", "L1", "frozen", 2), 200, "imdn", short=False)
    alone = recipe_of(Way("HR", "MSE", "not frozen", 2), 200, "imdn", short=False)
    assert (taught.teacher, taught.teacher_share, alone.teacher) == ("imdn", 0.5, "")
    assert [[loss.model_dump()["criterion"] for loss in phase.losses] for phase in taught.phases] == [["l1"]] * 2
    assert [(phase.steps, phase.frozen_statistics) for phase in taught.phases] == [(170, False), (30, True)]
    assert [(phase.steps, phase.frozen_statistics) for phase in alone.phases] == [(170, False), (30, False)]
    assert set(taught.differing_keys(alone)) == {"teacher", "phases"}


@pytest.mark.slow
def test_the_short_form_trains_every_way_once(photographs: Path, tmp_path: Path) -> None:
    words = ["--photographs", str(photographs), "--short", "--steps", "2", "--seeds", "1", "--teacher", "bicubic"]
    words += ["--threads", "1", "--runs", str(tmp_path / "runs"), "--out", str(tmp_path)]
    assert ablation.main(words) == 0
    table = pd.read_csv(tmp_path / "ablation.csv")
    assert len(table) == table.groupby(["data", "loss", "end"]).ngroups == 12
    assert table.psnr.between(5, 60).all()
    page = (tmp_path / "ablation.md").read_text(encoding="utf-8")
    lacking = table[(table.data == "both") & (table.loss == "L1")].set_index("end").psnr
    assert f"| both | L1 | {lacking['not frozen']:.2f} (" in page
    by_data = table.groupby("data").psnr.mean()
    assert f"| both less HR [dB] | {by_data['both'] - by_data['HR']:+.3f} |" in page
    stored = tmp_path / "runs" / "hr-l1-frozen-1" / "result.json"
    stored.write_text(json.dumps({**json.loads(stored.read_text(encoding="utf-8")), "psnr": 1.0}), encoding="utf-8")
    ablation.main(words)  # what is there is not trained again
    assert pd.read_csv(tmp_path / "ablation.csv").psnr.min() == 1
