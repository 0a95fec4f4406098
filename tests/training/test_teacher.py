"""A teacher's answers: what they are of, that none is made twice, and their share of the samples."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from srbench.core.paths import cache_folder
from srbench.core.resize import resize
from srbench.errors import BadRecipe
from srbench.models.upscaler import Upscaler
from srbench.training import setup
from srbench.training.image_cache import load_image
from srbench.training.journal import read_steps
from srbench.training.recipe import Recipe
from srbench.training.teacher import Answers
from tests.cli.conftest import Call, call
from tests.training.conftest import TINY, Make

__all__ = ["call"]

TAUGHT: dict[str, Any] = {**TINY, "teacher": "bicubic", "teacher_reductions": [1.5]}


@pytest.fixture
def upscaled(monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """Every batch that a teacher upscales."""
    seen: list[torch.Tensor] = []
    plain = Upscaler.upscale_uint8

    def upscale(self: Upscaler, lr: torch.Tensor) -> torch.Tensor:
        if len(seen) == 3 and (Path.cwd() / "kill").exists():
            raise KeyboardInterrupt
        seen.append(lr)
        return plain(self, lr)

    monkeypatch.setattr(Upscaler, "upscale_uint8", upscale)
    return seen


def _answers(make: Make, **changes: Any) -> Answers:
    answers = make({**TAUGHT, **changes}).patches.answers
    assert answers is not None
    return answers


def test_answers_are_of_lr_and_of_reduced_hr(make: Make, photographs: Path) -> None:
    """Bicubic as teacher: five photographs of 56 x 48 px, as LR of 14 x 12 and reduced by 1.5 to 37 x 32."""
    answers = _answers(make)
    assert sorted(tuple(answers.lr[n].shape[-2:]) for n in range(len(answers))) == [(14, 12)] * 5 + [(37, 32)] * 5
    originals = [load_image(path, 4) for path in photographs.glob("*.png")]
    reduced = [resize(hr, (37, 32), round_passes=True).to(torch.uint8) for hr in originals]
    assert all(any(torch.equal(answers.lr[n], lr) for lr in reduced) for n in range(5, 10))
    for number in (0, 7):
        lr, sr = answers.lr[number], answers.sr[number]
        expected = resize(lr, (4 * lr.shape[-2], 4 * lr.shape[-1]), round_passes=True)
        assert torch.equal(sr, expected.to(torch.uint8))


def test_no_answer_is_made_twice(
    make: Make, upscaled: list[torch.Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C after three of ten: seven are left to make; other runs and other folders find all of them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kill").touch()
    with pytest.raises(KeyboardInterrupt):
        make(TAUGHT)
    (tmp_path / "kill").unlink()
    answers = _answers(make)
    assert (len(upscaled), answers.summary.partition(", in ")[0]) == (10, "10 answers of bicubic, 7 of them made now")
    again = _answers(make, seed=5)
    assert (len(upscaled), "0 of them" in again.summary) == (10, True)
    assert _answers(make, protocol="classical_x4+border_px=2").lr.paths == answers.lr.paths


@pytest.mark.parametrize("changes", [{"teacher": "nearest"}, {"protocol": "classical_x4+lr_rounding=end"}])
def test_other_teachers_and_other_lr_have_answers_of_their_own(make: Make, changes: dict[str, Any]) -> None:
    assert not set(_answers(make).sr.paths) & set(_answers(make, **changes).sr.paths)


@pytest.mark.parametrize(("share", "of_eight"), [(0.25, 2), (0.5, 4), (1.0, 8)])
def test_every_batch_holds_the_share(make: Make, share: float, of_eight: int) -> None:
    upright = {**TINY["data"], "augmentation": {"rotations": False}}
    patches = make({**TAUGHT, "teacher_share": share, "data": upright}).patches
    assert patches.answers is not None
    for first in (0, 8, 800):
        assert sum(patches.answers.gives(number) for number in range(first, first + 8)) == of_eight
    taught = next(number for number in range(8) if patches.answers.gives(number))
    lr, hr = patches[taught].lr[None], patches[taught].hr[None]
    alike = resize(lr, (32, 32), round_passes=True).to(torch.uint8)
    assert torch.equal(alike[..., 12:-12, 12:-12], hr[..., 12:-12, 12:-12])  # which HR would not


def test_a_run_does_not_depend_on_who_made_the_answers(make: Make, tmp_path: Path) -> None:
    """The first run makes them, the second finds them: random numbers and so all losses are the same."""
    losses = []
    for table in (TAUGHT, TAUGHT, TINY):
        trainer = make({**table, "phases": [{"steps": 2, "losses": [{"kind": "pixel"}]}]}, tmp_path / str(len(losses)))
        trainer.run()
        losses.append([line["loss"] for line in read_steps(trainer.folder / "journal.jsonl")])
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.parametrize("data", [{"degradation": {"kind": "bsrgan"}}, {"augmentation": {"jitter": 0.1}}])
def test_what_changes_with_each_sample_has_no_answers(data: dict[str, Any]) -> None:
    with pytest.raises(BadRecipe, match="teacher: its answers are made before training"):
        Recipe.check({**TAUGHT, "data": {**TINY["data"], **data}}, "test")


def test_a_teacher_that_is_not_there_is_told(make: Make, photographs: Path) -> None:
    with pytest.raises(BadRecipe, match=r"teacher: no model 'biqubic'\. Closest: 'bicubic'"):
        make({**TAUGHT, "teacher": "biqubic"})
    with pytest.raises(BadRecipe, match="pass what find_teacher returns"):
        setup.build_dataset(Recipe.check(TAUGHT, "test"), photographs, 64)


def test_answers_only_makes_them_and_nothing_else(call: Call, photographs: Path, tmp_path: Path) -> None:
    words = ("--data", str(photographs), "--out", str(tmp_path / "run"), "--device", "cpu", "--answers-only")
    code, _, err = call("train", "srresnet_short", *words, "--set", "teacher=bicubic", "--set", "data.patch_px=32")
    assert (code, len(list(cache_folder().rglob("*.lr.png")))) == (0, 10), err
    assert "10 answers of bicubic, 10 of them made now" in err
    assert not list((tmp_path / "run").rglob("*.ckpt"))
    code, _, err = call("train", "srresnet_short", *words, "--set", "data.patch_px=32")
    assert code == 2
    assert "--answers-only: the recipe srresnet_short has no teacher" in err


@pytest.mark.parametrize("workers", ["0", pytest.param("2", marks=pytest.mark.slow)])
def test_a_comparison_makes_the_answers_of_its_steps_alone(call: Call, photographs: Path, workers: str) -> None:
    words = ["train", "srresnet_short", "--data", str(photographs), "--device", "cpu", "--workers", workers]
    for change in ("teacher=bicubic", "teacher_share=1", "data.patch_px=32", "data.batch=1", "phases.0.steps=9"):
        words += ["--set", change]
    assert call(*words, "--out", "run")[0] == 0
    log = Path("run/log.jsonl")
    head_and_steps = log.read_text(encoding="utf-8").splitlines()
    log.write_text("\n".join(head_and_steps[:3]), encoding="utf-8")
    shutil.rmtree(cache_folder() / "teachers")
    code, out, err = call(*words, "--compare", str(log))
    assert (code, out) == (0, "2 steps: losses bit-equal\n"), err
    assert "10 answers of bicubic, 2 of them made now" in err
    code, _, err = call(*words, "--compare", str(log), "--answers-only")
    assert (code, "exclude each other" in err) == (2, True)
    code, _, err = call(*words, "--compare", str(log), "--set", "seed=2")
    assert (code, "is of another recipe: 'seed' differs" in err) == (2, True)
