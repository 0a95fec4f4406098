"""The training loop: phases of alternating steps, checkpoints, validation.

It sees pieces by what they do and knows none of them by name.
"""

import json
import math
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric

from srbench import __version__
from srbench.errors import BadRun, Diverged
from srbench.pinned import Store
from srbench.training import state
from srbench.training.journal import Journal, Listener
from srbench.training.losses import Term, Tools
from srbench.training.networks import Movers, Networks
from srbench.training.recipe import Phase, Recipe
from srbench.training.samples import Patches, loader
from srbench.training.scene import Batch, Scene
from srbench.training.validation import Validation
from zoo.arch import Network


@dataclass(frozen=True)
class Habits:
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
    store: Store
    habits: Habits = field(default_factory=Habits)
    listeners: list[Listener] = field(default_factory=list)
    progress: Progress = field(default_factory=Progress)

    def __post_init__(self) -> None:
        self.networks = Networks(self.recipe, self.generator, self.fabric)
        compute = self.recipe.compute
        self.tools = Tools(self.store, self.fabric.device, compute.channels_last, self.networks.critics)
        self._stop = False

    def run(self, *, resume: bool = False) -> Progress:
        """Train to the end, or until Ctrl-C, which finishes the step and saves.

        Args:
            resume: Go on from the folder's last checkpoint.

        Raises:
            Diverged: A loss is NaN or infinite; the last checkpoint stays as it was.
            BadRun: There is no checkpoint to resume from, or it is of another recipe.
            KeyboardInterrupt: Ctrl-C, after everything is saved.
        """
        kept = self._restore() if resume else {}
        journal = Journal(self.folder / "journal.jsonl", self.progress.step, self.listeners) if self._first else None
        with _deferred_interrupt(self):
            try:
                self._phases(journal, kept)
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
        """Finish the step, save, and end."""
        self._stop = True

    def _phases(self, journal: Journal | None, kept: dict[str, Any]) -> None:
        batches = self._batches()
        start = 0
        for phase in self.recipe.phases:
            end = start + phase.steps
            if self.progress.step < end and not self._stop:
                movers = Movers(phase, self.networks, self.fabric)
                if kept and self.progress.step > start:
                    movers.restore(kept["movers"])
                terms = {loss.label: (loss.weight, loss.term(self.tools)) for loss in phase.losses}
                self._phase(phase, start, movers, terms, batches, journal)
            start = end

    def _phase(
        self,
        phase: Phase,
        start: int,
        movers: Movers,
        terms: dict[str, tuple[float, Term]],
        batches: Iterator[Batch],
        journal: Journal | None,
    ) -> None:
        begun, before = time.perf_counter(), self.progress.seconds
        while self.progress.step < start + phase.steps and not self._stop:
            told = self._step(phase, self.progress.step - start, movers, terms, batches)
            self.progress.step += 1
            self.progress.seconds = before + time.perf_counter() - begun
            step = self.progress.step
            line: dict[str, Any] = {
                "step": step,
                "phase": phase.name,
                **told,
                "seconds": round(self.progress.seconds, 2),
            }
            due = step % self.habits.save_every == 0 or step == start + phase.steps
            if self._first:
                if step == self.recipe.steps or step % self.habits.validate_every == 0:
                    line |= self._validate(step)
                if journal is not None:
                    journal.write(line)
                if due:
                    self._save(movers)
            self.fabric.barrier()
        if self._stop and self._first:
            self._save(movers)

    def _step(
        self, phase: Phase, at: int, movers: Movers, terms: dict[str, tuple[float, Term]], batches: Iterator[Batch]
    ) -> dict[str, float]:
        """One update of the generators and, where they are judged, of the discriminators."""
        self._seed()
        lr = movers.schedule(at)
        scene = self._scene(batches)
        self.networks.judges.freeze(True)
        values = {}
        total = torch.zeros((), device=self.fabric.device)
        with self.fabric.autocast():
            for label, (weight, term) in terms.items():
                values[label] = term(scene)
                total = total + weight * values[label]
        line = {"loss": self._finite(total, "loss")}
        movers.makers.zero_grad()
        self.fabric.backward(total)
        if phase.clip_norm:
            parameters = self.networks.makers.parameters()
            line["norm"] = float(torch.nn.utils.clip_grad_norm_(parameters, phase.clip_norm))
        movers.makers.step()
        if self.networks.average is not None:
            self.networks.average.update_parameters(self.generator)
        line |= {label: float(value.detach()) for label, value in values.items()} if len(values) > 1 else {}
        for extra in range(phase.critic_steps if movers.judges is not None else 0):
            scene = self._scene(batches) if extra else scene
            line["critic"] = self._judge(scene, movers)
        return {**line, "lr": lr}

    def _seed(self) -> None:
        """Random numbers of a step depend on the seed, the step and the process alone, as the samples do."""
        sequence = np.random.SeedSequence([self.recipe.seed, self.progress.step, self.fabric.global_rank])
        torch.manual_seed(int(sequence.generate_state(1)[0]))

    def _judge(self, scene: Scene, movers: Movers) -> float:
        """One update of the discriminators."""
        assert movers.judges is not None
        self.networks.judges.freeze(False)
        with self.fabric.autocast():
            total = torch.stack([self.networks.critics[domain].critic_loss(scene) for domain in movers.judged]).sum()
        value = self._finite(total, "discriminator's loss")
        movers.judges.zero_grad()
        self.fabric.backward(total)
        movers.judges.step()
        return value

    def _finite(self, loss: torch.Tensor, name: str) -> float:
        mean: Any = self.fabric.all_reduce(loss.detach(), reduce_op="mean")
        value = float(mean)
        if not math.isfinite(value):
            raise Diverged(f"the {name} is {value} at step {self.progress.step + 1}; {self._advice}")
        return value

    @property
    def _advice(self) -> str:
        path = self.folder / "last.ckpt"
        kept = f"the last good checkpoint is {path}" if path.exists() else "nothing was saved yet"
        return f"{kept}. Try a smaller learning rate, or clip_norm"

    def _scene(self, batches: Iterator[Batch]) -> Scene:
        begun = time.perf_counter()
        batch = next(batches)
        self.progress.waited += time.perf_counter() - begun
        device = self.fabric.device
        lr, hr = (levels.to(device, non_blocking=True) for levels in (batch.lr, batch.hr))
        wrapped = self.networks.makers.wrapped
        moved = Batch(lr, hr, batch.degradations)
        return Scene(moved, self.generator.colour, wrapped, self.recipe.compute.channels_last)

    def _batches(self) -> Iterator[Batch]:
        world = self.fabric.world_size
        batch = self.recipe.data.batch
        if batch % world:
            raise BadRun(f"a batch of {batch} cannot be shared by {world} processes; set data.batch to a multiple")
        draws = sum(phase.steps * _draws(phase) for phase in self.recipe.phases)
        return iter(
            loader(
                self.patches,
                first_step=self._drawn(),
                steps=draws,
                batch=batch,
                rank=self.fabric.global_rank,
                world=world,
                workers=self.habits.workers,
            )
        )

    def _drawn(self) -> int:
        """Batches that the steps so far have used."""
        drawn, left = 0, self.progress.step
        for phase in self.recipe.phases:
            done = min(left, phase.steps)
            drawn, left = drawn + done * _draws(phase), left - done
        return drawn

    def _validate(self, step: int) -> dict[str, float]:
        kept = self.networks.kept
        found: dict[str, float] = {}
        if len(self.validation):
            found["psnr"] = self.validation.psnr(kept)
            self.validation.save_images(kept, self.folder / "images" / f"{step:07d}")
        if self.recipe.best == "last" or not found or found["psnr"] > self.progress.best:
            self.progress.best = found.get("psnr", self.progress.best)
            state.save_weights(self.folder / "best.safetensors", kept.state_dict(), self._facts(found))
        return found

    def _save(self, movers: Movers) -> None:
        step = self.progress.step
        if not all(_finite(tensors) for tensors in self.networks.state().values()):
            raise Diverged(f"weights are no longer finite after step {step}; {self._advice}")
        content = {
            "recipe": self.recipe.model_dump(mode="json"),
            "progress": vars(self.progress),
            "networks": self.networks.state(),
            "movers": movers.state(),
        }
        state.save(self.folder / "last.ckpt", content)
        tensors = self.networks.kept.state_dict()
        state.save_weights(self.folder / "last.safetensors", tensors, self._facts({}))
        if self.habits.keep_every and step % self.habits.keep_every == 0:
            state.save_weights(self.folder / "weights" / f"{step:07d}.safetensors", tensors, self._facts({}))

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
        if kept["recipe"] != self.recipe.model_dump(mode="json"):
            raise BadRun(f"{path} was made by another recipe; resume with the one in {self.folder / 'recipe.json'}")
        self.progress = Progress(**kept["progress"])
        self.networks.restore(kept["networks"])
        return kept


def _finite(tensors: Mapping[str, torch.Tensor]) -> bool:
    return all(bool(tensor.isfinite().all()) for tensor in tensors.values())


def _draws(phase: Phase) -> int:
    """Batches of one step."""
    judged = any(loss.judge for loss in phase.losses)
    return phase.critic_steps if judged else 1


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
