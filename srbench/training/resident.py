"""Training images as flat buffers on a GPU, from which each batch is cut out by index.

The batches equal, to the bit, those that `srbench.training.samples` makes in worker processes: the same numbers are
drawn for each sample. LR is made once here and for each patch there, and nothing of an image is copied to the device
while it trains.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from srbench.core import image
from srbench.evaluation.pairing import degrade
from srbench.training.forward_cache import Batch
from srbench.training.samples import BatchSampler, PatchDataset

_BLOCK = 64
"""Number of steps whose places are drawn and copied together."""

_RGB = 3


def budget_bytes(device: torch.device) -> int:
    """Return the memory that buffers may take: half of what a GPU has free.

    On a CPU it is none: there, workers make samples beside the training, which would have to wait for its own cuts.
    """
    return torch.cuda.mem_get_info(device)[0] // 2 if device.type == "cuda" else 0


def fits(patches: PatchDataset, memory_bytes: int) -> bool:
    """Say whether all images can be buffers: their LR is the same each time, and they fit into this memory."""
    fixed = patches.degradation.kind == "classical" and patches.lr is None and patches.protocol.lr_rounding != "none"
    if not memory_bytes or not fixed or patches.augmentation.jitter:
        return False
    caches = [patches.hr, *([patches.answers.sr] if patches.answers else [])]
    side = patches.hr.centre_crop_px
    hr_bytes = sum(_RGB * min(h, side or h) * min(w, side or w) for c in caches for h, w in map(image.size, c.paths))
    return hr_bytes + hr_bytes // patches.protocol.scale**2 <= memory_bytes


class ResidentPatches:
    """All images of a training set on a device.

    Args:
        patches: The samples by number, of images that fit; see `fits`.
        device: The device.
    """

    def __init__(self, patches: PatchDataset, device: torch.device) -> None:
        self.patches = patches
        self.device = device
        self.hr_images = len(patches.hr)
        with ThreadPoolExecutor() as pool:
            hr = list(pool.map(patches.hr.load, range(self.hr_images)))
            lr = list(pool.map(lambda levels: degrade(levels, patches.protocol), hr))
            if patches.answers is not None:
                hr += pool.map(patches.answers.sr.load, range(len(patches.answers)))
                lr += pool.map(patches.answers.lr.load, range(len(patches.answers)))
        self._lr_sizes = [tuple(levels.shape[-2:]) for levels in lr]
        self._lr, self._hr = _Buffer(lr, device), _Buffer(hr, device)

    def batches(self, numbers: BatchSampler) -> Iterator[Batch]:
        """Yield a batch for each list of samples' numbers."""
        block: list[Sequence[int]] = []
        for of_step in numbers:
            block.append(of_step)
            if len(block) == _BLOCK:
                yield from self._cut_block(block)
                block = []
        yield from self._cut_block(block)

    def _cut_block(self, block: Sequence[Sequence[int]]) -> Iterator[Batch]:
        places = torch.tensor([[self._place(number) for number in of_step] for of_step in block])
        for of_step in places.to(self.device):
            yield self.cut(of_step)

    def _place(self, number: int) -> tuple[int, int, int, int, int]:
        """Return image, first row and column in LR, flip and quarter turns of a sample."""
        rng, answers, first = self.patches.random(number), self.patches.answers, 0
        count = self.hr_images
        if answers is not None and answers.gives(number):
            first, count = self.hr_images, len(answers)
        at = first + int(rng.integers(count))
        place = self.patches.place(rng, self._lr_sizes[at])
        return at, place.top, place.left, int(place.draw.flip), place.draw.quarter_turns

    def cut(self, places: Tensor) -> Batch:
        """Cut a batch out of the buffers.

        Args:
            places: int64 `(N, 5)` on the device: what `_place` returns for each sample.
        """
        scale, side = self.patches.protocol.scale, self.patches.patch_px // self.patches.protocol.scale
        lr, hr = self._lr.cut(places, 1, side), self._hr.cut(places, scale, side * scale)
        return Batch(lr, hr, [{} for _ in range(len(places))])


class _Buffer:
    """Images of any size, one pixel after the other, `(pixels, 3)`."""

    def __init__(self, images: Sequence[Tensor], device: torch.device) -> None:
        self._pixels = torch.cat([levels[0].flatten(1).T for levels in images]).to(device)
        sizes = torch.tensor([levels.shape[-2:] for levels in images])
        self._widths = sizes[:, 1].to(device)
        self._starts = (sizes.prod(1).cumsum(0) - sizes.prod(1)).to(device)

    def cut(self, places: Tensor, scale: int, side: int) -> Tensor:
        """Cut squares out, flipped and then turned as `AugmentationDraw.flip_and_rotate` does, `(N, 3, side, side)`."""
        number, top, left, flip, turns = (column[:, None, None] for column in places.unbind(1))
        steps = torch.arange(side, device=places.device)
        down, right = steps[:, None], steps[None, :]
        up, back = side - 1 - down, side - 1 - right
        row = torch.where(turns == 0, down, torch.where(turns == 1, right, torch.where(turns == 2, up, back)))
        column = torch.where(turns == 0, right, torch.where(turns == 1, up, torch.where(turns == 2, back, down)))
        column = torch.where(flip == 1, side - 1 - column, column)
        at = self._starts[number] + (top * scale + row) * self._widths[number] + left * scale + column
        return self._pixels[at].permute(0, 3, 1, 2).contiguous()
