"""Every verb as a user meets it: what is on stdout, what on stderr, and the exit code."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch.nn.functional import interpolate

from srbench.core import image
from tests.cli.conftest import Call
from tests.cli.test_identity import _images
from zoo.archs import vdsr


def test_run_prints_one_json_object_and_nothing_else(call: Call) -> None:
    code, out, err = call(
        "run", "--models", "nearest,bicubic", "--datasets", "builtin", "--metrics", "psnr,ssim", "--json"
    )
    assert (code, err) == (0, "")
    content = json.loads(out)
    assert content["run"] == "runs/classical_x4"
    assert content["protocol"]["name"] == "classical_x4"
    assert content["unavailable"] == content["failed"] == []
    entry = next(s for s in content["summary"] if (s["model"], s["metric"]) == ("bicubic", "psnr"))
    assert {"model", "dataset", "metric", "mean", "std", "n", "unit", "ci95"} <= set(entry)
    assert (entry["dataset"], entry["n"], entry["unit"]) == ("builtin", 3, "dB")
    assert entry["ci95"][0] < entry["mean"] < entry["ci95"][1]
    assert entry["ci95_method"] == "t"
    assert entry["std"] > 0
    ranking = next(r for r in content["rankings"] if r["metric"] == "psnr")
    assert (ranking["dataset"], ranking["compared"], ranking["pairs"]) == ("builtin", 3, 1)
    assert ranking["best"] == [{"model": "bicubic", "device": "cpu", "mode": "fp32"}]
    of_images = {"models", "images", "orders", "reversed", "moved", "deciding", "best_without", "carried"}
    assert of_images == set(ranking["influence"])


@pytest.mark.slow
def test_own_models_load_no_foreign_package(tmp_path: Path) -> None:
    """spandrel and torchvision bring torch's compiler, which takes as long to load as torch itself."""
    code = (
        "import sys\nfrom srbench.cli.app import main\n"
        "sys.argv = 'srbench run --models nearest --datasets builtin --limit 1 --metrics psnr,lpips'.split()\n"
        f"sys.argv += ['--out', {str(tmp_path)!r}]\n"
        "try:\n    main()\nfinally:\n"
        "    print(sorted({'spandrel', 'torchvision', 'lpips', 'torch._dynamo', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_end_of_a_command_searches_no_module_for_cycles_of_references() -> None:
    """All of torch would be searched, which takes a third of the time of its import."""
    code = (
        "import atexit, gc, sys\nfrom srbench.cli.app import main\n"
        "atexit.register(lambda: print(len(gc.get_objects()), gc.get_freeze_count()))\n"
        "sys.argv = ['srbench', 'protocols']\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    searched, left_out = map(int, done.stdout.splitlines()[-1].split())
    assert searched < 100 < left_out


def test_run_closes_with_a_table_that_names_protocol_and_machine(call: Call) -> None:
    words = ("--models", "all", "--datasets", _images("small", 3), "--metrics", "psnr", "--limit", "2", "--latex")
    code, out, _ = call("run", *words)
    assert code == 0
    for text in ("classical_x4: x4, HR mod 4", "torch", "PSNR [dB] ↑", "lanczos", "first 2 of 3 images", "not run ("):
        assert text in out
    folder = Path("runs/classical_x4")
    assert {"rows.jsonl", "run.json", "summary.csv", "summary.md", "summary.tex"} <= {p.name for p in folder.iterdir()}
    assert (folder / "summary.csv").read_text().startswith("protocol,model,dataset,metric,mean")
    assert r"\toprule" in (folder / "summary.tex").read_text()
    assert "classical_x4" in (folder / "summary.md").read_text().splitlines()[0]


def test_a_second_run_says_what_it_found(call: Call) -> None:
    arguments = ("run", "--models", "nearest", "--metrics", "psnr", "--limit", "1", "--out", "here")
    call(*arguments)
    code, _, err = call(*arguments)
    assert code == 0
    assert "here: 3 stored values kept (--force measures them again), 0 new" in " ".join(err.split())


def test_show_prints_the_same_figures_again(call: Call) -> None:
    _, ran, _ = call("run", "--models", "nearest", "--metrics", "psnr", "--json")
    code, shown, _ = call("show", "runs/classical_x4", "--json")
    assert code == 0
    assert json.loads(shown)["summary"] == json.loads(ran)["summary"]


def test_a_variant_of_a_protocol_has_its_own_folder_and_name(call: Call) -> None:
    name = "classical_x4+border_px=0"
    _, out, _ = call("run", "--models", "nearest", "--metrics", "psnr", "--limit", "1", "--protocol", name)
    assert name in out
    assert Path("runs", name, "rows.jsonl").exists()


def test_the_protocols_table_says_x3_does_not_compare_for_cropped_sets(call: Call, data: Path) -> None:
    arguments = ("--datasets", "bsd100", "--data-root", str(data), "--metrics", "psnr", "--limit", "1")
    _, out, _ = call("run", "--models", "bicubic", "--protocol", "classical_x3", *arguments)
    assert "x3 made from them does not compare with published values" in out


def test_overlaps_are_flagged(call: Call, data: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vdsr.VDSR, "forward", lambda network, lr: interpolate(lr, scale_factor=network.scale))
    roots = ("--data-root", str(data), "--weights-root", str(weights))
    _, out, _ = call("run", "--models", "vdsr", "--datasets", "set5,set14", "--limit", "1", "--metrics", "psnr", *roots)
    assert "head is Set14's face" in out
    assert "vdsr was trained on BSDS500_train" in " ".join(out.split())


def test_a_failed_model_ends_in_code_3_and_is_listed(call: Call, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def build(scale):\n    return lambda x: x\n")
    code, out, _ = call("run", "--models", "nearest,bad.py:build", "--metrics", "psnr", "--json")
    content = json.loads(out)
    assert code == 3
    assert content["failed"][0]["model"] == "bad"
    assert {s["model"] for s in content["summary"]} == {"nearest"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--models", "srgna"), "Error: no model 'srgna'. Closest: 'srgan'. All names: srbench models"),
        (("run", "--models", "zz*"), "no model id matches"),
        (("run", "--models", "fsrcnn"), "the model 'fsrcnn' cannot run"),
        (("run", "--models", "fsrcnn*"), "none of the models can run"),
        (("run", "--datasets", "set6"), "Closest: 'set5'"),
        (("run", "--datasets", "set5"), "--datasets builtin"),
        (("run", "--metrics", "pnsr"), "Closest: 'psnr'"),
        (("run", "--protocol", "classic_x4"), "Closest: 'classical_x4'"),
        (("run", "--device", "abacus"), "the device 'abacus' cannot be used"),
        (
            ("run", "--modles", "x"),
            "No such option: --modles",
        ),
        (("run", "--limit", "0"), "'--limit': expected at least 1 (see: srbench run --help)"),
        (("run", "--limit", "x"), "'--limit': expected a whole number (see: srbench run --help)"),
        (("survey", "create", "--nope"), "(see: srbench survey create --help)"),
        (("throughput", "--compare", "one"), "requires 2 arguments. (see: srbench throughput --help)"),
        (("survey", "analyze", "x", "--relative", "y"), "'y' is not one of 'none', 'dmos', 'crushed'. (see: srbench s"),
        (("show", "x", "--format", "latx"), "--format 'latx' is no format. Closest: 'latex'. Formats: terminal, md,"),
        (("run", "--mode", "fp8"), "Error: 'fp8' is no mode: expected some of fp32, tf32, bf16"),
        (("run", "--mode", "bf16+auto"), "it goes with x8 and tile=N, not with bf16"),
        (("run", "--models", "bicubic", "--mode", "bf16+split"), "bicubic has 0 layers to choose from"),
        (("run", "--datasets", ","), "names nothing"),
        (("run", "--models", "no.py:build"), "does not exist"),
        (("show", "nowhere"), "nowhere does not exist"),
        (("score", "nowhere", "builtin"), "nowhere does not exist; expected a folder of images"),
        (("fetch", "set5"), "could not be downloaded"),
        (("fetch", "nonsense"), "no model 'nonsense'"),
        (("bogus",), "No such command 'bogus'. (see: srbench --help)"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_users_mistakes_are_one_line_and_code_2(call: Call, arguments: tuple[str, ...], message: str) -> None:
    code, out, err = call(*arguments)
    assert code == 2
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_a_format_has_the_names_that_people_use(call: Call) -> None:
    call("run", "--models", "nearest", "--limit", "1", "--metrics", "psnr")
    texts = {name: call("show", "runs/classical_x4", "--format", name)[1] for name in ("md", "latex", "terminal")}
    assert len(set(texts.values())) == 3
    for alias, name in (("markdown", "md"), ("tex", "latex"), ("LaTeX", "latex"), ("text", "terminal")):
        assert call("show", "runs/classical_x4", "--format", alias)[:2] == (0, texts[name])


def test_set5_without_network_names_the_three_ways_out(call: Call) -> None:
    _, _, err = call("run", "--models", "all", "--datasets", "set5")
    assert all(way in err for way in ("Set5", "--datasets builtin", "--data-root", "SRBENCH_MIRROR"))


def test_bugs_end_in_a_traceback_and_code_1() -> None:
    code = "import srbench.cli.app as a, srbench.protocol as p; p.find = lambda name: 1 / 0; a.main()"
    done = subprocess.run([sys.executable, "-c", code, "run"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert "Traceback" in done.stderr


@pytest.mark.parametrize("verb", ["models", "datasets", "metrics", "protocols"])
def test_listings_are_tables_and_json(call: Call, verb: str) -> None:
    code, table, _ = call(verb)
    assert code == 0
    _, out, _ = call(verb, "--json")
    for record in json.loads(out):
        assert record.get("id", record.get("name")) in table


def test_scores_of_foreign_images_equal_those_of_the_run_that_made_them(call: Call) -> None:
    _, ran, _ = call("run", "--models", "bicubic", "--metrics", "psnr,ssim", "--save-images", "--json")
    code, scored, _ = call(
        "score", "runs/classical_x4/images/builtin/bicubic/fp32", "builtin", "--metrics", "psnr,ssim", "--json"
    )
    assert code == 0
    means = [{s["metric"]: s["mean"] for s in json.loads(out)["summary"]} for out in (ran, scored)]
    assert means[1] == {name: means[0][name] for name in ("psnr", "ssim")}


def test_scores_under_a_luma_protocol_equal_those_of_the_run(call: Call) -> None:
    protocol = ("--protocol", "luma_x4", "--metrics", "psnr", "--json")
    _, ran, _ = call("run", "--models", "bicubic", "--save-images", *protocol)
    code, scored, _ = call("score", "runs/luma_x4/images/builtin/bicubic/fp32", "builtin", *protocol)
    assert code == 0
    assert json.loads(scored)["summary"][0]["mean"] == json.loads(ran)["summary"][0]["mean"]


def _photos(folder: Path, suffix: str = "", shift: int = 0, size_px: tuple[int, int] = (96, 80)) -> None:
    folder.mkdir()
    for seed in range(2):
        coarse = np.random.default_rng(seed).integers(0, 256, (10, 12, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize(size_px, Image.Resampling.BICUBIC)
        image.write(folder / f"p{seed}{suffix}.png", np.roll(np.asarray(picture), shift, axis=1))


def test_score_flags_what_cannot_be(call: Call, tmp_path: Path) -> None:
    _photos(tmp_path / "hr")
    _photos(tmp_path / "same", "_x4")
    _photos(tmp_path / "large", size_px=(192, 160))  # a shift is told from 128 px on
    _photos(tmp_path / "shifted", "x4", shift=2, size_px=(192, 160))
    _, same, _ = call("score", "same", "hr", "--metrics", "psnr", "--json")
    assert json.loads(same)["summary"][0]["mean"] is None
    assert "infinite PSNR" in json.loads(same)["notes"][0]
    assert json.loads(same)["images"][0]["value"] is None
    _, shifted, _ = call("score", "shifted", "large", "--metrics", "psnr")
    assert "output is shifted by about" in shifted


def test_score_refuses_wrong_pairs_and_sizes(call: Call, tmp_path: Path) -> None:
    _photos(tmp_path / "hr")
    _photos(tmp_path / "sr")
    (tmp_path / "sr" / "p1.png").rename(tmp_path / "sr" / "q1.png")
    code, _, err = call("score", "sr", "hr")
    assert code == 2
    assert "q1.png" in err
    assert "p1.png" in err
    (tmp_path / "sr" / "q1.png").unlink()
    image.write(tmp_path / "sr" / "p1.png", np.zeros((80, 92, 3), np.uint8))
    code, out, _ = call("score", "sr", "hr", "--metrics", "psnr")
    assert code == 3
    assert "80 x 92 px" in out


def test_fetch_checks_what_is_there(call: Call, data: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRBENCH_MIRROR", str(data))
    monkeypatch.setenv("SRBENCH_WEIGHTS", str(weights))
    code, out, err = call("fetch", "set5", "fsrcnn", "vdsr")
    assert (code, out) == (0, "")
    assert "set5: 5 images, checked" in err
    assert "vdsr: weights checked" in err


def test_given_lr_images_are_used(call: Call, data: Path) -> None:
    folders = ("--datasets", str(data / "Set5" / "HR"), "--lr", str(data / "Set5" / "LR_bicubic_x4"))
    _, given, _ = call("run", "--models", "bicubic", "--metrics", "psnr", "--json", "--out", "given", *folders)
    _, made, _ = call("run", "--models", "bicubic", "--metrics", "psnr", "--json", "--out", "made", *folders[:2])
    first, second = (json.loads(out)["summary"][0]["mean"] for out in (given, made))
    assert first == second == pytest.approx(28.4290, abs=1e-4)


def test_version_and_help(call: Call) -> None:
    assert call("--version")[1].startswith("srbench 0")
    for arguments in ((), ("--help",)):
        assert "protocols" in call(*arguments)[1]
