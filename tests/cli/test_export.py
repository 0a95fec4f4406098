"""`srbench export` and `srbench interpolate` as a user meets them."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from srbench.core import assets
from srbench.models import registry
from tests.cli.conftest import Call


@pytest.fixture(autouse=True)
def _networks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder with two networks, one under another project's names."""
    monkeypatch.chdir(tmp_path)
    network = registry.archs()["rrdb"].build(scale=4, blocks=1, channels=4, growth=2)
    state = network.state_dict()
    save_file(state, "psnr.safetensors")
    theirs = {key.replace("body.0.rdb", "RRDB_trunk.0.RDB"): value + 1 for key, value in state.items()}
    for ours, other in (("conv_body", "trunk_conv"), ("conv_up", "upconv"), ("conv_hr", "HRconv")):
        theirs = {key.replace(ours, other): value for key, value in theirs.items()}
    torch.save({"params": theirs}, "gan.pth")


def _figures(call: Call, models: str) -> dict[str, float]:
    code, out, _ = call("run", "--models", models, "--metrics", "psnr", "--limit", "1", "--json")
    assert code == 0
    return {entry["model"]: entry["mean"] for entry in json.loads(out)["summary"] if entry["metric"] == "psnr"}


def test_files_of_different_formats_and_names_are_interpolated(call: Call) -> None:
    code, out, err = call("interpolate", "psnr.safetensors", "gan.pth", "--alpha", "0.8")
    assert (code, err) == (0, "")
    assert "gan@0.8.safetensors: gan@0.8, rrdb x4" in out
    psnr, between = load_file("psnr.safetensors"), load_file("gan@0.8.safetensors")
    assert between.keys() == psnr.keys()
    assert all(torch.allclose(between[key], value + 0.8) for key, value in psnr.items())


def test_what_was_interpolated_or_exported_runs_like_its_source(call: Call) -> None:
    call("interpolate", "psnr.safetensors", "gan.pth", "--alpha", "0", "--out", "zero.safetensors")
    call("export", "psnr.safetensors", "copy.safetensors")
    figures = _figures(call, "psnr.safetensors,zero.safetensors,copy.safetensors")
    assert figures["zero"] == figures["copy"] == figures["psnr"]


def test_the_json_of_an_interpolation_holds_both_hashes_and_alpha(call: Call) -> None:
    code, out, err = call("interpolate", "psnr.safetensors", "gan.pth", "--alpha", "0.25", "--json", "--half")
    assert (code, err) == (0, "")
    written = json.loads(out)
    assert written["path"] == "gan@0.25.safetensors"
    assert written["sha256"] == assets.sha256(Path("gan@0.25.safetensors"))
    assert written["max_abs_difference"] is None
    assert written["facts"]["alpha"] == "0.25"
    assert json.loads(written["facts"]["sha256"]) == {
        "psnr": {"psnr.safetensors": assets.sha256(Path("psnr.safetensors"))},
        "gan": {"gan.pth": assets.sha256(Path("gan.pth"))},
    }
    assert load_file("gan@0.25.safetensors")["conv_last.bias"].dtype == torch.float16


def test_onnx_prints_how_far_it_is_from_torch(call: Call) -> None:
    code, out, err = call("export", "psnr.safetensors", "out.onnx")
    assert (code, err) == (0, "")
    assert "largest difference from torch on [0, 1]: " in out
    _, out, _ = call("export", "psnr.safetensors", "again.onnx", "--json")
    assert 0 <= json.loads(out)["max_abs_difference"] < 1e-5


def test_a_file_that_is_there_is_replaced_only_with_force(call: Call) -> None:
    Path("out.safetensors").write_text("mine")
    for arguments in (
        ("export", "psnr.safetensors", "out.safetensors"),
        ("interpolate", "psnr.safetensors", "gan.pth", "--alpha", "1", "--out", "out.safetensors"),
    ):
        code, _, err = call(*arguments)
        assert code == 2
        assert "out.safetensors is there already; replace it with --force" in err
        assert Path("out.safetensors").read_text(errors="replace") == "mine"
    assert call("export", "psnr.safetensors", "out.safetensors", "--force")[0] == 0
    assert load_file("out.safetensors").keys() == load_file("psnr.safetensors").keys()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("interpolate", "psnr.safetensors", "gan.pth", "--alpha", "1.5"), "alpha is 1.5; expected a number from 0"),
        (("interpolate", "psnr.safetensors", "gan.pth", "--alpha", "nan"), "alpha is nan"),
        (("interpolate", "psnr.safetensors", "gan.pth"), "--alpha is missing. Expected: Weight of GAN"),
        (("interpolate", "psnr.safetensors", "none.pth", "--alpha", "1"), "none.pth does not exist"),
        (("interpolate", "psnr.safetensors", "bicubic", "--alpha", "1"), "psnr is rrdb and bicubic is interpolation"),
        (("export", "psnr.safetensors", "out.pb"), "expected one of: .safetensors, .onnx"),
        (("export", "psnr.safetensors", "out.onnx", "--scale", "2"), "upscales by 4, not by 2"),
        (("export", "srgna", "out.onnx"), "Closest: 'srgan'"),
        (("export", "bicubic", "out.safetensors"), "bicubic has no weights"),
        (("run", "--models", "esrgan@1.5"), "'esrgan@1.5' has the alpha '1.5'"),
        (("run", "--models", "vdsr@0.5"), "the card of 'vdsr' names no PSNR model"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_users_mistakes_are_one_line_and_code_2(call: Call, arguments: tuple[str, ...], message: str) -> None:
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
