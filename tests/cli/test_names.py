"""Names on the command line: their case, lists of them, and wrong ones, which are told before torch is loaded."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from srbench.cli import names
from srbench.metrics.catalogue import catalogue
from srbench.models import registry
from tests.cli.conftest import Call


def test_the_names_in_the_source_are_those_of_the_registries() -> None:
    families = {card.family for card in registry.cards().values()}
    assert set(names.model_names()) == {*registry.cards(), *families}
    assert set(names.metric_names()) == {"ssim", "lpips", *catalogue()}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--models", "srgna"), "no model 'srgna'. Closest: 'srgan'"),
        (("run", "--models", "srgan.mmagic_div3k"), "Closest: 'srgan.mmagic_div2k'"),
        (("run", "--models", "bicubic,esrgn@0.8"), "no model 'esrgn'. Closest: 'esrgan'"),
        (("run", "--metrics", "pnsr"), "Closest: 'psnr'"),
        (("run", "--datasets", "set6"), "Closest: 'set5'"),
        (("run", "--protocol", "classic_x4"), "Closest: 'classical_x4'"),
        (("score", "some", "set6"), "Closest: 'set5'"),
        (("throughput", "--models", "srgna"), "Closest: 'srgan'"),
        (("upscale", "a.png", "b.png", "--model", "srgna"), "Closest: 'srgan'"),
        (("export", "srgna", "b.onnx"), "Closest: 'srgan'"),
        (("interpolate", "srgna", "srgan", "--alpha", "0.5"), "Closest: 'srgan'"),
        (("fetch", "srgna"), "Closest: 'srgan'"),
        (("models", "srgna"), "Closest: 'srgan'"),
        (("train", "sragn", "--data", "x"), "no recipe 'sragn'. Closest: 'srgan'"),
        (("recipes", "sragn"), "Closest: 'srgan'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_name_is_told_without_torch(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom srbench.cli import app\n"
        f"sys.argv = ['srbench', *{list(arguments)!r}]\n"
        "try:\n    app.main()\nfinally:\n    assert 'torch' not in sys.modules\n"
    )
    root = Path(__file__).parent.parent.parent
    variables = {"PYTHONPATH": str(root), "PATH": ""}
    call = [sys.executable, "-c", code]
    done = subprocess.run(call, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert done.stderr.startswith("Error: no ")
    assert message in done.stderr


def test_names_are_known_in_any_case(call: Call) -> None:
    arguments = ("--limit", "1", "--metrics", "PSNR,Ssim", "--datasets", "BuiltIn", "--protocol", "Classical_x4")
    code, out, _ = call("run", "--models", "Nearest,BICUBIC", *arguments, "--json")
    summary = json.loads(out)["summary"]
    assert code == 0
    assert {line["model"] for line in summary} == {"nearest", "bicubic"}
    assert {line["metric"] for line in summary} == {"psnr", "ssim", "latency", "throughput"}
    assert registry.find("ESRGAN").family == "esrgan"


def test_a_repeated_option_adds_to_the_list(call: Call) -> None:
    lists = ("--models", "nearest", "--models", "bicubic,lanczos", "--metrics", "psnr", "--metrics", "ssim")
    _, out, _ = call("run", *lists, "--limit", "1", "--json")
    summary = json.loads(out)["summary"]
    assert {line["model"] for line in summary} == {"nearest", "bicubic", "lanczos"}
    assert {"psnr", "ssim"} < {line["metric"] for line in summary}


def test_h_is_help_everywhere(call: Call) -> None:
    for verb in ((), ("run",), ("survey",), ("survey", "create"), ("datasets", "pin")):
        code, out, _ = call(*verb, "-h")
        assert code == 0
        assert "Usage" in out
