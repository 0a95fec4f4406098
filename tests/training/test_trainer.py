"""The training loop: it learns, stops, resumes, and says when it diverges."""

import json
import multiprocessing
import os
import shutil
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from safetensors.torch import load_file

from srbench.core.assets import AssetStore
from srbench.degradation import sampling
from srbench.degradation.bsrgan import BSRGAN
from srbench.errors import BadRecipe, BadRun, BadWeights, Diverged, MissingWeights
from srbench.evaluation.pairing import degrade
from srbench.models import registry
from srbench.models.select import select_one
from srbench.training import checkpoints
from srbench.training.journal import Journal, read_steps
from srbench.training.recipe import Recipe
from srbench.training.trainer import Trainer
from tests.training.conftest import ADVERSARIAL, TINY, Make

TWO_PHASES: dict[str, Any] = {
    **ADVERSARIAL,
    "ema": 0.5,
    "gan": {"kind": "wasserstein_gp"},
    "phases": [
        {"name": "pixels", "steps": 12, "losses": [{"kind": "pixel"}], "clip_norm": 0.5},
        {
            "name": "gan",
            "steps": 28,
            "discriminator_steps": 2,
            "schedule": {"kind": "cosine", "warmup": 3},
            "losses": [{"kind": "pixel", "criterion": "l1"}, {"kind": "adversarial"}],
        },
    ],
}


def _weights(trainer: Trainer) -> dict[str, torch.Tensor]:
    nested = trainer.networks.state()
    return {f"{role}.{name}": t.clone() for role, tensors in nested.items() for name, t in tensors.items()}


def _equal(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def _stop_after(trainer: Trainer, step: int) -> None:
    trainer.listeners.append(lambda line: trainer.stop() if line["step"] == step else None)


def _values(folder: Path) -> list[dict[str, Any]]:
    return [
        {k: v for k, v in line.items() if k not in ("seconds", "psnr")} for line in read_steps(folder / "journal.jsonl")
    ]


_LOW = pytest.param({"precision": "bf16", "channels_last": True}, marks=pytest.mark.slow)


@pytest.mark.parametrize("compute", [{}, _LOW])
def test_40_steps_equal_20_and_20(make: Make, tmp_path: Path, compute: dict[str, Any]) -> None:
    table = {**TWO_PHASES, "compute": compute}
    whole = make(table, tmp_path / "whole")
    whole.run()
    first = make(table, tmp_path / "pieces")
    _stop_after(first, 20)
    with pytest.raises(KeyboardInterrupt):
        first.run()
    assert first.state.step == 20
    torch.manual_seed(99)  # what another process would start with
    second = make(table, tmp_path / "pieces")
    second.run(resume=True)
    assert second.state.step == 40
    assert _equal(_weights(whole), _weights(second))
    assert _values(tmp_path / "whole") == _values(tmp_path / "pieces")


def test_a_killed_run_goes_on_from_its_checkpoint(make: Make, tmp_path: Path, photographs: Path) -> None:
    """kill -9 past a checkpoint: the steps after it are done again, and come out the same."""
    table = {**TINY, "phases": [{"steps": 9, "losses": [{"kind": "pixel"}]}]}
    whole = make(table, tmp_path / "whole")
    whole.run()
    pid = os.fork()
    if pid == 0:
        torch.set_num_threads(1)
        child = make(table, tmp_path / "pieces", save_every=3)
        child.listeners.append(lambda line: os.kill(os.getpid(), signal.SIGKILL) if line["step"] == 5 else None)
        child.run()
        os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert len(read_steps(tmp_path / "pieces" / "journal.jsonl")) == 5
    second = make(table, tmp_path / "pieces")
    second.run(resume=True)
    assert _equal(_weights(whole), _weights(second))
    assert _values(tmp_path / "whole") == _values(tmp_path / "pieces")


def test_ctrl_c_finishes_the_step_and_saves(make: Make, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)  # a shell starts background jobs with SIGINT ignored
    trainer = make({**TINY, "phases": [{"steps": 50, "losses": [{"kind": "pixel"}]}]}, save_every=1000)
    trainer.listeners.append(lambda line: os.kill(os.getpid(), signal.SIGINT) if line["step"] == 3 else None)
    with pytest.raises(KeyboardInterrupt):
        trainer.run()
    assert checkpoints.load(trainer.folder / "last.ckpt")["progress"]["step"] == 3
    assert signal.getsignal(signal.SIGINT) is before


def test_every_phase_moves_what_it_should(make: Make, tmp_path: Path) -> None:
    trainer = make(TWO_PHASES)
    before = _weights(trainer)
    _stop_after(trainer, 12)
    with pytest.raises(KeyboardInterrupt):
        trainer.run()
    middle = _weights(trainer)
    assert not torch.equal(before["generator.last.weight"], middle["generator.last.weight"])
    assert torch.equal(before["hr.scores.0.weight"], middle["hr.scores.0.weight"])
    again = make(TWO_PHASES)
    again.run(resume=True)
    after = _weights(again)
    assert not torch.equal(middle["hr.scores.0.weight"], after["hr.scores.0.weight"])
    lines = read_steps(again.folder / "journal.jsonl")
    assert {line["phase"] for line in lines[:12]} == {"pixels"}
    assert "discriminator" not in lines[0]
    expected = {"step", "phase", "seconds", "psnr", "loss", "discriminator", "pixel", "adversarial_hr", "lr"}
    assert lines[-1].keys() == expected
    assert lines[0]["norm"] > 0


def test_losses_are_summed_with_their_weights(make: Make) -> None:
    trainer = make(ADVERSARIAL)
    trainer.run()
    for line in read_steps(trainer.folder / "journal.jsonl"):
        assert line["loss"] == pytest.approx(line["pixel"] + 0.1 * line["adversarial_hr"], rel=1e-5)


def test_the_moving_average(make: Make) -> None:
    """Weights of each step, averaged by hand."""
    trainer = make({**TINY, "ema": 0.75})
    seen: list[torch.Tensor] = []
    trainer.listeners.append(lambda _: seen.append(trainer.generator.last.weight.detach().clone()))  # type: ignore[union-attr, operator]
    trainer.run()
    expected = seen[0]
    for weight in seen[1:]:
        expected = 0.75 * expected + 0.25 * weight
    torch.testing.assert_close(trainer.networks.final_generator.state_dict()["last.weight"], expected)


def test_clipping_bounds_the_step(make: Make) -> None:
    """Without momentum or scaling by Adam, a step's length is the learning rate times the clipped norm."""
    phase = {"steps": 1, "losses": [{"kind": "pixel", "weight": 1000.0}], "clip_norm": 0.01}
    trainer = make({**TINY, "phases": [phase]})
    trainer.run()
    total = sum(float(p.grad.square().sum()) for p in trainer.generator.parameters() if p.grad is not None)
    assert total**0.5 == pytest.approx(0.01, rel=1e-3)
    assert read_steps(trainer.folder / "journal.jsonl")[0]["norm"] > 1


@pytest.mark.parametrize(
    ("poisoned", "found", "kept"),
    [(5, "'loss' is nan at step 6", 4), (4, "weights are no longer finite after step 4", 2)],
)
def test_nan_stops_with_the_step_named(make: Make, poisoned: int, found: str, kept: int) -> None:
    trainer = make({**TINY, "phases": [{"steps": 9, "losses": [{"kind": "pixel"}]}]})

    def poison(line: Any) -> None:
        if line["step"] == poisoned:
            trainer.generator.last.weight.data.fill_(float("nan"))  # type: ignore[union-attr, operator]

    trainer.listeners.append(poison)
    with pytest.raises(Diverged, match=f"{found}.*last.ckpt"):
        trainer.run()
    assert checkpoints.load(trainer.folder / "last.ckpt")["progress"]["step"] == kept


def test_resuming_what_is_not_there_or_is_another_run(make: Make) -> None:
    with pytest.raises(BadRun, match=r"no last\.ckpt"):
        make(TINY).run(resume=True)
    make(TINY).run()
    with pytest.raises(BadRun, match="another recipe"):
        make({**TINY, "seed": 2}).run(resume=True)


def test_a_damaged_checkpoint_is_named_and_its_weights_beside_it(make: Make, tmp_path: Path) -> None:
    trainer = make(TINY)
    trainer.run()
    path = trainer.folder / "last.ckpt"
    path.write_bytes(path.read_bytes()[:3000])
    weights = path.with_suffix(".safetensors")
    with pytest.raises(BadRun, match=rf"last\.ckpt could not be read .* from its weights with --start {weights}$"):
        make(TINY).run(resume=True)
    again = make({**TINY, "start": str(weights)}, tmp_path / "again")
    assert _equal(trainer.generator.state_dict(), again.generator.state_dict())
    with pytest.raises(BadWeights, match=rf"last\.ckpt is damaged .*; {weights} beside it has the weights too$"):
        select_one(str(path), AssetStore([]), 4)
    weights.unlink()
    with pytest.raises(BadRun, match=r"start again in another folder$"):
        make(TINY).run(resume=True)


def test_last_and_best_are_kept(make: Make) -> None:
    trainer = make(TINY, validate_every=1, keep_every=2, save_every=3)
    trainer.run()
    scores = [line["psnr"] for line in read_steps(trainer.folder / "journal.jsonl")]
    assert len(scores) == 4
    assert trainer.state.best == max(scores)
    kept = {path.relative_to(trainer.folder).as_posix() for path in trainer.folder.rglob("*.safetensors")}
    assert kept == {
        "last.safetensors",
        "best.safetensors",
        "weights/0000002.safetensors",
        "weights/0000004.safetensors",
    }
    assert len(list(trainer.folder.glob("images/*/*.png"))) == 4


def test_validation_leaves_the_network_as_it_was(make: Make) -> None:
    trainer = make(TINY)
    before = {name: t.clone() for name, t in trainer.generator.state_dict().items()}
    trainer.validation.measure(trainer.generator)
    assert all(module.training for module in trainer.generator.modules())
    assert all(parameter.requires_grad for parameter in trainer.generator.parameters())
    assert _equal(before, trainer.generator.state_dict())


def test_it_starts_from_given_weights(make: Make, tmp_path: Path) -> None:
    first = make(TINY, tmp_path / "first")
    first.run()
    given = tmp_path / "first" / "last.safetensors"
    second = make({**TINY, "start": str(given)}, tmp_path / "second")
    assert _equal(first.generator.state_dict(), second.generator.state_dict())
    with pytest.raises(BadWeights, match="another network"):
        make({**TINY, "start": str(given), "generator": {"arch": "srresnet", "settings": {"blocks": 2, "channels": 8}}})


def test_unpaired_training_moves_four_networks(make: Make, photographs: Path) -> None:
    small = {"kind": "patchgan", "channels": 4, "layers": 1, "norm": "instance"}
    table = {
        **TINY,
        "data": {"batch": 1, "patch_px": 32, "validation_images": 1, "lr_folders": ["."]},
        "discriminator": small,
        "lr_generator": {"kind": "downscaler", "channels": 4, "blocks": 1},
        "lr_discriminator": small,
        "gan": {"kind": "least_squares"},
        "phases": [
            {
                "steps": 2,
                "losses": [
                    *({"kind": "adversarial", "weight": 1.0, "domain": domain} for domain in ("hr", "lr")),
                    *({"kind": "cycle", "domain": domain} for domain in ("hr", "lr")),
                ],
            }
        ],
    }
    trainer = make(table)
    before = _weights(trainer)
    trainer.run()
    after = _weights(trainer)
    moved = {name.split(".")[0] for name in after if not torch.equal(before[name], after[name])}
    assert moved == {"generator", "lr_generator", "hr", "lr"}


def test_a_luma_network_is_trained_on_luma(make: Make) -> None:
    trainer = make({**TINY, "generator": {"arch": "espcn"}}, validate_every=1)
    trainer.run()
    assert all(line["psnr"] > 0 for line in read_steps(trainer.folder / "journal.jsonl"))


def test_a_journal_drops_what_lies_past_the_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n{"st', encoding="utf-8")
    heard: list[Any] = []
    journal = Journal(path, 2, [heard.append])
    journal.write({"step": 3, "psnr": float("inf")})
    journal.close()
    head, *lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert head == {"schema": "training-journal", "version": 1}
    assert lines == [{"step": 1}, {"step": 2}, {"step": 3, "psnr": None}]
    assert heard == [{"step": 3, "psnr": None}]


def test_without_validation_the_last_weights_are_the_best(make: Make) -> None:
    table = {**TINY, "data": {**TINY["data"], "validation_images": 0}}
    trainer = make(table, validate_every=1)
    trainer.run()
    last, best = (load_file(trainer.folder / f"{name}.safetensors") for name in ("last", "best"))
    assert _equal(last, best)


@pytest.mark.slow
def test_a_compiled_generator_learns_the_same(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By torch's compiler without its slow last stage, the making of machine code."""
    compiler = Mock(side_effect=partial(torch.compile, backend="aot_eager"))
    monkeypatch.setattr(torch, "compile", compiler)
    plain, compiled = (
        make(TINY, tmp_path / "plain"),
        make({**TINY, "compute": {"compile": True}}, tmp_path / "compiled"),
    )
    for trainer in (plain, compiled):
        trainer.run()
    assert compiler.called
    for one, two in zip(_values(plain.folder), _values(compiled.folder), strict=True):
        assert two["loss"] == pytest.approx(one["loss"], rel=1e-4)
    assert _weights(plain).keys() == _weights(compiled).keys()


def test_validation_sees_what_training_sees(make: Make) -> None:
    """A blind network is validated on LR of its own degradation, the same at each validation."""
    blind = {**TINY, "data": {**TINY["data"], "degradation": {"kind": "bsrgan"}}}
    first, again = make(blind).validation, make(blind).validation
    plain = make(TINY).validation
    (hr,), (lr,) = first._hr, first._lr
    rng = sampling.image_generator(1, first.names[0])
    assert torch.equal(lr, BSRGAN().apply(hr, first.protocol, rng)[0])
    assert torch.equal(lr, again._lr[0])
    assert torch.equal(plain._lr[0], degrade(hr, plain.protocol))


def test_a_disk_that_a_run_would_fill_is_refused(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two checkpoints of weights and Adam's moments (4 + 8 bytes a parameter), and weights beside."""
    trainer = make(ADVERSARIAL)
    sides = [trainer.generator, *trainer.networks.discriminators.plain.values()]
    parameters = sum(p.numel() for network in sides for p in network.parameters())
    buffers = sum(b.nbytes for network in sides for b in network.buffers())
    weights = sum(t.nbytes for t in trainer.generator.state_dict().values())
    needed = 2 * (12 * parameters + buffers) + 3 * weights
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, needed - 1))
    with pytest.raises(BadRun, match="MiB free; this run writes"):
        trainer.run()
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, needed))
    trainer.run()
    written = (trainer.folder / "last.ckpt").stat().st_size
    assert written < (needed - 3 * weights) / 2 + 100_000


def test_missing_feature_weights_are_told_before_the_first_phase(make: Make) -> None:
    content = {"kind": "content", "backbone": "caffe"}
    late = {**TINY, "phases": [*TINY["phases"], {"steps": 1, "losses": [content]}]}
    trainer = make(late)
    with pytest.raises(MissingWeights, match=r"VGG19's weights.*--weights-root"):
        trainer.run()
    assert trainer.state.step == 0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"protocol": "classical_x2", "generator": {"arch": "rrdb", "settings": {"blocks": 1}}},
            "by 4, the protocol by 2",
        ),
        ({"protocol": "classical_x2", "generator": {"arch": "msrresnet"}}, "msrresnet cannot upscale by 2"),
        ({"generator": {"arch": "interpolation", "settings": {"kernel": "bicubic"}}}, "no weights to train"),
        ({"generator": {"arch": "espcn"}, "lr_generator": {"kind": "downscaler"}}, "espcn reads luma"),
    ],
)
def test_a_generator_that_cannot_be_trained_is_refused(make: Make, changes: dict[str, Any], expected: str) -> None:
    table = {**TINY, **changes}
    if "lr_generator" in changes:
        table["data"] = {**TINY["data"], "lr_folders": ["."]}
    with pytest.raises(BadRecipe, match=expected):
        make(table)


@pytest.mark.parametrize("frozen", [True, False])
def test_statistics_can_be_frozen(make: Make, frozen: bool) -> None:
    phase = {"steps": 3, "losses": [{"kind": "pixel"}], "frozen_statistics": frozen}
    trainer = make({**TINY, "phases": [phase]}, validate_every=1)
    before = {name: t.clone() for name, t in trainer.generator.state_dict().items()}
    trainer.run()
    after = trainer.generator.state_dict()
    moved = {name for name in after if not torch.equal(before[name], after[name])}
    assert any(name.endswith("running_mean") for name in moved) != frozen
    assert "body.0.norm1.weight" in moved


def test_a_generators_size_rule_holds_for_patches_and_validation(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    strict = replace(registry.archs()["srresnet"], multiple_of=8)
    monkeypatch.setitem(registry.archs(), "srresnet", strict)
    with pytest.raises(BadRecipe, match="sides are no multiple of 8, as srresnet demands"):
        Recipe.check({**TINY, "data": {**TINY["data"], "patch_px": 16}}, "test")
    trainer = make(TINY)
    sizes: set[tuple[int, ...]] = set()
    trainer.generator.register_forward_pre_hook(lambda _, inputs: sizes.add(tuple(inputs[0].shape[-2:])))
    trainer.validation.measure(trainer.generator)
    assert sizes == {(16, 16)}  # of 14 x 12


def test_a_changed_byte_in_a_checkpoint_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    tensors = {"generator": {"weight": torch.arange(64.0)}}
    checkpoints.save(path, {"recipe": {}, "progress": {"step": 1}, "networks": tensors})
    content = path.read_bytes()
    assert torch.equal(checkpoints.load(path)["networks"]["generator"]["weight"], torch.arange(64.0))
    changed = 0
    for at in range(0, len(content), 11):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        try:
            loaded = checkpoints.load(path)["networks"]["generator"]["weight"]
        except BadRun:
            changed += 1
        else:
            assert torch.equal(loaded, torch.arange(64.0))
    assert changed > 20


def test_a_checkpoint_does_not_depend_on_the_process(tmp_path: Path) -> None:
    content = {"recipe": {}, "progress": {"step": 1}, "networks": {}}
    checkpoints.save(tmp_path / "a" / "last.ckpt", content)
    checkpoints.save(tmp_path / "b" / "other.ckpt", content)
    assert (tmp_path / "a" / "last.ckpt").read_bytes() == (tmp_path / "b" / "other.ckpt").read_bytes()


def test_the_workers_of_a_run_end_with_it(make: Make) -> None:
    """Whatever is kept of their loader keeps them, and the process that waits for them at its end."""
    make({**TINY, "phases": [{"steps": 2, "losses": [{"kind": "pixel"}]}]}, workers=1).run()
    assert not multiprocessing.active_children()
