"""Reading and summarising stored rows: 10 models x 5 values x 2,000 images, or 20,000 with --whole: a million rows."""

import gc
import json
import tracemalloc
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.conftest import Beside
from benchmarks.extent import TimeLeft
from srbench.evaluation.frame import load_results
from srbench.evaluation.kept_columns import FILE
from srbench.evaluation.ranking import rank
from srbench.evaluation.results import ROWS, RunFolder
from srbench.evaluation.row import Row, key
from srbench.evaluation.shown import choose
from srbench.evaluation.summary import summarise

_MODELS = 10
_IMAGES = {"once": 20, "quick": 200, "usual": 2_000, "whole": 20_000}
_IMAGES_WATCHED = 200
_METRICS = {"psnr": "dB", "ssim": "", "lpips": "", "latency": "ms", "throughput": "MP/s"}
_LOWER_IS_BETTER = ("lpips", "latency")


@pytest.fixture(scope="module")
def images(time_left: TimeLeft) -> int:
    return _IMAGES[time_left.extent]


@pytest.fixture(scope="module")
def count(images: int) -> int:
    return _MODELS * images * len(_METRICS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, images: int) -> RunFolder:
    folder = RunFolder(tmp_path_factory.mktemp("rows"))
    folder.append(_rows(images))
    return folder


@pytest.fixture(scope="module")
def rows(folder: RunFolder) -> list[Row]:
    return folder.rows()


def _rows(images: int) -> Iterator[Row]:
    for image, model, metric in product(range(images), range(_MODELS), _METRICS):
        yield Row(
            key=key(image=image, model=model, metric=metric),
            protocol="classical_x4",
            model=f"model_{model}",
            identity=f"{model:016x}",
            dataset="photographs",
            image=f"{image:05d}",
            metric=metric,
            value=20 + (image * 37 % 100) / 10 + model / 100,
            unit=_METRICS[metric],
            higher_is_better=metric not in _LOWER_IS_BETTER,
            device="cpu",
            mode="fp32",
        )


@pytest.mark.timeout(900)
def test_read(benchmark: BenchmarkFixture, beside: Beside, folder: RunFolder, count: int) -> None:
    """At most twice as long as parsing the lines and keeping what they hold; the floor is to drop it."""
    benchmark.group = f"read {count:,} rows"
    assert len(benchmark.pedantic(folder.rows, rounds=1)) == count
    floors = {"json.loads, objects kept": _parse, "json.loads, dropped": _parse_only}
    calls = {name: partial(floor, folder.path / ROWS, count) for name, floor in floors.items()}
    beside(folder.rows, calls, {"json.loads, objects kept": 0.5}, seconds=0)


def _parse(file: Path, count: int) -> None:
    assert len([json.loads(line) for line in file.read_bytes().splitlines()]) == count


def _parse_only(file: Path, count: int) -> None:
    assert sum(json.loads(line)["schema"] == "row" for line in file.read_bytes().splitlines()) == count


@pytest.mark.timeout(900)
def test_load_results(benchmark: BenchmarkFixture, beside: Beside, folder: RunFolder, count: int) -> None:
    """The same as a DataFrame, the first time in less time than parsing the lines takes, then in a third of it."""
    benchmark.group = f"read {count:,} rows"
    kept = folder.path / FILE

    def first() -> int:
        kept.unlink(missing_ok=True)
        return len(load_results(folder.path / ROWS))

    again = partial(load_results, folder.path / ROWS)
    assert benchmark.pedantic(first, rounds=1) == count == len(again())
    floor = partial(_parse_only, folder.path / ROWS, count)
    beside(again, {"json.loads, dropped": floor, "the first time": first}, {"json.loads, dropped": 3}, seconds=0)


def test_memory(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """What a row takes that is kept; of few rows, for the watch over memory is slow."""
    benchmark.group = "memory of rows"
    folder = RunFolder(tmp_path)
    folder.append(_rows(_IMAGES_WATCHED))
    gc.collect()
    tracemalloc.start()
    rows = benchmark.pedantic(folder.rows, rounds=1)
    used, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    benchmark.extra_info.update(
        rows=len(rows), bytes_a_row=used // len(rows), bytes_a_row_while_reading=most // len(rows)
    )
    assert used / len(rows) < 400


def test_latest(benchmark: BenchmarkFixture, rows: list[Row], count: int) -> None:
    benchmark.group = f"summarise {count:,} rows"
    assert len(benchmark.pedantic(choose, (rows, []), rounds=5).rows) == count


def test_summarise(benchmark: BenchmarkFixture, rows: list[Row], count: int) -> None:
    benchmark.group = f"summarise {count:,} rows"
    assert len(benchmark.pedantic(summarise, (rows,), rounds=3)) == _MODELS * len(_METRICS)


def test_rank(benchmark: BenchmarkFixture, rows: list[Row], count: int) -> None:
    benchmark.group = f"summarise {count:,} rows"
    assert benchmark.pedantic(rank, (rows,), rounds=3)


def test_append_the_rows_of_one_image(benchmark: BenchmarkFixture, rows: list[Row], run_folder: Path) -> None:
    benchmark.group = "append the rows of one image"
    benchmark(RunFolder(run_folder).append, rows[: len(_METRICS)])
    assert (run_folder / ROWS).exists()
