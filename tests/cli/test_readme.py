"""README's commands, typed in their order into one fresh folder: none is refused."""

import os
import re
import shlex
import shutil
import signal
import threading
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Iterator
from pathlib import Path

import pytest
import skimage.data
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import interpolate

from srbench.cli.survey import demo
from srbench.models.upscaler import Upscaler
from srbench.speed import ceiling
from srbench.speed.records import Ceiling
from srbench.training import recipe
from tests import ctrl_c
from tests.cli.conftest import Call
from tests.conftest import DATA
from tests.docs.pages import ROOT, fences, spans

_README = ROOT / "README.md"
_FAST = {
    "run": "--limit 1 --metrics psnr",
    "score": "--metrics psnr",
    "throughput": "--device cpu --size 24x24 --seconds 0.05 --scenario latency --mode fp32",
    "train": "--device cpu --workers 0 --threads 1 --set data.batch=2 --set data.patch_px=32",
}
"""What makes a verb's work small."""
_CORNER_PX = 32
_STOPPED = 130
_AT_HAND = {"esrgan": "esrgan.realsr_df2k"}
"""Cards of a family in place of its usual one, whose file must be downloaded."""


def _commands() -> list[str]:
    """All srbench commands of README, those in its text too, without comments."""
    text = "\n".join(fence.text for fence in fences(_README) if fence.language != "python")
    lines = re.sub(r"\s+#.*", "", text.replace("\\\n", " ")).splitlines()
    typed = [part.strip().removeprefix(".venv/bin/") for line in lines for part in line.split("&&")]
    return [command for command in [*typed, *spans(_README)] if command.startswith("srbench ")]


def _small(command: str) -> list[str]:
    """The words of a command, with options that make its work small; each phase of a training has two steps."""
    words = [_AT_HAND.get(word, word) for word in shlex.split(command)[1:]]
    words += shlex.split(_FAST.get(words[0], ""))
    if words[0] == "train":
        words += ["--set", "phases.0.losses.0.backbone=caffe"]  # torchvision's file must be downloaded
        for number in range(len(recipe.load(words[1]).phases)):
            words += ["--set", f"phases.{number}.steps=2"]
    return words


def _needs_others_files(command: str) -> bool:
    """Tell whether a command needs images or weights of third parties, which a checkout has not."""
    return bool(re.search(r"\bset(5|14)\b|--model esrgan\b|fsrcnn|srbench train", command))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that README's commands name."""
    photo = Image.fromarray(skimage.data.astronaut())
    for name in ("hr", "images", "outputs"):
        (tmp_path / "path/to" / name).mkdir(parents=True)
    for number in range(3):
        part = photo.crop((64 * number, 0, 64 * number + 96, 96))
        part.save(tmp_path / f"path/to/hr/{number}.png")
        part.save(tmp_path / f"path/to/images/{number}.png")
    photo.crop((0, 0, 40, 32)).save(tmp_path / "photo.png")
    network = load_file(ROOT / "zoo/weights/esrgan_lite.safetensors")
    torch.save(network, tmp_path / "path/to/weights.pth")
    (tmp_path / "model.py").write_text(
        "from torch import nn\n\n\ndef build(scale):\n    return nn.Upsample(scale_factor=scale, mode='bicubic')\n"
    )
    for path in (DATA / "Set14/HR").iterdir() if DATA else ():
        with Image.open(path) as hr:
            low = hr.resize((hr.width // 4, hr.height // 4))
            sr = low.resize((4 * low.width, 4 * low.height))
            sr.save(tmp_path / "path/to/outputs" / f"{path.stem}.png")
    return tmp_path


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The status of each page that a browser was sent to; the server is stopped after it, as by Ctrl-C."""
    statuses: list[int] = []

    def visit(address: str) -> None:
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        try:
            with browser.open(address, timeout=60) as page:
                statuses.append(page.status)
        except urllib.error.HTTPError as error:
            statuses.append(error.code)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(webbrowser, "open", lambda address: threading.Thread(target=visit, args=(address,)).start())
    with ctrl_c.heard():
        yield statuses


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks see the corner of a picture; the rest is enlarged. Whether a command is refused hangs on no pixel.

    The device's ceiling is not measured, 15 s of the processor, and the demo has no network of its own.
    """
    run = Upscaler._run

    def of_corner(upscaler: Upscaler, x: Tensor) -> Tensor:
        if upscaler.colour == "any":  # bicubic, whose claims are checked
            return run(upscaler, x)
        corner = run(upscaler, x[..., :_CORNER_PX, :_CORNER_PX])
        out = interpolate(x.to(corner.dtype), scale_factor=upscaler.scale)
        out[..., : corner.shape[-2], : corner.shape[-1]] = corner
        return out

    monkeypatch.setattr(Upscaler, "_run", of_corner)
    monkeypatch.setattr(ceiling, "measure", lambda device, names: Ceiling(dict.fromkeys(names, 0.1), 10.0))
    monkeypatch.setattr(demo, "_MODELS", "nearest,bicubic")


@pytest.mark.slow
@pytest.mark.usefixtures("little")
def test_no_command_of_readme_is_refused(
    call: Call, folder: Path, pages: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    others = False
    if DATA is not None and (DATA.parent / "weights").is_dir():
        others = True
        monkeypatch.setenv("SRBENCH_MIRROR", str(DATA))
        monkeypatch.setenv("SRBENCH_WEIGHTS", str(DATA.parent / "weights"))
    commands = [command for command in _commands() if others or not _needs_others_files(command)]
    assert len(commands) > 8
    for command in commands:
        if command.startswith("srbench merge"):  # README's second run is of another machine
            shutil.copytree("runs/classical_x4", "runs/gpu")
        code, printed, said = call(*_small(command))
        assert code == (_STOPPED if command == "srbench survey demo" else 0), f"{command}\n{said}"
        assert printed, command
    assert pages == [200]
    assert all((folder / name).exists() for name in ("fig.pdf", "runs/all/rows.jsonl"))
    assert (folder / "large.png").exists() or not others
