"""The files of the viewer: what they hold, and what is not stored since the page makes it itself."""

import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from srbench.core import image_file
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import TIMINGS, Row
from srbench.evaluation.scenes import Scenes
from srbench.report.viewer import packing
from srbench.report.viewer.publish import write
from tests.report.viewer import made


def _bytes(script: bytes) -> bytes:
    """What a browser hands on: the low byte of each character between the outer quotes."""
    text = script[script.index(b",`") + 2 : script.rindex(b"`")]
    return re.sub(rb"\\(.)", lambda found: {b"r": b"\r"}.get(found[1], found[1]), text)


def _index(folder: Path) -> Any:
    text = (folder / "pictures" / "index.js").read_text()
    return json.loads(text.removeprefix("const srbenchIndex = ").rstrip().removesuffix(";"))


def test_a_run_becomes_a_page_with_its_pictures(run: RunFolder, tmp_path: Path) -> None:
    written = made.viewer(tmp_path / "report", run)
    assert written.page == tmp_path / "report" / "viewer.html"
    assert written.models == ["nearest", "bicubic", "bilinear", "lanczos", "net"]
    names = {path.name for path in (tmp_path / "report" / "pictures").iterdir()}
    both = {f"{number}{end}" for number in (0, 1) for end in ("-hr.js", "-lr.js", "-4.js", ".webp")}
    assert names == {*both, "index.js"}  # all but the network's follow from LR
    index = _index(tmp_path / "report")
    recipes = {model: output["recipe"] for model, output in index["images"][0]["outputs"].items()}
    of_kernels = {kernel: f"{kernel}-passes" for kernel in ("bicubic", "bilinear", "lanczos")}
    assert recipes == {"nearest": "nearest", **of_kernels, "net": None}
    assert index["images"][1]["outputs"]["lanczos"]["channels"] == 1
    stored = {row.value for row in run.rows() if (row.image, row.model, row.metric) == ("colour", "lanczos", "psnr")}
    assert {index["images"][0]["outputs"]["lanczos"]["values"]["psnr"]} == stored
    size = sum(path.stat().st_size for path in (tmp_path / "report").rglob("*") if path.is_file())
    assert written.size_bytes == size
    link = written.link("ripples", "colour", ["lanczos", "gone"], crop=(1, 2, 30, 40), zoom=8)
    assert link == "viewer.html#dataset=ripples&image=colour&models=lanczos&crop=1,2,30,40&zoom=8"
    assert written.link("ripples", "gone") == ""
    assert written.link_of(written.disputes[0]).startswith("viewer.html#dataset=ripples&image=")


def test_stored_pictures_are_those_that_were_measured(run: RunFolder, tmp_path: Path) -> None:
    made.viewer(tmp_path / "report", run)
    (kept,) = (run.path / "images" / "ripples" / "net").rglob("colour*.png")
    content = _bytes((tmp_path / "report" / "pictures" / "0-4.js").read_bytes())
    assert (np.asarray(Image.open(io.BytesIO(content))) == image_file.read_stored(kept)).all()


def test_every_byte_survives_in_a_script() -> None:
    content = bytes(range(256)) * 2 + b"\\n\\`\\\\${a}$\\{\r\n"
    script = packing.script("0-hr", content)
    assert script.startswith(b'srbenchArrived("0-hr",`')
    assert b"\r" not in script
    assert not re.search(rb"(?<!\\)(\\\\)*\$\{", script)
    assert _bytes(script) == content


def test_maps_of_lpips_are_stored_small(run: RunFolder, tmp_path: Path) -> None:
    made.viewer(tmp_path, run, lambda sr, hr: (sr.float() - hr.float()).abs().mean((0, 1)) / 255)
    outputs = _index(tmp_path)["images"][0]["outputs"]
    assert [output["lpipsMap"] for output in outputs.values()] == [True] * 5
    stored = np.asarray(Image.open(io.BytesIO(_bytes((tmp_path / "pictures" / "0-4_lpips.js").read_bytes()))))
    assert stored.shape == (72, 96, 3)
    assert stored.max() == 255  # the network has the largest errors


def test_an_earlier_report_goes_and_a_run_without_pictures_says_what_to_do(run: RunFolder, tmp_path: Path) -> None:
    made.viewer(tmp_path / "report", run)
    (tmp_path / "report" / "pictures" / "7-hr.js").write_text("old")
    made.viewer(tmp_path / "report", run)
    assert not (tmp_path / "report" / "pictures" / "7-hr.js").exists()
    shutil.copytree(run.path, tmp_path / "run", ignore=shutil.ignore_patterns("images"))
    written = write(tmp_path / "bare", Scenes([RunFolder(tmp_path / "run")]))
    assert written.page is None
    (line,) = written.left_out
    shutil.copytree(run.path / "images" / "ripples" / "bilinear", tmp_path / "run" / "images" / "ripples" / "bilinear")
    assert write(tmp_path / "one", Scenes([RunFolder(tmp_path / "run")])).models == ["bilinear"]
    assert line.startswith("No pictures of nearest, bicubic, bilinear, lanczos, net: srbench run --save-images")


def test_the_same_model_in_two_runs_is_one_though_its_times_differ(run: RunFolder, tmp_path: Path) -> None:
    shutil.copytree(run.path, tmp_path / "again")
    lines = (tmp_path / "again" / "rows.jsonl").read_text().splitlines()
    rows = [Row.from_json(json.loads(line)) for line in lines]
    (tmp_path / "again" / "rows.jsonl").unlink()
    slower = [replace(row, value=2 * row.value) if row.metric in TIMINGS else row for row in rows]
    RunFolder(tmp_path / "again").append(slower)
    assert Scenes([run, RunFolder(tmp_path / "again")]).models == ["nearest", "bicubic", "bilinear", "lanczos", "net"]
