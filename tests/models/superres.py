"""A package of somebody else with a model, as it lies in a folder of `sys.path` once it is installed."""

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

ARCHITECTURE = '''
"""A network that works in windows of 8 x 8 pixels."""

from torch import nn
from torch.nn.functional import interpolate

from srbench.models.arch import Arch, Network
from srbench.models.card import Card, weight

WINDOW_PX = 8


class WinNet(Network):
    def __init__(self, scale, channels=4):
        super().__init__(scale)
        self.first = nn.Conv2d(3, channels, 1)
        self.mixing = nn.Linear(WINDOW_PX**2, WINDOW_PX**2)
        self.last = nn.Conv2d(channels, 3, 1)

    def forward(self, lr):
        x = self.first(lr)  # (N, c, h, w)
        n, c, h, w = x.shape
        x = x.view(n, c, h // WINDOW_PX, WINDOW_PX, w // WINDOW_PX, WINDOW_PX).transpose(3, 4)
        x = self.mixing(x.flatten(-2)).unflatten(-1, (WINDOW_PX, WINDOW_PX)).transpose(3, 4).reshape(n, c, h, w)
        return interpolate(lr + self.last(x), scale_factor=self.scale, mode="nearest")


def infer(state):
    return {"channels": state["first.weight"].shape[0]} if "mixing.weight" in state else None


ARCH = Arch(
    name="winnet",
    paper="none",
    year=2024,
    build=WinNet,
    infer=infer,
    overlap_px=0,
    bytes_per_px=2000,
    multiple_of=WINDOW_PX,
    examples=({"channels": 2}, {"channels": 3}),
)

CARDS = (
    Card(
        id="winnet.theirs",
        arch="winnet",
        parameters=4191,
        licence="MIT",
        source="superres",
        where="in the package superres",
        files=(weight("winnet.safetensors", "SHA256"),),
    ),
)
'''

BUILDER = """
from torch import nn


def build(scale):
    return nn.Upsample(scale_factor=scale, mode="bilinear")
"""


def module_from(text: str, path: Path) -> Any:
    """A module of a text that stands in no package."""
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def install(root: Path, name: str, files: dict[str, str], entry_points: dict[str, str], version: str = "1.2") -> None:
    """Write a distribution with one package of its name.

    Args:
        root: A folder that will be on `sys.path`.
        name: Name of the distribution and of the package.
        files: Texts of the package's modules by file name.
        entry_points: By group, as "name = package.module:object".
        version: Version of the distribution.
    """
    (root / name).mkdir(parents=True)
    for file, text in {"__init__.py": "", **files}.items():
        (root / name / file).write_text(text, encoding="utf-8")
    info = root / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    groups = "".join(f"[{group}]\n{entry}\n" for group, entry in entry_points.items())
    (info / "entry_points.txt").write_text(groups, encoding="utf-8")


def install_superres(root: Path) -> Path:
    """Write the package superres 1.2 with an architecture, a card and a builder; the path of the card's weights."""
    weights = root / "superres" / "weights" / "winnet.safetensors"
    network = module_from(ARCHITECTURE, root / "draft.py").WinNet(4)
    (root / "draft.py").unlink()
    install(
        root,
        "superres",
        {"window.py": "", "building.py": BUILDER},
        {
            "srbench.architectures": "window = superres.window",
            "srbench.models": "stretched = superres.building:build",
            "srbench.recipes": "superres = superres",
        },
    )
    weights.parent.mkdir()
    save_file(network.state_dict(), weights)
    text = ARCHITECTURE.replace("SHA256", hashlib.sha256(weights.read_bytes()).hexdigest())
    (root / "superres" / "window.py").write_text(text, encoding="utf-8")
    return weights
