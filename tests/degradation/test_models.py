"""The degradations as a whole: sizes, seeds, records, and the ranges of their papers."""

import json
import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from srbench import protocol as protocols
from srbench.core.config import Config
from srbench.core.resize import resize
from srbench.degradation import catalogue, sampling
from srbench.degradation.bsrgan import BSRGAN
from srbench.degradation.classical import Classical
from srbench.degradation.realesrgan import RealESRGAN, SecondStage, Stage
from srbench.degradation.steps import replay
from srbench.errors import BadRecipe, UnknownName
from srbench.evaluation.pairing import degrade

X4 = protocols.find("classical_x4")
MODELS = (BSRGAN(), RealESRGAN())


def _photo(height: int, width: int, channels: int = 3) -> Tensor:
    """Smooth shapes with some texture."""
    coarse = torch.from_numpy(np.random.default_rng(1).uniform(0, 255, (1, channels, 6, 7)))
    return resize(coarse, (height, width)).clamp(0, 255).round().to(torch.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("scale", [2, 3, 4, 8])
@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.kind)
def test_lr_has_its_size_at_every_scale(model: BSRGAN | RealESRGAN, scale: int, channels: int) -> None:
    protocol = protocols.find(f"classical_x{scale}")
    smallest = math.ceil(32 / scale)
    for number in range(6):
        height, width = smallest + number % 2, smallest + 5 * number
        lr, _ = model.apply(
            _photo(height * scale, width * scale, channels), protocol, sampling.image_generator(number, "a")
        )
        assert lr.dtype == torch.uint8
        assert lr.shape == (1, channels, height, width)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.kind)
def test_a_seed_determines_the_image_and_the_global_generators_do_not(model: BSRGAN | RealESRGAN) -> None:
    hr = _photo(64, 80)
    first, record = model.apply(hr, X4, sampling.image_generator(1, "a"))
    np.random.seed(5)
    torch.manual_seed(5)
    again, same = model.apply(hr, X4, sampling.image_generator(1, "a"))
    assert torch.equal(first, again)
    assert record == same
    for seed, name in ((2, "a"), (1, "b")):
        other, drawn = model.apply(hr, X4, sampling.image_generator(seed, name))
        assert not torch.equal(first, other)
        assert record != drawn


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.kind)
def test_a_record_read_back_from_json_makes_the_same_lr(model: BSRGAN | RealESRGAN) -> None:
    hr = _photo(64, 80)
    for number in range(25):
        lr, record = model.apply(hr, X4, sampling.image_generator(number, "a"))
        assert torch.equal(replay(hr, json.loads(json.dumps(record, allow_nan=False))), lr)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.kind)
def test_lr_shows_the_same_place_as_hr(model: BSRGAN | RealESRGAN) -> None:
    """A ramp's mean over many draws: a shift by half an LR pixel would move it by 2 levels."""
    ramp = (20 + torch.arange(200.0)).expand(1, 3, 96, -1).to(torch.uint8)
    for image in (ramp, ramp.mT.contiguous()):
        plain = degrade(image, X4).double()
        draws = [model.apply(image, X4, sampling.image_generator(number, "a"))[0].double() for number in range(60)]
        inside = (torch.stack(draws).mean(0) - plain)[..., 8:-8, 8:-8]
        assert inside.mean().abs() < 0.7


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_nearest_takes_the_middle_of_the_pixels_it_stands_for(scale: int) -> None:
    only = BSRGAN(methods={"nearest": 1.0}, halving_prob=0, nearest_px=(0.3, 0.3))
    drawn = only.draw((24 * scale, 24 * scale), scale, sampling.image_generator(1, "a"))
    at = next(n for n, step in enumerate(drawn) if step.step == "resize")
    ramp = torch.arange(24.0 * scale, dtype=torch.float64).expand(1, 1, 24 * scale, -1)
    for image in (ramp, ramp.mT):
        lr = drawn[at].apply(drawn[at - 1].apply(image))
        middles = torch.arange(24.0, dtype=torch.float64) * scale + (scale - 1) / 2
        along = lr[0, 0, 12] if image is ramp else lr[0, 0, :, 12]
        assert torch.allclose(along[8:-8], middles[8:-8], atol=1e-3)


def _drawn(model: BSRGAN | RealESRGAN, scale: int, draws: int) -> list[list[dict[str, Any]]]:
    lists = (model.draw((64 * scale, 80 * scale), scale, sampling.image_generator(n, "draw")) for n in range(draws))
    return [[step.model_dump(mode="json") for step in steps] for steps in lists]


def test_real_esrgan_draws_what_the_paper_states() -> None:
    lists = _drawn(RealESRGAN(), 4, 1500)
    assert {steps[0]["step"] for steps in lists} == {"blur"}
    kinds = Counter(steps[0]["kernel"]["kind"] for steps in lists)
    assert kinds["sinc"] / 1500 == pytest.approx(0.1, abs=0.025)
    assert kinds["gaussian"] / 1500 == pytest.approx(0.9 * 0.7, abs=0.04)
    sigmas = [s[0]["kernel"]["sigma_x_px"] for s in lists if s[0]["kernel"]["kind"] != "sinc"]
    assert 0.2 <= min(sigmas) < 0.25
    assert 2.9 < max(sigmas) <= 3.0
    heights = [steps[1]["height"] / 256 for steps in lists]
    assert 0.148 < min(heights) < 0.17
    assert 1.45 < max(heights) <= 1.5
    assert np.mean([h > 1 for h in heights]) == pytest.approx(0.2, abs=0.03)
    assert np.mean([s[2]["step"] == "gaussian_noise" for s in lists]) == pytest.approx(0.5, abs=0.04)
    assert np.mean([s[2]["grey"] for s in lists]) == pytest.approx(0.4, abs=0.04)
    qualities = {s["quality"] for steps in lists for s in steps if s["step"] == "jpeg"}
    assert (min(qualities), max(qualities)) == (30, 95)
    assert np.mean([s[-1]["step"] == "jpeg" for s in lists]) == pytest.approx(0.5, abs=0.04)
    sinc_at_end = [any(s["step"] == "blur" for s in steps[-2:]) for steps in lists]
    assert np.mean(sinc_at_end) == pytest.approx(0.8, abs=0.04)
    assert np.mean([s[4]["step"] == "blur" for s in lists]) == pytest.approx(0.8, abs=0.04)
    assert {sum(s["step"] == "jpeg" for s in steps) for steps in lists} == {2}


def test_the_second_pass_of_real_esrgan_is_milder() -> None:
    lists = _drawn(RealESRGAN(), 4, 1500)
    second = [step for steps in lists for step in steps[4:7]]
    kernels = [s["kernel"] for s in second if s["step"] == "blur" and s["kernel"]["kind"] != "sinc"]
    assert 1.45 < max(k["sigma_x_px"] for k in kernels) <= 1.5
    assert 24 < max(s["sigma"] for s in second if s["step"] == "gaussian_noise") <= 25
    assert 2.4 < max(s["scale"] for s in second if s["step"] == "poisson_noise") <= 2.5
    heights = [next(s["height"] for s in steps[4:] if s["step"] == "resize") / 64 for steps in lists]
    assert 0.29 < min(heights) < 0.34
    assert 1.17 < max(heights) < 1.21
    assert np.mean([h == 1 for h in heights]) == pytest.approx(0.3, abs=0.05)


def test_bsrgan_downscales_twice_by_way_of_half_of_lr_to_all_of_hr() -> None:
    lists = _drawn(BSRGAN(methods={"twice": 1.0}, halving_prob=0), 4, 500)
    heights = [[s["height"] for s in steps if s["step"] == "resize"] for steps in lists]
    assert {len(pair) for pair in heights} == {2}
    assert {last for _, last in heights} == {64}
    between = [first for first, _ in heights]
    assert 32 <= min(between) < 36
    assert 250 < max(between) <= 256


@pytest.mark.parametrize(("scale", "widest", "variance"), [(2, 2.4, 6.0), (4, 2.8, 8.0)])
def test_bsrgan_draws_what_the_paper_states(scale: int, widest: float, variance: float) -> None:
    lists = _drawn(BSRGAN(), scale, 1500)
    assert {steps[-1]["step"] for steps in lists} == {"jpeg"}
    assert np.mean([sum(s["step"] == "jpeg" for s in x) == 2 for x in lists]) == pytest.approx(0.75, abs=0.04)
    blurs = [s["kernel"] for steps in lists for s in steps if s["step"] == "blur" and not _shifted(s)]
    assert {k["size_px"] for k in blurs} == {7, 9, 11, 13, 15, 17, 19, 21}
    round_ones = [k["sigma_x_px"] for k in blurs if k["sigma_x_px"] == k["sigma_y_px"]]
    assert len(round_ones) == 1500
    assert 0.1 <= min(round_ones) < 0.15
    assert widest - 0.05 < max(round_ones) <= widest
    squares = [k["sigma_x_px"] ** 2 for k in blurs if k["sigma_x_px"] != k["sigma_y_px"]]
    assert 0.5 <= min(squares) < 0.6
    assert variance - 0.1 < max(squares) <= variance
    noises = Counter((s["step"], s.get("grey")) for steps in lists for s in steps if "noise" in s["step"])
    assert noises["correlated_noise", None] / 1500 == pytest.approx(0.2, abs=0.03)
    assert noises["gaussian_noise", True] / 1500 == pytest.approx(0.4, abs=0.04)
    nearest = [any(_shifted(s) for s in steps) for steps in lists]
    assert np.mean(nearest) == pytest.approx(0.25, abs=0.04)
    first = Counter(steps[0]["step"] for steps in lists)
    assert all(first[step] > 100 for step in ("blur", "resize", "gaussian_noise", "jpeg"))


def test_bsrgan_halves_first_in_a_quarter_of_cases_at_even_scales_from_4() -> None:
    for scale, share in ((2, 0), (3, 0), (4, 0.25), (8, 0.25)):
        lists = _drawn(BSRGAN(methods={"nearest": 1.0}), scale, 1000)
        resizes = [[s["height"] for s in steps if s["step"] == "resize"] for steps in lists]
        assert {heights[-1] for heights in resizes} == {64}
        halved = [heights[0] == 32 * scale and len(heights) == 2 for heights in resizes]
        assert np.mean(halved) == pytest.approx(share, abs=0.05)
        assert np.sum(halved) == sum(len(heights) == 2 for heights in resizes)


def _shifted(step: dict[str, Any]) -> bool:
    return step["step"] == "blur" and step["kernel"]["shift_px"] == 0.5


def test_correlated_noise_is_drawn_with_at_most_its_variance() -> None:
    only = BSRGAN(noise={"colour": 0.0, "grey": 0.0, "correlated": 1.0}, noise_sigma=(10, 10))
    for number in range(20):
        step = next(
            s for s in only.draw((64, 64), 4, sampling.image_generator(number, "a")) if s.step == "correlated_noise"
        )
        values = np.linalg.eigvalsh(np.array(step.covariance))
        assert values.min() > -1e-9
        assert 0 < values.max() <= 100 + 1e-9


def test_classical_is_the_protocols_lr() -> None:
    hr = _photo(64, 80)
    lr, record = Classical().apply(hr, X4, sampling.image_generator(1, "a"))
    assert torch.equal(lr, degrade(hr, X4))
    assert record == {}


def test_the_catalogue_finds_by_name() -> None:
    assert [catalogue.find(name).kind for name in catalogue.names()] == catalogue.names()
    assert set(catalogue.names()) == {"classical", "bsrgan", "realesrgan"}
    with pytest.raises(UnknownName, match="Closest: 'realesrgan'"):
        catalogue.find("realesrgna")


class _Part(Config):
    degradation: catalogue.Degradation


def test_a_recipe_sets_parameters_by_their_keys() -> None:
    table = {"kind": "realesrgan", "first": {"sigma_px": [0.5, 1]}, "second": {"blur_prob": 0}}
    piece = _Part.check({"degradation": table}, "recipe").degradation
    assert isinstance(piece, RealESRGAN)
    assert piece.first == Stage(sigma_px=(0.5, 1))
    assert piece.second == SecondStage(blur_prob=0)
    assert piece.second.noise_sigma == (1, 25)
    sinc = math.pi / 3
    steps = RealESRGAN(first=Stage(sinc_prob=1, sinc_cutoff_rad=(sinc, sinc))).draw(
        (64, 64), 4, sampling.image_generator(1, "")
    )
    assert steps[0].model_dump()["kernel"]["cutoff_rad"] == pytest.approx(sinc)


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"kind": "realesrgan", "first": {"sigma_px": [3, 1]}}, "sigma_px"),
        ({"kind": "realesrgan", "first": {"kernel_px": [7, 20]}}, "kernel_px"),
        ({"kind": "realesrgan", "first": {"resize_prob": {"up": 0.5, "down": 0.1, "keep": 0.1}}}, "resize_prob"),
        ({"kind": "realesrgan", "second": {"resize_scale": [1.1, 1.2]}}, "resize_scale"),
        ({"kind": "realesrgan", "second": {"jpeg_quality": [30, 101]}}, "jpeg_quality"),
        ({"kind": "realesrgan", "final_sinc_prob": 1.5}, "final_sinc_prob"),
        ({"kind": "bsrgan", "methods": {"lanczos": 1.0}}, "methods"),
        ({"kind": "bsrgan", "isotropic": {"lowest": 3.0, "highest": 2.0, "per_scale": 0.1}}, "isotropic"),
        ({"kind": "bsrgan", "noise_sigma": [0, 25]}, "noise_sigma"),
        ({"kind": "bsrgan", "sharpen": True}, "sharpen"),
    ],
)
def test_wrong_parameters_are_refused_by_key(table: dict[str, Any], key: str) -> None:
    with pytest.raises(BadRecipe, match=key):
        _Part.check({"degradation": table}, "recipe")
