"""The published reports of quality, written again from small runs."""

import sys
from pathlib import Path

import pytest

from benchmarks import quality
from tests.report.site.examples import stored

pytestmark = pytest.mark.slow


def test_the_reports_are_written_from_their_runs_and_say_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = {"nearest": 0.0, "bicubic": 1.0, "ours": 2.0}
    stored(tmp_path / "runs" / "classical_x4", models, images=2)
    stored(tmp_path / "runs" / "classical_x4", {"nearest": 0.0, "bicubic": 1.0}, images=1, dataset="bsd100")
    stored(tmp_path / "runs" / "classical_x4", {"nearest": 0.0}, images=3, dataset="bsd100")
    stored(tmp_path / "runs" / "builtin", models, images=2, dataset="builtin")
    stored(tmp_path / "runs" / "srgan_x4", models, images=2, name="srgan_x4")
    words = ["quality", "--date", "2026-01-02", "--no-run", "--runs", str(tmp_path / "runs"), "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", [*words, "--why", "No time."])
    assert quality.main() == 0
    folder = tmp_path / "2026-01-02-quality"
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "3 models on set14 (2), bsd100 (3)" in text
    assert (
        "Not measured on bsd100: ours.\nMeasured on a part of the 3 images of bsd100: bicubic on 1.\nNo time." in text
    )
    assert "SRGAN†" in (folder / "srgan_x4" / "table.md").read_text(encoding="utf-8")
    for name in ("classical_x4", "builtin", "srgan_x4"):
        assert (folder / name / "index.html").exists()
        assert "@misc{srbench," in (folder / name / "methods.md").read_text(encoding="utf-8")
