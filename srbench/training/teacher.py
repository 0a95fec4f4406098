"""A teacher's answers: another model's outputs, made before training and kept by the content that they are of.

Trained towards the answers of a stronger network, a small one may learn more from the same photographs than from HR
alone, since an answer holds only what can be told from LR (Hinton et al., Distilling the knowledge in a neural network,
2015). In the small ablation of `reports/training` it did not.
HR reduced by 3, say, is LR too: with more detail than the protocol's, and without HR, but with an answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor

from srbench.core import image
from srbench.core.paths import cache_folder
from srbench.core.progress import NO_PROGRESS, Progress, Task
from srbench.core.resize import resize
from srbench.core.wording import counted
from srbench.evaluation.pairing import degrade
from srbench.evaluation.pipeline import PIPELINE
from srbench.evaluation.row import key
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.models.upscaler import Upscaler
from srbench.protocol import Protocol
from srbench.training.image_cache import ImageCache, load_image

_BATCH_PX = 400_000
"""LR pixels of equal images that go through together on a GPU, where one by one the launches take most of the time."""


@dataclass(frozen=True)
class Question:
    """An image that the teacher upscales.

    Attributes:
        path: File of the HR image.
        pixels: SHA-256 of its pixels.
        reduction: How many times smaller than HR the image is; 0 for the protocol's LR.
    """

    path: Path
    pixels: str
    reduction: float


@dataclass(frozen=True)
class Answers:
    """Pairs of LR and the teacher's answer, for training.

    Attributes:
        lr: LR images by number.
        sr: The answer to each.
        share: Part of the samples that are answers, above 0 and at most 1.
        summary: How many there are and where, in one line.
    """

    lr: ImageCache
    sr: ImageCache
    share: float
    summary: str

    def __len__(self) -> int:
        return len(self.lr)

    def gives(self, number: int) -> bool:
        """Say whether the sample of this number is an answer; every batch holds the share, up to rounding."""
        return is_answer(number, self.share)


def is_answer(number: int, share: float) -> bool:
    """Say whether the sample of this number is an answer, where a share of all samples are."""
    return int((number + 1) * share) > int(number * share)


@dataclass(frozen=True)
class Teacher:
    """A model that answers.

    Attributes:
        model: The model.
        protocol: Protocol that makes LR.
        reductions: How many times HR is reduced for further questions; see `Question`.
        centre_crop_px: Side of the square in the middle of each image that is used; 0 for the whole image.
        smallest_px: Shortest side of an LR image that is of use.
        fabric: The launched Lightning Fabric: answers are made on its device, shared among its processes.
    """

    model: Model
    protocol: Protocol
    reductions: Sequence[float]
    centre_crop_px: int
    smallest_px: int
    fabric: Fabric

    @property
    def folder(self) -> Path:
        """Folder of the teacher's answers, in the cache; other runs find them there too."""
        return cache_folder() / "teachers" / self.model.fingerprint

    def questions(self, pixels: Mapping[Path, str]) -> list[Question]:
        """List the questions about some images whose LR is large enough.

        Args:
            pixels: SHA-256 of the pixels of each HR image, by its file.
        """
        asked = [
            Question(path, sha256, reduction) for reduction in (0, *self.reductions) for path, sha256 in pixels.items()
        ]
        return [question for question in asked if min(self._size(question)) >= self.smallest_px]

    def _files(self, question: Question) -> tuple[Path, Path]:
        """Return the files of LR and answer; the second is there only if the first is."""
        name = key(
            pipeline=PIPELINE,
            teacher=self.model.fingerprint,
            image=question.pixels,
            centre_crop_px=self.centre_crop_px,
            scale=self.protocol.scale,
            hr_multiple=self.protocol.hr_multiple,
            lr=(self.protocol.lr_edge, self.protocol.lr_rounding),
            reduction=question.reduction,
        )
        return self.folder / f"{name}.lr.png", self.folder / f"{name}.png"

    def answers(
        self,
        questions: Sequence[Question],
        needed: Sequence[int],
        share: float,
        cache_mib: int,
        progress: Progress = NO_PROGRESS,
    ) -> Answers:
        """Return the answers to some questions, of which those are made that are needed and not there yet.

        Args:
            questions: All questions, in their order.
            needed: Numbers of the answers that will be read.
            share: Part of the samples that are answers.
            cache_mib: Memory for decoded images in each worker, in MiB.
            progress: Shows a task with one step for each answer that is made.

        Raises:
            UserError: The model cannot run here.
            BadOutput: Its output is no picture.
            OSError: An answer cannot be written.
        """
        own = needed[self.fabric.global_rank :: self.fabric.world_size]
        made = self._make([questions[number] for number in own], progress)
        self.fabric.barrier()
        files = [self._files(question) for question in questions]
        lr_mib = cache_mib // (1 + self.protocol.scale**2)
        lr = ImageCache([lr for lr, _ in files], 1, 0, lr_mib)
        sr = ImageCache([sr for _, sr in files], 1, 0, cache_mib - lr_mib)
        summary = f"{counted(len(files), 'answer')} of {self.model.id}, {made} of them made now, in {self.folder}"
        return Answers(lr, sr, share, summary)

    def _make(self, questions: Sequence[Question], progress: Progress) -> int:
        """Make the answers that are not there yet; whatever ends the process, those that are written stay.

        The state of torch's random numbers is left as it was, so that a run does not depend on what was there.
        """
        open_ = [question for question in questions if not self._files(question)[1].exists()]
        if not open_:
            return 0
        waiting: dict[tuple[int, ...], list[tuple[Question, Tensor]]] = {}
        with progress.task(f"answers of {self.model.id}", len(open_)) as task, torch.random.fork_rng():
            upscaler = self.model.upscaler(Mode(device=str(self.fabric.device)))
            batch_px = _BATCH_PX if upscaler.device.type == "cuda" else 0
            for question in open_:
                lr = self._lr(question)
                alike = waiting.setdefault(tuple(lr.shape), [])
                alike.append((question, lr))
                if len(alike) * lr[0, 0].numel() >= batch_px:
                    self._write(upscaler, waiting.pop(tuple(lr.shape)), task)
            for alike in waiting.values():
                self._write(upscaler, alike, task)
        return len(open_)

    def _lr(self, question: Question) -> Tensor:
        """Make the image that a question is about, uint8 `(1, 3, h, w)`: the protocol's LR, or reduced HR."""
        hr = load_image(question.path, self.protocol.hr_multiple, self.centre_crop_px)
        if question.reduction:
            round_passes = self.protocol.lr_rounding == "passes"
            levels = resize(hr, self._size(question), edge=self.protocol.lr_edge, round_passes=round_passes)
        else:
            levels = degrade(hr, self.protocol).double()
        return image.round_half_up(levels).to(torch.uint8)

    def _size(self, question: Question) -> tuple[int, int]:
        multiple, reduction = self.protocol.hr_multiple, question.reduction or self.protocol.scale
        height, width = (
            min(side, self.centre_crop_px or side) // multiple * multiple for side in image.size(question.path)
        )
        return round(height / reduction), round(width / reduction)

    def _write(self, upscaler: Upscaler, alike: Sequence[tuple[Question, Tensor]], task: Task) -> None:
        answers = upscaler.upscale_uint8(torch.cat([lr for _, lr in alike]))
        for (question, lr), sr in zip(alike, answers.split(1), strict=True):
            lr_file, sr_file = self._files(question)
            image.write(lr_file, image.to_array(lr))
            image.write(sr_file, image.to_array(sr))
            task.advance()
