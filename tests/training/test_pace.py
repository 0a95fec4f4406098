"""What a run will take, said before it starts, and the faster precision."""

from pathlib import Path

import pytest

from srbench.core.assets import AssetStore
from srbench.errors import BadRecipe
from srbench.training import pace, run_facts, setup
from srbench.training.journal import read_steps
from srbench.training.pace import Pace
from srbench.training.recipe import Recipe
from tests.cli.conftest import Call, call
from tests.training.conftest import ADVERSARIAL, TINY, Make

__all__ = ["call"]


def test_what_is_left_counts_the_steps_of_each_phase() -> None:
    phases = [{"steps": steps, "losses": [{"kind": "pixel"}]} for steps in (10, 4)]
    recipe, measured = Recipe.check({**TINY, "phases": phases}, "test"), Pace((0.5, 2.0))
    assert [measured.remaining_s(recipe, done) for done in (0, 6, 10, 13, 14)] == [13, 10, 8, 2, 0]


def test_measuring_changes_nothing_of_the_run(make: Make, tmp_path: Path) -> None:
    table = {**ADVERSARIAL, "ema": 0.5, "phases": [{**ADVERSARIAL["phases"][0], "steps": 2}]}
    losses = []
    for name in ("plain", "measured"):
        trainer = make(table, tmp_path / name)
        if name == "measured":
            measured = pace.measure(trainer.recipe, trainer.generator, trainer.store, trainer.fabric)
            assert 0 < measured.step_s[0] < 5
        trainer.run()
        losses.append([line["loss"] for line in read_steps(tmp_path / name / "journal.jsonl")])
    assert losses[0] == losses[1]


def test_auto_is_the_faster_one_and_stays_it(
    call: Call, photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recipe of the run, its log and what goes on have the precision that was found, whatever is faster then."""
    monkeypatch.setattr(pace, "of_both", lambda *_: {"fp32": Pace((0.9,)), "bf16": Pace((0.125,))})
    monkeypatch.setattr(pace, "LEAST_STEPS", 2)
    changes = ["generator.settings.blocks=1", "generator.settings.channels=8", "data.batch=2", "data.patch_px=32"]
    changes += ["phases.0.steps=2", "compute.precision=auto"]
    words = ["train", "srresnet_short", "--data", str(photographs), "--device", "cpu", "--workers", "0"]
    words += [word for change in changes for word in ("--set", change)]
    run = tmp_path / "run"
    code, _, err = call(*words, "--out", str(run))
    assert code == 0, err
    assert "precision: bf16 (an update takes 900 ms in fp32, 125 ms in bf16)" in err
    assert "2 updates of " in err
    assert ": about 0 s, and validation" in err
    assert run_facts.read(run, "recipe")["compute"]["precision"] == "bf16"
    monkeypatch.setattr(pace, "of_both", lambda *_: {"fp32": Pace((0.1,)), "bf16": Pace((0.2,))})
    code, _, err = call(*words, "--out", str(run), "--resume")
    assert (code, "precision:" in err) == (0, False), err
    code, out, err = call(*words, "--compare", str(run / "log.jsonl"))
    assert (code, "losses bit-equal" in out) == (0, True), err


def test_auto_is_measured_by_one_process() -> None:
    recipe = Recipe.check({**TINY, "compute": {"precision": "auto"}}, "test")
    with pytest.raises(BadRecipe, match="expected fp32 or bf16 for several"):
        pace.of_both(recipe, setup.DeviceSettings("cpu", 2), AssetStore([]))
    with pytest.raises(BadRecipe, match=r"pace\.of_both found faster"):
        setup.launch(setup.DeviceSettings("cpu"), recipe)
    paces = pace.of_both(recipe, setup.DeviceSettings("cpu"), AssetStore([]))
    assert [0 < measured.step_s[0] < 5 for measured in paces.values()] == [True, True]
