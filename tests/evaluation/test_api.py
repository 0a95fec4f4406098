import pandas as pd
import pytest
import torch
from torch import nn

import srbench
from srbench.errors import UserError


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
