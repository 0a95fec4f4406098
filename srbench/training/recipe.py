"""A training recipe: everything that determines a training run but the machine."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from srbench import protocol as protocols
from srbench.core import plugins
from srbench.core.config import Config
from srbench.errors import BadRecipe, UnknownName, first_line
from srbench.protocol import Protocol
from srbench.training import recipe_keys
from srbench.training.data_config import Count, DataConfig
from srbench.training.discriminators import Discriminator
from srbench.training.gan_objectives import Objective, Vanilla
from srbench.training.generator_losses import Loss
from srbench.training.generators import GeneratorConfig, LrGeneratorConfig
from srbench.training.optimisation import Adam, ConstantSchedule, Optimizer, Schedule


class Phase(Config):
    """A part of the run with losses and optimizers of its own.

    Attributes:
        name: Name of the phase in the journal.
        steps: Number of updates of the generator.
        optimizer: Optimizer of the generator.
        discriminator_optimizer: Optimizer of the discriminator; by default the same as the generator's.
        schedule: Schedule of both learning rates.
        losses: Losses whose weighted sum the generator minimises; with an adversarial one the discriminator is trained
            too.
        discriminator_steps: Number of updates of the discriminator for each one of the generator.
        clip_norm: Largest norm of the generator's gradient; 0 for no limit.
        frozen_statistics: Whether the generator's BatchNorms keep the means and variances that they have, so that what
            is trained is what will run. Otherwise a short GAN phase moves them faster than their averages follow.
    """

    name: str = "train"
    steps: Count
    optimizer: Optimizer = Adam()
    discriminator_optimizer: Optimizer | None = None
    schedule: Schedule = ConstantSchedule()
    losses: Annotated[list[Loss], Field(min_length=1)]
    discriminator_steps: Count = 1
    clip_norm: Annotated[float, Field(ge=0)] = 0.0
    frozen_statistics: bool = False

    @property
    def batches_per_step(self) -> int:
        """Number of batches that one step uses: one, or one for each update of the discriminator."""
        return self.discriminator_steps if any(loss.discriminator for loss in self.losses) else 1


Precision = Literal["fp32", "bf16", "auto"]


class ComputeConfig(Config):
    """How the networks are computed; a part of the recipe because it moves the last digits of the losses.

    Attributes:
        precision: "fp32", or "bf16" for autocast, where weights and losses stay in float32; "auto" for the one that is
            faster on the machine, of which the run then keeps note in the place of "auto".
        channels_last: Whether images and convolutions use the memory format channels_last.
        compile: Whether all networks are compiled by torch.compile.
        graph: Whether each step is one CUDA graph, which saves the launches of its kernels.
    """

    precision: Precision = "fp32"
    channels_last: bool = False
    compile: bool = False
    graph: bool = False


class Recipe(Config):
    """Everything that determines a training run but the machine.

    Attributes:
        title: Title of the recipe, in one line.
        source: The paper, and how the recipe differs from it.
        protocol: Protocol by which LR is made and validation measures.
        seed: Seed of initial weights and samples.
        start: Weights that the generator starts from: a model's id or a file; empty for random weights.
        teacher: Model whose answers are learnt too, by its id or file; empty for HR alone.
        teacher_share: Part of each batch that are the teacher's answers; 1 for nothing else.
        teacher_reductions: How many times HR is reduced to be LR that the teacher answers too, beside the protocol's.
        ema: Decay of the moving average of the generator's weights, which is then validated and saved; 0 for none. With
            BatchNorm it is of use once the learning rate is small: before, the average is worse than what it averages.
        shift_px: Rows and columns of HR and SR that are taken away at random edges, anew in each step, before a
            discriminator or a feature network sees them; 0 for none. With the scale less 1 their strides have no fixed
            place on the lattice of PixelShuffle, and teach no grid.
        best: Which weights are saved as best: "psnr" for those with the best validation PSNR, "last" for the last.
        generator: Network from LR to HR.
        discriminator: Network that tells HR from SR.
        gan: GAN objective of generators and discriminators.
        lr_generator: Network from HR to LR, for unpaired training.
        lr_discriminator: Network that tells LR from the LR generator's output, for unpaired training.
        data: Training data.
        phases: Phases of the run in order; each starts with fresh optimizers.
        compute: Precision and memory format.
    """

    title: str = ""
    source: str = ""
    protocol: str = protocols.DEFAULT
    seed: Annotated[int, Field(ge=0)] = 1
    start: str = ""
    teacher: str = ""
    teacher_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    teacher_reductions: list[Annotated[float, Field(gt=1)]] = [3.0]
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.0
    shift_px: Annotated[int, Field(ge=0)] = 0
    best: Literal["psnr", "last"] = "psnr"
    generator: GeneratorConfig
    discriminator: Discriminator | None = None
    gan: Objective = Vanilla()
    lr_generator: LrGeneratorConfig | None = None
    lr_discriminator: Discriminator | None = None
    data: DataConfig = DataConfig()
    phases: Annotated[list[Phase], Field(min_length=1)]
    compute: ComputeConfig = ComputeConfig()

    @property
    def steps(self) -> int:
        """Number of steps of all phases."""
        return sum(phase.steps for phase in self.phases)

    def batches_of(self, steps: int) -> int:
        """Count the batches that the first steps use."""
        batches, remaining = 0, steps
        for phase in self.phases:
            done = min(remaining, phase.steps)
            batches, remaining = batches + done * phase.batches_per_step, remaining - done
        return batches

    def differing_keys(self, other: "Recipe") -> list[str]:
        """List the keys at the top level whose values differ between two recipes."""
        return [key for key in type(self).model_fields if getattr(self, key) != getattr(other, key)]

    @property
    def conventions(self) -> Protocol:
        """The protocol that the recipe names."""
        return protocols.find(self.protocol)

    def model_post_init(self, _: object) -> None:
        """Check how the keys fit together.

        Raises:
            ValueError: The patch does not fit the scale or the generator's size rule, or a loss needs a network that
                the recipe does not have.
        """
        scale = self.conventions.scale
        if self.data.patch_px % scale:
            raise ValueError(f"data.patch_px: {self.data.patch_px} is no multiple of the scale {scale}")
        if self.data.patch_px % (scale * self.generator.multiple_of):
            raise ValueError(
                f"data.patch_px: {self.data.patch_px} at the scale {scale} gives LR whose sides are no multiple of "
                f"{self.generator.multiple_of}, as {self.generator.arch} demands"
            )
        if 0 < self.data.centre_crop_px < self.data.patch_px:
            raise ValueError(f"data.centre_crop_px: {self.data.centre_crop_px} px are less than patch_px")
        if bool(self.data.lr_folders) != (self.lr_generator is not None):
            raise ValueError(
                "data.lr_folders: unpaired LR images and the table [lr_generator] go together; give both or none"
            )
        if self.lr_discriminator is not None and self.lr_generator is None:
            raise ValueError("lr_discriminator: it needs the table [lr_generator], whose images it tells from LR")
        self._check_teacher()
        self._check_discriminators()

    def _check_teacher(self) -> None:
        for key in ("teacher_share", "teacher_reductions"):
            if key in self.model_fields_set and "teacher" not in self.model_fields_set:
                raise ValueError(f'{key}: there is no teacher; expected one, as in teacher = "haesr"')
        if not self.teacher:
            return
        if self.data.degradation.kind != "classical" or self.data.lr_folders or self.data.augmentation.jitter:
            raise ValueError(
                "teacher: its answers are made before training, of LR that is the same each time; expected the "
                "classical degradation, no lr_folders and no jitter"
            )

    def _check_discriminators(self) -> None:
        if self.compute.graph and any(d.conditional for d in (self.discriminator, self.lr_discriminator) if d):
            raise ValueError("compute.graph: a step with a conditional discriminator cannot be recorded")
        tables = {"hr": "discriminator", "lr": "lr_discriminator"}
        for number, phase in enumerate(self.phases):
            for domain in {loss.discriminator for loss in phase.losses if loss.discriminator}:
                if getattr(self, tables[domain]) is None:
                    raise ValueError(
                        f"phases.{number}.losses: an adversarial loss on {domain} needs the table [{tables[domain]}]"
                    )

    @classmethod
    def check(cls, table: Mapping[str, Any], where: str) -> Self:
        """Read a recipe from a table, which may have the keys of before; see `Config.check`."""
        return super().check(recipe_keys.upgrade(table, where), where)


def names() -> list[str]:
    """List the names of all registered recipes.

    Raises:
        BadRecipe: Two packages register recipes of one name.
    """
    return sorted(_registered())


def load(name: str, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe.

    Args:
        name: Name of a registered recipe, or a TOML file. Its key `base` names another recipe, whose tables it changes;
            lists are replaced as a whole.
        changes: Changes of single keys, "key.subkey=value" with a TOML value; numbers index lists, as in
            "phases.0.steps=100".

    Raises:
        UnknownName: No such recipe.
        BadRecipe: The file is no TOML, a key is unknown, a type is wrong, a value is out of range, or two packages
            register recipes of one name.
    """
    table = _read(name)
    for change in changes:
        _set(table, change)
    return Recipe.check(table, name)


def _registered() -> dict[str, Path]:
    """Return the files of all recipes that packages register, by name."""
    files: dict[str, Path] = {}
    for folder in plugins.folders(plugins.RECIPES):
        for path in sorted((folder / "recipes").glob("*.toml")):
            if path.stem in files:
                raise BadRecipe(
                    f"two packages register a recipe '{path.stem}': {files[path.stem]} and {path}; expected one. "
                    "Rename one of the files, or uninstall one of the packages"
                )
            files[path.stem] = path
    return files


def _find(name: str, folder: Path | None) -> Path:
    files = [Path(name), *([folder / name, folder / f"{name}.toml"] if folder else [])]
    path = next((path for path in files if path.is_file()), None) or _registered().get(
        name.removesuffix(".toml").lower()
    )
    if path is None:
        raise UnknownName.closest("recipe", name, names(), "srbench recipes")
    return path


def _read(name: str, folder: Path | None = None, derived: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Read a recipe's table, merged with those of its bases.

    Args:
        name: Name or file of the recipe.
        folder: Folder of the recipe whose base this is.
        derived: Files of the recipes whose base this is, directly or not.
    """
    path = _find(name, folder)
    if path in derived:
        raise BadRecipe(f"{path} is its own base, directly or by way of others; remove one key 'base'")
    try:
        table = recipe_keys.upgrade(tomllib.loads(path.read_text(encoding="utf-8")), str(path))
    except (ValueError, RecursionError) as error:
        raise BadRecipe(f"{path} is no TOML: {first_line(error)}") from error
    base = table.pop("base", None)
    return table if base is None else _merge(_read(str(base), path.parent, (*derived, path)), table)


def _merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two tables key by key; a table of another kind or architecture replaces the base's."""
    if any(key in changes and changes[key] != base.get(key, changes[key]) for key in ("kind", "arch")):
        return dict(changes)
    merged = dict(base)
    for key, value in changes.items():
        both_are_tables = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merge(merged[key], value) if both_are_tables else value
    return merged


def _set(table: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    if not equals:
        raise BadRecipe(f"'{change}' sets nothing; expected key=value, as in phases.0.steps=100")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text  # a bare word is a string
    *path, last = recipe_keys.renamed(key.strip()).split(".")
    target: Any = table
    try:
        for part in path:
            target = target[int(part)] if isinstance(target, list) else target.setdefault(part, {})
        target[int(last) if isinstance(target, list) else last] = value
    except (IndexError, ValueError, AttributeError, TypeError) as error:
        what = f"its list ends at {len(target) - 1}" if isinstance(target, list) else "it would be in no table"
        raise BadRecipe(f"no key '{key}': {what}. All keys: srbench recipes NAME") from error
