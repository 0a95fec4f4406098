"""`srbench run --no-hr`: images that have no original."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srbench.evaluation.results import RunFolder
from srbench.evaluation.scenes import Scenes
from tests.cli.conftest import Call

RUN = "runs/classical_x4+lr=alone"
ARGUMENTS = ("run", "--models", "bicubic", "--datasets", "real", "--no-hr", "--save-images")


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """Two photographs of different sizes, neither a multiple of 4."""
    folder = tmp_path / "real"
    folder.mkdir()
    random = np.random.RandomState(3)
    for name, size in (("a", (41, 46)), ("b", (50, 43))):
        coarse = Image.fromarray(random.randint(0, 256, (9, 9, 3), dtype=np.uint8)).resize(
            size, Image.Resampling.BICUBIC
        )
        grain = random.randint(-9, 10, (*size[::-1], 3))
        Image.fromarray((np.asarray(coarse).astype(int) + grain).clip(0, 255).astype(np.uint8)).save(
            folder / f"{name}.png"
        )
    return folder


def test_images_without_hr_are_upscaled_as_they_are(call: Call, real: Path) -> None:
    code, out, err = call(*ARGUMENTS)
    assert code == 0, err
    assert "no HR, images upscaled as they are" in out
    rows = RunFolder(Path(RUN)).rows()
    assert {row.metric for row in rows} == {"niqe", "grid", "latency", "throughput"}
    sizes = set()
    for path in Path(RUN).rglob("*.png"):
        with Image.open(path) as picture:
            sizes.add(picture.size)
    assert sizes == {(4 * 41, 4 * 46), (4 * 50, 4 * 43)}
    assert Scenes([RunFolder(Path(RUN))]).left_out == ["No pictures: the images have no HR to be shown beside."]
    call("run", "--models", "bicubic", "--datasets", "real", "--protocol", Path(RUN).name)
    assert RunFolder(Path(RUN)).rows() == rows  # the command that reports print means the same rows


def test_lr_psnr_compares_with_the_image_itself(call: Call, real: Path) -> None:
    code, _, err = call(*ARGUMENTS, "--metrics", "lr-psnr.given")
    assert code == 0, err
    values = [row.value for row in RunFolder(Path(RUN)).rows() if row.metric == "lr-psnr.given"]
    assert len(values) == 2
    assert min(values) > 30


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--metrics", "niqe,psnr,dists"), "without HR there is no psnr, dists; expected metrics that need none: "),
        (("--metrics", "psnr", "--dry-run"), "without HR there is no psnr"),
        (("--lr", "real"), "leave one of them out"),
        (("--protocol", "classical_x4+lr_edge=replicate"), "lr_edge says how LR is made"),
    ],
)
def test_what_needs_hr_is_refused_by_name(call: Call, real: Path, more: tuple[str, ...], said: str) -> None:
    code, _, err = call(*ARGUMENTS, *more)
    assert (code, said in err) == (2, True), err
