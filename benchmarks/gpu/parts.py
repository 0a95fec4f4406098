"""The parts of the kit: what each runs, for how long, and what of its files the page tells."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from srbench.core.assets import AssetStore
from srbench.models import registry
from srbench.training.journal import read_steps

_PYTHON = (sys.executable, "-m")
_SRBENCH = (*_PYTHON, "srbench")
_MODES = ("fp32", "fp16+channels_last", "tf32+channels_last", "bf16+channels_last", "fp16+channels_last+graph")
_COMPILED = ("fp16+channels_last+compile", "bf16+channels_last+compile")
_CENTRAL = "srresnet,esrgan"
_SIZES = "180x320,480x640"
_AMPLE_MINUTES = 30.0
"""Time from which on every network is measured in every mode and at both sizes."""
_STEPS_NOT_COUNTED = 50
_SECONDS = "0.3"
_START, _TEACHER = "srresnet.h100", "haesr"
_OF_THE_TIME = 0.75
"""Part of the long training's time for its updates; start, a teacher's answers and validation need the rest."""
_FROZEN_SHARE = 0.15
_WITHOUT_VGG = '[{ kind = "pixel" }, { kind = "adversarial" }]'


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
        limit_s: Time of the part that is about to run, in seconds.
    """

    out: Path
    device: str
    minutes: float
    short: bool
    photographs: Path
    weights_root: Path | None
    limit_s: float = 0.0

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
    return _speed(asked, "speed", _CENTRAL, _MODES, _SIZES)


def _compiled(asked: Settings) -> tuple[str, ...]:
    return _speed(asked, "speed-compiled", _CENTRAL, _COMPILED, _SIZES)


def _all(asked: Settings) -> tuple[str, ...]:
    if asked.minutes >= _AMPLE_MINUTES:
        return _speed(asked, "speed-all", "all", (*_MODES, *_COMPILED), _SIZES)
    return _speed(asked, "speed-all", "all", (_MODES[0], _MODES[1], _MODES[-1]), "180x320")


def _shares(asked: Settings) -> tuple[str, ...]:
    models, datasets, limit = ("bicubic,srresnet.srbench", "builtin", "1") if asked.short else ("all", "bsd100", "0")
    options = ("--models", models, "--datasets", datasets, "--limit", limit, "--device", asked.device)
    return (*_PYTHON, "benchmarks.gpu.shares", *options, "--out", str(asked.out / "quality"), *asked.roots)


def _memory(asked: Settings) -> tuple[str, ...]:
    models = ("--models", "fsrcnn") if asked.short else ()
    return (*_PYTHON, "benchmarks.gpu.memory", "--device", asked.device, "--out", str(asked.out / "memory"), *models)


def _train(asked: Settings, name: str, recipe: str, settings: Sequence[str], steps: Sequence[int]) -> tuple[str, ...]:
    """Return the command of a training on the photographs, of so many steps in each of its phases."""
    settings = ['data.folders=["."]', "data.held_out=[]", *settings]
    if asked.short:
        steps = [2 for _ in steps]
        settings += ["data.batch=1", "data.patch_px=48"]
    settings += [f"phases.{number}.steps={count}" for number, count in enumerate(steps)]
    words = [word for setting in settings for word in ("--set", setting)]
    place = ("--data", str(asked.photographs), "--out", str(asked.out / name), "--device", asked.device)
    work = ("--workers", "0" if asked.short else "8", *asked.roots)
    resumed = ("--resume",) if (asked.out / name / "last.ckpt").exists() else ()
    return (*_SRBENCH, "train", recipe, *words, *place, *work, *resumed)


def _updates(asked: Settings, *, recorded: bool = False) -> tuple[str, ...]:
    settings = ("data.validation_images=0", "data.batch=16", "data.patch_px=192", *_recorded(recorded))
    return _train(asked, "updates-recorded" if recorded else "updates", "zoo_srresnet", settings, [2_000])


def _updates_gan(asked: Settings, *, recorded: bool = False) -> tuple[str, ...]:
    settings = ("data.validation_images=0", "data.batch=16", "data.patch_px=96", *_recorded(recorded))
    settings += (f"phases.0.losses={_WITHOUT_VGG}",) if asked.short else ()
    return _train(asked, "updates-gan-recorded" if recorded else "updates-gan", "zoo_srgan", settings, [1_000])


def _recorded(wanted: bool) -> tuple[str, ...]:
    return ("compute.graph=true",) if wanted else ()


def _training(asked: Settings) -> tuple[str, ...]:
    """SRResNet goes on from the zoo's own, for as many updates as the time allows: the rate of learning ends with it.

    A training that is resumed keeps to the number of updates with which it began.
    """
    begun = asked.out / "training" / "recipe.json"
    if begun.exists():
        steps = [int(phase["steps"]) for phase in _read(begun)["phases"]]
    else:
        paces = [_pace(asked.out / name) for name in ("updates-recorded", "updates")]
        pace = next((pace for pace in paces if pace), 1.0)
        updates = max(int(pace * asked.limit_s * _OF_THE_TIME), 20)
        steps = [updates - int(updates * _FROZEN_SHARE), int(updates * _FROZEN_SHARE)]
    (teacher,) = registry.find(_TEACHER).files
    store = AssetStore([asked.weights_root] if asked.weights_root else [])
    taught = _TEACHER if store.at_hand(teacher) and not asked.short else ""
    settings = (f"start={_START}", f"teacher={taught}", "phases.0.optimizer.lr=4e-4")
    settings += _recorded(asked.device.startswith("cuda"))
    return _train(asked, "training", "zoo_srresnet_taught", settings, steps)


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


def _pace(folder: Path) -> float | None:
    """Return the updates a second of a training, finished or stopped; None where too few can be timed."""
    path = folder / "journal.jsonl"
    steps = read_steps(path) if path.exists() else []
    timed = [line for line in steps if line["step"] >= min(_STEPS_NOT_COUNTED, steps[-1]["step"] - 1)]
    seconds = timed[-1]["seconds"] - timed[0]["seconds"] if len(timed) > 1 else 0.0
    return (timed[-1]["step"] - timed[0]["step"]) / seconds if seconds else None


def _rate(folder: Path) -> dict[str, str]:
    steps, pace = read_steps(folder / "journal.jsonl"), _pace(folder)
    scores = [line["psnr"] for line in steps if "psnr" in line]
    held_out = {"PSNR of the images held out": f"{scores[-1]:.2f} dB, best {max(scores):.2f} dB"} if scores else {}
    return {"updates": f"{len(steps)}", "updates a second": f"{pace:.1f}" if pace else "too few to time", **held_out}


def _facts(folder: Path) -> dict[str, str]:
    return {name: str(value) for name, value in _read(folder / "found.json").items()}


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _recorded_part(name: str, words: Callable[..., tuple[str, ...]]) -> Part:
    """Return the part that measures a training once more, with recorded steps."""
    recorded = partial(words, recorded=True)
    return Part(f"{name}-recorded", "The same, each step one CUDA graph", recorded, 0.05, _rate, needs_gpu=True)


PARTS = (
    Part("tests", "Tests that need a GPU", _tests, 0.10, needs_gpu=True),
    Part("speed", "SRResNet and RRDB in every mode", _central, 0.16, _speeds, right=(0, 3)),
    Part("speed-compiled", "The same, compiled", _compiled, 0.11, _speeds, right=(0, 3), needs_gpu=True),
    Part("speed-all", "Every network", _all, 0.12, _speeds, right=(0, 3)),
    Part("quality", "A run, and where its time goes", _shares, 0.12, _facts, right=(0, 3)),
    Part("memory", "Memory, whole and in tiles: predicted and real; out of memory on purpose", _memory, 0.06, _facts),
    Part("updates", "Training: SRResNet, batch 16, 192 px", _updates, 0.04, _rate),
    _recorded_part("updates", _updates),
    Part("updates-gan", "Training: SRGAN, batch 16, 96 px", _updates_gan, 0.04, _rate),
    _recorded_part("updates-gan", _updates_gan),
    Part("training", "SRResNet trained on, with the time that is left", _training, 0.0, _rate),
)
"""All parts, in their order."""
