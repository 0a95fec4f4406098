"""A step as a CUDA graph; here with a stand-in that takes the recorded step again instead of replaying it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from srbench.errors import BadRecipe
from srbench.training import recorded_step
from srbench.training.forward_cache import Batch
from srbench.training.journal import read_steps
from srbench.training.recipe import Recipe
from srbench.training.recorded_step import Update
from tests.training.conftest import ADVERSARIAL, TINY, Make
from tests.training.test_trainer import _stop_after, _weights

PHASE = {**ADVERSARIAL["phases"][0], "steps": 7, "discriminator_steps": 2, "schedule": {"kind": "cosine", "warmup": 3}}
GAN: dict[str, Any] = {**ADVERSARIAL, "ema": 0.5, "phases": [PHASE]}
GRAPH: dict[str, Any] = {**GAN, "compute": {"graph": True}}


@pytest.fixture
def replays(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let steps be recorded on the CPU; a number for each replay."""
    seen: list[int] = []

    def record(update: Update, batches: Sequence[Batch]) -> tuple[Callable[[], None], dict[str, Tensor]]:
        values: dict[str, Tensor] = {}

        def replay() -> None:
            values.update(update(batches))
            seen.append(len(seen))

        return replay, values

    monkeypatch.setattr(recorded_step, "require", lambda *_: None)
    monkeypatch.setattr(recorded_step, "warm_up", lambda update, batches: update(batches))
    monkeypatch.setattr(recorded_step, "record", record)
    return seen


def test_a_recorded_step_learns_the_same(make: Make, tmp_path: Path, replays: list[int]) -> None:
    """Other images, learning rates and moving averages in each replay; also from a checkpoint on."""
    plain = make(GAN, tmp_path / "plain", save_every=100)
    plain.run()
    first = make(GRAPH, tmp_path / "graph", save_every=100)
    _stop_after(first, 5)
    with pytest.raises(KeyboardInterrupt):
        first.run()
    assert len(replays) == 2
    second = make(GRAPH, tmp_path / "graph", save_every=100)
    second.run(resume=True)
    lines = [read_steps(tmp_path / name / "journal.jsonl") for name in ("plain", "graph")]
    assert [line["loss"] for line in lines[1]] == pytest.approx([line["loss"] for line in lines[0]], rel=1e-5)
    assert [line["lr"] for line in lines[1]] == [line["lr"] for line in lines[0]]
    expected, found = _weights(plain), _weights(second)
    for name in ("generator.last.weight", "average.module.last.weight", "average.n_averaged"):
        torch.testing.assert_close(found[name], expected[name], rtol=1e-4, atol=1e-5)


def test_what_cannot_be_recorded_is_told(make: Make) -> None:
    with pytest.raises(BadRecipe, match="one process with one CUDA GPU"):
        make(GRAPH).run()
    conditional = {**ADVERSARIAL["discriminator"], "kind": "patchgan", "conditional": True}
    del conditional["pool"], conditional["hidden"]
    with pytest.raises(BadRecipe, match="conditional discriminator cannot be recorded"):
        Recipe.check({**GRAPH, "discriminator": conditional}, "test")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
@pytest.mark.parametrize("table", [{**TINY, "ema": 0.5, "phases": [{**TINY["phases"][0], "steps": 9}]}, GAN])
def test_a_graph_on_a_gpu_learns_the_same(
    make: Make, tmp_path: Path, table: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from srbench.training import setup

    on_gpu = setup.DeviceSettings("cuda")
    monkeypatch.setattr(setup, "DeviceSettings", lambda *_: on_gpu)
    losses = []
    for name, graph in (("plain", False), ("graph", True)):
        make({**table, "compute": {"graph": graph}}, tmp_path / name, resident_bytes=2**30).run()
        losses.append([line["loss"] for line in read_steps(tmp_path / name / "journal.jsonl")])
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)
