"""What is known of a model before it is loaded: frozen facts, no torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from srbench.core.assets import PinnedFile

USUAL_SCALE = 4
"""What is meant where nothing tells a scale."""


@dataclass(frozen=True)
class Claim:
    """A score that somebody published, or that this project measured, for a model.

    Attributes:
        dataset: Id of a data set.
        protocol: Name of a protocol, a variant of one, or "E" where none of ours is meant and `source` says which.
        psnr: In dB.
        ssim: Under the protocol's flavour; None where it is not given or its flavour is unknown.
        source: Who says so.
        lpips: With AlexNet, version 0.1; None where it is not given.
    """

    dataset: str
    protocol: str
    psnr: float
    ssim: float | None
    source: str
    lpips: float | None = None


@dataclass(frozen=True)
class Training:
    """How weights of this project's own came about.

    Attributes:
        recipe: Name of a training recipe; its log is in `reports/training`.
        images: What it saw.
        steps: Updates of the generator.
        seed: Of the recipe.
        device: What it was trained on.
        hours: Of training on it, in one digit.
    """

    recipe: str
    images: str
    steps: int
    seed: int
    device: str
    hours: float


_IMAGES = "559 photographs: BSDS500 train and test, T91, SunHays80, without the test sets' and 10 for validation"
_DEVICE = "2 cores of an AMD EPYC with AVX-512, bf16, torch 2.15.0"


@dataclass(frozen=True)
class Card:
    """The facts of one model: an architecture with its settings and the file of its weights.

    Attributes:
        id: `family`, or `family.tag` where a family has several.
        arch: Name of the architecture, a module of `zoo.archs`.
        settings: Arguments of its network besides the scale.
        scales: What it can upscale by; empty for any.
        parameters: Trainable values.
        licence: As stated by its origin; "none stated" where nothing was found.
        source: Repository and commit, or paper.
        files: Weight files, in the order their reader wants; empty for interpolation.
        where: For a person, where no program can fetch it.
        trained_on: Training sets, for the overlap check.
        claims: Scores to meet.
        note: What a reader of its figures must know; printed under tables.
        rank: Order of preference in its family, for families that span architectures; lower is preferred.
        psnr_partner: Id of the card of the same network trained for PSNR, from which this one was fine-tuned with an
            adversarial loss; `<id>@<alpha>` interpolates between the two. Empty where there is none.
        training: Of weights that this project trained and ships.
    """

    id: str
    arch: str
    parameters: int
    licence: str
    source: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    scales: tuple[int, ...] = (4,)
    files: tuple[PinnedFile, ...] = ()
    where: str = ""
    trained_on: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    note: str = ""
    rank: int = 0
    psnr_partner: str = ""
    training: Training | None = None

    @property
    def family(self) -> str:
        """The id before its tag."""
        return self.id.split(".")[0]

    def fits(self, scale: int) -> bool:
        """Whether it can upscale by this factor."""
        return not self.scales or scale in self.scales

    @property
    def usual_scale(self) -> int:
        """The scale that is meant where none is asked for: the largest of its own."""
        return max(self.scales, default=USUAL_SCALE)


def weight(name: str, sha256: str, size_bytes: int | None = None, url: str | None = None) -> PinnedFile:
    """A weight file, kept under `weights/` in the cache and in a mirror."""
    return PinnedFile(f"weights/{name}", sha256, size_bytes, url)


def trained_here(
    id_: str,
    arch: str,
    parameters: int,
    file: PinnedFile,
    *,
    recipe: str,
    steps: int,
    hours: float,
    scores: Mapping[str, tuple[float, float, float]],
    settings: Mapping[str, Any] | None = None,
    psnr_partner: str = "",
    note: str = "",
) -> Card:
    """The card of weights that this project trained and ships.

    Args:
        id_: Of the model; it is the preferred one of its family.
        arch: Its architecture.
        parameters: Trainable values.
        file: In `zoo/weights`.
        recipe: In `zoo/recipes`.
        steps: Of the generator.
        hours: That the training took.
        scores: By data set: PSNR in dB, SSIM and LPIPS under classical_x4.
        settings: Of the network.
        psnr_partner: As on the card.
        note: As on the card.
    """
    claims = [
        Claim(name, "classical_x4", psnr, ssim, "this project", lpips) for name, (psnr, ssim, lpips) in scores.items()
    ]
    return Card(
        id=id_,
        arch=arch,
        parameters=parameters,
        licence="Apache-2.0",
        source=f"this project: srbench train {recipe}",
        settings=settings or {},
        files=(file,),
        where="inside this package",
        claims=tuple(claims),
        note=note,
        rank=-1,
        psnr_partner=psnr_partner,
        training=Training(recipe, _IMAGES, steps, 1, _DEVICE, hours),
    )
