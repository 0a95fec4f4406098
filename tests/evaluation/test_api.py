import importlib
import inspect
import pkgutil
from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import nn

import srbench
from srbench.errors import UserError
from srbench.models.mode import Mode


def _network() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3), nn.Upsample(scale_factor=4))


def test_a_network_in_training_is_scored_and_left_as_it_was() -> None:
    network = _network()
    network.train()
    network[0].weight.requires_grad_(False)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    frame = srbench.evaluate(network, "builtin", limit=1, metrics=["psnr"])
    assert isinstance(frame, pd.DataFrame)
    assert set(frame["metric"]) == {"psnr", "latency", "throughput"}
    assert all(module.training for module in network.modules())
    assert not network[0].weight.requires_grad
    assert network[0].bias is not None
    assert network[0].bias.requires_grad
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())


def test_a_changed_network_is_scored_anew() -> None:
    network = _network()
    first = srbench.evaluate(network, limit=1, metrics=["psnr"])["value"][0]
    nn.init.zeros_(network[0].weight)
    assert srbench.evaluate(network, limit=1, metrics=["psnr"])["value"][0] != first


def test_names_work_as_on_the_command_line() -> None:
    frame = srbench.evaluate("bicubic", datasets=["builtin"], protocol="classical_x2", metrics=["psnr"])
    assert set(frame["protocol"]) == {"classical_x2"}
    assert set(frame["image"]) == {"astronaut", "chelsea", "coffee"}


def test_a_failing_function_is_reported_with_its_image() -> None:
    with pytest.raises(UserError, match="failed on builtin"):
        srbench.evaluate(lambda x: x, limit=1)


def test_the_package_has_no_other_surprises() -> None:
    with pytest.raises(AttributeError, match="evalute"):
        _ = srbench.evalute


def test_loading_a_model_gives_a_function_of_images() -> None:
    upscale = srbench.load_model("srresnet", device="cpu")
    assert upscale.scale == 4
    for channels in (1, 3):
        sr = upscale(torch.rand(2, channels, 6, 7))
        assert sr.shape == (2, channels, 24, 28)
        assert 0 <= sr.min() <= sr.max() <= 1
    assert srbench.load_model("bicubic", 3, device="cpu")(torch.rand(1, 3, 5, 5)).shape == (1, 3, 15, 15)


def test_loading_refuses_what_a_run_would_refuse() -> None:
    with pytest.raises(UserError, match=r"no model 'srresnt'\. Closest: 'srresnet'"):
        srbench.load_model("srresnt")
    with pytest.raises(UserError, match="not by 3"):
        srbench.load_model("srresnet", 3)
    with pytest.raises(UserError, match="cannot be used"):
        srbench.load_model("bicubic", device="cuda:99")


def test_a_models_weights_are_found_in_a_folder_that_is_given(tmp_path: Path) -> None:
    assert srbench.evaluate("bicubic", limit=1, metrics=["psnr"], weights_root=tmp_path).value.notna().all()
    with pytest.raises(UserError, match="'fsrcnn' cannot run"):
        srbench.load_model("fsrcnn", weights_root=tmp_path)


def test_functions_stay_functions_whatever_is_imported() -> None:
    """A module of a function's name would take its place in the package once it is imported."""
    for info in pkgutil.iter_modules(srbench.__path__):
        assert info.name not in srbench.__all__
    for name in ("srbench.evaluation", "srbench.evaluation.api", "srbench.metrics.psnr", "srbench.models.model"):
        importlib.import_module(name)
    for name in srbench.__all__:
        assert callable(getattr(srbench, name)) or name == "__version__"
        assert name in dir(srbench)


def test_every_function_has_an_example_and_says_what_it_raises() -> None:
    for name in set(srbench.__all__) - {"__version__"}:
        text = inspect.getdoc(getattr(srbench, name))
        assert text is not None
        assert all(f"{part}:" in text for part in ("Args", "Returns", "Raises", "Examples")), name


def test_modes_are_words_or_a_mode() -> None:
    lr = torch.rand(1, 3, 6, 7)
    ensemble = srbench.load_model("srresnet", device="cpu", mode="x8")(lr)
    assert torch.equal(ensemble, srbench.load_model("srresnet", mode=Mode(self_ensemble=True))(lr))
    assert not torch.equal(ensemble, srbench.load_model("srresnet", device="cpu")(lr))
    frame = srbench.evaluate("bicubic", limit=1, metrics=["psnr"], mode="tile=64")
    assert set(frame["mode"]) == {"fp32+tile=64"}
    for call in (srbench.evaluate, srbench.load_model):
        with pytest.raises(UserError, match="expected a mode without it"):
            call("bicubic", mode="bf16+split")
        with pytest.raises(UserError, match="fp64"):
            call("bicubic", mode="fp64")


def test_several_models_are_a_dictionary() -> None:
    net = torch.nn.Upsample(scale_factor=4, mode="bicubic")
    frame = srbench.evaluate({"ours": net, "plain": "bicubic"}, metrics=["psnr"], limit=1)
    scores = frame[frame.metric == "psnr"].set_index("model")["value"].round(2).to_dict()
    assert scores == {"ours": 27.04, "plain": 26.84}
    with pytest.raises(UserError, match="'a' is one name"):
        srbench.evaluate({"a": "bi*"}, metrics=["psnr"], limit=1)
