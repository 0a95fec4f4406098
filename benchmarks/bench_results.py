"""Reading and summarising 100,000 stored rows: 10 models x 2,000 images x 5 values."""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from conftest import as_reference
from pytest_benchmark.fixture import BenchmarkFixture

from srbench.results import ROWS, Row, RunFolder, key, latest
from srbench.statistics import summarise, tied_with_best

_MODELS, _IMAGES = 10, 2_000
_METRICS = {"psnr": "dB", "ssim": "", "lpips": "", "latency": "ms", "throughput": "MP/s"}
_COUNT = _MODELS * _IMAGES * len(_METRICS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    made = RunFolder(tmp_path_factory.mktemp("rows"))
    made.append(_rows())
    return made


@pytest.fixture(scope="module")
def rows(folder: RunFolder) -> list[Row]:
    return folder.rows()


def _rows() -> Iterator[Row]:
    for image, model, (metric, unit) in product(range(_IMAGES), range(_MODELS), _METRICS.items()):
        conditions = {
            "protocol": "classical_x4",
            "model": f"model_{model}",
            "identity": f"{model:016x}",
            "dataset": "photographs",
            "image": f"{image:05d}",
            "metric": metric,
        }
        value = 20 + (image * 37 % 100) / 10 + model / 100
        better = metric not in ("lpips", "latency")
        yield Row(
            key(**conditions), **conditions, value=value, unit=unit, higher_is_better=better, device="cpu", mode="fp32"
        )


def test_read_rows(benchmark: BenchmarkFixture, folder: RunFolder) -> None:
    benchmark.group = f"read {_COUNT:,} rows"
    assert len(benchmark.pedantic(folder.rows, rounds=5)) == _COUNT


def test_parse_json_alone(benchmark: BenchmarkFixture, folder: RunFolder) -> None:
    benchmark.group = f"read {_COUNT:,} rows"
    as_reference(benchmark)
    assert len(benchmark.pedantic(_parse, (folder.path / ROWS,), rounds=5)) == _COUNT


def _parse(file: Path) -> list[object]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_latest(benchmark: BenchmarkFixture, rows: list[Row]) -> None:
    benchmark.group = f"summarise {_COUNT:,} rows"
    assert len(benchmark.pedantic(latest, (rows,), rounds=5)) == _COUNT


def test_summarise(benchmark: BenchmarkFixture, rows: list[Row]) -> None:
    benchmark.group = f"summarise {_COUNT:,} rows"
    assert len(benchmark.pedantic(summarise, (rows,), rounds=3)) == _MODELS * len(_METRICS)


def test_tied_with_best(benchmark: BenchmarkFixture, rows: list[Row]) -> None:
    benchmark.group = f"summarise {_COUNT:,} rows"
    benchmark.pedantic(tied_with_best, (rows,), rounds=3)


def test_append_the_rows_of_one_image(benchmark: BenchmarkFixture, rows: list[Row], run_folder: Path) -> None:
    benchmark.group = "append the rows of one image"
    benchmark(RunFolder(run_folder).append, rows[: len(_METRICS)])
    assert (run_folder / ROWS).exists()
