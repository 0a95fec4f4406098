import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from srbench import __version__
from srbench.core import assets
from srbench.core.assets import AssetStore
from srbench.errors import BadWeights, UserError
from srbench.models import export, foreign, model, registry
from srbench.models.arch import Network
from srbench.models.card import Card, weight
from srbench.models.model import Model
from srbench.models.select import select_one

TINY: dict[str, dict[str, Any]] = {
    "srcnn": {},
    "espcn": {},
    "fsrcnn": {"layers": 1},
    "vdsr": {"layers": 3, "channels": 4},
    "srresnet": {"blocks": 1, "channels": 8},
    "msrresnet": {"blocks": 1, "channels": 8},
    "edsr": {"blocks": 1, "channels": 8},
    "rrdb": {"blocks": 1, "channels": 8, "growth": 4},
    "srvgg": {"convolutions": 1, "channels": 8},
    "imdn": {"channels": 8, "blocks": 1},
    "rlfn": {"channels": 6, "inner": 8, "blocks": 1},
    "efdn": {"channels": 8, "cells": 2},
}


def _model(folder: Path, arch: str, scale: int = 4, scales: tuple[int, ...] = (4,), **settings: Any) -> Model:
    """A model with a card, random weights, and BatchNorm statistics as training leaves them."""
    whole = {**TINY[arch], **settings}
    network = registry.archs()[arch].build(scale=scale, **whole)
    network(torch.rand(2, 1 if network.colour == "luma" else 3, 8, 8))  # in training mode: moves the statistics
    state = network.state_dict()
    for key in [key for key in state if "norm2.weight" in key]:
        state[key].uniform_()  # it starts at 0, which would hide the block
    path = folder / f"{arch}.safetensors"
    save_file(state, path)
    file = weight(path.name, assets.sha256(path))
    card = Card(f"{arch}.tiny", arch, 1, "MIT", "tests", settings=whole, scales=scales, files=(file,))
    return model.from_card(card, scale, [path])


def _lr(of: Model) -> torch.Tensor:
    return torch.rand(1, 1 if of.colour == "luma" else 3, 7, 9)


def _header(path: Path) -> dict[str, str]:
    with safe_open(path, "pt") as file:
        facts: dict[str, str] = file.metadata()
    assert len(facts.pop("crc32")) == 8
    return facts


# safetensors


@pytest.mark.parametrize("arch", TINY)
def test_an_exported_file_is_recognised_and_computes_the_same(tmp_path: Path, arch: str) -> None:
    source = _model(tmp_path, arch)
    export.write(source, tmp_path / "out.safetensors")
    again = select_one(str(tmp_path / "out.safetensors"), AssetStore([]))
    assert (again.id, again.scale, again.colour) == ("out", 4, source.colour)
    lr = _lr(source)
    assert torch.equal(again.upscaler()(lr), source.upscaler()(lr))


@pytest.mark.parametrize(
    ("arch", "settings"),
    [
        ("edsr", {"peak": 1.0, "residual_scale": 0.1}),
        ("srresnet", {"output": "tanh"}),
        ("msrresnet", {"upsampling_slope": 1.0}),
        ("espcn", {"colour": "ycbcr"}),
        ("srcnn", {"kernels": (9, 5, 5), "colour": "ycbcr", "padding": "replicate"}),
    ],
)
def test_what_shapes_do_not_tell_survives(tmp_path: Path, arch: str, settings: dict[str, Any]) -> None:
    source = _model(tmp_path, arch, **settings)
    bare = foreign.detect(load_file(tmp_path / f"{arch}.safetensors"))
    assert bare is not None
    assert any(bare[1].get(key) != value for key, value in settings.items())
    export.write(source, tmp_path / "out.safetensors")
    again = select_one(str(tmp_path / "out.safetensors"), AssetStore([]))
    lr = torch.rand(1, 3, 6, 5)
    assert torch.equal(again.upscaler()(lr), source.upscaler()(lr))


def test_a_scale_that_shapes_do_not_tell_survives(tmp_path: Path) -> None:
    export.write(_model(tmp_path, "fsrcnn", 3, (3,)), tmp_path / "out.safetensors")
    assert select_one(str(tmp_path / "out.safetensors"), AssetStore([])).scale == 3
    with pytest.raises(BadWeights, match="upscales by 3, not by 4"):
        select_one(str(tmp_path / "out.safetensors"), AssetStore([]), 4)


def test_weights_for_several_scales_still_serve_them_all(tmp_path: Path) -> None:
    export.write(_model(tmp_path, "vdsr", 4, (2, 3, 4)), tmp_path / "out.safetensors")
    scales = [select_one(str(tmp_path / "out.safetensors"), AssetStore([]), scale).scale for scale in (2, 3, 4)]
    assert scales == [2, 3, 4]


def test_the_header_is_the_filled_in_card(tmp_path: Path) -> None:
    source = _model(tmp_path, "srresnet", output="tanh")
    written = export.write(source, tmp_path / "out.safetensors")
    facts = _header(tmp_path / "out.safetensors")
    assert facts == written.facts
    network = source.make()
    assert isinstance(network, Network)
    settings = {"blocks": 1, "channels": 8, "norm": "batch", "tail": "norm", "output": "tanh"}
    assert json.loads(facts.pop("settings")) == settings
    assert json.loads(facts.pop("sha256")) == {"srresnet.safetensors": assets.sha256(tmp_path / "srresnet.safetensors")}
    assert facts == {
        "format": "pt",
        "id": "srresnet.tiny",
        "arch": "srresnet",
        "scale": "4",
        "scales": "[4]",
        "parameters": str(sum(p.numel() for p in network.parameters())),
        "licence": "MIT",
        "source": "tests",
        "colour": "rgb",
        "srbench": __version__,
    }
    assert (written.size_bytes, written.sha256) == (
        (tmp_path / "out.safetensors").stat().st_size,
        assets.sha256(tmp_path / "out.safetensors"),
    )


def test_licence_and_source_survive_a_second_export(tmp_path: Path) -> None:
    export.write(_model(tmp_path, "espcn"), tmp_path / "once.safetensors")
    twice = export.write(select_one(str(tmp_path / "once.safetensors"), AssetStore([])), tmp_path / "twice.safetensors")
    assert (twice.facts["licence"], twice.facts["source"]) == ("MIT", "tests")


def test_tensors_have_this_projects_names_and_all_their_bits(tmp_path: Path) -> None:
    state = registry.archs()["espcn"].build(scale=4, colour="ycbcr").state_dict()
    save_file({key.replace("conv", "conv_"): value for key, value in state.items()}, tmp_path / "theirs.safetensors")
    export.write(select_one(str(tmp_path / "theirs.safetensors"), AssetStore([])), tmp_path / "ours.safetensors")
    written = load_file(tmp_path / "ours.safetensors")
    assert written.keys() == state.keys()
    assert all(torch.equal(written[key], state[key]) for key in state)


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    source = _model(tmp_path, "espcn")
    assert len({export.write(source, tmp_path / f"{n}.safetensors").sha256 for n in range(6)}) == 1


def test_half_rounds_floats_to_fp16_and_leaves_whole_numbers(tmp_path: Path) -> None:
    source = _model(tmp_path, "srresnet")
    whole = export.write(source, tmp_path / "whole.safetensors")
    half = export.write(source, tmp_path / "half.safetensors", half=True)
    assert half.size_bytes < 0.65 * whole.size_bytes
    first, second = load_file(tmp_path / "whole.safetensors"), load_file(tmp_path / "half.safetensors")
    assert second["body.0.norm1.num_batches_tracked"].dtype == torch.int64
    assert second["body.0.norm1.num_batches_tracked"].item() == 1
    for key, value in first.items():
        assert torch.equal(second[key], value.half() if value.is_floating_point() else value)
    lr = _lr(source)
    again = select_one(str(tmp_path / "half.safetensors"), AssetStore([])).upscaler()
    assert again(lr).dtype == torch.float32
    assert (again(lr) - source.upscaler()(lr)).abs().max() < 0.01


def test_a_value_beyond_fp16_is_not_made_infinite(tmp_path: Path) -> None:
    state = registry.archs()["espcn"].build(scale=4).state_dict()
    state["conv2.bias"][3] = 70000.0
    save_file(state, tmp_path / "w.safetensors")
    with pytest.raises(UserError, match=r"conv2\.bias reaches 70000; expected at most 65504.*--half"):
        export.write(select_one(str(tmp_path / "w.safetensors"), AssetStore([])), tmp_path / "h.safetensors", half=True)
    assert not (tmp_path / "h.safetensors").exists()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"settings": '{"blocks": 2}'}, "missing keys"),
        ({"settings": '{"nonsense": 2}'}, "nonsense"),
        ({"settings": "no JSON"}, "JSONDecodeError"),
        ({"settings": "3"}, "TypeError"),
        ({"scales": "[]"}, "IndexError"),
        ({"arch": "espcn", "settings": "{}"}, "says it is espcn.*surplus keys"),
    ],
)
def test_a_header_that_does_not_fit_its_tensors_is_refused(
    tmp_path: Path, changed: dict[str, str], message: str
) -> None:
    export.write(_model(tmp_path, "edsr"), tmp_path / "out.safetensors")
    facts = _header(tmp_path / "out.safetensors") | changed
    save_file(load_file(tmp_path / "out.safetensors"), tmp_path / "lie.safetensors", metadata=facts)
    with pytest.raises(BadWeights, match=message) as caught:
        select_one(str(tmp_path / "lie.safetensors"), AssetStore([]))
    assert "\n" not in str(caught.value)


def test_models_without_weights_of_this_project_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import torch\ndef build():\n    return torch.nn.Upsample(scale_factor=4)\n")
    with pytest.raises(UserError, match="mine is no network of this project"):
        export.write(select_one(f"{tmp_path / 'mine.py'}:build", AssetStore([])), tmp_path / "out.safetensors")
    with pytest.raises(UserError, match="bicubic has no weights"):
        export.write(select_one("bicubic", AssetStore([])), tmp_path / "out.safetensors")


def test_other_formats_and_places_that_cannot_be_written_are_one_line(tmp_path: Path) -> None:
    source = _model(tmp_path, "espcn")
    with pytest.raises(UserError, match=r"'\.pth'; expected one of: \.safetensors, \.onnx"):
        export.write(source, tmp_path / "out.pth")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="could not be written"):
        export.write(source, tmp_path / "file" / "out.safetensors")
    with pytest.raises(UserError, match="cannot be written in fp16"):
        export.write(source, tmp_path / "out.onnx", half=True)


# ONNX


def _run(path: Path, lr: torch.Tensor) -> torch.Tensor:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return torch.from_numpy(np.asarray(session.run(["sr"], {"lr": lr.numpy()})[0]))


@pytest.mark.parametrize("arch", TINY)
def test_an_onnx_file_computes_what_torch_does_at_any_size(tmp_path: Path, arch: str) -> None:
    source = _model(tmp_path, arch)
    written = export.write(source, tmp_path / "out.onnx")
    assert written.max_abs_difference is not None
    assert 0 <= written.max_abs_difference < 1e-5
    network = source.make()
    assert isinstance(network, Network)
    network.eval()
    for batch, height, width in ((1, 1, 1), (3, 5, 21)):
        lr = torch.rand(batch, 1 if source.colour == "luma" else 3, height, width)
        with torch.no_grad():
            assert torch.allclose(_run(tmp_path / "out.onnx", lr), network(lr), atol=1e-5)


@pytest.mark.parametrize("norm", ["instance", "none"])
def test_srresnets_other_norms_export_too(tmp_path: Path, norm: str) -> None:
    written = export.write(_model(tmp_path, "srresnet", norm=norm), tmp_path / "out.onnx")
    assert written.max_abs_difference is not None
    assert written.max_abs_difference < 1e-5


def test_an_onnx_file_names_its_ends_axes_and_card(tmp_path: Path) -> None:
    written = export.write(_model(tmp_path, "vdsr"), tmp_path / "out.onnx")
    proto = onnx.load(tmp_path / "out.onnx")
    shapes = {
        end.name: [dim.dim_param or dim.dim_value for dim in end.type.tensor_type.shape.dim]
        for end in (*proto.graph.input, *proto.graph.output)
    }
    assert shapes == {"lr": ["batch", 1, "height", "width"], "sr": ["batch", 1, "sr_height", "sr_width"]}
    found = {entry.key: entry.value for entry in proto.metadata_props}
    assert found == written.facts
    assert (found["id"], found["colour"], found["licence"]) == ("vdsr.tiny", "luma", "MIT")


def test_a_size_rule_is_kept_in_what_is_traced_and_checked(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import torch\n"
        "def build():\n"
        "    layers = torch.nn.PixelUnshuffle(2), torch.nn.Conv2d(12, 192, 1), torch.nn.PixelShuffle(8)\n"
        "    n = torch.nn.Sequential(*layers)\n"
        "    n.multiple_of = 2\n"
        "    return n\n"
    )
    written = export.write(select_one(f"{tmp_path / 'mine.py'}:build", AssetStore([])), tmp_path / "out.onnx")
    assert written.max_abs_difference is not None
    assert written.max_abs_difference < 1e-5


@pytest.mark.parametrize(
    "body",
    [
        "x * 1.01 if float((x * 255 - (x * 255).round()).abs().max()) < 1e-3 else x",
        "x * int(x.shape[-1]) / 100",
    ],
    ids=["by value", "by size"],
)
def test_a_network_that_tracing_gets_wrong_is_refused_and_leaves_no_file(tmp_path: Path, body: str) -> None:
    (tmp_path / "mine.py").write_text(
        "import torch\n"
        "class Mine(torch.nn.Module):\n"
        "    def forward(self, x):\n"
        "        x = torch.nn.functional.interpolate(x, scale_factor=4, mode='nearest')\n"
        f"        return {body}\n"
        "def build():\n"
        "    return Mine()\n"
    )
    with pytest.raises(UserError, match=r"mine as ONNX differs from torch by up to .*expected at most 0\.0001"):
        export.write(select_one(f"{tmp_path / 'mine.py'}:build", AssetStore([])), tmp_path / "out.onnx")
    assert [path.name for path in tmp_path.iterdir() if "onnx" in path.name] == []


def test_interpolation_rounds_8_bit_images_which_onnx_cannot(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"bicubic as ONNX differs.*use \.safetensors"):
        export.write(select_one("bicubic", AssetStore([])), tmp_path / "out.onnx")


def test_a_function_is_no_module(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def build(scale):\n    return lambda x: x\n")
    with pytest.raises(UserError, match="mine is a function; expected a torch module"):
        export.write(select_one(f"{tmp_path / 'mine.py'}:build", AssetStore([])), tmp_path / "out.onnx")


def test_without_the_packages_the_message_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UserError, match=r"pip install 'sr-bench-suite\[onnx\]'"):
        export.write(_model(tmp_path, "espcn"), tmp_path / "out.onnx")
