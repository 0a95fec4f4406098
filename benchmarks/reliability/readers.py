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
from scipy.io import savemat

from srbench import protocol
from srbench.core import image, image_file
from srbench.datasets import manifest
from srbench.evaluation.results import HEAD, ROWS, RunFolder
from srbench.models import checkpoint, image_marks, mode, sealed_tensors
from srbench.ratings import files, table_io
from srbench.report.speed import publish
from srbench.speed.choices import ChoiceCache
from srbench.survey import secrets, study
from srbench.survey.store import backup
from srbench.training import checkpoints, journal, recipe, run_facts
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


_KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "png": ("PNG", {}),
    "jpg": ("JPEG", {"quality": 90}),
    "bmp": ("BMP", {}),
    "tif": ("TIFF", {"compression": "tiff_lzw"}),
    "webp": ("WEBP", {"lossless": True}),
    "ppm": ("PPM", {}),
    "gif": ("GIF", {}),
    "jp2": ("JPEG2000", {}),
    "avif": ("AVIF", {}),
}


def _pictures() -> dict[str, bytes]:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 10, 3), dtype=np.uint8)
    samples = {f"a.{ending}": _picture(Image.fromarray(pixels), kind, how) for ending, (kind, how) in _KINDS.items()}
    for bands in ("L", "1", "P", "RGBA"):
        samples[f"{bands}.png"] = _picture(Image.fromarray(pixels).convert(bands), "PNG", {})
    turned = Image.Exif()
    turned[0x0112] = 6
    samples["turned.jpg"] = _picture(Image.fromarray(pixels), "JPEG", {"exif": turned})
    return samples


def _picture(picture: Image.Image, kind: str, how: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **how)
    return stream.getvalue()


def _weights() -> dict[str, bytes]:
    state = {"first.weight": torch.arange(54.0).view(2, 3, 3, 3), "first.bias": torch.ones(2)}
    zipped, legacy = io.BytesIO(), io.BytesIO()
    torch.save({"params_ema": state, "iter": 5}, zipped)
    torch.save({"state_dict": state}, legacy, _use_new_zipfile_serialization=False)
    ours = sealed_tensors.serialise(state, {"arch": "none"})
    return {
        **{"a.safetensors": save(state, {"arch": "none"}), "ours.safetensors": ours},
        **{"a.pth": zipped.getvalue(), "a.pt": legacy.getvalue(), "a.ckpt": zipped.getvalue()},
    }


def _foreign_weights() -> dict[str, bytes]:
    matlab = io.BytesIO()
    savemat(matlab, {"model": np.ones((3, 3))})
    convolution = "Convolution c 1 1 in c 0=2 1=3 5=1 6=54"
    return {
        "a.mat": matlab.getvalue(),
        "a.param": f"7767517\n2 2\nInput in 0 1 in\n{convolution}\n".encode(),
        "a.bin": bytes(4) + np.ones(56, np.float32).tobytes(),
        "a.onnx": b"\x08\x08\x12\x07pytorch:\x10\n\x04conv",
    }


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
    for name in ("votes.csv", "votes.json", "votes.parquet", "pairs.csv", "pairs.json"):
        table_io.write(pairs if name.startswith("pairs") else votes, folder / name)
        samples[name] = (folder / name).read_bytes()
    return {
        **samples,
        **{name: _STORED.joinpath("study_0_1", name).read_bytes() for name in ("acr-hr_votes.csv", "pair_votes.csv")},
        "tasks.json": json.dumps(_TASKS).encode(),
        "votes.jsonl": "".join(json.dumps(vote) + "\n" for vote in votes).encode(),
        "wide.csv": b"stimulus,content,p1,p2,p3\nx,a,1,2,3\ny,a,3,4,\nz,b,2,2,5\n",
    }


_TASKS = [
    {
        "data": {"stimulus": f"{content}_{model}", "content": content, "model": model},
        "annotations": [
            {"completed_by": rater, "result": [{"from_name": "q", "type": "rating", "value": {"rating": 1 + rater}}]}
            for rater in range(3)
        ],
    }
    for content in "xy"
    for model in "ab"
]
"""Tasks with ratings as Label Studio exports them."""


def _duel() -> dict[str, bytes]:
    return {"duel.json": (_STORED / "speed_0_1" / "duel.json").read_bytes()}


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


def _read_secrets(file: Path) -> secrets.Secrets:
    file.chmod(0o600)
    return secrets.load(file.parent)


def _read_log(file: Path) -> LogComparison:
    published = json.loads((_STORED / "training_0_1/gan-finished.jsonl").read_text(encoding="utf-8").splitlines()[0])
    return LogComparison(file, recipe.Recipe.check(published["recipe"], "the published log"))


def readers(folder: Path) -> list[Reader]:
    """Return every reader; samples that only a writer can make are written to a folder."""
    modes = {str(i): text.encode() for i, text in enumerate(("bf16+split", "fp32+x8+tile=208", "tf32+compile"))}
    protocols = {str(i): text.encode() for i, text in enumerate(("classical_x4+border_px=6", "rgb_x4+ssim=daala"))}
    return [
        Reader("image", image.read, _pictures()),
        Reader("image as a viewer shows it", image_file.read_shown, _pictures()),
        Reader("marks of an upscaled image", image_marks.read, {"a.png": _pictures()["a.png"]}),
        Reader("weight file", lambda file: checkpoint.read([file]), _weights()),
        Reader("MATLAB, ncnn, ONNX", lambda file: checkpoint.read([file]), _foreign_weights()),
        Reader("last.ckpt", checkpoints.load, _stored("training_0_1/pixel/last.ckpt")),
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
        Reader("A/B comparison of speed", lambda file: publish.read_ab_comparison(file.parent), _duel()),
        Reader("secrets.json", _read_secrets, _stored("study_0_1/acr-hr/secrets.json")),
        Reader(
            "recipe.json",
            lambda file: run_facts.read(file.parent, "recipe"),
            _stored("training_0_1/pixel/recipe.json"),
        ),
        Reader("journal", journal.read_steps, _stored("training_0_1/pixel/journal.jsonl")),
        Reader("training log", _read_log, _stored("training_0_1/gan-finished.jsonl")),
        Reader("protocol", _words(protocol.find), protocols),
        Reader("mode", _words(mode.parse), modes),
    ]
