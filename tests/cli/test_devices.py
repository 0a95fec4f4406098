"""Runs on GPUs of Apple and Intel, played by a stand-in."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from safetensors.torch import save_file

from srbench.evaluation.results import RunFolder
from srbench.models import registry
from srbench.speed import ceiling
from srbench.speed.records import Ceiling
from tests.cli.conftest import Call
from tests.core import stand_in_gpu
from tests.core.stand_in_gpu import OnGpu

_RUN = ("run", "--models", "espcn.safetensors,bicubic", "--datasets", "builtin", "--limit", "1", "--metrics", "psnr")


@pytest.fixture(params=["mps", "xpu"])
def kind(call: Call, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    kind: str = request.param
    save_file(registry.archs()["espcn"].build(scale=4).state_dict(), "espcn.safetensors")
    with stand_in_gpu.install(monkeypatch, kind):
        yield kind


def _rows(folder: str) -> dict[tuple[str, str], tuple[str, float]]:
    return {(row.model, row.metric): (row.device, row.value) for row in RunFolder(Path(folder)).rows()}


def test_auto_runs_the_network_there_and_scores_on_the_cpu(call: Call, kind: str) -> None:
    assert call(*_RUN, "--device", "cpu", "--out", "cpu")[0] == 0
    assert "conv2d" not in OnGpu.called
    code, out, _ = call(*_RUN, "--out", "gpu", "--json")
    assert code == 0, out
    assert "conv2d" in OnGpu.called
    here, there = _rows("cpu"), _rows("gpu")
    assert here.keys() == there.keys()
    for key, (device, value) in there.items():
        assert device == kind
        if key[1] == "psnr":
            assert value == here[key][1]
    facts = json.loads(Path("gpu/run.json").read_text())
    assert kind in json.dumps(facts)


def test_an_operator_that_the_device_lacks_is_one_failed_row(
    call: Call, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OnGpu, "lacking", ("tanh",))
    code, out, _ = call(*_RUN, "--out", "gpu", "--json")
    assert code == 3
    (failed,) = json.loads(out)["failed"]
    assert failed["reason"] == (
        f"{kind} has no operator aten::tanh, which this network needs; set PYTORCH_ENABLE_{kind.upper()}_FALLBACK=1 "
        "to compute it on the CPU, or give --device cpu"
    )
    assert {model for model, _ in _rows("gpu")} == {"bicubic"}


def test_speed_is_measured_there(call: Call, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceiling, "measure", lambda device, names: Ceiling(dict.fromkeys(names, 0.1), 10.0))
    size = ("--size", "16x16", "--seconds", "0.05", "--scenario", "latency", "--json")
    code, out, _ = call("throughput", "--models", "espcn.safetensors", "--mode", "fp32,onnx,tf32", *size)
    assert code == 3
    plain, exported, tf32 = json.loads(out)["rows"]
    assert (plain["device"], plain["failure"]) == (kind, "")
    assert plain["psnr_drop"]["worst_db"] == 0
    assert exported["failure"].startswith(f"the mode 'onnx' runs on cpu and cuda, not on {kind}")
    assert tf32["failure"] == f"TF32 needs a CUDA GPU; leave out 'tf32' on {kind}"


def test_training_is_refused_there(call: Call, kind: str) -> None:
    code, _, err = call("train", "srresnet_short", "--device", kind, "--data", ".", "--out", "trained")
    assert code == 2
    assert f"training runs on cpu and cuda, not on {kind}. Try --device cpu" in err
