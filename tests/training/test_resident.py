"""Batches cut out of buffers on the device: the same as those of the workers, to the bit."""

from pathlib import Path
from typing import Any

import pytest
import torch

from srbench.training import resident
from srbench.training.resident import ResidentPatches
from srbench.training.samples import BatchSampler, loader
from tests.training.conftest import TINY, Make
from tests.training.test_trainer import _equal, _stop_after, _values, _weights

TAUGHT: dict[str, Any] = {**TINY, "teacher": "bicubic", "teacher_reductions": [1.5]}


@pytest.mark.parametrize("table", [TINY, TAUGHT, {**TINY, "data": {**TINY["data"], "centre_crop_px": 36}}])
@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_batches_are_those_of_the_workers(make: Make, table: dict[str, Any], device: str) -> None:
    """More steps than one block has, from the middle of a run on, for the second of two processes."""
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a CUDA GPU")
    patches = make(table).patches
    numbers = BatchSampler(3, 75, 4, rank=1, world=2)
    cut = list(ResidentPatches(patches, torch.device(device)).batches(numbers))
    loaded = list(loader(patches, numbers, workers=0))
    assert len(cut) == len(loaded) == 72
    for one, two in zip(cut, loaded, strict=True):
        assert (one.hr.device.type, one.lr.dtype, one.hr.dtype) == (device, torch.uint8, torch.uint8)
        assert torch.equal(one.lr.cpu(), two.lr)
        assert torch.equal(one.hr.cpu(), two.hr)


def test_a_run_with_buffers_is_the_run_without(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when it goes on from a checkpoint, where the rest of its samples is cut out."""
    table = {**TAUGHT, "phases": [{"steps": 9, "losses": [{"kind": "pixel"}]}]}
    plain = make(table, tmp_path / "plain")
    plain.run()
    monkeypatch.setattr("srbench.training.trainer.loader", None)
    first = make(table, tmp_path / "cut", resident_bytes=2**20)
    _stop_after(first, 3)
    with pytest.raises(KeyboardInterrupt):
        first.run()
    second = make(table, tmp_path / "cut", resident_bytes=2**20)
    second.run(resume=True)
    assert _equal(_weights(plain), _weights(second))
    assert _values(tmp_path / "plain") == _values(tmp_path / "cut")


def test_what_does_not_fit_or_changes_is_left_to_the_workers(make: Make) -> None:
    """Five photographs of 56 x 48 px, their LR, and answers of 56 x 48 and 148 x 128 px."""
    assert resident.budget_bytes(torch.device("cpu")) == 0  # training would wait for its own cuts
    needed = 5 * 3 * 56 * 48 * 17 // 16
    assert resident.fits(make(TINY).patches, needed)
    assert not resident.fits(make(TINY).patches, needed - 1)
    taught = 2 * needed + 5 * 3 * 148 * 128 * 17 // 16
    assert resident.fits(make(TAUGHT).patches, taught)
    assert not resident.fits(make(TAUGHT).patches, taught - 1)
    for data in ({"augmentation": {"jitter": 0.1}}, {"degradation": {"kind": "bsrgan"}}):
        assert not resident.fits(make({**TINY, "data": {**TINY["data"], **data}}).patches, 2**40)
    assert not resident.fits(make({**TINY, "protocol": "classical_x4+lr_rounding=none"}).patches, 2**40)
