"""Imports that stand in the text of files, at any depth."""

from pathlib import Path

import pytest

from srbench.models import neighbours


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("from . import blocks", {"archs/__init__.py", "archs/blocks.py"}),
        ("from .blocks import layer", {"archs/__init__.py", "archs/blocks.py"}),
        ("from ..common import norm", {"__init__.py", "common.py"}),
        ("import mine.archs.blocks", {"__init__.py", "archs/__init__.py", "archs/blocks.py"}),
        ("from mine import common", {"__init__.py", "common.py"}),
        ("class N:\n  def forward(self):\n    from .blocks import layer", {"archs/__init__.py", "archs/blocks.py"}),
        ("if False:\n  from .deep import a", {"archs/__init__.py", "archs/deep.py", "archs/blocks.py"}),
        ("import importlib\nimportlib.import_module('.blocks', __package__)", {"archs/__init__.py", "archs/blocks.py"}),
        ("import torch, json, other", set()),
        ("from ....beyond import x", set()),
    ],
)
def test_imports_of_the_own_package_are_found(tmp_path: Path, statement: str, names: set[str]) -> None:
    root = tmp_path / "mine"
    (root / "archs").mkdir(parents=True)
    for name in ("__init__.py", "common.py", "archs/__init__.py", "archs/blocks.py", "../other.py"):
        (root / name).touch()
    (root / "archs/deep.py").write_text("def f():\n    from mine.archs.blocks import layer\n", encoding="utf-8")
    arch = root / "archs" / "net.py"
    arch.write_text(statement, encoding="utf-8")
    found = neighbours.of_module(arch, "mine.archs.net")
    assert {name.removeprefix("mine/") for name in found} - {"__init__.py"} == names - {"__init__.py"}


def test_a_neighbour_of_an_architecture_changes_its_hashes(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    arch, blocks = tmp_path / "mine/net.py", tmp_path / "mine/blocks.py"
    arch.write_text("from .blocks import layer", encoding="utf-8")
    blocks.write_text("layer = 1\n", encoding="utf-8")
    before = neighbours.of_module(arch, "mine.net")
    blocks.write_text("layer = 22\n", encoding="utf-8")
    assert before.keys() == {"mine/blocks.py"}
    assert neighbours.of_module(arch, "mine.net") != before
