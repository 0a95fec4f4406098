"""GAN objectives against values computed by hand."""

import math

import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor, nn

from srbench.training.gan_objectives import Objective, Wasserstein, gradient_penalty

REAL, FAKE = torch.tensor([[1.0], [3.0]]), torch.tensor([[-1.0], [0.5]])


def _softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def _objective(kind: str, **settings: float) -> Objective:
    return TypeAdapter(Objective).validate_python({"kind": kind, **settings})


def test_vanilla() -> None:
    objective = _objective("vanilla")
    # -log sigmoid(x) = softplus(-x), -log(1 - sigmoid(x)) = softplus(x)
    discriminator = (_softplus(-1) + _softplus(-3)) / 2 + (_softplus(-1) + _softplus(0.5)) / 2
    assert float(objective.discriminator_loss(REAL, FAKE)) == pytest.approx(discriminator, rel=1e-6)
    assert float(objective.generator_loss(REAL, FAKE)) == pytest.approx((_softplus(1) + _softplus(-0.5)) / 2, rel=1e-6)


def test_a_smoothed_label_is_between_both_answers() -> None:
    real = torch.tensor([[2.0]])
    expected = 0.9 * _softplus(-2) + 0.1 * _softplus(2)
    objective = _objective("vanilla", real_label=0.9)
    assert float(objective.discriminator_loss(real, torch.tensor([[-60.0]]))) == pytest.approx(expected, rel=1e-6)


def test_least_squares() -> None:
    objective = _objective("least_squares")
    assert float(objective.discriminator_loss(REAL, FAKE)) == pytest.approx((0 + 4) / 4 + (1 + 0.25) / 4)
    assert float(objective.generator_loss(REAL, FAKE)) == pytest.approx((4 + 0.25) / 4)


def test_hinge() -> None:
    objective = _objective("hinge")
    assert float(objective.discriminator_loss(torch.tensor([[0.25], [3.0]]), FAKE)) == pytest.approx(0.75 / 2 + 1.5 / 2)
    assert float(objective.generator_loss(REAL, FAKE)) == pytest.approx(0.25)


def test_wasserstein() -> None:
    objective = _objective("wasserstein_gp")
    assert float(objective.discriminator_loss(REAL, FAKE)) == pytest.approx(-0.25 - 2.0)
    assert float(objective.generator_loss(REAL, FAKE)) == pytest.approx(0.25)


def test_relativistic_average() -> None:
    objective = _objective("relativistic_average")
    above, below = (1 + 0.25, 3 + 0.25), (-1 - 2, 0.5 - 2)  # minus the other side's mean
    discriminator = sum(_softplus(-x) for x in above) / 2 + sum(_softplus(x) for x in below) / 2
    generator = sum(_softplus(x) for x in above) / 2 + sum(_softplus(-x) for x in below) / 2
    assert float(objective.discriminator_loss(REAL, FAKE)) == pytest.approx(discriminator, rel=1e-6)
    assert float(objective.generator_loss(REAL, FAKE)) == pytest.approx(generator, rel=1e-6)


class _Linear(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return (3 * x[:, :, 0, 0] + 4 * x[:, :, 0, 1]).sum(1, keepdim=True)


def test_gradient_penalty_of_a_linear_score() -> None:
    image = torch.rand(2, 1, 2, 2, requires_grad=True)
    assert float(gradient_penalty(_Linear()(image), image)) == pytest.approx((5 - 1) ** 2)
    objective = Wasserstein(kind="wasserstein_gp", weight=10.0)
    real, fake = torch.rand(2, 1, 2, 2), torch.rand(2, 1, 2, 2)
    assert float(objective.penalty(_Linear(), real, fake)) == pytest.approx(160.0)


def test_the_penalty_trains_the_discriminator() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.LeakyReLU(), nn.Flatten(), nn.LazyLinear(1))
    real, fake = torch.rand(2, 1, 6, 6), torch.rand(2, 1, 6, 6)
    Wasserstein(kind="wasserstein_gp").penalty(network, real, fake).backward()
    weight = network[0].weight
    assert weight.grad is not None
    assert float(weight.grad.abs().sum()) > 0


def test_only_wasserstein_has_a_penalty() -> None:
    for kind in ("vanilla", "least_squares", "hinge", "relativistic_average"):
        assert float(_objective(kind).penalty(_Linear(), REAL, FAKE)) == 0
