"""The study that is served: parts of a photograph made worse, and invitations."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from PIL import Image
from skimage import data

from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import load

CONTENTS, WIDTH, HEIGHT, SCALE = 60, 480, 320, 4
KERNELS = (Image.Resampling.NEAREST, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
TRIALS = CONTENTS * len(KERNELS)  # of a session, at least


def create(folder: Path, method: str, raters: int, contents: int = CONTENTS) -> Path:
    """Make a study without breaks; its folder."""
    _pictures(folder / "images", contents)
    study = folder / "study"
    words = ["--images", str(folder / "images"), "--method", method, "--raters", str(raters)]
    words += ["--break-minutes", "600", "--sitting-minutes", "600"]
    command = [sys.executable, "-m", "srbench", "survey", "create", str(study), *words]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return study


def invite(study: Path, database: str, raters: int) -> list[str]:
    """Tokens of new raters."""
    with closing(VoteStore(load(study), database)) as store:
        return [store.invite() for _ in range(raters)]


def shape(study: Path) -> dict[str, Any]:
    """What a page costs depends on it."""
    made = load(study)
    return {
        "method": made.design.method,
        "contents": len({picture.stimulus.content for picture in made.pictures if picture.role == "rated"}),
        "models": len(KERNELS),
        "pictures": len(made.pictures),
        "pixels": f"{WIDTH}x{HEIGHT}",
        "largest_picture_bytes": max(picture.size_bytes(study) for picture in made.pictures),
    }


def database_bytes(study: Path) -> dict[str, int]:
    """Of each of the database's files, where it is SQLite's in the study's folder."""
    return {path.name: path.stat().st_size for path in sorted(study.glob("votes.sqlite*"))}


def _pictures(folder: Path, contents: int) -> None:
    """Parts as they are in hr/; shrunk and enlarged again in a folder for each model."""
    pixels: Any = data
    photograph = Image.fromarray(pixels.astronaut())
    for name in ("hr", *(kernel.name for kernel in KERNELS)):
        (folder / name).mkdir(parents=True)
    for number in range(contents):
        left, top = number // 2, 3 * number
        part = photograph.crop((left, top, left + WIDTH, top + HEIGHT))
        part.save(folder / "hr" / f"{number:02d}.png")
        small = part.resize((WIDTH // SCALE, HEIGHT // SCALE), Image.Resampling.BICUBIC)
        for kernel in KERNELS:
            small.resize(part.size, kernel).save(folder / kernel.name / f"{number:02d}.png")
