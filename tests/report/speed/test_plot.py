import itertools
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from PIL import Image

from srbench.errors import BadRun
from srbench.report.speed import plot, publish, tables, trade_off
from srbench.report.speed.trade_off import Quality, TradeOff
from srbench.speed.records import SpeedRow
from tests.report.speed.synthetic import MODELS, MODES, row, session, summaries, summary


def _joined(rows: Sequence[SpeedRow], beside: Quality | None = None) -> TradeOff:
    (joined,) = trade_off.join(tables.groups(rows), beside or Quality())
    return joined


def _drawn(joined: TradeOff) -> Figure:
    figure = Figure(figsize=(10, 6), layout="constrained")
    with mpl.rc_context({"text.parse_math": False}):
        plot.fill(figure, joined, "NVIDIA H200")
    return figure


def _names(figure: Figure) -> list[Annotation]:
    return [text for axes in figure.axes for text in axes.texts if isinstance(text, Annotation)]


def _crowd(count: int) -> list[SpeedRow]:
    generator = np.random.default_rng(count)
    return [
        row(f"model_{i}.variant", mode, gain * speed, psnr=psnr)
        for i, (speed, psnr) in enumerate(
            zip(10 ** generator.uniform(0, 2, count), generator.uniform(28, 31, count), strict=True)
        )
        for mode, gain in MODES.items()
    ]


def _texts(svg: str) -> list[str]:
    return [
        text for node in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text") if (text := node.text)
    ]


def test_the_plot_names_models_modes_and_circumstances() -> None:
    joined = _joined(session((32,)).rows, Quality(summaries(), "classical_x4", 4))
    texts = _texts(plot.svg_and_png(joined, "NVIDIA $H200")[0])
    told = " ".join(texts)
    assert all(texts.count(model) == 3 for model, *_ in MODELS)  # once in each panel
    assert set(MODES) <= set(texts)
    for part in ("Set5", "classical_x4", "NVIDIA $H200", "throughput", "320 × 180", "PSNR [dB]", "SSIM", "LPIPS"):
        assert part in told
    assert "where the run lacks a mode: PSNR of fp32 plus the mode's ΔPSNR, other values as in fp32" in told


@pytest.mark.parametrize("count", [14, 30])
def test_no_label_covers_another_or_a_point(count: int) -> None:
    rows = session((32,)).rows if count == 14 else _crowd(count)
    figure = _drawn(_joined(rows))
    figure.draw_without_rendering()
    found = _names(figure)
    assert len(found) == count
    boxes = [mpl.text.Text.get_window_extent(name) for name in found]
    frame = figure.axes[0].get_window_extent()
    assert all(frame.containsx(box.x0) and frame.containsx(box.x1) for box in boxes)
    for one, other in itertools.combinations(boxes, 2):
        assert not one.padded(-0.5).overlaps(other.padded(-0.5))
    places = [(one.output_mp_per_s, one.psnr_drop.psnr) for one in rows if one.psnr_drop and one.valid]
    for point in figure.axes[0].transData.transform(places):
        assert not any(box.contains(*point) for box in boxes)


def test_lower_is_drawn_higher_where_it_is_better() -> None:
    figure = _drawn(_joined(session((1,)).rows, Quality(summaries())))
    assert [axes.yaxis_inverted() for axes in figure.axes] == [False, False, True]


def test_invalid_rows_are_not_drawn() -> None:
    rows = [row(), replace(row("edsr"), valid=False, reason="noise")]
    assert [name.get_text() for name in _names(_drawn(_joined(rows)))] == ["srresnet"]
    assert not _joined([replace(row(), valid=False)]).drawn


def test_one_point_is_a_plot_too() -> None:
    svg, png = plot.svg_and_png(_joined([row()]), "cpu")
    assert "srresnet" in _texts(svg)
    assert png.startswith(b"\x89PNG")


def test_all_files_are_written_and_stale_plots_removed(tmp_path: Path) -> None:
    stale, other = tmp_path / "quality-speed-throughput-Set5.png", tmp_path / "mine.png"
    stale.touch()
    other.touch()
    made = session((1,))
    written = publish.write(made, tmp_path, Quality(summaries(), "classical_x4", 4))
    names = {path.name for path in written}
    assert names == {
        *("speed.json", "speed.csv", "speed.md", "speed.tex", "speed.html"),
        *("quality-speed-latency.png", "quality-speed-latency.svg"),
    }
    assert {path.name for path in tmp_path.iterdir()} == names | {"mine.png"}
    assert "(quality-speed-latency.png)" in (tmp_path / "speed.md").read_text(encoding="utf-8")
    html = (tmp_path / "speed.html").read_text(encoding="utf-8")
    assert "<svg" in html
    assert all(title in html for title in ("Work of one image", "Latency (1 image a call)", "How to read"))
    assert (tmp_path / "speed.tex").read_text(encoding="utf-8").count(r"\toprule") == 4
    with Image.open(tmp_path / "quality-speed-latency.png") as picture:
        assert picture.width == 1500
    before = {path: path.read_bytes() for path in written}
    publish.write(made, tmp_path, Quality(summaries(), "classical_x4", 4))
    assert before == {path: path.read_bytes() for path in written}


def test_a_folder_that_cannot_be_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadRun, match="choose another folder"):
        publish.write(session((1,)), tmp_path / "file")


def test_a_report_of_speed_loads_neither_torch_nor_pandas() -> None:
    code = (
        "import sys, srbench.report.speed.publish, srbench.report.formats.terminal\n"
        "import srbench.report.speed.ab_comparison\n"
        "assert not {'torch', 'pandas', 'skimage', 'matplotlib.pyplot'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_differences_that_nobody_sees_do_not_fill_the_picture() -> None:
    """fp16 and fp32 differ by 2e-5 dB: the axis spans 0.2 dB, and its ticks are whole values."""
    flat = [summary("srresnet", 28.3, mode=mode) for mode in ("fp32", "fp16")]
    close = [replace(each, mean=each.mean + 2e-5 * i) for i, each in enumerate(flat)]
    rows = [row("srresnet", mode, 10.0 * (i + 1)) for i, mode in enumerate(("fp32", "fp16"))]
    figure = _drawn(_joined(rows, Quality(close, "classical_x4", 4)))
    (panel,) = figure.axes
    low, high = panel.get_ylim()
    assert 0.2 <= high - low < 0.21
    assert low < 28.3 < high
    assert panel.yaxis.get_offset_text().get_text() == ""
    assert all(27.9 < float(tick.get_text()) < 28.7 for tick in panel.get_yticklabels())
