"""Training samples: sample number n is a function of the seed and n alone.

So a run can stop and go on at any step, and neither the number of worker processes nor that of GPUs changes what is
trained on.
"""

import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from srbench.core import image
from srbench.degradation.catalogue import Degradation
from srbench.protocol import Protocol
from srbench.training.augmentation import Augmentation
from srbench.training.forward_cache import Batch


@dataclass(frozen=True)
class Sample:
    """One patch.

    Attributes:
        lr: Levels 0..255 `(3, h, w)`.
        hr: uint8 `(3, s h, s w)`.
        degradation: What was drawn to make LR of HR.
    """

    lr: Tensor
    hr: Tensor
    degradation: dict[str, Any]


class Library:
    """Images by number; decoded ones stay in memory until it is full."""

    def __init__(self, paths: Sequence[Path], multiple: int, centre_crop_px: int, memory_mib: int) -> None:
        self.paths = paths
        self.multiple = multiple
        self.centre_crop_px = centre_crop_px
        self._free = memory_mib * 2**20
        self._kept: dict[int, Tensor] = {}

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, at: int) -> Tensor:
        """uint8 `(1, 3, H, W)`, cropped to the multiple."""
        if at in self._kept:
            return self._kept[at]
        levels = load(self.paths[at], self.multiple, self.centre_crop_px)
        if levels.numel() <= self._free:
            self._free -= levels.numel()
            self._kept[at] = levels
        return levels


def load(path: Path, multiple: int, centre_crop_px: int = 0) -> Tensor:
    """Read a training image.

    Args:
        path: Any image that `image.read` reads; grey becomes RGB.
        multiple: Both sides are cropped to it, as the protocol crops HR.
        centre_crop_px: Side of the square in the middle that is used; 0 for the whole image.

    Returns:
        uint8 `(1, 3, H, W)`.

    Raises:
        BadImage: It cannot be read.
        ShapeError: It is smaller than the multiple.
    """
    levels = image.to_tensor(image.read(path)).expand(-1, 3, -1, -1)
    if centre_crop_px:
        top, left = ((side - centre_crop_px) // 2 for side in levels.shape[-2:])
        levels = levels[..., max(top, 0) :, max(left, 0) :][..., :centre_crop_px, :centre_crop_px]
    return image.crop_to_multiple(levels, multiple).contiguous()


class Patches(Dataset[Sample]):
    """HR patches and the LR made of them.

    LR is made of the patch and a margin around it, so that it equals the same part of the whole image's LR.

    Args:
        hr: Images of at least the patch's size.
        lr: Unpaired LR images instead of LR made of HR; None for pairs.
        protocol: How the classical LR is made.
        degradation: How LR is made.
        augmentation: Flips, turns and colours.
        patch_px: Side of an HR patch.
        seed: With a sample's number it determines the sample.
    """

    def __init__(
        self,
        hr: Library,
        lr: Library | None,
        protocol: Protocol,
        degradation: Degradation,
        augmentation: Augmentation,
        patch_px: int,
        seed: int,
    ) -> None:
        self.hr, self.lr = hr, lr
        self.protocol = protocol
        self.degradation = degradation
        self.augmentation = augmentation
        self.patch_px = patch_px
        self.seed = seed

    def __getitem__(self, number: int) -> Sample:
        rng = np.random.Generator(np.random.Philox(key=np.array([self.seed, number], dtype=np.uint64)))
        scale = self.protocol.scale
        whole = self.hr[int(rng.integers(len(self.hr)))]
        side = self.patch_px // scale
        top, left = (int(rng.integers(length // scale - side + 1)) for length in whole.shape[-2:])
        turn = self.augmentation.draw(rng)
        if self.lr is not None:
            hr = whole[..., top * scale : (top + side) * scale, left * scale : (left + side) * scale]
            return Sample(turn.apply(self._unpaired(rng, side))[0], turn.apply(turn.tint(hr))[0], {})
        margin = self.degradation.margin_px
        y0, x0 = max(top - margin, 0), max(left - margin, 0)
        around = whole[..., y0 * scale : (top + side + margin) * scale, x0 * scale : (left + side + margin) * scale]
        around = turn.tint(around)
        lr, record = self.degradation.apply(around, self.protocol, rng)
        y, x = top - y0, left - x0
        lr = lr[..., y : y + side, x : x + side]
        hr = around[..., y * scale : (y + side) * scale, x * scale : (x + side) * scale]
        return Sample(turn.apply(lr)[0], turn.apply(hr)[0], record)

    def _unpaired(self, rng: np.random.Generator, side: int) -> Tensor:
        assert self.lr is not None
        whole = self.lr[int(rng.integers(len(self.lr)))]
        top, left = (int(rng.integers(length - side + 1)) for length in whole.shape[-2:])
        return whole[..., top : top + side, left : left + side]


class _Share(Sampler[list[int]]):
    """Numbers of the samples that one process of several takes in each step."""

    def __init__(self, first_step: int, steps: int, batch: int, rank: int, world: int) -> None:
        self.first_step, self.steps, self.batch, self.rank, self.world = first_step, steps, batch, rank, world

    def __iter__(self) -> Iterator[list[int]]:
        share = self.batch // self.world
        for step in range(self.first_step, self.steps):
            start = step * self.batch + self.rank * share
            yield list(range(start, start + share))

    def __len__(self) -> int:
        return self.steps - self.first_step


def collate(samples: list[Sample]) -> Batch:
    """A batch of samples."""
    lr, hr = torch.stack([s.lr for s in samples]), torch.stack([s.hr for s in samples])
    return Batch(lr, hr, [s.degradation for s in samples])


def loader(
    patches: Patches,
    *,
    first_step: int,
    steps: int,
    batch: int,
    rank: int,
    world: int,
    workers: int,
    pinned: bool = False,
) -> DataLoader[Sample]:
    """Batches of the steps from `first_step` on, made ahead of time in worker processes.

    Args:
        patches: The samples.
        first_step: Counted from 0.
        steps: Of the whole run.
        batch: Samples of one step, over all processes.
        rank: Of this process.
        world: Number of processes.
        workers: Worker processes; 0 makes them in this one.
        pinned: In memory that a GPU copies from while it computes.
    """
    return DataLoader(
        patches,
        batch_sampler=_Share(first_step, steps, batch, rank, world),
        num_workers=workers,
        collate_fn=collate,
        prefetch_factor=4 if workers else None,
        worker_init_fn=_alone,
        pin_memory=pinned,
    )


def _alone(_: int) -> None:
    """A worker has one core, and leaves Ctrl-C and a polite kill to the process that saves the run."""
    torch.set_num_threads(1)
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, signal.SIG_IGN)
