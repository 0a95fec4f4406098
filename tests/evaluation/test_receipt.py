"""A finished run is answered by its receipt, and only where nothing that can change a value has changed."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srbench import protocol
from srbench.evaluation import harness, receipt, surroundings
from srbench.evaluation.receipt import Receipt
from srbench.evaluation.results import ROWS, RunFolder
from srbench.models.mode import Mode
from srbench.scale.request import Request


def _paint(path: Path, seed: int) -> None:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (32, 32, 3), dtype=np.uint8)).save(path)


def _run(root: Path, models: tuple[str, ...] = ("nearest",)) -> Receipt:
    """Run over the images of a folder, and write the receipt."""
    folder = RunFolder(root / "run")
    conventions = protocol.find("classical_x4")
    request = Request(models, (str(root / "pictures"),), ("psnr",), conventions, Mode(), weights_root=root / "weights")
    plan = request.plan(folder, request.store())
    written = Receipt(folder, {"models": models}, [root / "weights"])
    written.write(plan, harness.run(plan, folder))
    return written


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one image."""
    monkeypatch.setenv("SRBENCH_CACHE", str(tmp_path / "cache"))
    _paint(tmp_path / "pictures" / "a.bmp", seed=0)
    return tmp_path


def test_the_same_command_again_gets_the_same_rows_and_is_noted(root: Path) -> None:
    written = _run(root)
    for calls in (2, 3):
        kept = written.answer()
        assert kept is not None
        assert [row.key for row in kept.rows] == [row.key for row in written.folder.rows()]
        assert kept.names == ["nearest", kept.rows[0].dataset]
        assert len(written.folder.head()["calls"]) == calls
    assert (root / "run" / ROWS).read_text().count("\n") == 3


def _other_image(root: Path) -> None:
    path = root / "pictures" / "a.bmp"
    before = path.stat()
    _paint(path, seed=1)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # neither its size nor its time tells
    assert path.stat().st_size == before.st_size


def _cut(root: Path, lines: int, more: str = "") -> None:
    """Keep some lines of the rows."""
    path = root / "run" / ROWS
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:lines]) + more)


CHANGES: dict[str, Callable[[Path], object]] = {
    "the image": _other_image,
    "one more image": lambda root: _paint(root / "pictures" / "b.bmp", seed=2),
    "the image is gone": lambda root: (root / "pictures" / "a.bmp").unlink(),
    "weights at hand": lambda root: (root / "weights").mkdir() or (root / "weights" / "w.pth").write_bytes(b"w"),
    "a lost row": lambda root: (root / "run" / ROWS).write_text(
        (root / "run" / ROWS).read_text().split("\n")[0] + "\n"
    ),
    "a torn row": lambda root: (root / "run" / ROWS).write_text((root / "run" / ROWS).read_text()[:-20]),
    "another command": lambda root: RunFolder(root / "run").record(
        RunFolder(root / "run").head()["protocol"], {}, {"models": {}, "datasets": {}}
    ),
    "a damaged receipt": lambda root: (root / "run" / receipt.FILE).write_text("{"),
}


def test_whatever_changed_is_worked_out_in_full(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name, change in CHANGES.items():
        copy = tmp_path_factory.mktemp("changed")
        _paint(copy / "pictures" / "a.bmp", seed=0)
        written = _run(copy)
        change(copy)
        assert written.answer() is None, name


def test_other_words_variables_packages_and_code_are_another_call(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = _run(root)
    assert Receipt(written.folder, {"models": ("bicubic",)}, written.weights_roots).answer() is None
    with monkeypatch.context() as changed:
        changed.setenv("OMP_NUM_THREADS", "7")
        assert written.answer() is None
    (root / "site" / "torch-9.dist-info").mkdir(parents=True)
    with monkeypatch.context() as changed:
        changed.setattr(sys, "path", [*sys.path, str(root / "site")])
        assert written.answer() is None
    with monkeypatch.context() as changed:
        changed.setattr(surroundings, "known", lambda: False)
        assert written.answer() is None
    (root / "srbench").mkdir()
    with monkeypatch.context() as changed:
        changed.setattr(surroundings, "_SOURCES", root)
        before = surroundings.digest({}, [])
        (root / "srbench" / "code.py").write_text("x = 1")
        assert surroundings.digest({}, []) != before
    assert written.answer() is not None


def test_code_of_users_has_no_receipt(root: Path) -> None:
    source = "import torch\n\ndef build(scale):\n    return torch.nn.Upsample(scale_factor=scale)\n"
    (root / "mine.py").write_text(source)
    _run(root, (f"{root / 'mine.py'}:build",))
    assert not (root / "run" / receipt.FILE).exists()
    assert receipt.is_of_known("srresnet", "nearest@0.5", "ours=weights/net.pth", "psnr")
    assert not any(map(receipt.is_of_known, ("mine.py", "mine.py:build", "hf:org/repo/net.pth", "mine.py:score")))


@pytest.mark.slow
def test_a_run_loads_what_it_needs_and_a_finished_one_no_torch(tmp_path: Path) -> None:
    """In processes of their own, as users have them."""
    words = ["run", "--models=nearest,bicubic", "--metrics=psnr,ssim", "--limit=2", "--device=cpu", "--out=here"]
    fresh = _modules(words, tmp_path)
    assert "torch" in fresh
    assert not fresh & {"scipy.stats", "scipy.io", "requests", "pandas", "matplotlib", "torchvision", "spandrel"}
    assert not _modules(words, tmp_path) & {"torch", "scipy.stats", "pandas", "requests", "zoo.archs"}


def _modules(words: list[str], folder: Path) -> set[str]:
    """Return what a command has imported at its end."""
    code = (
        f"import sys; sys.argv = ['srbench', *{words!r}]; from srbench.cli.app import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print('imported:', *sys.modules)"
    )
    path = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder, env=environment
    )
    return set(done.stdout.rpartition("imported: ")[2].split())
