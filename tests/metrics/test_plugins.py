"""Metrics of other packages, in programs of their own."""

import json
from pathlib import Path

from tests.conftest import ROOT
from tests.forks import Forks
from tests.models.superres import install

TOYS = (ROOT / "tests" / "metrics" / "toys.py").read_text(encoding="utf-8")


def _install(site: Path, text: str = TOYS, name: str = "metriclab") -> None:
    install(site, name, {"toys.py": text}, {"srbench.metrics": f"toys = {name}"})


def test_metrics_of_another_package_are_listed_run_and_scored(tmp_path: Path, programs: Forks) -> None:
    _install(tmp_path)
    listed = {
        record["name"]: record for record in json.loads(programs.srbench("metrics", "--json", site=tmp_path).stdout)
    }
    assert listed["toy.pooled"]["origin"] == "package metriclab 1.2"
    assert listed["toy.pooled"]["of_sets"]
    assert (listed["psnr"]["origin"], listed["psnr"]["title"], listed["psnr"]["digits"]) == ("", "PSNR", 2)
    metrics = "psnr,toy.brightness,toy.pooled,toy.spread"
    words = ["run", "--models", "nearest", "--limit", "2", "--metrics", metrics, "--device", "cpu", "--out", "run"]
    done = programs.srbench(*words, "--save-images", "--json", site=tmp_path)
    assert done.returncode == 0, done.stderr
    made = {line["metric"]: line for line in json.loads(done.stdout)["summary"]}
    assert {made[name]["n"] for name in metrics.split(",")} == {2}
    shown = programs.srbench("show", "run", site=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert f"{made['toy.pooled']['mean']:.3f}" in shown.stdout


def test_two_metrics_of_one_name_are_refused_with_both_sources(tmp_path: Path, programs: Forks) -> None:
    _install(tmp_path, TOYS.replace("toy.spread", "psnr"))
    done = programs.srbench("metrics", site=tmp_path)
    assert done.returncode == 2
    assert "two metrics are called 'psnr'" in done.stderr
    assert "srbench/metrics/psnr.py" in done.stderr
    assert "package metriclab 1.2" in done.stderr


def test_a_name_that_stands_for_a_flavour_is_refused(tmp_path: Path, programs: Forks) -> None:
    _install(tmp_path, TOYS.replace("toy.spread", "ssim"))
    done = programs.srbench("metrics", site=tmp_path)
    assert done.returncode == 2
    assert "'ssim', which stands for something else" in done.stderr


def test_what_is_no_metric_is_refused_with_its_source(tmp_path: Path, programs: Forks) -> None:
    _install(tmp_path, "METRICS = (len,)\n")
    done = programs.srbench("metrics", site=tmp_path)
    assert done.returncode == 2
    assert "metriclab/toys.py) holds a builtin_function_or_method; expected srbench.metrics" in done.stderr


def test_a_package_that_cannot_be_imported_is_named(tmp_path: Path, programs: Forks) -> None:
    _install(tmp_path, "import no_such_package\n")
    listed = programs.srbench("metrics", site=tmp_path)
    assert listed.returncode == 0
    assert "not loaded: metriclab.toys of package metriclab 1.2" in listed.stderr
    done = programs.srbench("run", "--models", "nearest", "--metrics", "toy.spread", site=tmp_path)
    assert done.returncode == 2
    assert "No module named 'no_such_package'" in done.stderr
