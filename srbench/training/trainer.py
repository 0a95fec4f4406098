"""A training run: its phases, checkpoints and validations.

It sees pieces by what they do and knows none of them by name.
"""

import json
import math
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from lightning_fabric import Fabric

from srbench import __version__
from srbench.core.assets import AssetStore
from srbench.errors import BadRun, Diverged
from srbench.models.arch import Network
from srbench.training import state
from srbench.training.alternation import Alternation, Feed, Terms
from srbench.training.forward_cache import Batch
from srbench.training.journal import Journal, Listener
from srbench.training.losses import Tools
from srbench.training.networks import Networks
from srbench.training.recipe import Phase, Recipe
from srbench.training.samples import Patches, loader
from srbench.training.validation import Validation


@dataclass(frozen=True)
class LoopSettings:
    """How often a run looks at itself, and how it feeds itself; none of it changes what is learnt.

    Attributes:
        validate_every: Steps between validations, which also write sample images.
        save_every: Steps between checkpoints.
        keep_every: Steps between weights that are kept under their step's number; 0 keeps only last and best.
        workers: Processes that make samples.
    """

    validate_every: int = 1000
    save_every: int = 500
    keep_every: int = 0
    workers: int = 2


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        step: Steps done.
        best: Best validation PSNR so far, in dB.
        seconds: Time spent training, over all its pieces.
        waited: Of these, waiting for samples.
    """

    step: int = 0
    best: float = -math.inf
    seconds: float = 0.0
    waited: float = 0.0


@dataclass
class Trainer:
    """One run in one folder.

    Args:
        recipe: What to train.
        generator: With random or given weights.
        patches: Samples.
        validation: Held-out images.
        folder: Where `last.ckpt`, `last.safetensors`, `best.safetensors`, `journal.jsonl` and `images/` go.
        fabric: Launched.
        store: Where feature networks come from.
        habits: How often it validates and saves.
        listeners: Told of every line of the journal.
    """

    recipe: Recipe
    generator: Network
    patches: Patches
    validation: Validation
    folder: Path
    fabric: Fabric
    store: AssetStore
    habits: LoopSettings = field(default_factory=LoopSettings)
    listeners: list[Listener] = field(default_factory=list)
    progress: Progress = field(default_factory=Progress)

    def __post_init__(self) -> None:
        self.networks = Networks(self.recipe, self.generator, self.fabric)
        layout = self.recipe.compute.channels_last
        self.tools = Tools(self.store, self.fabric.device, layout, self.networks.critics)
        self._stop = False

    def run(self, *, resume: bool = False) -> Progress:
        """Train to the end, or until Ctrl-C, which finishes the step and saves.

        Args:
            resume: Go on from the folder's last checkpoint.

        Raises:
            Diverged: A loss or a weight is NaN or infinite; the last checkpoint stays as it was.
            BadRun: There is no checkpoint to resume from, it is of another recipe, or the disk is full.
            UserError: A loss needs weights that cannot be had.
            KeyboardInterrupt: Ctrl-C, after everything is saved.
        """
        kept = self._restore() if resume else {}
        state.ensure_space(self.folder, self._disk_bytes())
        # Of all phases, so that missing weights are found now and not when a later phase begins.
        terms = [{loss.label: (loss.weight, loss.term(self.tools)) for loss in p.losses} for p in self.recipe.phases]
        journal = Journal(self.folder / "journal.jsonl", self.progress.step, self.listeners) if self._first else None
        with _deferred_interrupt(self):
            try:
                self._phases(terms, journal, kept)
            finally:
                if journal is not None:
                    journal.close()
        if self._stop:
            raise KeyboardInterrupt
        return self.progress

    @property
    def _first(self) -> bool:
        return self.fabric.global_rank == 0

    def stop(self) -> None:
        """Finish the step, save, and end; several processes agree on it in the step that follows."""
        self._stop = True

    def _phases(self, terms: list[Terms], journal: Journal | None, kept: dict[str, Any]) -> None:
        feed = Feed(self._batches(), self.fabric.device)
        start = 0
        for phase, losses in zip(self.recipe.phases, terms, strict=True):
            if self.progress.step < start + phase.steps and not self._stop:
                turns = Alternation(self.recipe, phase, self.networks, losses, feed, self.fabric)
                if kept and self.progress.step > start:
                    turns.optimizers.restore(kept["optimizers"])
                self._phase(start, turns, journal)
            start += phase.steps

    def _phase(self, start: int, turns: Alternation, journal: Journal | None) -> None:
        begun, before, waited = time.perf_counter(), self.progress.seconds, self.progress.waited - turns.feed.waited
        end, alone = start + turns.phase.steps, self.fabric.world_size == 1
        stopped = False
        while self.progress.step < end and not stopped:
            told, agreed = turns.step(self.progress.step, self.progress.step - start, self._stop)
            self.progress.step += 1
            self._check(told)
            self.progress.seconds = before + time.perf_counter() - begun
            self.progress.waited = waited + turns.feed.waited
            self._write(turns.phase, told, journal)
            self._stop = stopped = self._stop if alone else agreed
            if self._due(self.habits.save_every) or self.progress.step == end or stopped:
                self._save(turns)
            if self.habits.keep_every and self._due(self.habits.keep_every) and self._first:
                self._save_weights(f"weights/{self.progress.step:07d}")

    def _check(self, told: dict[str, float]) -> None:
        """Stop at figures that are no numbers; each process sees the same means."""
        for name, value in told.items():
            if not math.isfinite(value):
                raise Diverged(f"the figure '{name}' is {value} at step {self.progress.step}; {self._advice}")

    def _due(self, every: int) -> bool:
        return self.progress.step % every == 0

    @property
    def _advice(self) -> str:
        path = self.folder / "last.ckpt"
        kept = f"the last good checkpoint is {path}" if path.exists() else "nothing was saved yet"
        return f"{kept}. Try a smaller learning rate, or clip_norm"

    def _batches(self) -> Iterator[Batch]:
        world = self.fabric.world_size
        batch = self.recipe.data.batch
        if batch % world:
            raise BadRun(f"a batch of {batch} cannot be shared by {world} processes; set data.batch to a multiple")
        return iter(
            loader(
                self.patches,
                first_step=self._drawn(),
                steps=sum(phase.steps * phase.batches for phase in self.recipe.phases),
                batch=batch,
                rank=self.fabric.global_rank,
                world=world,
                workers=self.habits.workers,
                pinned=self.fabric.device.type == "cuda",
            )
        )

    def _drawn(self) -> int:
        """Batches that the steps so far have used."""
        drawn, left = 0, self.progress.step
        for phase in self.recipe.phases:
            done = min(left, phase.steps)
            drawn, left = drawn + done * phase.batches, left - done
        return drawn

    def _write(self, phase: Phase, told: dict[str, float], journal: Journal | None) -> None:
        """Validate where it is time to, and write the step's line."""
        validates = self.progress.step == self.recipe.steps or self._due(self.habits.validate_every)
        scores = self._validate() if validates and self._first else {}
        if journal is not None:
            seconds = round(self.progress.seconds, 2)
            journal.write({"step": self.progress.step, "phase": phase.name, **told, "seconds": seconds, **scores})
        if validates:
            self.fabric.barrier()

    def _validate(self) -> dict[str, float]:
        kept = self.networks.kept
        self._check_weights()
        found = self.validation.measure(kept, self.folder / "images" / f"{self.progress.step:07d}")
        if self.recipe.best == "last" or not found or found["psnr"] > self.progress.best:
            self.progress.best = found.get("psnr", self.progress.best)
            self._save_weights("best", found)
        return found

    def _check_weights(self) -> None:
        for tensors in self.networks.state().values():
            if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
                raise Diverged(f"weights are no longer finite after step {self.progress.step}; {self._advice}")

    def _save(self, turns: Alternation) -> None:
        """Write a checkpoint; every process checks the weights, so that all of them stop together."""
        self._check_weights()
        if self._first:
            content = {
                "recipe": self.recipe.model_dump(mode="json"),
                "progress": vars(self.progress),
                "networks": self.networks.state(),
                "optimizers": turns.optimizers.state(),
            }
            state.save(self.folder / "last.ckpt", content)
            self._save_weights("last")
        self.fabric.barrier()

    def _save_weights(self, name: str, scores: dict[str, float] | None = None) -> None:
        tensors = self.networks.kept.state_dict()
        state.save_weights(self.folder / f"{name}.safetensors", tensors, self._facts(scores or {}))

    def _disk_bytes(self) -> int:
        """What the run will write: two whole checkpoints (one replaces the other), and weights."""
        tensors = sum(t.nbytes for group in self.networks.state().values() for t in group.values())
        groups = (self.networks.generators, self.networks.discriminators)
        moments = 8 * sum(parameter.numel() for group in groups for parameter in group.parameters())
        weights = sum(tensor.nbytes for tensor in self.generator.state_dict().values())
        numbered = self.recipe.steps // self.habits.keep_every if self.habits.keep_every else 0
        return 2 * (tensors + moments) + (3 + numbered) * weights

    def _facts(self, scores: dict[str, float]) -> dict[str, str]:
        """Strings for the header of a weight file; from them `srbench run` knows the network."""
        generator = self.recipe.generator
        return {
            "format": "pt",
            "arch": generator.arch,
            "settings": json.dumps(dict(generator.settings)),
            "scales": json.dumps([self.recipe.conventions.scale]),
            "srbench": __version__,
            "recipe": self.recipe.title,
            "step": str(self.progress.step),
            **{name: f"{value:.4f}" for name, value in scores.items()},
        }

    def _restore(self) -> dict[str, Any]:
        path = self.folder / "last.ckpt"
        if not path.is_file():
            raise BadRun(f"{self.folder} holds no last.ckpt to resume from; leave out --resume to begin")
        kept = state.load(path)
        if unlike := self.recipe.unlike(Recipe.check(kept["recipe"], str(path))):
            raise BadRun(f"{path} was made by another recipe ('{unlike[0]}' differs): {self.folder / 'recipe.json'}")
        self.progress = Progress(**kept["progress"])
        self.networks.restore(kept["networks"])
        return kept


@contextmanager
def _deferred_interrupt(trainer: Trainer) -> Iterator[None]:
    """Ctrl-C and a polite kill let the step end; a second Ctrl-C does not wait."""

    def ask(_: int, __: FrameType | None) -> None:
        if trainer._stop:
            raise KeyboardInterrupt
        trainer.stop()

    before: Sequence[Any] = [signal.signal(kind, ask) for kind in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for kind, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
            signal.signal(kind, handler)
