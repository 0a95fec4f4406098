from pathlib import Path

import pytest
import torch

from srbench.speed import footprint
from srbench.speed.footprint import Footprint
from tests.speed.synthetic import CPU

MIB = 2**18  # float32


def test_the_peak_is_seen_after_it_is_gone() -> None:
    mark = Footprint(CPU)
    if mark.peak_mib() is None:
        pytest.skip("the system does not tell: no /proc/self/clear_refs that can be written")
    large = torch.ones(200 * MIB)
    del large
    assert mark.peak_mib() == pytest.approx(200, abs=20)
    assert Footprint(CPU).peak_mib() == pytest.approx(0, abs=20)  # a fresh mark


def test_what_was_there_before_does_not_count() -> None:
    kept = torch.ones(100 * MIB)
    mark = Footprint(CPU)
    if mark.peak_mib() is None:
        pytest.skip("the system does not tell")
    both = kept + 1
    assert mark.peak_mib() == pytest.approx(100, abs=20)
    del both


def test_a_system_that_does_not_tell_has_no_peak(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for place in (tmp_path / "none", tmp_path):  # not there, and not to be written
        monkeypatch.setattr(footprint, "_CLEAR", place)
        assert Footprint(CPU).peak_mib() is None


@pytest.mark.gpu
def test_on_a_gpu_what_torch_took_counts() -> None:
    device = torch.device("cuda")
    kept = torch.ones(100 * MIB, device=device)
    mark = Footprint(device)
    torch.ones(200 * MIB, device=device)
    assert mark.peak_mib() == pytest.approx(300, abs=20)
    assert kept.sum() > 0
