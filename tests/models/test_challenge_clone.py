"""Teams of an NTIRE challenge, from a folder that is laid out like a clone of its repository."""

import json
from pathlib import Path

import pytest
import torch

from srbench.evaluation.results import RunFolder
from tests.cli.conftest import Call, call

__all__ = ["call"]

DEMO = """
import os
import torch
from utils.loading import load

def select_model(args, device):
    model_id = args.model_id
    if model_id == 7:
        from models.team07_Near import Near
        name, data_range = f"{model_id:02}_Near", 255.0
        model = Near()
        model.load_state_dict(load(os.path.join("model_zoo", "team07_near.pth")), strict=True)
    elif model_id == 8:
        name, data_range = "08_Kernels", 1.0
        import kernels_that_nobody_has
    else:
        raise NotImplementedError(f"Model {model_id} is not implemented.")
    model.eval()
    return model.to(device), name, data_range, None
"""
NEAR = """
import torch
from torch.nn.functional import interpolate

class Near(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.added = torch.nn.Parameter(torch.zeros(()))

    def forward(self, x):
        assert x.max() > 1 or not x.any(), "levels go to 255 here"
        return interpolate(x, scale_factor=4) + self.added
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "ESR"
    for name, text in (
        ("test_demo.py", DEMO),
        ("models/team07_Near.py", NEAR),
        ("utils/loading.py", "from torch import load\n"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "model_zoo").mkdir()
    torch.save({"added": torch.tensor(0.0)}, folder / "model_zoo" / "team07_near.pth")
    return folder


RUN = ("run", "--metrics", "psnr", "--limit", "1", "--models")


def test_a_team_runs_in_its_range_and_the_note_says_that_its_code_runs(call: Call, clone: Path, tmp_path: Path) -> None:
    code, out, err = call(*RUN, f"nearest,ntire:{clone}/7", "--json")
    assert code == 0, err
    said = json.loads(out)
    assert f"ESR-7: from ntire:{clone}/7 (07_Near), whose code runs here" in json.dumps(said)
    folder = RunFolder(tmp_path / "runs/classical_x4")
    values = {row.model: row.value for row in folder.rows() if row.metric == "psnr"}
    assert values.keys() == {"nearest", "ESR-7"}
    assert values["ESR-7"] == pytest.approx(values["nearest"], abs=1e-3)
    (run,) = folder.head()["calls"]
    assert {"models/team07_Near.py", "utils/loading.py"} <= run["models"]["ESR-7"]["beside"].keys()
    torch.save({"added": torch.tensor(90.0)}, clone / "model_zoo" / "team07_near.pth")
    assert call(*RUN, f"ntire:{clone}/7")[0] == 0  # other weights are another model: measured again
    assert len({row.identity for row in folder.rows() if row.model.startswith("ESR-7")}) == 2


@pytest.mark.parametrize(
    ("team", "said"),
    [
        ("9", "Model 9 is not implemented"),
        ("8", "No module named 'kernels_that_nobody_has'"),
        ("seven", "names no team"),
    ],
)
def test_what_is_not_there_is_told_in_one_line(call: Call, clone: Path, team: str, said: str) -> None:
    code, _, err = call(*RUN, f"ntire:{clone}/{team}")
    assert code == 2
    assert said in err
    assert len(err.strip().splitlines()) == 1
    code, _, err = call(*RUN, f"ntire:{clone.parent}/{team}")
    assert code == 2


def test_a_scale_of_another_protocol_is_told(call: Call, clone: Path) -> None:
    code, _, err = call(*RUN, f"ntire:{clone}/7", "--protocol", "classical_x2")
    assert code == 2
    assert "upscales by 4, not by 2" in err
