"""Scores under the conventions that circulate, against runs under equal protocols and sums by hand."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks import kept_scores
from benchmarks.explain_draws import draws
from srbench import protocol
from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.datasets.locate import ImageSet, locate
from srbench.errors import BadProtocol, UserError
from srbench.evaluation import convention_outputs, conventions, harness, printed, scoring
from srbench.evaluation.convention_outputs import ModelSource
from srbench.evaluation.convention_scores import ConventionScores
from srbench.evaluation.conventions import Convention, Images
from srbench.evaluation.plan import Plan
from srbench.evaluation.results import RunFolder
from srbench.models.model import Model
from srbench.models.select import select

DEFAULT = conventions.of_protocol(protocol.find("classical_x4"))


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> ImageSet:
    """A grey and a coloured drawing of 61 x 50 pixels, which no crop leaves whole."""
    folder = tmp_path_factory.mktemp("drawings")
    down, right = np.mgrid[:61, :50]
    grey = (127.5 + 100 * np.sin(down * right / 50)).astype(np.uint8)
    image.write(folder / "stone.png", grey)
    image.write(folder / "wood.png", np.stack([grey, grey[::-1], 255 - grey], axis=-1))
    return locate(str(folder), AssetStore([]), scale=4)


def _model() -> Model:
    return select(["lanczos"], 4, AssetStore([])).models[0]


def _scores(images: ImageSet) -> ConventionScores:
    return ConventionScores(ModelSource(_model().upscaler(), images), 4)


@pytest.mark.parametrize(
    "name",
    [
        "classical_x4",
        "papers_x4",
        "openmmlab_x4",
        "luma_x4",
        "srgan_x4+border_px=5",
        "rgb_x4+lr_edge=replicate+lr_rounding=end+sr_rounding=false+ssim=skimage-default",
    ],
)
def test_a_convention_that_is_a_protocol_gives_the_values_of_its_run(
    images: ImageSet, tmp_path: Path, name: str
) -> None:
    conventional, known = protocol.find(name), conventions.of_protocol(protocol.find(name))
    scorers = scoring.scorers(["psnr", "ssim"], conventional, AssetStore([]))
    rows = harness.run(Plan([_model()], [images], conventional, scorers), RunFolder(tmp_path)).rows
    mean = {metric: np.mean([row.value for row in rows if row.metric == metric]) for metric in ("psnr", "ssim")}
    scores = _scores(images)
    assert scores.psnr(known) == pytest.approx(mean["psnr"], abs=1e-6)
    assert scores.ssim(known) == pytest.approx(mean["ssim"], abs=1e-6)


def test_pooled_error_and_full_range_are_as_by_hand(images: ImageSet) -> None:
    scores, errors = _scores(images), []
    for item in images.items:
        made = scores.source.output(item, Images())
        sr, hr = (levels.double() for levels in (made.levels("rounded"), made.hr))
        if hr.shape[1] == 3:
            sr, hr = (0.299 * x[:, :1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:] for x in (sr, hr))
        errors.append(((sr - hr)[..., 4:-4, 4:-4] ** 2).mean().item())
    mean = np.mean([10 * math.log10(255**2 / error) for error in errors])
    assert scores.psnr(Convention(channel="full")) == pytest.approx(mean, abs=1e-9)
    pooled = 10 * math.log10(255**2 / np.mean(errors))  # both images have one size
    assert scores.psnr(Convention(channel="full", mean="pooled")) == pytest.approx(pooled, abs=1e-9)


def test_lr_of_other_resamplers() -> None:
    hr = torch.randint(0, 256, (1, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    taps = np.array([-0.09375, 0.59375, 0.59375, -0.09375])  # Keys, a = -0.75, halfway between two pixels
    by_hand = np.array(
        [[taps @ block @ taps for block in row] for row in hr[0, 0].double().unfold(0, 4, 4).unfold(1, 4, 4).numpy()]
    )
    opencv = convention_outputs.degrade(hr, Images(lr="opencv"), 4)[0, 0].numpy()
    assert np.array_equal(opencv, np.floor(by_hand.clip(0, 255) + 0.5))
    pillow = convention_outputs.degrade(hr, Images(lr="pillow"), 4)[0, 0].numpy()
    assert np.array_equal(
        pillow, np.asarray(Image.fromarray(hr[0, 0].numpy()).resize((2, 2), Image.Resampling.BICUBIC))
    )


def test_drawn_conventions_are_found_again_from_print(images: ImageSet) -> None:
    """A short form of benchmarks/explain_draws.py."""
    made = list(draws("lanczos", [_scores(images)], DEFAULT, 8))
    assert all(draw.listed and draw.place <= draw.matches for draw in made)
    assert sum(draw.place == 1 for draw in made) >= 2
    assert len({draw.convention for draw in made}) > 5
    assert all((draw.place == 1) == (draw.apart == "") and 0 < draw.best <= 1 for draw in made)


def test_scores_that_were_kept_need_no_output(
    images: ImageSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, model = Convention(Images(lr="pillow"), channel="rgb", ssim="daala"), _model()
    first = kept_scores.opened(tmp_path, model, _scores(images))
    values = first.scores.psnr(asked), first.scores.ssim(asked)
    first.write()
    again = kept_scores.opened(tmp_path, model, _scores(images)).scores
    monkeypatch.delattr(ModelSource, "output")
    assert (again.psnr(asked), again.ssim(replace(asked, mean="pooled"))) == values
    assert kept_scores.opened(tmp_path, replace(model, identity={"other": 1}), _scores(images)).scores.psnrs == {}


def test_each_choice_names_who_makes_it_and_the_usual_one_comes_first() -> None:
    assert all(choice.who for choice in conventions.CHOICES)
    usual = {choice.axis: choice.value for choice in conventions.CHOICES[::-1]}
    assert usual == DEFAULT.values
    assert all(conventions.of_axis(axis)[0].cost == 0 for axis in usual)


def test_what_cannot_be_explained_is_refused() -> None:
    with pytest.raises(BadProtocol, match="crops HR to a multiple of 8; expected 4 or 12"):
        conventions.of_protocol(protocol.find("classical_x4+hr_multiple=8"))
    with pytest.raises(UserError, match=r"'28' is no score"):
        printed.parse("28")
    assert str(printed.parse("28.420/1.000")) == "28.420/1.000"
