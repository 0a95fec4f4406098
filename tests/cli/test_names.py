"""Names on the command line: their case, lists of them, and wrong ones, which are told before torch is loaded."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from srbench.cli import names
from srbench.core import device
from srbench.metrics.catalogue import catalogue
from srbench.models import registry
from tests.cli.conftest import Call
from tests.conftest import ROOT


def test_the_names_in_the_source_are_those_of_the_registries() -> None:
    families = {card.family for card in registry.cards().values()}
    assert set(names.model_names()) == {*registry.cards(), *families}
    assert set(names.metric_names()) == {"ssim", "lpips", *catalogue()}


_WRONG = [
    (("run", "--models", "srgna"), "no model 'srgna'. Closest: 'srgan'"),
    (("run", "--models", "srgan.mmagic_div3k"), "Closest: 'srgan.mmagic_div2k'"),
    (("run", "--models", "bicubic,esrgn@0.8"), "no model 'esrgn'. Closest: 'esrgan'"),
    (("run", "--metrics", "pnsr"), "Closest: 'psnr'"),
    (("run", "--datasets", "set6"), "Closest: 'set5'"),
    (("run", "--protocol", "classic_x4"), "Closest: 'classical_x4'"),
    (("score", "some", "set6"), "Closest: 'set5'"),
    (("throughput", "--models", "srgna"), "Closest: 'srgan'"),
    (("upscale", "a.png", "b.png", "--model", "srgna"), "Closest: 'srgan'"),
    (("export", "srgna", "b.onnx"), "Closest: 'srgan'"),
    (("interpolate", "srgna", "srgan", "--alpha", "0.5"), "Closest: 'srgan'"),
    (("fetch", "srgna"), "Closest: 'srgan'"),
    (("models", "srgna"), "Closest: 'srgan'"),
    (("train", "sragn", "--data", "x"), "no recipe 'sragn'. Closest: 'srgan'"),
    (("recipes", "sragn"), "Closest: 'srgan'"),
    (("survey", "create", "st", "--images", "x", "--method", "acrr"), "no test method 'acrr'. Closest: 'acr'"),
    (("degrade", "x", "y", "--model", "bsrgam"), "no degradation 'bsrgam'. Closest: 'bsrgan'"),
    (("survey", "analyze", "x.csv", "--screen", "bt50"), "no screening rule 'bt50'; expected some of bt500"),
]

_ALL = """
import contextlib, io, json, sys
from srbench.cli import app

def end(words):
    sys.argv = ["srbench", *words]
    with contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            app.main()
        except SystemExit as stop:
            return stop.code, said.getvalue(), "torch" in sys.modules

print(json.dumps([end(words) for words in json.load(sys.stdin)]), flush=True)
"""


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], tuple[int, str, bool]]:
    """Exit code and message of each wrong name, and whether torch was loaded; all in one program."""
    done = subprocess.run(
        [sys.executable, "-c", _ALL],
        cwd=tmp_path_factory.mktemp("names"),
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        input=json.dumps([words for words, _ in _WRONG]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return {words: tuple(end) for (words, _), end in zip(_WRONG, json.loads(done.stdout), strict=True)}


@pytest.mark.parametrize(("arguments", "message"), _WRONG, ids=[" ".join(words) for words, _ in _WRONG])
def test_a_wrong_name_is_told_without_torch(
    arguments: tuple[str, ...], message: str, ends: dict[tuple[str, ...], tuple[int, str, bool]]
) -> None:
    code, said, loaded = ends[arguments]
    assert (code, said.count("\n"), loaded) == (2, 1, False), said
    assert said.startswith("Error: no ")
    assert message in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--mode", "fp17"), "'fp17' is no mode"),
        (("upscale", "a.png", "b.png", "--mode", "fp17"), "'fp17' is no mode"),
        (("throughput", "--mode", "fp32,fp17"), "'fp17' is no mode"),
        (("throughput", "--scenario", "fast"), "'fast' is no scenario"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_mode_is_told_before_a_device_is_looked_for(
    arguments: tuple[str, ...], message: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(device, "pick_device")
    code, out, err = call(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_names_of_other_packages_are_asked_of_their_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mysr").mkdir()
    (tmp_path / "mysr/__init__.py").write_text("")
    (tmp_path / "mysr/net.py").write_text('raise ImportError("not imported")\nCARDS = (Card(id="mynet.big"),)\n')
    (tmp_path / "mysr/metric.py").write_text('METRICS = (Metric(name="mymetric"),)\n')
    (tmp_path / "mysr-1.dist-info").mkdir()
    (tmp_path / "mysr-1.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: mysr\nVersion: 1\n")
    (tmp_path / "mysr-1.dist-info/entry_points.txt").write_text(
        "[srbench.architectures]\nmynet = mysr.net\n[srbench.metrics]\nmymetric = mysr.metric\n"
        "[srbench.models]\nbuilt = mysr.net:build\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert {"mynet", "mynet.big", "built", "srgan"} <= set(names.model_names())
    assert {"mymetric", "psnr"} <= set(names.metric_names())
    (tmp_path / "mysr/net.py").write_text("CARDS = make_cards()\n")
    assert names.model_names() == []  # what no source tells is left to the registry


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show",), "RUN is missing. Expected: Folder of a run, or of `srbench throughput` (also with --compare). "),
        (("score",), "[SR_DIR] HR_DIR is missing. Expected: Folder of the images to score, "),
        (("train", "srgan"), "--data is missing. Expected: Folder of training images, "),
        (("survey", "analyse"), "No such command 'analyse'. Did you mean 'analyze'?"),
    ],
)
def test_an_incomplete_command_line_says_what_to_give_and_where_the_help_is(
    arguments: tuple[str, ...], message: str, call: Call
) -> None:
    code, out, err = call(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"Error: {message}")
    assert err.endswith(f"(see: srbench {arguments[0]} --help)\n")


def test_a_group_without_a_verb_prints_its_help(call: Call) -> None:
    code, out, err = call("survey")
    assert (code, err) == (0, "")
    assert "analyze" in out


def test_names_are_known_in_any_case(call: Call) -> None:
    arguments = ("--limit", "1", "--metrics", "PSNR,Ssim", "--datasets", "BuiltIn", "--protocol", "Classical_x4")
    code, out, _ = call("run", "--models", "Nearest,BICUBIC", *arguments, "--json")
    summary = json.loads(out)["summary"]
    assert code == 0
    assert {line["model"] for line in summary} == {"nearest", "bicubic"}
    assert {line["metric"] for line in summary} == {"psnr", "ssim", "latency", "throughput"}
    assert registry.find("ESRGAN").family == "esrgan"


def test_a_repeated_option_adds_to_the_list(call: Call) -> None:
    lists = ("--models", "nearest", "--models", "bicubic,lanczos", "--metrics", "psnr", "--metrics", "ssim")
    _, out, _ = call("run", *lists, "--limit", "1", "--json")
    summary = json.loads(out)["summary"]
    assert {line["model"] for line in summary} == {"nearest", "bicubic", "lanczos"}
    assert {"psnr", "ssim"} < {line["metric"] for line in summary}


def test_h_is_help_everywhere(call: Call) -> None:
    for verb in ((), ("run",), ("survey",), ("survey", "create"), ("datasets", "pin")):
        code, out, _ = call(*verb, "-h")
        assert code == 0
        assert "Usage" in out
