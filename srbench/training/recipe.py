"""A training recipe: everything that determines a run but the machine."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from srbench import protocol as protocols
from srbench.core import plugins
from srbench.core.config import Config
from srbench.degradation.catalogue import Degradation
from srbench.degradation.classical import Classical
from srbench.errors import BadRecipe, UnknownName
from srbench.protocol import Protocol
from srbench.training.augmentation import Augmentation
from srbench.training.discriminators import Discriminator
from srbench.training.gan_objectives import Objective, Vanilla
from srbench.training.generators import Downscale, Zoo
from srbench.training.losses import Loss
from srbench.training.optimisation import Adam, Constant, Optimizer, Schedule

Count = Annotated[int, Field(ge=1)]


class Inverse(Config):
    """The way back, for unpaired training: a network from HR to LR and the discriminator of its LR images."""

    generator: Downscale
    discriminator: Discriminator | None = None


class Data(Config):
    """What is trained on.

    Attributes:
        folders: Below the data root, or absolute; every image in them at any depth.
        lr_folders: Unpaired LR images; LR is then not made of HR.
        held_out: Images that only validation sees, as "folder/name" without ending.
        validation_images: How many are held out, evenly spread, where `held_out` names none.
        batch: Samples of one step, over all processes.
        patch_px: Side of an HR patch.
        centre_crop_px: Use only the square of this side in the middle of each image; 0 for all of it.
        augmentation: Flips, turns and colours.
        degradation: How LR is made of HR.
    """

    folders: list[str] = ["."]
    lr_folders: list[str] = []
    held_out: list[str] = []
    validation_images: Annotated[int, Field(ge=0)] = 10
    batch: Count = 16
    patch_px: Count = 96
    centre_crop_px: Annotated[int, Field(ge=0)] = 0
    augmentation: Augmentation = Augmentation()
    degradation: Degradation = Classical()


class Phase(Config):
    """A part of the run.

    Attributes:
        name: For the log.
        steps: Updates of the generator.
        optimizer: Of the generator.
        discriminator_optimizer: As the generator's where it is not given.
        schedule: Of both learning rates.
        losses: Summed with their weights; with an adversarial one the discriminator is trained too.
        critic_steps: Updates of the discriminator for each of the generator.
        clip_norm: Largest norm of the generator's gradient; 0 for no limit.
        frozen_statistics: The generator's BatchNorms keep the means and variances they have, so that what is trained
            is what will run. Otherwise a short GAN phase moves them faster than their averages follow.
    """

    name: str = "train"
    steps: Count
    optimizer: Optimizer = Adam()
    discriminator_optimizer: Optimizer | None = None
    schedule: Schedule = Constant()
    losses: Annotated[list[Loss], Field(min_length=1)]
    critic_steps: Count = 1
    clip_norm: Annotated[float, Field(ge=0)] = 0.0
    frozen_statistics: bool = False

    @property
    def batches(self) -> int:
        """That one step uses: one, or one for each update of the discriminator."""
        return self.critic_steps if any(loss.judge for loss in self.losses) else 1


class Compute(Config):
    """How it is computed; part of the recipe because it moves the last digits.

    Attributes:
        precision: "bf16" is autocast: weights and losses stay in float32.
        channels_last: Memory format of convolutions.
        compile: Compile all networks by torch.compile.
    """

    precision: Literal["fp32", "bf16"] = "fp32"
    channels_last: bool = False
    compile: bool = False


class Recipe(Config):
    """One training run.

    Attributes:
        title: One line for people.
        source: Paper, and what differs from it.
        protocol: How LR is made and how validation measures.
        seed: Of initial weights and samples.
        start: Weights the generator starts from: an id of the zoo, or a file; empty for random ones.
        ema: Decay of the moving average of the generator that is validated and kept; 0 for none. With BatchNorm it is
            of use once the learning rate is small: before, the average is worse than what it averages.
        best: "psnr" keeps the weights with the best validation PSNR as best, "last" those of the last step.
        generator: From LR to HR.
        discriminator: Of HR against SR.
        gan: What generator and discriminator play.
        inverse: For unpaired training.
        data: What is trained on.
        phases: One after the other; each starts with fresh optimizers.
        compute: Precision and memory format.
    """

    title: str = ""
    source: str = ""
    protocol: str = protocols.DEFAULT
    seed: Annotated[int, Field(ge=0)] = 1
    start: str = ""
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.0
    best: Literal["psnr", "last"] = "psnr"
    generator: Zoo
    discriminator: Discriminator | None = None
    gan: Objective = Vanilla()
    inverse: Inverse | None = None
    data: Data = Data()
    phases: Annotated[list[Phase], Field(min_length=1)]
    compute: Compute = Compute()

    @property
    def steps(self) -> int:
        """Of all phases."""
        return sum(phase.steps for phase in self.phases)

    def unlike(self, other: "Recipe") -> list[str]:
        """The keys at the top that differ."""
        return [key for key in type(self).model_fields if getattr(self, key) != getattr(other, key)]

    @property
    def conventions(self) -> Protocol:
        """The protocol it names."""
        return protocols.find(self.protocol)

    def model_post_init(self, _: object) -> None:
        """Check what no single key shows.

        Raises:
            ValueError: A patch that is no multiple of the scale, or a loss without its network.
        """
        scale = self.conventions.scale
        if self.data.patch_px % scale:
            raise ValueError(f"data.patch_px: {self.data.patch_px} is no multiple of the scale {scale}")
        if 0 < self.data.centre_crop_px < self.data.patch_px:
            raise ValueError(f"data.centre_crop_px: {self.data.centre_crop_px} px are less than patch_px")
        if bool(self.data.lr_folders) != (self.inverse is not None):
            raise ValueError(
                "data.lr_folders: unpaired LR images and the table [inverse] go together; give both or none"
            )
        has = {"hr": self.discriminator, "lr": self.inverse and self.inverse.discriminator}
        for at, phase in enumerate(self.phases):
            for judge in {loss.judge for loss in phase.losses if loss.judge}:
                if not has[judge]:
                    table = "discriminator" if judge == "hr" else "inverse.discriminator"
                    raise ValueError(f"phases.{at}.losses: an adversarial loss on {judge} needs the table [{table}]")


def names() -> list[str]:
    """Recipes that come with the project."""
    return sorted(path.stem for folder in _folders() for path in folder.glob("*.toml"))


def load(name: str, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe.

    Args:
        name: Of one that comes with the project, or a TOML file. Its key `base` names another recipe whose tables it
            changes; lists are replaced as a whole.
        changes: "key.subkey=value" with a TOML value; numbers index lists, as in "phases.0.steps=100".

    Raises:
        UnknownName: No such recipe.
        BadRecipe: No TOML, an unknown key, a wrong type, or a value out of range.
    """
    table = _read(name)
    for change in changes:
        _set(table, change)
    return Recipe.check(table, name)


def _folders() -> list[Path]:
    return [folder / "recipes" for folder in plugins.folders(plugins.RECIPES)]


def _read(name: str, beside: Path | None = None, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    folders = [*([beside] if beside else []), *_folders()]
    candidates = [Path(name), *(folder / file for folder in folders for file in (name, f"{name}.toml"))]
    path = next((path for path in candidates if path.is_file()), None)
    if path is None:
        raise UnknownName.closest("recipe", name, names(), "srbench recipes")
    if path in above:
        raise BadRecipe(f"{path} goes round and round: it is its own base")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadRecipe(f"{path} is no TOML: {error}") from error
    base = table.pop("base", None)
    return table if base is None else _merge(_read(str(base), path.parent, (*above, path)), table)


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are merged key by key, but a table of another kind or architecture replaces the one below it."""
    if any(key in above and above[key] != below.get(key, above[key]) for key in ("kind", "arch")):
        return dict(above)
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _set(table: dict[str, Any], change: str) -> None:
    key, found, text = change.partition("=")
    if not found:
        raise BadRecipe(f"'{change}' sets nothing; expected key=value, as in phases.0.steps=100")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text  # a bare word is a string
    *path, last = key.strip().split(".")
    place: Any = table
    try:
        for part in path:
            place = place[int(part)] if isinstance(place, list) else place.setdefault(part, {})
        place[int(last) if isinstance(place, list) else last] = value
    except (IndexError, ValueError, AttributeError, TypeError) as error:
        raise BadRecipe(f"'{key}' is no place in the recipe; see its tables with: srbench recipes NAME") from error
