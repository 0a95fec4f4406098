"""One part of what a row is varies, back and forth: no row, mean or picture of another content is ever shown."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from srbench.core.download import sha256
from srbench.evaluation.results import RunFolder
from tests.cli.conftest import Call, call
from zoo.archs.espcn import ARCH

__all__ = ["call"]

_NET = """import torch
from kind import KIND
def one(scale):
    return lambda x: torch.nn.functional.interpolate(x, scale_factor=scale, mode=KIND) * {gain} * x.new_ones(())
def two(scale):
    return lambda x: torch.nn.functional.interpolate(x.flip(-1), scale_factor=scale, mode=KIND).flip(-1).roll(1, -1)
"""


def _images(folder: Path, side: int, seed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in "ab":
        generator = np.random.default_rng((seed, ord(name)))
        small = generator.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC).save(folder / f"{name}.png")


def _net(gain: float = 1.0, kind: str = "nearest") -> None:
    Path("net.py").write_text(_NET.format(gain=gain), encoding="utf-8")
    Path("kind.py").write_text(f'KIND = "{kind}"\n', encoding="utf-8")


def _weights(seed: int) -> None:
    torch.manual_seed(seed)
    save_file(ARCH.build(scale=4, colour="rgb").state_dict(), "net.safetensors")


_PARTS: dict[str, tuple[Callable[[], None], Callable[[], None], str, str]] = {
    "content of HR": (lambda: _images(Path("hr"), 48, 0), lambda: _images(Path("hr"), 48, 7), "", ""),
    "content of LR": (
        lambda: _images(Path("lr"), 12, 0),
        lambda: _images(Path("lr"), 12, 7),
        "--lr lr",
        "--lr lr",
    ),
    "builder": (_net, lambda: _net(gain=0.9), "", ""),
    "module beside the builder": (_net, lambda: _net(kind="bilinear"), "", ""),
    "weights": (lambda: _weights(0), lambda: _weights(1), "--models net.safetensors", "--models net.safetensors"),
    "name of the builder": (_net, _net, "--models net.py:one", "--models net.py:two"),
    "protocol": (_net, _net, "", "--protocol classical_x4+border_px=6"),
    "mode": (_net, _net, "--models net.py:two", "--models net.py:two --mode fp32+x8"),
    "tiles": (_net, _net, "--models net.py:two", "--models net.py:two --mode fp32+tile=4"),
    "folder of one name": (_net, lambda: _images(Path("more/hr"), 48, 7), "", "--datasets more/hr"),
}
"""For each part: how it is made, how it is changed, and the options of both calls."""


def _measure(call: Call, options: str) -> set[float]:
    """Run; return the means of PSNR in the JSON of this call."""
    words = options.split()
    for option, usual in (("--models", "net.py:one"), ("--datasets", "hr")):
        words += [] if option in words else [option, usual]
    code, out, err = call("run", "--metrics", "psnr", "--save-images", "--json", *words)
    assert code == 0, err
    return _means(out)


def _shown(call: Call) -> set[float]:
    """Return the means that `show` has of all run folders."""
    found: set[float] = set()
    for folder in Path("runs").iterdir():
        code, out, err = call("show", str(folder), "--json")
        assert code == 0, err
        found |= _means(out)
    return found


def _means(out: str) -> set[float]:
    """Return the means of PSNR, each of both images."""
    summary = [of for of in json.loads(out)["summary"] if of["metric"] == "psnr"]
    assert {of["n"] for of in summary} == {2}
    return {of["mean"] for of in summary}


def _check_pictures() -> None:
    """Every stored value has the picture that it was measured of."""
    for folder in map(RunFolder, Path("runs").iterdir()):
        rows = [row for row in folder.rows() if row.metric == "psnr"]
        assert rows
        for row in rows:
            assert sha256(folder.picture(row)) == row.picture
        shown = [row.picture for row in rows]
        assert len(shown) == len({folder.picture(row) for row in rows})


@pytest.mark.parametrize(
    "part",
    [name if name in ("builder", "content of HR") else pytest.param(name, marks=pytest.mark.slow) for name in _PARTS],
)
def test_a_part_that_varies_back_and_forth_mixes_nothing(part: str, call: Call) -> None:
    make, change, options, changed_options = _PARTS[part]
    _images(Path("hr"), 48, 0)
    _net()
    make()
    one = _measure(call, options)
    change()
    other = _measure(call, changed_options)
    _check_pictures()
    make()
    assert _measure(call, options) == one
    _check_pictures()
    change()
    assert _measure(call, changed_options) == other
    _check_pictures()
    Path("runs").rename("mixed")
    assert _measure(call, changed_options) == other
    assert not one & other or part == "tiles"


@pytest.mark.slow
@pytest.mark.parametrize("part", _PARTS)
def test_show_has_the_content_of_the_newest_call(part: str, call: Call) -> None:
    make, change, options, changed_options = _PARTS[part]
    _images(Path("hr"), 48, 0)
    _net()
    for turn in (make, change, make):
        turn()
        assert _measure(call, changed_options if turn is change else options) <= _shown(call)
