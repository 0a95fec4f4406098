"""Facts of a model, known before it is loaded; without torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from srbench.core.assets import PinnedFile

USUAL_SCALE = 4
"""Upscaling factor where nothing tells another."""


@dataclass(frozen=True)
class Claim:
    """A score that somebody published, or that this project measured, for a model.

    Attributes:
        dataset: Id of the data set.
        protocol: Name of a protocol or a variant of one.
        psnr: PSNR in dB.
        ssim: SSIM in the protocol's flavour; None where it is not given or its flavour is unknown.
        source: Publication or repository that states the scores.
        lpips: LPIPS 0.1 with AlexNet; None where it is not given.
    """

    dataset: str
    protocol: str
    psnr: float
    ssim: float | None
    source: str
    lpips: float | None = None


@dataclass(frozen=True)
class Training:
    """The training of weights that this project ships.

    Attributes:
        recipe: Name of the training recipe; the log of the training is in `reports/training`.
        images: Training images.
        steps: Number of updates of the generator.
        seed: Seed of the random number generator, as in the recipe.
        device: Device that the training ran on.
        hours: Duration of the training in hours, rounded.
    """

    recipe: str
    images: str
    steps: int
    seed: int
    device: str
    hours: float


_IMAGES = "559 photographs: BSDS500 train and test, T91, SunHays80, without those of test sets and 10 for validation"
_DEVICE = "2 cores of an AMD EPYC with AVX-512, bf16, torch 2.15.0"
ONE_CORE = "1 core of an AMD EPYC with AVX-512, bf16, torch 2.14.1"
XEON_CORE = "1 core of an Intel Xeon with AVX-512 and AMX, bf16, torch 2.14.1"
"""Devices that some of the weights of this project were trained on."""


@dataclass(frozen=True)
class Card:
    """The facts of one model: an architecture with its settings and the file of its weights.

    Attributes:
        id: Name of the model: `family`, or `family.tag` where a family has several.
        arch: Name of the architecture.
        parameters: Number of trainable values.
        licence: Licence of the weights as stated by their origin; "none stated" where nothing was found.
        source: Repository and commit, or paper, that the weights come from.
        settings: Arguments of the network besides the scale.
        scales: Upscaling factors; empty for any.
        files: Weight files, in the order their reader wants; empty for interpolation.
        where: Place where a person finds the weights that no program can fetch.
        trained_on: Names of the training sets, which are compared with the test sets.
        claims: Scores that the model is known to reach; tests compare them with measured ones.
        note: Remark for the readers of the model's scores; printed under tables.
        rank: Order of preference in the family; lower is preferred.
        in_all: Whether `all` takes the model; one that is behind another of its size in every figure runs by name only.
        psnr_partner: Id of the card of the same network trained for PSNR, from which this one was fine-tuned with an
            adversarial loss; `<id>@<alpha>` interpolates between the two. Empty where there is none.
        training: Training of the weights, where this project trained and ships them.
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
    in_all: bool = True
    psnr_partner: str = ""
    training: Training | None = None

    @property
    def family(self) -> str:
        """The id before its tag."""
        return self.id.split(".")[0]

    def fits(self, scale: int) -> bool:
        """Return whether the model can upscale by a factor."""
        return not self.scales or scale in self.scales

    @property
    def usual_scale(self) -> int:
        """Upscaling factor where none is asked for: the largest of the model's own."""
        return max(self.scales, default=USUAL_SCALE)


def weight(name: str, sha256: str, size_bytes: int | None = None, url: str | None = None) -> PinnedFile:
    """Describe a weight file, which is kept under `weights/` in the cache and in a mirror."""
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
    in_all: bool = True,
    rank: int = -1,
    device: str = _DEVICE,
) -> Card:
    """Return the card of weights that this project trained and ships.

    Args:
        id_: Id of the model.
        arch: Name of the architecture.
        parameters: Number of trainable values.
        file: Weight file in `zoo/weights`.
        recipe: Name of the recipe in `zoo/recipes`.
        steps: Number of updates of the generator.
        hours: Duration of the training in hours.
        scores: PSNR in dB, SSIM and LPIPS under classical_x4, by data set.
        settings: Arguments of the network besides the scale.
        psnr_partner: Id of the card of the same network trained for PSNR; see `Card`.
        note: Remark for the readers of the model's scores.
        in_all: Whether `all` takes the model; see `Card`.
        rank: Order of preference in the family; see `Card`.
        device: Device that the training ran on, with precision and version.
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
        rank=rank,
        in_all=in_all,
        psnr_partner=psnr_partner,
        training=Training(recipe, _IMAGES, steps, 1, device, hours),
    )
