"""A user's file may print, exit, and change settings of the process: the other models never notice."""

import json
import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srbench.core.assets import AssetStore
from srbench.errors import FailedModel, UserError
from srbench.models import foreign
from srbench.models.select import select
from srbench.models.user_code import contained
from tests.cli.conftest import Call

NEAREST = "return lambda x: x.repeat_interleave(scale, -1).repeat_interleave(scale, -2)"


def _file(text: str, name: str = "net.py") -> Path:
    path = Path(name)
    path.write_text(text)
    return path


CHANGES = """
import os, random, numpy, torch
os.chdir("/")
torch.set_default_dtype(torch.float64)
torch.set_num_threads(torch.get_num_threads() + 1)
torch.set_grad_enabled(False)
random.seed(7); numpy.random.seed(7); torch.manual_seed(7)
"""


def test_what_code_changes_is_put_back() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2), random.Random(3).random(), np.random.RandomState(3).rand()
    torch.manual_seed(3)
    random.seed(3)
    np.random.seed(3)
    before = Path.cwd(), torch.get_num_threads()
    with contained("m"):
        exec(CHANGES)
        assert Path.cwd() == Path("/")
    assert (Path.cwd(), torch.get_num_threads()) == before
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()
    assert torch.equal(torch.rand(2), expected[0])
    assert (random.random(), np.random.rand()) == expected[1:]


@pytest.mark.parametrize("where", ["import", "build", "call"])
def test_a_file_changes_nothing_for_the_next_model(call: Call, tmp_path: Path, where: str) -> None:
    indented = CHANGES.strip().replace("\n", "\n    ")
    top, in_build, in_call = (indented if where == place else "pass" for place in ("import", "build", "call"))
    _file(
        f"{top.replace(chr(10) + '    ', chr(10))}\ndef build(scale):\n    {in_build}\n"
        f"    def call(x):\n        {in_call.replace(chr(10), chr(10) + '    ')}\n"
        "        return x.repeat_interleave(scale, -1).repeat_interleave(scale, -2)\n    return call\n"
    )
    code, out, _ = call("run", "--models", "net.py,bicubic", "--metrics", "psnr", "--limit", "1", "--json")
    assert code == 0
    means = {entry["model"]: entry["mean"] for entry in json.loads(out)["summary"] if entry["metric"] == "psnr"}
    assert means["bicubic"] == pytest.approx(26.84, abs=0.005)
    assert Path.cwd() == tmp_path
    assert torch.get_default_dtype() == torch.float32


PRINTS = """
import os, subprocess, sys
print("at import")
def build(scale):
    print("built")
    os.write(1, b"past Python")
    def call(x):
        print("called"); sys.stdout.write("called")
        subprocess.run(["echo", "child"])
        return x.repeat_interleave(scale, -1).repeat_interleave(scale, -2)
    return call
"""


@pytest.mark.parametrize("verb", ["run", "upscale"])
def test_what_a_file_prints_is_not_among_the_results(call: Call, verb: str) -> None:
    _file(PRINTS)
    Image.new("RGB", (4, 4)).save("lr.png")
    what = {
        "run": ("run", "--models", "net.py", "--metrics", "psnr", "--limit", "1"),
        "upscale": ("upscale", "lr.png", "sr.png", "--model", "net.py"),
    }
    code, out, _ = call(*what[verb], "--json")
    assert code == 0
    json.loads(out)


ENDS = {
    "sys.exit at import": "import sys\ndef build(scale):\n    return lambda x: x\nsys.exit(0)\n",
    "an error at import": "import nothing_of_this_name\n",
    "a syntax error": "def build(\n",
    "sys.exit in the builder": "import sys\ndef build(scale):\n    sys.exit('no weights')\n",
    "no network": "def build(scale):\n    return 3\n",
    "sys.exit in the call": "import sys\ndef build(scale):\n    return lambda x: sys.exit(1)\n",
    "GeneratorExit": "def build(scale):\n    raise GeneratorExit\n",
    "an exception of its own": "class Stop(BaseException): pass\ndef build(scale):\n    raise Stop('so')\n",
    "memory": "import torch\ndef build(scale):\n    return lambda x: torch.empty(2**50)\n",
}


@pytest.mark.parametrize("text", ENDS.values(), ids=ENDS)
def test_a_model_that_ends_is_a_failed_model_and_the_others_run(call: Call, text: str) -> None:
    _file(text)
    code, out, _ = call("run", "--models", "net.py:build,nearest", "--metrics", "psnr", "--limit", "1", "--json")
    assert code == 3
    content = json.loads(out)
    assert {entry["model"] for entry in content["summary"]} == {"nearest"}
    (failed,) = content["failed"]
    assert failed["reason"]
    assert json.loads(Path("runs/classical_x4/run.json").read_text())["calls"][-1]["failed"] == [failed]


@pytest.mark.parametrize("text", ENDS.values(), ids=ENDS)
def test_one_that_ends_in_upscale_is_one_line(call: Call, text: str) -> None:
    _file(text)
    Image.new("RGB", (4, 4)).save("lr.png")
    code, out, err = call("upscale", "lr.png", "sr.png", "--model", "net.py:build")
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    assert not Path("sr.png").exists()


def test_ctrl_c_goes_through(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), contained("m"):
        raise KeyboardInterrupt
    (tmp_path / "net.py").write_text("raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        foreign.from_source(tmp_path / "net.py", "build", 4)


def test_a_deleted_working_folder_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with contained("m"):
        os.chdir(tmp_path)


@pytest.mark.parametrize(
    ("text", "function"),
    [
        (f"def build(scale):\n    {NEAREST}\ndef other(scale):\n    pass\n", "build"),
        (f"def enlarge(scale):\n    {NEAREST}\ndef _inner():\n    pass\n", "enlarge"),
        (f"from functools import partial, reduce\ndef only(scale):\n    {NEAREST}\n", "only"),
    ],
)
def test_without_a_name_it_is_build_or_the_only_function(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, function: str
) -> None:
    monkeypatch.chdir(tmp_path)
    _file(text)
    (model,) = select(["net.py"], 4, AssetStore([])).models
    assert model.identity["function"] == function
    assert model.upscaler()(torch.rand(1, 3, 4, 4)).shape == (1, 3, 16, 16)


@pytest.mark.parametrize(
    ("text", "found"),
    [("def a(s): pass\ndef b(s): pass\n", "it has a, b.*:NAME"), ("x = 1\n", "it has none")],
)
def test_several_functions_are_listed(tmp_path: Path, text: str, found: str) -> None:
    (tmp_path / "net.py").write_text(text)
    with pytest.raises(UserError, match=found):
        foreign.from_source(tmp_path / "net.py", "", 4)
    with pytest.raises(UserError, match="no function 'c'; it has"):
        foreign.from_source(tmp_path / "net.py", "c", 4)


def test_code_that_fails_is_told_from_a_name_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("import sys\nsys.exit()\n")
    with pytest.raises(FailedModel, match="ended with SystemExit"):
        foreign.from_source(tmp_path / "net.py", "build", 4)
