"""Files of other people's networks, recognised by path alone, give the values of their authors' code.

The scores that their cards claim are measured on Set5 with `--slow`; here one small picture stands for them. Its values
were stored by networks that reach those scores.
"""

import json
from pathlib import Path

import pytest
import torch

from srbench.core.assets import AssetStore
from srbench.models.select import select_one

STORED = json.loads((Path(__file__).parent / "foreign_files.json").read_text())


def _picture() -> torch.Tensor:
    """RGB of 20 x 27 px with waves, an edge and a line."""
    down, across = torch.arange(20.0)[:, None], torch.arange(27.0)[None]
    waves = [(down * a + across * b).sin() for a, b in ((0.4, 0.9), (1.7, 0.2), (0.8, -1.1))]
    rgb = torch.stack(waves) * 70 + 120
    rgb[:, :, 15:] += 50
    rgb[:, 9] = 20
    return rgb.round().clamp(0, 255)[None] / 255


@pytest.mark.parametrize("name", STORED)
def test_a_file_is_recognised_and_computes_what_it_did(weights: Path, name: str) -> None:
    path = weights / "ntire" / name
    if not path.exists():
        pytest.skip(f"{name} is not at hand")
    model = select_one(str(path), AssetStore([]))
    assert model.card is not None
    sr = model.upscaler()(_picture())[0] * 255
    assert sr.shape == (3, 80, 108)
    found = sr.unflatten(2, (2, 54)).unflatten(1, (2, 40)).mean((2, 4))  # a quarter of the picture each
    assert {"card": model.card.id} | {"means": found.flatten().tolist(), "deviation": sr.std().item()} == {
        "card": STORED[name]["card"],
        "means": pytest.approx(STORED[name]["means"], abs=0.01),
        "deviation": pytest.approx(STORED[name]["deviation"], abs=0.01),
    }
