"""A model in a Python file, and the modules beside it."""

import os
import py_compile
import sys
from pathlib import Path

import pytest
import torch

from srbench.core.assets import AssetStore
from srbench.errors import UserError
from srbench.models import select
from srbench.models.model import Model

MODEL = """
from blocks import layer
import parts.deep


def build(scale):
    import late
    return parts.deep.wrap(layer(scale), late.VALUE)
"""
LAYER = "import torch\n\n\ndef layer(scale):\n    return torch.nn.Upsample(scale_factor=scale)\n"
DEEP = """
import torch


class Shift(torch.nn.Module):
    def __init__(self, bias):
        super().__init__()
        self.bias = bias

    def forward(self, x):
        return x + self.bias


def wrap(first, bias):
    return torch.nn.Sequential(first, Shift(bias))
"""


def _project(folder: Path, value: float) -> Path:
    (folder / "parts").mkdir(parents=True)
    files = {"model.py": MODEL, "blocks.py": LAYER, "parts/__init__.py": "", "parts/deep.py": DEEP}
    for name, text in {**files, "late.py": f"VALUE = {value}\n", "unused.py": "1 / 0\n"}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "model.py"


def _model(path: Path) -> Model:
    (model,) = select.select([f"{path}:build"], 4, AssetStore([])).models
    return model


def _level(model: Model) -> float:
    return float(model.upscaler()(torch.zeros(1, 3, 2, 2)).mean())


def test_a_file_imports_its_neighbours_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path, modules = list(sys.path), set(sys.modules)
    model = _model(_project(tmp_path, 0.25))
    assert _level(model) == pytest.approx(0.25)
    assert sys.path == path
    assert not {"model", "blocks", "parts", "parts.deep", "late"} & (set(sys.modules) - modules)
    assert not list(tmp_path.rglob("__pycache__"))


def test_neighbours_of_one_name_in_two_folders_are_told_apart(tmp_path: Path) -> None:
    paths = [_project(tmp_path / name, value) for name, value in (("a", 0.25), ("b", 0.75))]
    models = select.select([f"{path}:build" for path in paths], 4, AssetStore([])).models
    assert [model.id for model in models] == ["a/model", "b/model"]
    assert [_level(model) for model in models] == pytest.approx([0.25, 0.75])


def test_modules_of_such_a_name_that_are_loaded_already_are_neither_used_nor_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "late.py").write_text("VALUE = 1.0\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "elsewhere")
    monkeypatch.setitem(sys.modules, "late", __import__("late"))
    loaded = sys.modules["late"]
    assert _level(_model(_project(tmp_path / "project", 0.25))) == pytest.approx(0.25)
    assert sys.modules["late"] is loaded


@pytest.mark.parametrize("name", ["model.py", "blocks.py", "parts/deep.py", "parts/__init__.py", "late.py"])
def test_every_module_of_the_folder_is_part_of_the_identity(tmp_path: Path, name: str) -> None:
    path = _project(tmp_path, 0.25)
    before = _model(path).fingerprint
    assert _model(path).fingerprint == before
    (tmp_path / name).write_text((tmp_path / name).read_text() + "# another line\n", encoding="utf-8")
    assert _model(path).fingerprint != before
    (tmp_path / "unused.py").write_text("# another line\n", encoding="utf-8")
    after = _model(path).fingerprint
    (tmp_path / "unused.py").write_text("# one more\n", encoding="utf-8")
    assert _model(path).fingerprint == after


def test_a_neighbour_that_changed_is_run_as_it_is_now(tmp_path: Path) -> None:
    path = _project(tmp_path, 0.25)
    assert _level(_model(path)) == pytest.approx(0.25)
    (tmp_path / "late.py").write_text("VALUE = 0.75\n", encoding="utf-8")
    assert _level(_model(path)) == pytest.approx(0.75)


def test_bytecode_of_an_older_text_is_not_run(tmp_path: Path) -> None:
    """A file that was edited within the second, to the same length, has bytecode that Python takes for current."""
    path = _project(tmp_path, 0.25)
    late = tmp_path / "late.py"
    stat = late.stat()
    py_compile.compile(str(late))
    late.write_text(late.read_text(encoding="utf-8").replace("0.25", "0.75"), encoding="utf-8")
    os.utime(late, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert _level(_model(path)) == pytest.approx(0.75)


def test_a_file_alone_has_the_identity_of_before(tmp_path: Path) -> None:
    (tmp_path / "alone.py").write_text(LAYER.replace("layer", "build"), encoding="utf-8")
    assert _model(tmp_path / "alone.py").identity.keys() == {"source", "function", "scale", "tensors"}


def test_a_neighbour_that_fails_is_the_users_mistake_and_nothing_stays(tmp_path: Path) -> None:
    path = _project(tmp_path, 0.25)
    (tmp_path / "blocks.py").write_text("import unused\n", encoding="utf-8")
    known = list(sys.path)
    with pytest.raises(UserError, match=r"model\.py could not be imported \(ZeroDivisionError"):
        _model(path)
    assert sys.path == known
    assert "blocks" not in sys.modules


def test_dataclasses_and_this_project_can_be_used_in_the_file(tmp_path: Path) -> None:
    text = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\nimport torch\n"
        "from srbench.models.arch import Network\nimport zoo.archs.espcn\n\n\n"
        "@dataclass\nclass Options:\n    size: int = 1\n\n\n"
        "def build(scale):\n    network = zoo.archs.espcn.ESPCN(scale, colour='rgb')\n"
        "    assert isinstance(network, Network)\n    return network\n"
    )
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    assert _model(tmp_path / "mine.py").upscaler()(torch.rand(1, 3, 4, 4)).shape == (1, 3, 16, 16)


CALLED = """
import torch
class Net(torch.nn.Module):
    def forward(self, x):
        {statement}
        return torch.nn.functional.interpolate(x, scale_factor=4) + {value}
def build(scale):
    return Net()
def plain(scale):
    return Net().forward
"""


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("import late", "late.VALUE"),
        ("from late import VALUE", "VALUE"),
        ("from package import inner", "inner.VALUE"),
        ("import importlib; late = importlib.import_module('late')", "late.VALUE"),
    ],
)
@pytest.mark.parametrize("function", ["build", "plain"])
def test_what_is_imported_only_in_forward_is_found_and_part_of_the_identity(
    tmp_path: Path, statement: str, value: str, function: str
) -> None:
    for name, number in (("a", 0.25), ("b", 0.5)):
        folder = tmp_path / name
        (folder / "package").mkdir(parents=True)
        (folder / "model.py").write_text(CALLED.format(statement=statement, value=value), encoding="utf-8")
        (folder / "late.py").write_text(f"VALUE = {number}\n", encoding="utf-8")
        (folder / "package" / "__init__.py").touch()
        (folder / "package" / "inner.py").write_text("from .deep import VALUE\n", encoding="utf-8")
        (folder / "package" / "deep.py").write_text("from late import VALUE\n", encoding="utf-8")
    names = {"late", "package", "package.inner", "package.deep"}
    before = list(sys.path), names & sys.modules.keys()
    models = [
        select.select([f"{tmp_path / name / 'model.py'}:{function}"], 4, AssetStore([])).models[0] for name in "ab"
    ]
    assert models[0].fingerprint != models[1].fingerprint
    assert "late.py" in models[0].identity["beside"]
    assert [_level(model) for model in (*models, models[0])] == [0.25, 0.5, 0.25]
    assert (list(sys.path), names & sys.modules.keys()) == before


def test_a_folder_that_a_file_looks_in_is_its_own(tmp_path: Path) -> None:
    text = "import sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).parent / 'src'))\n"
    text += "import torch, inside\ndef build(scale):\n    return torch.nn.Upsample(scale_factor=inside.SCALE)\n"
    models = []
    for name in "ab":
        (tmp_path / name / "src").mkdir(parents=True)
        (tmp_path / name / "model.py").write_text(text, encoding="utf-8")
        (tmp_path / name / "src" / "inside.py").write_text(f"SCALE = 4  # {name}\n", encoding="utf-8")
        models.append(_model(tmp_path / name / "model.py"))
    assert models[0].identity["beside"].keys() == {"src/inside.py"}
    assert models[0].identity["beside"] != models[1].identity["beside"]
    assert "inside" not in sys.modules
