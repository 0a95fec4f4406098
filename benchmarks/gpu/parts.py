"""The parts of the kit: what each runs, for how long, and what of its files the page tells."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_PYTHON = (sys.executable, "-m")
_SRBENCH = (*_PYTHON, "srbench")
_MODES = ("fp32", "fp16+channels_last", "tf32+channels_last", "bf16+channels_last", "fp16+channels_last+graph")
_COMPILED = ("fp16+channels_last+compile", "bf16+channels_last+compile")
_CENTRAL = "srresnet,esrgan"
_STEPS_NOT_COUNTED = 50
_SECONDS = "0.3"


@dataclass(frozen=True)
class Settings:
    """What the kit was asked for.

    Attributes:
        out: Folder of the report.
        device: "cuda" or "cpu".
        minutes: Time for all parts.
        short: Whether each part is only tried.
        photographs: Folder of photographs to train on; they are not published.
        weights_root: Folder of weights that are at hand.
    """

    out: Path
    device: str
    minutes: float
    short: bool
    photographs: Path
    weights_root: Path | None

    @property
    def roots(self) -> tuple[str, ...]:
        """Options that say where weights are."""
        return ("--weights-root", str(self.weights_root)) if self.weights_root else ()


@dataclass(frozen=True)
class Part:
    """A part of the kit.

    Attributes:
        name: Name of its folder or file.
        title: What it measures.
        words: The command, from the settings.
        share: Part of the time that it gets; 0 for all that is left.
        found: Table rows of what it wrote: pairs of a name and a value.
        needs_gpu: Whether it says nothing without one.
        right: Exit codes of a command that did its work.
    """

    name: str
    title: str
    words: Callable[[Settings], tuple[str, ...]]
    share: float
    found: Callable[[Path], Mapping[str, str]] = field(default=lambda _: {})
    needs_gpu: bool = False
    right: tuple[int, ...] = (0,)


def _tests(_: Settings) -> tuple[str, ...]:
    return (*_PYTHON, "pytest", "tests", "-q", "-m", "gpu", "--benchmark-disable", "-p", "no:cacheprovider")


def _speed(asked: Settings, name: str, models: str, names: tuple[str, ...], sizes: str) -> tuple[str, ...]:
    if asked.short:
        models, names, sizes = "fsrcnn", ("fp32",), "24x32"
    elif asked.device == "cpu":
        names = tuple(name for name in names if "fp16" not in name and "tf32" not in name)
    options = ("--mode", ",".join(names), "--size", sizes, "--random-weights")
    options += ("--scenario", "latency", "--seconds", "0.05") if asked.short else ("--seconds", _SECONDS)
    place = ("--device", asked.device, "--out", str(asked.out / name))
    return (*_SRBENCH, "throughput", "--models", models, *options, *place, *asked.roots)


def _central(asked: Settings) -> tuple[str, ...]:
    return _speed(asked, "speed", _CENTRAL, _MODES, "180x320,480x640")


def _compiled(asked: Settings) -> tuple[str, ...]:
    return _speed(asked, "speed-compiled", _CENTRAL, _COMPILED, "180x320")


def _all(asked: Settings) -> tuple[str, ...]:
    return _speed(asked, "speed-all", "all", (_MODES[0], _MODES[1], _MODES[-1]), "180x320")


def _shares(asked: Settings) -> tuple[str, ...]:
    models, datasets, limit = ("bicubic,srresnet.srbench", "builtin", "1") if asked.short else ("all", "bsd100", "0")
    options = ("--models", models, "--datasets", datasets, "--limit", limit, "--device", asked.device)
    return (*_PYTHON, "benchmarks.gpu.shares", *options, "--out", str(asked.out / "quality"), *asked.roots)


def _memory(asked: Settings) -> tuple[str, ...]:
    models = ("--models", "fsrcnn") if asked.short else ()
    return (*_PYTHON, "benchmarks.gpu.memory", "--device", asked.device, "--out", str(asked.out / "memory"), *models)


def _train(asked: Settings, name: str, recipe: str, steps: int, *more: str) -> tuple[str, ...]:
    batch, patch, steps = (1, 48, 2) if asked.short else (16, 192, steps)
    if recipe == "zoo_srgan":
        patch //= 2
    settings = ['data.folders=["."]', "data.held_out=[]", "data.validation_images=0", *more]
    settings += [f"data.batch={batch}", f"data.patch_px={patch}", f"phases.0.steps={steps}"]
    words = [word for setting in settings for word in ("--set", setting)]
    place = ("--data", str(asked.photographs), "--out", str(asked.out / name), "--device", asked.device)
    work = ("--workers", "0" if asked.short else "8", *asked.roots)
    resumed = ("--resume",) if (asked.out / name / "last.ckpt").exists() else ()
    return (*_SRBENCH, "train", recipe, *words, *place, *work, *resumed)


def _updates(asked: Settings) -> tuple[str, ...]:
    return _train(asked, "updates", "zoo_srresnet", 1_500)


def _updates_gan(asked: Settings) -> tuple[str, ...]:
    return _train(asked, "updates-gan", "zoo_srgan", 600)


def _training(asked: Settings) -> tuple[str, ...]:
    return _train(asked, "training", "zoo_srresnet", 200_000)


def _speeds(folder: Path) -> dict[str, str]:
    """The fastest row of each model and size, and fp32's beside it; those that cannot be trusted are only counted."""
    rows = _read(folder / "speed.json")["rows"]
    found: dict[str, str] = {}
    valid = [row for row in rows if row["valid"]]
    for row in sorted(valid, key=lambda row: row["images_per_s"]):
        size = f"{row['model']}, {row['lr_height']}x{row['lr_width']}"
        share = f", {row['ceiling_share']:.0%} of the ceiling" if row["ceiling_share"] else ""
        for name in (f"{size}, fastest", *([f"{size}, fp32"] if row["mode"] == "fp32" else [])):
            found[name] = f"{row['images_per_s']:.1f} images/s ({row['mode']}, batch {row['batch']}{share})"
    return {**dict(sorted(found.items())), "rows": f"{len(rows)}, of which {len(rows) - len(valid)} are not valid"}


def _rate(folder: Path) -> dict[str, str]:
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    steps = [line for line in lines if "step" in line]
    first = next((line for line in steps if line["step"] >= _STEPS_NOT_COUNTED), steps[0])
    if steps[-1]["step"] == first["step"]:
        return {"updates": f"{steps[-1]['step']}, too few to time"}
    rate = (steps[-1]["step"] - first["step"]) / (steps[-1]["seconds"] - first["seconds"])
    return {"updates a second": f"{rate:.1f} over {steps[-1]['step'] - first['step']} updates"}


def _facts(folder: Path) -> dict[str, str]:
    return {name: str(value) for name, value in _read(folder / "found.json").items()}


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


PARTS = (
    Part("tests", "Tests that need a GPU", _tests, 0.12, needs_gpu=True),
    Part("speed", "SRResNet and RRDB in every mode", _central, 0.16, _speeds, right=(0, 3)),
    Part("speed-compiled", "The same, compiled", _compiled, 0.12, _speeds, right=(0, 3), needs_gpu=True),
    Part("speed-all", "Every network", _all, 0.14, _speeds, right=(0, 3)),
    Part("quality", "A run, and where its time goes", _shares, 0.14, _facts, right=(0, 3)),
    Part("memory", "Memory: predicted and real; out of memory on purpose", _memory, 0.06, _facts),
    Part("updates", "Training: SRResNet, batch 16, 192 px", _updates, 0.08, _rate),
    Part("updates-gan", "Training: SRGAN, batch 16, 96 px", _updates_gan, 0.08, _rate),
    Part("training", "Training with the time that is left", _training, 0.0, _rate),
)
"""All parts, in their order."""
