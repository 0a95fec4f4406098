"""A training run: its phases, checkpoints and validations."""

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lightning_fabric import Fabric

from srbench import __version__
from srbench.core.assets import AssetStore
from srbench.errors import BadRun, Diverged
from srbench.models.arch import Network
from srbench.training import checkpoints, resident
from srbench.training.alternating_updates import AlternatingUpdates, BatchFeed, WeightedLosses
from srbench.training.forward_cache import Batch
from srbench.training.interrupts import deferred_interrupt
from srbench.training.journal import Journal, StepListener
from srbench.training.networks import Networks
from srbench.training.recipe import Phase, Recipe
from srbench.training.samples import BatchSampler, PatchDataset, loader
from srbench.training.validation import Validation


@dataclass(frozen=True)
class LoopSettings:
    """How often a run validates and saves, and how it loads samples; none of this changes what is learnt.

    Attributes:
        validate_every: Number of steps between validations, which also write sample images.
        save_every: Number of steps between checkpoints.
        keep_every: Number of steps between weights that are kept under the step's number; 0 keeps only last and best.
        workers: Number of processes that make samples, unless all images are buffers on the device.
        resident_bytes: Memory that such buffers may take; see `srbench.training.resident`.
    """

    validate_every: int = 1000
    save_every: int = 500
    keep_every: int = 0
    workers: int = 2
    resident_bytes: int = 0


@dataclass
class TrainingState:
    """How far a run is.

    Attributes:
        step: Number of steps done.
        best: Best validation PSNR so far, in dB.
        seconds: Time spent training in seconds, over all resumed runs.
        waited: Part of that time that was spent waiting for samples, in seconds.
    """

    step: int = 0
    best: float = -math.inf
    seconds: float = 0.0
    waited: float = 0.0


@dataclass
class Trainer:
    """One run in one folder.

    Args:
        recipe: The recipe.
        generator: The generator, with its initial weights.
        patches: The samples by number.
        validation: The held-out images.
        folder: The folder that `last.ckpt`, `last.safetensors`, `best.safetensors`, `journal.jsonl` and `images/` are
            written to.
        fabric: The launched Lightning Fabric.
        store: Store that finds or downloads the weights of feature networks.
        settings: How often the run validates and saves.
        listeners: Functions that are called with every line of the journal.
        state: How far the run is.
    """

    recipe: Recipe
    generator: Network
    patches: PatchDataset
    validation: Validation
    folder: Path
    fabric: Fabric
    store: AssetStore
    settings: LoopSettings = field(default_factory=LoopSettings)
    listeners: list[StepListener] = field(default_factory=list)
    state: TrainingState = field(default_factory=TrainingState)

    def __post_init__(self) -> None:
        self.networks = Networks(self.recipe, self.generator, self.fabric)
        self.loss_context = self.networks.loss_context(self.store)
        self._stop = False

    def run(self, *, resume: bool = False) -> TrainingState:
        """Train to the end, or until Ctrl-C, which finishes the step and saves.

        Args:
            resume: Whether to go on from the folder's last checkpoint.

        Returns:
            How far the run is.

        Raises:
            Diverged: A loss or a weight is NaN or infinite; the last checkpoint stays as it was.
            BadRun: There is no checkpoint to resume from, the checkpoint is of another recipe, or the disk is small.
            OSError: A file cannot be written; the last checkpoint stays as it was.
            UserError: A loss needs weights that cannot be found.
            KeyboardInterrupt: Ctrl-C, after everything is saved.
        """
        optimizers = self._restore() if resume else None
        checkpoints.ensure_space(self.folder, self._disk_bytes())
        # Of all phases, so that missing weights are noticed now and not when a later phase begins.
        losses = [self._losses(phase) for phase in self.recipe.phases]
        journal = Journal(self.folder / "journal.jsonl", self.state.step, self.listeners) if self._is_first else None
        with deferred_interrupt(self.stop):
            try:
                self._run_phases(losses, journal, optimizers)
            finally:
                if journal is not None:
                    journal.close()
        if self._stop:
            raise KeyboardInterrupt
        return self.state

    @property
    def _is_first(self) -> bool:
        return self.fabric.global_rank == 0

    def stop(self) -> None:
        """Finish the step, save, and end; several processes agree on this in the step that follows."""
        self._stop = True

    def _losses(self, phase: Phase) -> WeightedLosses:
        return {loss.label: (loss.weight, loss.build(self.loss_context)) for loss in phase.losses}

    def _run_phases(
        self, losses: list[WeightedLosses], journal: Journal | None, optimizers: dict[str, Any] | None
    ) -> None:
        feed = BatchFeed(self._batches(), self.fabric.device)
        start = 0
        for phase, phase_losses in zip(self.recipe.phases, losses, strict=True):
            if self.state.step < start + phase.steps and not self._stop:
                updates = AlternatingUpdates(self.recipe, phase, self.networks, phase_losses, feed, self.fabric)
                if optimizers and self.state.step > start:
                    updates.optimizers.restore(optimizers)
                self._run_phase(start, updates, journal)
            start += phase.steps

    def _run_phase(self, start: int, updates: AlternatingUpdates, journal: Journal | None) -> None:
        started, before, waited = time.perf_counter(), self.state.seconds, self.state.waited - updates.feed.waited
        end, alone = start + updates.phase.steps, self.fabric.world_size == 1
        stopped = False
        while self.state.step < end and not stopped:
            values, any_stops = updates.step(self.state.step, self.state.step - start, self._stop)
            self.state.step += 1
            self._check_values(values)
            self.state.seconds = before + time.perf_counter() - started
            self.state.waited = waited + updates.feed.waited
            self._write_line(updates.phase, values, journal)
            self._stop = stopped = self._stop if alone else any_stops
            if self._due(self.settings.save_every) or self.state.step == end or stopped:
                self._save(updates)
            if self.settings.keep_every and self._due(self.settings.keep_every) and self._is_first:
                self._save_weights(f"weights/{self.state.step:07d}")

    def _check_values(self, values: dict[str, float]) -> None:
        """Stop the run at a value that is not finite; each process sees the same means."""
        for name, value in values.items():
            if not math.isfinite(value):
                raise Diverged(f"'{name}' is {value} at step {self.state.step}; {self._advice}")

    def _due(self, every: int) -> bool:
        return self.state.step % every == 0

    @property
    def _advice(self) -> str:
        path = self.folder / "last.ckpt"
        saved = f"the last good checkpoint is {path}" if path.exists() else "nothing was saved yet"
        return f"{saved}. Try a smaller learning rate, or clip_norm"

    def _batches(self) -> Iterator[Batch]:
        world = self.fabric.world_size
        batch = self.recipe.data.batch
        if batch % world:
            raise BadRun(f"a batch of {batch} cannot be divided among {world} processes; set data.batch to a multiple")
        used, steps = map(self.recipe.batches_of, (self.state.step, self.recipe.steps))
        numbers = BatchSampler(used, steps, batch, self.fabric.global_rank, world)
        enough = len(numbers) * batch >= len(self.patches.hr)  # for fewer samples, not every image is worth reading
        if enough and resident.fits(self.patches, self.settings.resident_bytes):
            return resident.ResidentPatches(self.patches, self.fabric.device).batches(numbers)
        pinned = self.fabric.device.type == "cuda"
        return iter(loader(self.patches, numbers, workers=self.settings.workers, pinned=pinned))

    def _write_line(self, phase: Phase, values: dict[str, float], journal: Journal | None) -> None:
        """Validate if it is time to, and write the step's line."""
        validates = self.state.step == self.recipe.steps or self._due(self.settings.validate_every)
        scores = self._validate() if validates and self._is_first else {}
        if journal is not None:
            seconds = round(self.state.seconds, 2)
            journal.write({"step": self.state.step, "phase": phase.name, **values, "seconds": seconds, **scores})
        if validates:
            self.fabric.barrier()

    def _validate(self) -> dict[str, float]:
        self._check_weights()
        folder = self.folder / "images" / f"{self.state.step:07d}"
        scores = self.validation.measure(self.networks.final_generator, folder)
        if self.recipe.best == "last" or not scores or scores["psnr"] > self.state.best:
            self.state.best = scores.get("psnr", self.state.best)
            self._save_weights("best", scores)
        return scores

    def _check_weights(self) -> None:
        for tensors in self.networks.state().values():
            if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
                raise Diverged(f"weights are no longer finite after step {self.state.step}; {self._advice}")

    def _save(self, updates: AlternatingUpdates) -> None:
        """Write a checkpoint; every process checks the weights, so that all of them stop together."""
        self._check_weights()
        if self._is_first:
            content = {
                "recipe": self.recipe.model_dump(mode="json"),
                "progress": vars(self.state),
                "networks": self.networks.state(),
                "optimizers": updates.optimizers.state(),
            }
            checkpoints.save(self.folder / "last.ckpt", content)
            self._save_weights("last")
        self.fabric.barrier()

    def _save_weights(self, name: str, scores: dict[str, float] | None = None) -> None:
        tensors = self.networks.final_generator.state_dict()
        checkpoints.save_weights(self.folder / f"{name}.safetensors", tensors, self._weight_facts(scores or {}))

    def _disk_bytes(self) -> int:
        """Estimate what the run will write: two checkpoints (one replaces the other), and weights."""
        tensors = sum(t.nbytes for group in self.networks.state().values() for t in group.values())
        groups = (self.networks.generators, self.networks.discriminators)
        moments = 8 * sum(parameter.numel() for group in groups for parameter in group.parameters())
        weights = sum(tensor.nbytes for tensor in self.generator.state_dict().values())
        numbered = self.recipe.steps // self.settings.keep_every if self.settings.keep_every else 0
        return 2 * (tensors + moments) + (3 + numbered) * weights

    def _weight_facts(self, scores: dict[str, float]) -> dict[str, str]:
        """Return the strings for the header of a weight file, from which `srbench run` builds the network."""
        generator = self.recipe.generator
        return {
            "format": "pt",
            "arch": generator.arch,
            "settings": json.dumps(dict(generator.settings)),
            "scales": json.dumps([self.recipe.conventions.scale]),
            "srbench": __version__,
            "recipe": self.recipe.title,
            "step": str(self.state.step),
            **{name: f"{value:.4f}" for name, value in scores.items()},
        }

    def _restore(self) -> dict[str, Any]:
        """Take over networks and progress from the last checkpoint, and return the state of its optimizers."""
        path = checkpoints.last(self.folder)
        content = checkpoints.load(path)
        if keys := self.recipe.differing_keys(Recipe.check(content["recipe"], str(path))):
            raise BadRun(f"{path} was made by another recipe ('{keys[0]}' differs): {self.folder / 'recipe.json'}")
        self.state = TrainingState(**content["progress"])
        self.networks.restore(content["networks"])
        optimizers: dict[str, Any] = content["optimizers"]
        return optimizers
