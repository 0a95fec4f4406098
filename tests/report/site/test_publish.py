import csv
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from srbench.report.site import publish
from srbench.speed.records import Ceiling, SpeedRow, SpeedSession
from tests.cli.conftest import Call, call
from tests.report.site.examples import stored

__all__ = ["call"]

MODELS = {"nearest": 0.0, "bicubic": 1.0, "ours": 1.02, "best <b>": 3.0}


_TIMES = (("nearest", 1.0, True), ("ours", 40.0, True), ("srresnet.ours", 40.0, True), ("bicubic", 2.0, False))


class _Table(HTMLParser):
    """Values of the leaderboard by row and column."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str | None]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "table":
            self.inside = found.get("id") == "board"
        if self.inside and tag == "tr" and "data-device" in found:
            self.rows.append([])
        if self.inside and tag == "td" and self.rows:
            self.rows[-1].append(found.get("data-value"))


def speed_session() -> SpeedSession:
    rows = [
        SpeedRow(
            **{"model": model, "identity": model, "mode": "fp32", "device": "cpu", "scenario": "latency", "scale": 4},
            **{"lr_height": 64, "lr_width": 64, "batch": 1, "median_ms": ms, "valid": valid, "ms_per_image": ms},
            **{"output_mp_per_s": 65.536 / ms, "images_per_s": 1000 / ms, "peak_memory_mib": 10 * ms},
        )
        for model, ms, valid in _TIMES
    ]
    return SpeedSession({"machine": "a desk", "device": "cpu"}, Ceiling({}, 1.0), rows, {})


def test_the_page_holds_the_values_of_show_in_full(tmp_path: Path, call: Call) -> None:
    stored(tmp_path / "run", MODELS)
    code, out, _ = call("report", "run", "--out", "there")
    assert (code, out) == (0, "Open in a browser: there/index.html\n")
    code, shown, _ = call("show", "run", "--format", "csv")
    summary = list(csv.DictReader(shown.splitlines()))
    assert (Path("there/summary.csv").read_text(), code) == (shown, 0)
    page = Path("there/index.html").read_text(encoding="utf-8")
    table = _Table()
    table.feed(page)
    means = {record["mean"] for record in summary if record["metric"] != "latency"}
    medians = {record["median"] for record in summary if record["metric"] == "latency"}
    assert {float(value) for row in table.rows for value in row if value} == set(map(float, means | medians))
    assert "best &lt;b&gt;" in page
    assert "best <b>" not in page
    assert Path("there/table.md").read_text() == call("table", "run", "--format", "md")[1]
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    run = stored(tmp_path / "run", MODELS)
    for name in ("a", "b"):
        publish.write(publish.Sources([run]), tmp_path / name)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.*"))
    assert sum(path.suffix == ".svg" for path in files) == 8
    for path in files:
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes(), path


def test_speed_and_opinions_are_columns_where_they_are_there(tmp_path: Path) -> None:
    run = stored(tmp_path / "run", MODELS)
    score = {"dataset": "set14", "ci95_raters_images": None, "group": "a"}
    study: dict[str, Any] = {
        "study": "panel",
        "models": [{"model": m, "mean": v, "ci95": (v - 0.1, v + 0.1), **score} for m, v in (("ours", 4.2), ("x", 1))],
    }
    page = publish.write(
        publish.Sources([run], [speed_session()], [study, {"study": "other", "models": []}]), tmp_path / "out"
    ).read_text(encoding="utf-8")
    assert "latency, x4, 64 × 64 to 256 × 256 pixels, a desk" in page
    assert 'data-value="400.0">400</td>' in re.sub(r"\s+", " ", page)
    assert "2.00 ?" in page
    assert "4.20 best" in re.sub(r"<[^>]*>", "", page)
    assert "[4.10–4.30]" in page
    assert page.count('data-group="set14"') == 1 + 5  # one head over PSNR, SSIM, LPIPS, ms and MOS
    assert "none of its rows" not in page
    assert "study other: none of its models" in page


def test_runs_under_two_protocols_are_two_pages(tmp_path: Path) -> None:
    runs = [stored(tmp_path / "a", MODELS), stored(tmp_path / "b", MODELS, name="rgb_x4")]
    page = publish.write(publish.Sources(runs), tmp_path / "out").read_text(encoding="utf-8")
    assert 'href="rgb_x4-2/index.html"' in page
    other = (tmp_path / "out" / "rgb_x4-2" / "index.html").read_text(encoding="utf-8")
    assert 'href="../index.html"' in other
    assert "under rgb_x4" in other
    assert f"<code>srbench show {tmp_path}/b --methods</code>" in other


def test_a_report_without_pictures_leaves_no_viewer_of_an_earlier_one(tmp_path: Path) -> None:
    old = ("viewer.html", "viewer/start.js", "pictures/0-hr.js", "pictures/index.js", "disputed/1.webp")
    for name in (*old, "viewer/mine.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("old")
    publish.write(publish.Sources([stored(tmp_path / "run", MODELS, images=2)]), tmp_path)
    assert not any((tmp_path / name).exists() for name in (*old, "pictures"))
    assert (tmp_path / "viewer" / "mine.txt").exists()


def test_a_folder_without_a_run_is_named(tmp_path: Path, call: Call) -> None:
    code, _, err = call("report", "nowhere")
    assert code == 2
    assert "nowhere" in err


def test_show_opens_the_report_in_a_browser(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(tmp_path / "run", MODELS, images=2)
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("tempfile.mkdtemp", lambda prefix: str(tmp_path / prefix))
    code, _, _ = call("show", "run", "--open")
    assert (code, opened) == (0, [(tmp_path / "srbench-report-" / "index.html").as_uri()])
