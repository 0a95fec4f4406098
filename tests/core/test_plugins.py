"""The doors for other packages, in programs of their own: what is importable there is not what is importable here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from srbench.core import plugins

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Somebody's project that has a package called zoo, as an animal shelter might."""
    (tmp_path / "zoo").mkdir()
    (tmp_path / "zoo" / "__init__.py").write_text("ANIMALS = ['okapi']\n", encoding="utf-8")
    return tmp_path


def _python(code: str, project: Path) -> subprocess.CompletedProcess[str]:
    variables = os.environ | {"PYTHONPATH": os.pathsep.join([str(project), str(ROOT)])}
    call = [sys.executable, "-c", code]
    return subprocess.run(call, cwd=project, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_evaluate_works_twice_in_a_project_with_a_package_called_zoo(project: Path) -> None:
    done = _python(
        "import torch, srbench, zoo\n"
        "net = torch.nn.Upsample(scale_factor=4, mode='bicubic')\n"
        "first = srbench.evaluate(net, metrics=['psnr'], limit=1)\n"
        "second = srbench.evaluate(net, metrics=['psnr'], limit=1)\n"
        "assert zoo.ANIMALS and not hasattr(zoo, 'archs')\n"
        "psnr = lambda frame: frame.query(\"metric == 'psnr'\").value.tolist()\n"
        "assert psnr(first) == psnr(second) and psnr(first)[0] > 20, (first, second)\n",
        project,
    )
    assert done.returncode == 0, done.stderr


def test_a_zoo_model_beside_another_zoo_is_refused_with_both_paths(project: Path) -> None:
    code = "import sys; sys.argv = ['srbench', 'models']\nfrom srbench.cli.app import main\nmain()"
    done = _python(code, project)
    assert done.returncode == 2, done.stderr
    assert str(ROOT / "zoo") in done.stderr
    assert str(project / "zoo") in done.stderr
    assert "rename" in done.stderr
    assert done.stderr.count("\n") == 1


def test_shipped_weights_and_recipes_are_found_beside_another_zoo(project: Path) -> None:
    code = "from srbench.core import plugins; print(*plugins.folders(plugins.RECIPES))"
    assert _python(code, project).stdout.split() == [str(ROOT / "zoo")]


def test_the_folders_of_recipes_have_recipes_and_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    (folder,) = plugins.folders(plugins.RECIPES)
    assert folder.is_absolute()
    assert any((folder / "recipes").glob("*.toml"))
    assert any((folder / "weights").glob("*.safetensors"))


def test_every_module_of_a_named_package_is_found() -> None:
    names = [plugin.module.__name__ for plugin in plugins.load(plugins.ARCHITECTURES).plugins]
    assert names[0] == "zoo.archs"
    assert {"zoo.archs.srresnet", "zoo.archs.rrdb"} <= set(names)
    assert names == sorted(names)
