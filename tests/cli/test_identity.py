"""Names and contents through the verbs: no line, mean or picture of another content."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from srbench.evaluation.pipeline import PIPELINE
from tests.cli.conftest import Call

RUN = ("run", "--metrics", "psnr", "--out", "r", "--json")


def _builder(path: str, kernel: str) -> str:
    body = f"torch.nn.functional.interpolate(x, scale_factor=scale, mode='{kernel}')"
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(f"import torch\ndef build(scale):\n    return lambda x: {body}\n")
    return f"{path}:build"


def _images(folder: str, count: int, seed: int = 0, side: int = 48) -> str:
    rng = np.random.default_rng(seed)
    Path(folder).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        coarse = Image.fromarray(rng.integers(0, 255, (12, 12, 3), dtype=np.uint8))
        coarse.resize((side, side), Image.Resampling.BICUBIC).save(Path(folder, f"i{number}.png"))
    return folder


def _psnr(call: Call, *arguments: str) -> dict[tuple[str, str], tuple[int, float]]:
    code, out, err = call(*arguments)
    assert code == 0, err
    summary = [entry for entry in json.loads(out)["summary"] if entry["metric"] == "psnr"]
    return {(entry["model"], entry["dataset"]): (entry["n"], entry["mean"]) for entry in summary}


def _notes(call: Call) -> str:
    return "\n".join(json.loads(call("show", "r", "--json")[1])["notes"])


def test_show_has_the_content_and_the_images_of_the_newest_call_also_when_changed_back(call: Call) -> None:
    models = ("--models", _builder("exp1/best.py", "bicubic"))
    first = _psnr(call, *RUN, *models)
    _builder("exp1/best.py", "nearest")
    other = _psnr(call, *RUN, *models, "--limit", "2")
    assert _psnr(call, "show", "r", "--json") == other
    assert "exp1/best: source changed (" in _notes(call)
    assert ", 9 older rows hidden" in _notes(call)
    _builder("exp1/best.py", "bicubic")
    assert _psnr(call, *RUN, *models) == first == _psnr(call, "show", "r", "--json")
    assert list(first) == [("exp1/best", "builtin")]


def test_files_and_folders_of_one_name_are_told_apart_in_one_call_or_two(call: Call) -> None:
    for at in "ab":
        _builder(f"{at}/best.py", "bicubic" if at == "a" else "nearest")
        _images(f"{at}/hr", 3 if at == "a" else 2, seed=ord(at))
    apart: dict[Any, Any] = {}
    for at in "ab":
        apart |= _psnr(call, *RUN, "--models", f"{at}/best.py:build", "--datasets", f"{at}/hr")
    together = _psnr(
        call, *RUN, "--models", "a/best.py:build,b/best.py:build", "--datasets", "a/hr,b/hr", "--out", "both"
    )
    assert set(apart) == {("a/best", "a/hr"), ("b/best", "b/hr")}
    assert {place: together[place] for place in apart} == apart
    assert _psnr(call, "show", "r", "--json") == apart
    assert _psnr(call, "show", "both", "--json") == together
    assert len(together) == 4


def test_changed_images_of_one_folder_hide_the_older_rows_and_come_back(call: Call) -> None:
    arguments = (*RUN, "--models", "nearest", "--datasets", _images("faces", 2))
    first = _psnr(call, *arguments)
    _images("faces", 2, seed=1)
    second = _psnr(call, *arguments)
    assert first != second == _psnr(call, "show", "r", "--json")
    assert "faces: 2 images changed (" in _notes(call)
    _images("faces", 2)
    assert _psnr(call, *arguments) == first == _psnr(call, "show", "r", "--json")


def test_two_builders_of_a_file_are_two_models(call: Call) -> None:
    functions = "".join(
        f"def {name}(scale): return lambda x: torch.nn.functional.interpolate(x, scale_factor=scale, mode='{mode}')\n"
        for name, mode in (("cubic", "bicubic"), ("linear", "bilinear"))
    )
    Path("two.py").write_text(f"import torch\n{functions}")
    both = _psnr(call, *RUN, "--limit", "1", "--models", "two.py:cubic,two.py:linear")
    assert set(both) == {("two:cubic", "builtin"), ("two:linear", "builtin")}
    one = {}
    for name in ("cubic", "linear"):
        one |= _psnr(call, *RUN, "--limit", "1", "--out", "s", "--models", f"two.py:{name}")
    assert one == both == _psnr(call, "show", "s", "--json")


def test_labels_name_files_and_folders(call: Call) -> None:
    models = f"ours={_builder('best.py', 'bicubic')},bicubic"
    values = _psnr(call, *RUN, "--models", models, "--datasets", f"faces={_images('hr', 1)},builtin", "--limit", "1")
    assert {model for model, _ in values} == {"ours", "bicubic"}
    assert {dataset for _, dataset in values} == {"faces", "builtin"}
    code, _, err = call(*RUN, "--models", "srgan=best.py:build")
    assert (code, "is the id of a model already" in err) == (2, True)
    code, _, err = call(*RUN, "--datasets", "set5=hr")
    assert (code, "is the id of a data set already" in err) == (2, True)


def test_rows_of_another_pipeline_stand_in_a_table_that_says_so(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from srbench.evaluation import plan, shown, tasks

    _psnr(call, *RUN, "--models", "nearest,bicubic", "--limit", "1")
    for module in (plan, shown, tasks):
        monkeypatch.setattr(module, "PIPELINE", PIPELINE + 1)
    old = _psnr(call, "show", "r", "--json")
    assert {model for model, _ in old} == {"nearest", "bicubic"}
    assert f"builtin: old rows, made by version {PIPELINE} of the pipeline" in _notes(call)
    assert set(_psnr(call, *RUN, "--models", "nearest", "--limit", "1")) == {("nearest", "builtin")}
    assert set(_psnr(call, "show", "r", "--json")) == {("nearest", "builtin")}
    assert f"builtin: 6 rows of version {PIPELINE} of the pipeline hidden" in _notes(call)


def test_tiles_that_memory_chose_are_a_remark_and_one_line(call: Call) -> None:
    _images("photos/faces", 1, side=320)
    _images("photos/small", 1)
    Path("photos/small/i0.png").rename("photos/faces/j.png")
    code, out, err = call(
        "run",
        "--models",
        "nearest",
        "--metrics",
        "psnr",
        "--datasets",
        "photos/faces",
        "--memory-mib",
        "1",
        "--out",
        "r",
    )
    assert code == 0, err
    assert "nearest on faces: tiled: 1 of 2 images" in out
    whole = _psnr(call, *RUN, "--models", "nearest", "--datasets", "photos/faces")
    assert len(_psnr(call, "show", "r", "--json")) == len(whole) == 1
    assert "tiled" not in _notes(call)


def test_run_json_has_path_and_hash_of_every_image_and_weight_file(call: Call) -> None:
    path = Path(_builder("net.py", "nearest").removesuffix(":build")).resolve()
    _psnr(call, *RUN, "--models", "net.py:build", "--datasets", _images("faces", 2))
    last = json.loads(Path("r/run.json").read_text())["calls"][-1]
    (model,) = last["models"].values()
    assert model["files"].keys() == {str(path)}
    assert {image["hr"] for image in last["datasets"]["faces"]["files"].values()} == {
        str(Path("faces", f"i{number}.png").resolve()) for number in range(2)
    }
    rows = [json.loads(line) for line in Path("r/rows.jsonl").read_text().splitlines()]
    assert {row["hr"] for row in rows} == {image["hr_sha256"] for image in last["datasets"]["faces"]["files"].values()}
