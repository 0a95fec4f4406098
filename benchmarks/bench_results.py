"""Reading and summarising 100,000 stored rows: 10 models x 2,000 images x 5 values."""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from srbench.results import ROWS, Row, RunFolder, key, latest
from srbench.statistics import summarise, tied_with_best

_MODELS, _IMAGES, _IMAGES_QUICK = 10, 2_000, 20
_METRICS = {"psnr": "dB", "ssim": "", "lpips": "", "latency": "ms", "throughput": "MP/s"}
_LOWER_IS_BETTER = ("lpips", "latency")


@pytest.fixture(scope="module")
def images(quick: bool) -> int:
    return _IMAGES_QUICK if quick else _IMAGES


@pytest.fixture(scope="module")
def count(images: int) -> int:
    return _MODELS * images * len(_METRICS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, images: int) -> RunFolder:
    made = RunFolder(tmp_path_factory.mktemp("rows"))
    made.append(_rows(images))
    return made


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


def test_read(benchmark: BenchmarkFixture, folder: RunFolder, count: int) -> None:
    benchmark.group = f"read {count:,} rows"
    assert len(benchmark.pedantic(folder.rows, rounds=5)) == count


def test_parse_json_alone(benchmark: BenchmarkFixture, folder: RunFolder, count: int) -> None:
    benchmark.group = f"read {count:,} rows"
    benchmark.extra_info["reference"] = True
    assert len(benchmark.pedantic(_parse, (folder.path / ROWS,), rounds=5)) == count


def _parse(file: Path) -> list[object]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_latest(benchmark: BenchmarkFixture, rows: list[Row], count: int) -> None:
    benchmark.group = f"summarise {count:,} rows"
    assert len(benchmark.pedantic(latest, (rows,), rounds=5)) == count


def test_summarise(benchmark: BenchmarkFixture, rows: list[Row], count: int) -> None:
    benchmark.group = f"summarise {count:,} rows"
    assert len(benchmark.pedantic(summarise, (rows,), rounds=3)) == _MODELS * len(_METRICS)


def test_tied_with_best(benchmark: BenchmarkFixture, rows: list[Row], count: int) -> None:
    benchmark.group = f"summarise {count:,} rows"
    benchmark.pedantic(tied_with_best, (rows,), rounds=3)


def test_append_the_rows_of_one_image(benchmark: BenchmarkFixture, rows: list[Row], run_folder: Path) -> None:
    benchmark.group = "append the rows of one image"
    benchmark(RunFolder(run_folder).append, rows[: len(_METRICS)])
    assert (run_folder / ROWS).exists()
