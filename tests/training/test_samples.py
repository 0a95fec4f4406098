"""Samples: what they hold, and that nothing but seed and number decides it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from srbench import protocol
from srbench.core import image
from srbench.degradation.classical import Classical
from srbench.errors import BadTrainingData
from srbench.evaluation.pairing import degrade
from srbench.training import images
from srbench.training.augmentation import Augmentation, AugmentationDraw
from srbench.training.image_cache import ImageCache
from srbench.training.samples import BatchSampler, PatchDataset, loader

X4 = protocol.find("classical_x4")
PLAIN = Augmentation(flips=False, rotations=False)


def _patches(photographs: Path, augmentation: Augmentation = PLAIN, **changes: Any) -> PatchDataset:
    paths = sorted(photographs.glob("*.png"))
    options = {"patch_px": 16, "seed": 3, "memory": 10, **changes}
    hr = ImageCache(paths, 4, 0, options["memory"])
    return PatchDataset(hr, None, X4, Classical(), augmentation, options["patch_px"], options["seed"])


def test_lr_is_the_whole_images_lr(photographs: Path) -> None:
    """Each patch's LR equals the same part of the LR that the protocol makes of the whole image, border included."""
    patches = _patches(photographs)
    wholes = [(hr[0], degrade(hr, X4)[0]) for hr in (patches.hr[at] for at in range(len(patches.hr)))]
    for number in range(60):
        sample = patches[number]
        positions = [
            (lr, top, left)
            for hr, lr in wholes
            for top in range(0, hr.shape[1] - 15, 4)
            for left in range(0, hr.shape[2] - 15, 4)
            if torch.equal(hr[:, top : top + 16, left : left + 16], sample.hr)
        ]
        assert positions
        lr, top, left = positions[0]
        assert torch.equal(sample.lr, lr[:, top // 4 : top // 4 + 4, left // 4 : left // 4 + 4])


def test_a_sample_depends_on_seed_and_number_only(photographs: Path) -> None:
    first, again = _patches(photographs), _patches(photographs, memory=0)
    assert torch.equal(first[5].hr, again[5].hr)
    assert not torch.equal(first[5].hr, first[6].hr)
    assert not torch.equal(first[5].hr, _patches(photographs, seed=4)[5].hr)


def test_workers_and_processes_share_the_same_samples(photographs: Path) -> None:
    patches = _patches(photographs, Augmentation(jitter=0.2))
    numbers = BatchSampler(2, 5, 4, rank=0, world=1)
    whole = [batch.hr for batch in loader(patches, numbers, workers=0)]
    fed = [batch.hr for batch in loader(patches, numbers, workers=2)]
    halves = [[batch.hr for batch in loader(patches, BatchSampler(2, 5, 4, r, world=2), workers=0)] for r in (0, 1)]
    assert len(whole) == 3
    for one, two, left, right in zip(whole, fed, *halves, strict=True):
        assert torch.equal(one, two)
        assert torch.equal(one, torch.cat([left, right]))


def test_flips_and_rotations_move_both_images_alike(photographs: Path) -> None:
    augmented = _patches(photographs, Augmentation())
    seen = set()
    for number in range(80):
        sample, plain = augmented[number], _patches(photographs)[number]
        for flip in (False, True):
            for quarter_turns in range(4):
                draw = AugmentationDraw(flip, quarter_turns, 1, 1)
                if torch.equal(draw.flip_and_rotate(plain.hr), sample.hr):
                    assert torch.equal(draw.flip_and_rotate(plain.lr), sample.lr)
                    seen.add((flip, quarter_turns))
    assert len(seen) == 8


def test_jitter_changes_levels_before_lr_is_made(photographs: Path) -> None:
    sample = _patches(photographs, Augmentation(flips=False, rotations=False, jitter=0.3), patch_px=48)[1]
    plain = _patches(photographs, patch_px=48)[1]
    assert not torch.equal(sample.hr, plain.hr)
    inner = degrade(sample.hr[None], X4)[0][:, 2:-2, 2:-2]
    assert torch.equal(inner, sample.lr[:, 2:-2, 2:-2])


def test_colours_by_hand() -> None:
    levels = torch.tensor([[[[100, 200]]]], dtype=torch.uint8)
    assert AugmentationDraw(False, 0, 0.5, 1.2).adjust_colours(levels).flatten().tolist() == [
        150,
        210,
    ]  # (150 -+ 25) * 1.2


def test_the_middle_of_a_face(tmp_path: Path) -> None:
    levels = np.arange(218 * 178, dtype=np.uint32).reshape(218, 178) % 251
    image.write(tmp_path / "face.png", levels.astype(np.uint8))
    found = ImageCache([tmp_path / "face.png"], 4, 128, 0)[0]
    assert found.shape == (1, 3, 128, 128)
    assert np.array_equal(found[0, 0].numpy(), levels[45:173, 25:153])


def test_bad_images_are_found_before_training(photographs: Path, tmp_path: Path) -> None:
    for path in photographs.glob("*.png"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "torn.png").write_bytes((photographs / "p0.png").read_bytes()[:200])
    paths = images.list_images(tmp_path, ["."])
    found = images.check_images(paths, [], 1, 32)
    assert found.excluded == {"cannot be used": 1}
    assert "torn.png" in found.remarks[0]
    (tmp_path / "torn.png").unlink()
    image.write(tmp_path / "small.png", np.zeros((20, 90, 3), np.uint8))
    found = images.check_images(images.list_images(tmp_path, ["."]), [], 2, 32)
    assert len(found.training) == 5
    assert len(found.held_out) == 1  # a tenth, at least one
    assert found.excluded == {"smaller than a patch of 32 px": 1}
    with pytest.raises(BadTrainingData, match=r"no image is left to train on: 7 smaller"):
        images.check_images(images.list_images(tmp_path, ["."]), [], 2, 200)


def test_held_out_images_are_not_trained_on(photographs: Path) -> None:
    paths = images.list_images(photographs.parent, [photographs.name])
    names = [f"{photographs.name}/p1", f"{photographs.name}/p4"]
    found = images.check_images(paths, names, 10, 32)
    assert [path.stem for path in found.held_out] == ["p1", "p4"]
    assert [path.stem for path in found.training] == ["p0", "p2", "p3", "p5"]
    with pytest.raises(BadTrainingData, match="p9"):
        images.check_images(paths, [f"{photographs.name}/p9"], 10, 32)


def test_test_images_are_excluded(data: Path, photographs: Path, tmp_path: Path) -> None:
    source = data / "Set5" / "HR" / "baby.png"
    image.write(tmp_path / "innocent.png", image.read(source))  # another name and another file, the same pixels
    for path in photographs.glob("*.png"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    found = images.check_images(images.list_images(tmp_path, ["."]), [], 1, 32)
    assert "innocent" not in {path.stem for path in [*found.training, *found.held_out]}
    assert found.excluded == {"belong to the test set set5": 1}


def test_missing_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadTrainingData, match="nowhere does not exist"):
        images.list_images(tmp_path, ["nowhere"])
    with pytest.raises(BadTrainingData, match="holds no image"):
        images.list_images(tmp_path, ["."])
