"""Training samples: the sample with number n depends on the seed and n alone.

So a run can stop and resume at any step, and neither the number of worker processes nor that of GPUs changes the
samples.
"""

import signal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from srbench.degradation.catalogue import Degradation
from srbench.protocol import Protocol
from srbench.training.augmentation import Augmentation, AugmentationDraw
from srbench.training.forward_cache import Batch
from srbench.training.image_cache import ImageCache
from srbench.training.teacher import Answers, is_answer


@dataclass(frozen=True)
class Sample:
    """One pair of patches.

    Attributes:
        lr: LR patch in levels 0..255, `(3, h, w)`.
        hr: HR patch in uint8 levels, `(3, s h, s w)`.
        degradation: Record of how LR was made of HR.
    """

    lr: Tensor
    hr: Tensor
    degradation: dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a sample is cut out, and how it is turned.

    Attributes:
        top: First row in LR.
        left: First column in LR.
        draw: Flip, rotation and change of colours.
    """

    top: int
    left: int
    draw: AugmentationDraw


class PatchDataset(Dataset[Sample]):
    """HR patches and the LR made of them.

    LR is made of the patch and a margin around it, so that it equals the same part of the whole image's LR.

    Args:
        hr: HR images of at least the patch's size.
        lr: Unpaired LR images; None if LR is made of HR.
        protocol: The protocol, by which the classical LR is made.
        degradation: Degradation that makes LR of HR.
        augmentation: Random flips, rotations and changes of colour.
        patch_px: Side of an HR patch, in pixels.
        seed: Seed that, with a sample's number, determines the sample.

    Attributes:
        answers: Pairs that take the place of HR and its LR in their share of the samples; None without a teacher.
    """

    def __init__(
        self,
        hr: ImageCache,
        lr: ImageCache | None,
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
        self.answers: Answers | None = None

    def random(self, number: int) -> np.random.Generator:
        """Return the random numbers of a sample."""
        return np.random.Generator(np.random.Philox(key=np.array([self.seed, number], dtype=np.uint64)))

    def place(self, rng: np.random.Generator, lr_size: Iterable[int]) -> Place:
        """Draw where a sample is cut out of its image.

        Args:
            rng: The sample's random numbers, of which the number of the image was drawn.
            lr_size: Height and width of the image's LR.
        """
        side = self.patch_px // self.protocol.scale
        top, left = (int(rng.integers(length - side + 1)) for length in lr_size)
        return Place(top, left, self.augmentation.draw(rng))

    def __getitem__(self, number: int) -> Sample:
        rng, scale, side = self.random(number), self.protocol.scale, self.patch_px // self.protocol.scale
        if self.answers is not None and self.answers.gives(number):
            return self._answer(self.answers, rng)
        hr_image = self.hr[int(rng.integers(len(self.hr)))]
        place = self.place(rng, (length // scale for length in hr_image.shape[-2:]))
        top, left, draw = place.top, place.left, place.draw
        if self.lr is not None:
            hr = hr_image[..., top * scale : (top + side) * scale, left * scale : (left + side) * scale]
            lr = draw.flip_and_rotate(self._unpaired_lr(rng, side))
            return Sample(lr[0], draw.flip_and_rotate(draw.adjust_colours(hr))[0], {})
        margin = self.degradation.margin_px
        y0, x0 = max(top - margin, 0), max(left - margin, 0)
        bottom, right = top + side + margin, left + side + margin
        around = draw.adjust_colours(hr_image[..., y0 * scale : bottom * scale, x0 * scale : right * scale])
        lr, record = self.degradation.apply(around, self.protocol, rng)
        y, x = top - y0, left - x0
        lr = lr[..., y : y + side, x : x + side]
        hr = around[..., y * scale : (y + side) * scale, x * scale : (x + side) * scale]
        return Sample(draw.flip_and_rotate(lr)[0], draw.flip_and_rotate(hr)[0], record)

    def answers_of(self, samples: int, share: float, answers: int) -> set[int]:
        """Return the numbers of the answers that the first samples are cut out of.

        Args:
            samples: Number of samples.
            share: Part of the samples that are answers.
            answers: How many answers there are.
        """
        return {int(self.random(n).integers(answers)) for n in range(samples) if is_answer(n, share)}

    def _answer(self, answers: Answers, rng: np.random.Generator) -> Sample:
        scale, side = self.protocol.scale, self.patch_px // self.protocol.scale
        number = int(rng.integers(len(answers)))
        lr, sr = answers.lr[number], answers.sr[number]
        place = self.place(rng, lr.shape[-2:])
        top, left = place.top, place.left
        lr = lr[..., top : top + side, left : left + side]
        sr = sr[..., top * scale : (top + side) * scale, left * scale : (left + side) * scale]
        return Sample(place.draw.flip_and_rotate(lr)[0], place.draw.flip_and_rotate(sr)[0], {})

    def _unpaired_lr(self, rng: np.random.Generator, side: int) -> Tensor:
        assert self.lr is not None
        lr_image = self.lr[int(rng.integers(len(self.lr)))]
        top, left = (int(rng.integers(length - side + 1)) for length in lr_image.shape[-2:])
        return lr_image[..., top : top + side, left : left + side]


class BatchSampler(Sampler[list[int]]):
    """Numbers of the samples that one of several processes uses in each step.

    Args:
        first_step: Number of the first step, from 0.
        steps: Number of steps of the whole run.
        batch: Number of samples of one step, over all processes.
        rank: Number of this process, from 0.
        world: Number of processes.
    """

    def __init__(self, first_step: int, steps: int, batch: int, rank: int, world: int) -> None:
        self.first_step, self.steps, self.batch, self.rank, self.world = first_step, steps, batch, rank, world

    def __iter__(self) -> Iterator[list[int]]:
        per_process = self.batch // self.world
        for step in range(self.first_step, self.steps):
            start = step * self.batch + self.rank * per_process
            yield list(range(start, start + per_process))

    def __len__(self) -> int:
        return self.steps - self.first_step


def collate(samples: list[Sample]) -> Batch:
    """Stack samples to a batch."""
    lr, hr = torch.stack([s.lr for s in samples]), torch.stack([s.hr for s in samples])
    return Batch(lr, hr, [s.degradation for s in samples])


def loader(patches: PatchDataset, numbers: BatchSampler, *, workers: int, pinned: bool = False) -> DataLoader[Sample]:
    """Load batches, ahead of time in worker processes.

    Args:
        patches: The samples by number.
        numbers: Numbers of the samples of each batch.
        workers: Number of worker processes; 0 loads in this process.
        pinned: Whether batches are put into memory that a GPU copies from while it computes.
    """
    return DataLoader(
        patches,
        batch_sampler=numbers,
        num_workers=workers,
        collate_fn=collate,
        prefetch_factor=4 if workers else None,
        worker_init_fn=_init_worker,
        pin_memory=pinned,
    )


def _init_worker(_: int) -> None:
    """Give a worker one core; it ignores SIGINT and SIGTERM, which the process that saves the run handles."""
    torch.set_num_threads(1)
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, signal.SIG_IGN)
