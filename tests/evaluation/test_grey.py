"""What a grey image counts as: its own luma, or three equal channels."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from srbench import protocol
from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.datasets.locate import ImageSet, locate
from srbench.evaluation import channels, harness, pairing, scoring
from srbench.evaluation.plan import Plan
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import key
from srbench.models.select import select
from tests.cli.conftest import Call, call

__all__ = ["call"]
LUMA, RGB = protocol.find("classical_x4"), protocol.find("papers_x4")
STUDIO_DB = 20 * math.log10(255 / 219)


@pytest.fixture
def images(tmp_path: Path) -> ImageSet:
    """A grey and a coloured image of noise."""
    generator = np.random.default_rng(0)
    for name, shape in (("bridge", (32, 32)), ("colour", (32, 32, 3))):
        image.write(tmp_path / "hr" / f"{name}.png", generator.integers(0, 256, shape, dtype=np.uint8))
    return locate(str(tmp_path / "hr"), AssetStore([]), scale=4)


def test_the_field_left_alone_changes_no_key() -> None:
    """Of the fields that the protocol had in 0.1, hashed as rows of that version were."""
    stored = protocol.find("classical_x4").as_dict()
    assert "grey" not in stored
    assert key(protocol=stored) == "794a2f1726f0f09b"
    assert protocol.read(stored).grey == "luma"
    assert RGB.as_dict()["grey"] == "rgb"
    assert protocol.find("classical_x4+grey=rgb").as_dict() != stored
    assert protocol.find("papers_x4+grey=luma").name == "papers_x4+grey=luma"


def test_a_grey_image_as_rgb_gains_the_difference_of_the_ranges(images: ImageSet, tmp_path: Path) -> None:
    found = []
    for conventions in (LUMA, RGB):
        scorers = scoring.scorers(["psnr"], conventions, AssetStore([]))
        plan = Plan(select(["bicubic"], 4, AssetStore([])).models, [images], conventions, scorers)
        rows = harness.run(plan, RunFolder(tmp_path / conventions.name)).rows
        found.append({row.image: row.value for row in rows if row.metric == "psnr"})
    assert found[1]["bridge"] - found[0]["bridge"] == pytest.approx(STUDIO_DB, abs=1e-9)
    assert found[1]["colour"] == found[0]["colour"]


def test_pairs_and_outputs_have_three_channels_where_grey_is_rgb(images: ImageSet) -> None:
    pair = pairing.load(images.items[0], RGB)
    assert (pair.lr.shape[1], pair.original.shape[1]) == (3, 3)
    colours = torch.randint(0, 256, (1, 3, 32, 32), dtype=torch.uint8)
    sr, hr = pairing.output_beside(colours, pair.original[:, :1], RGB)
    assert torch.equal(sr, colours)  # under grey=luma it would be reduced to grey
    assert hr.shape[1] == 3
    assert channels.remarks(pair.original, RGB) == []


def test_the_line_says_which_way_and_what_the_other_would_give(images: ImageSet, call: Call, tmp_path: Path) -> None:
    (line,) = channels.grey_line(images, LUMA)
    assert line == (
        "hr: grey HR (bridge) counts as luma (grey=luma), as in MATLAB; as RGB (grey=rgb), as in Python toolboxes "
        "since about 2018, the mean PSNR would be 0.661 dB higher"
    )
    assert channels.grey_line(images, RGB)[0].endswith(
        "luma (grey=luma), as in MATLAB, the mean PSNR would be 0.661 dB lower"
    )
    assert channels.grey_line(images, protocol.find("rgb_x4")) == []
    run = ("run", "--models", "nearest", "--datasets", str(tmp_path / "hr"), "--metrics", "psnr", "--json")
    assert line in call(*run)[1]
    assert line in call("score", str(tmp_path / "hr"), str(tmp_path / "hr"), "--metrics", "psnr", "--json")[1]
