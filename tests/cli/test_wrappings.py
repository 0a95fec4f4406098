"""The same tensors give the same PSNR in every wrapping, in each verb that reads weights."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.models import export, interpolation
from srbench.models.model import Model
from srbench.models.select import select, select_one
from srbench.models.upscaler import Upscaler
from srbench.training import setup
from srbench.training.recipe import Recipe
from tests.cli.conftest import Call
from tests.models.wrappings import WRAPPED
from zoo.archs.srvgg import SRVGGNetCompact

SETTINGS = {"convolutions": 2, "channels": 6}
STORE = AssetStore([])


def _network(seed: int = 0) -> SRVGGNetCompact:
    torch.manual_seed(seed)
    return SRVGGNetCompact(4, **SETTINGS)  # type: ignore[arg-type]


def _psnr(upscale: Callable[[Tensor], Tensor]) -> float:
    """PSNR against a picture that no network knows, so that any other tensors give another number."""
    generator = torch.Generator().manual_seed(5)
    lr, hr = torch.rand(1, 3, 7, 6, generator=generator), torch.rand(1, 3, 28, 24, generator=generator)
    with torch.no_grad():
        return float(-10 * torch.log10((upscale(lr).double() - hr).square().mean()))


def _start(path: Path) -> Upscaler:
    recipe = {
        "generator": {"arch": "srvgg", "settings": SETTINGS},
        "start": str(path),
        "phases": [{"steps": 1, "losses": [{"kind": "pixel"}]}],
    }
    return Upscaler(setup.build_generator(Recipe.check(recipe, "test"), STORE), 4)


def _by_verb(path: Path, folder: Path) -> dict[str, float]:
    """PSNR of a weight file as each verb reads it; interpolation with itself and export write it anew."""
    (run,) = select([str(path)], 4, STORE).models
    one = select_one(str(path), STORE)

    def written(model: Model, name: str) -> Model:
        export.write(model, folder / name)
        return select_one(str(folder / name), STORE)

    between = interpolation.between(one, run, 0.5, "between")
    models = {"run": run, "upscale": one, "export": written(one, "out.safetensors")}
    models["interpolate"] = written(between, "between.safetensors")
    return {"start": _psnr(_start(path)), **{verb: _psnr(model.upscaler()) for verb, model in models.items()}}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_a_wrapping_changes_no_number_in_any_verb(tmp_path: Path, wrap: Callable[[dict[str, Tensor]], Any]) -> None:
    network = _network()
    torch.save(wrap(network.state_dict()), tmp_path / "net.ckpt")
    expected = _psnr(lambda lr: network(lr).clamp(0, 1))
    assert expected != pytest.approx(_psnr(_network(1)), abs=1e-3)
    found = _by_verb(tmp_path / "net.ckpt", tmp_path)
    assert found == pytest.approx(dict.fromkeys(found, expected), abs=1e-4)


@pytest.mark.parametrize("prefix", ["", "module.", "model.net."])
def test_safetensors_give_the_same_number_in_each_verb(tmp_path: Path, prefix: str) -> None:
    network = _network()
    save_file({prefix + key: value for key, value in network.state_dict().items()}, tmp_path / "net.bin")
    found = _by_verb(tmp_path / "net.bin", tmp_path)
    assert found == pytest.approx(dict.fromkeys(found, _psnr(lambda lr: network(lr).clamp(0, 1))), abs=1e-4)


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_spandrel_gets_tensors_unwrapped(tmp_path: Path, wrap: Callable[[dict[str, Tensor]], Any]) -> None:
    """A Real-ESRGAN network for scale 2, whose input is pixel-unshuffled, is known to spandrel alone."""
    spandrel = pytest.importorskip("spandrel")
    torch.manual_seed(0)
    state = spandrel.architectures.ESRGAN.ESRGAN(in_nc=12, num_filters=8, num_blocks=1, scale=2, shuffle_factor=2)
    state = state.state_dict()
    torch.save(wrap(state), tmp_path / "net.ckpt")
    model = select_one(str(tmp_path / "net.ckpt"), STORE)
    assert model.identity["spandrel"]
    lr = torch.rand(1, 3, 8, 6)
    with torch.no_grad():
        expected = spandrel.ModelLoader(device="cpu").load_from_state_dict(state)(lr)
    assert torch.allclose(model.upscaler()(lr), expected, atol=1e-6)


def test_the_verbs_themselves_agree(call: Call) -> None:
    state = _network().state_dict()
    raw = {key: value * 0 for key, value in state.items()}
    torch.save({"ema": {"state_dict": {f"module.{key}": value for key, value in state.items()}}, "net": raw}, "a.ckpt")
    torch.save(state, "plain.pth")
    hr = torch.randint(0, 256, (1, 3, 48, 40), dtype=torch.uint8)
    Path("hr").mkdir()
    image.write(Path("hr/a.png"), image.to_array(hr))
    assert call("export", "a.ckpt", "b.safetensors")[0] == 0
    assert call("interpolate", "a.ckpt", "plain.pth", "--alpha", "0.3", "--out", "c.safetensors")[0] == 0
    models = "a.ckpt,plain.pth,b.safetensors,c.safetensors"
    code, out, _ = call("run", "--models", models, "--datasets", "./hr", "--metrics", "psnr", "--json")
    assert code == 0
    means = {each["model"]: each["mean"] for each in json.loads(out)["summary"] if each["metric"] == "psnr"}
    assert len(means) == 4
    assert len({round(mean, 6) for mean in means.values()}) == 1
    assert all(torch.allclose(value, state[key]) for key, value in load_file("c.safetensors").items())
    for name in ("a.ckpt", "plain.pth"):
        assert call("upscale", "hr/a.png", f"{name}.png", "--model", name)[0] == 0
    assert (image.read(Path("a.ckpt.png")) == image.read(Path("plain.pth.png"))).all()
