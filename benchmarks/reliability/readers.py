"""Every reader of files and of small languages, with sound inputs of its own."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save

from srbench import protocol
from srbench.core import image
from srbench.datasets import manifest
from srbench.evaluation.results import HEAD, ROWS, RunFolder
from srbench.models import checkpoint, mode
from srbench.ratings import files, table_io
from srbench.report.speed import publish
from srbench.speed.fastest import ChoiceCache
from srbench.survey import backup, study
from srbench.training import recipe
from srbench.training.log_comparison import LogComparison

_STORED = Path(__file__).parent.parent.parent / "tests" / "stored"


@dataclass(frozen=True)
class Reader:
    """A reader: it takes a folder in which a sample stands under its name, with one byte or more changed.

    Attributes:
        name: What it reads.
        read: Function of the changed file.
        samples: Sound inputs by file name.
        beside: Folder of stored files that stand beside the sample.
    """

    name: str
    read: Callable[[Path], Any]
    samples: dict[str, bytes] = field(default_factory=dict)
    beside: Path | None = None


def _pictures() -> dict[str, bytes]:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 10, 3), dtype=np.uint8)
    samples = {}
    for extension, options in (
        ("png", {}),
        ("jpg", {"quality": 90}),
        ("bmp", {}),
        ("tif", {"compression": "tiff_lzw"}),
    ):
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, {"jpg": "JPEG", "tif": "TIFF"}.get(extension, extension), **options)
        samples[f"a.{extension}"] = stream.getvalue()
    for kind in ("L", "1", "P"):
        stream = io.BytesIO()
        Image.fromarray(pixels).convert(kind).save(stream, "PNG")
        samples[f"{kind}.png"] = stream.getvalue()
    return samples


def _weights() -> dict[str, bytes]:
    state = {"first.weight": torch.arange(54.0).view(2, 3, 3, 3), "first.bias": torch.ones(2)}
    stream = io.BytesIO()
    torch.save({"params_ema": state, "iter": 5}, stream)
    return {"a.safetensors": save(state, {"arch": "none"}), "a.pth": stream.getvalue()}


def _stored(*places: str) -> dict[str, bytes]:
    return {Path(place).name: (_STORED / place).read_bytes() for place in places}


def _ratings(folder: Path) -> dict[str, bytes]:
    votes = [
        {"rater": f"r{r}", "stimulus": f"{i}_{m}", "content": f"{i}", "model": m, "score": str(1 + (r + i) % 5)}
        for r in range(3)
        for i in range(2)
        for m in "ab"
    ]
    pairs = [{"rater": f"r{r}", "content": "x", "winner": "a", "loser": "b", "tie": str(r % 2)} for r in range(4)]
    samples = {}
    for name in ("votes.csv", "votes.json", "votes.parquet", "pairs.csv"):
        table_io.write(pairs if name.startswith("pairs") else votes, folder / name)
        samples[name] = (folder / name).read_bytes()
    return samples


def _recipe() -> dict[str, bytes]:
    text = (
        'title = "tiny"\nbase = "srresnet_short"\n[generator]\narch = "espcn"\n[data]\n'
        'batch = 2\npatch_px = 32\n[[phases]]\nsteps = 2\nlosses = [{kind = "pixel", weight = 1.0}]\n'
    )
    return {"a.toml": text.encode()}


def _manifest() -> dict[str, bytes]:
    picture = {
        "name": "a",
        "url": "https://x.example/a.png",
        "sha256": "ab" * 32,
        "pixels_sha256": "cd" * 32,
        "bytes": 9,
    }
    return {"a.json": json.dumps({"schema": "manifest", "version": 1, "images": [picture]}).encode()}


def _words(read: Callable[[str], Any]) -> Callable[[Path], Any]:
    return lambda file: read(file.read_bytes().decode("utf-8", "surrogateescape"))


def _read_log(file: Path) -> LogComparison:
    published = json.loads((_STORED / "training_0_1/gan-finished.jsonl").read_text(encoding="utf-8").splitlines()[0])
    return LogComparison(file, recipe.Recipe.check(published["recipe"], "the published log"), lambda: None)


def readers(folder: Path) -> list[Reader]:
    """Return every reader; samples that only a writer can make are written to a folder."""
    modes = {str(i): text.encode() for i, text in enumerate(("bf16+split", "fp32+x8+tile=208", "tf32+compile"))}
    protocols = {str(i): text.encode() for i, text in enumerate(("classical_x4+border_px=6", "rgb_x4+ssim=daala"))}
    return [
        Reader("image", image.read, _pictures()),
        Reader("weight file", lambda file: checkpoint.read([file]), _weights()),
        Reader("run.json", lambda file: RunFolder(file.parent).head(), _stored(f"run_0_1/{HEAD}")),
        Reader("rows", lambda file: RunFolder(file.parent).rows(), _stored(f"run_0_1/{ROWS}")),
        Reader("speed.json", lambda file: publish.read(file.parent), _stored("speed_0_1/speed.json")),
        Reader(
            "fastest.json",
            lambda file: ChoiceCache(file).recall("srresnet", mode.Mode()),
            _stored("speed_0_1/fastest.json"),
        ),
        Reader("recipe", lambda file: recipe.load(str(file)), _recipe()),
        Reader("ratings", files.read, _ratings(folder)),
        Reader(
            "study.json",
            lambda file: study.load(file.parent),
            _stored("study_0_1/acr-hr/study.json"),
            _STORED / "study_0_1/acr-hr",
        ),
        Reader(
            "backup of a study",
            lambda file: backup.restore(file, file.parent / "restored"),
            _stored("study_0_1/pair.zip"),
        ),
        Reader("manifest", lambda file: manifest.read(file, "Set"), _manifest()),
        Reader("training log", _read_log, _stored("training_0_1/gan-finished.jsonl")),
        Reader("protocol", _words(protocol.find), protocols),
        Reader("mode", _words(mode.parse), modes),
    ]
