"""The walks of CONTRIBUTING.md work as they are written: all files in one package, all commands in its folder."""

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image

from tests.docs.pages import ROOT, Fence, fences
from tests.forks import Forks

_PAGE = ROOT / "CONTRIBUTING.md"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of all walks, and what pip would write beside them."""
    folder = tmp_path_factory.mktemp("walks")
    for fence in fences(_PAGE):
        if fence.title:
            path = folder / fence.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fence.text, encoding="utf-8")
    for module in [folder / "mysr" / "any.py", *(folder / "mysr").rglob("*.py")]:
        (module.parent / "__init__.py").touch()
    (folder / "mysr" / "weights").mkdir()
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    groups = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in project["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n".join(groups), encoding="utf-8")
    return folder


def _section(title: str) -> list[Fence]:
    text = _PAGE.read_text(encoding="utf-8")
    section = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, title
    return [fence for fence in fences(_PAGE) if fence.text in section[1]]


def _commands(title: str) -> list[str]:
    text = "".join(fence.text for fence in _section(title) if fence.language == "sh" and not fence.title)
    return text.replace("\\\n", " ").splitlines()


def _call(programs: Forks, line: str, folder: Path) -> str:
    """What a command line of a walk prints; it must end with exit code 0."""
    program, *words = shlex.split(line, comments=True)
    done = (programs.python if program == "python" else programs.srbench)(*words, site=folder)
    assert done.returncode == 0, f"{line}\n{done.stderr}"
    return done.stdout


def _walk(programs: Forks, title: str, folder: Path) -> list[str]:
    commands = _commands(title)
    assert len(commands) > 1
    return [_call(programs, line, folder) for line in commands]


def _means(programs: Forks, folder: Path, run: str = "runs/classical_x4") -> dict[tuple[str, str], float]:
    """Mean by model and metric of what a walk has run."""
    shown: Any = json.loads(_call(programs, f"srbench show {run} --json", folder))
    return {(line["model"], line["metric"]): line["mean"] for line in shown["summary"]}


def test_the_walk_of_a_model(package: Path, programs: Forks) -> None:
    printed = _walk(programs, "Add a model", package)
    assert "tinynet" in printed[1]
    assert "tinynet" in printed[2]
    means = _means(programs, package)
    assert means["tinynet", "psnr"] == pytest.approx(means["nearest", "psnr"], abs=0.005)
    assert f"{means['tinynet', 'psnr']:.2f} dB" in _PAGE.read_text(encoding="utf-8")


def test_the_walk_of_a_metric(package: Path, programs: Forks) -> None:
    printed = _walk(programs, "Add a metric", package)
    assert "gradient" in printed[0]
    assert re.search(r"GD +↓", printed[1])
    rows = [json.loads(line) for line in (package / "runs/metric/rows.jsonl").read_text(encoding="utf-8").splitlines()]
    values = {row["model"]: row["value"] for row in rows if (row["metric"], row["image"]) == ("gradient", "astronaut")}
    (picture,) = (package / "runs/metric").glob("images/**/bicubic/**/astronaut-*.png")
    sr = np.asarray(Image.open(picture), dtype=np.float64)
    difference = sr - skimage.data.astronaut()
    expected = sum(np.abs(np.diff(difference, axis=axis)).mean() for axis in (0, 1)) / 2
    assert values["bicubic"] == pytest.approx(expected, rel=1e-6)
    assert values["nearest"] > values["bicubic"]


def test_the_walk_of_a_data_set(package: Path, programs: Forks) -> None:
    printed = _walk(programs, "Add a data set", package)
    assert "pins 2 images" in printed[1]
    assert re.search(r"patterns +2 +yes", printed[2])
    assert "patterns, 2 images" in printed[3]
    assert "not pinned" not in printed[3]
    (package / "Patterns/HR/rings.png").write_bytes((package / "Patterns/HR/board.png").read_bytes())
    with pytest.raises(AssertionError, match=r"Error: .*rings"):
        _call(programs, _commands("Add a data set")[-1], package)


def test_the_model_of_the_guide(tmp_path: Path, programs: Forks) -> None:
    page = ROOT / "docs" / "own-models-and-data.md"
    model, command = [fence for fence in fences(page) if fence.title or "model.py" in fence.text]
    (tmp_path / model.title).write_text(model.text, encoding="utf-8")
    _call(programs, f"{command.text.strip()} --metrics psnr", tmp_path)
    psnr = [mean for (_, metric), mean in _means(programs, tmp_path).items() if metric == "psnr"]
    assert psnr == pytest.approx([28, 28.5], abs=1)
