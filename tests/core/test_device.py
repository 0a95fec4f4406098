import pytest
import torch

from srbench.core.device import pick_device, scoring_device
from srbench.errors import UserError
from tests.core import stand_in_gpu


def test_auto_is_the_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pick_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    assert pick_device() == torch.device("cpu")


@pytest.mark.parametrize("kind", ["mps", "xpu"])
def test_auto_is_the_gpu_of_apple_or_intel_and_the_cpu_scores(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    with stand_in_gpu.install(monkeypatch, kind):
        assert pick_device("auto") == pick_device(kind) == torch.device(kind)
        assert scoring_device(pick_device()) == torch.device("cpu")
        with pytest.raises(UserError, match=rf"'gpu' .* this machine has cpu, {kind}\. Try --device {kind}$"):
            pick_device("gpu")


def test_an_accelerator_that_is_not_known_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device("hpu"))
    assert pick_device() == torch.device("cpu")


@pytest.mark.parametrize("kind", ["mps", "xpu"])
def test_a_gpu_of_apple_or_intel_that_is_not_there(kind: str) -> None:
    with pytest.raises(UserError, match=rf"the device '{kind}' cannot be used \(.*Try --device c"):
        pick_device(kind)


@pytest.mark.parametrize("name", ["gpu", "cuda:99", ""])
def test_a_device_that_is_not_there(name: str) -> None:
    with pytest.raises(UserError, match=f"the device '{name}' cannot be used \\(.*Try --device cpu"):
        pick_device(name)


def test_the_devices_of_this_machine_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(UserError, match=r"'gpu' cannot be used \(it is no device\); this machine has cpu\. Try"):
        pick_device("gpu")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda at: f"GPU {at}")
    with pytest.raises(UserError, match=r"this machine has cpu, cuda:0 \(GPU 0\)\. Try --device cuda$"):
        pick_device("gpu")


def test_an_error_without_a_message_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise AssertionError

    monkeypatch.setattr(torch, "zeros", fail)
    with pytest.raises(UserError, match="\\(AssertionError\\)"):
        pick_device("cpu")


@pytest.mark.parametrize("name", ["meta", "cpu:99", "cuda:-1", ""])
def test_a_device_that_cannot_compute_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="Try --device cpu"):
        pick_device(name)
