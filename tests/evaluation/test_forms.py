"""Metrics without reference and metrics of whole sets, through the harness, `score` and the tables."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from srbench import protocol
from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.datasets.locate import ImageSet, locate
from srbench.evaluation import harness, pairing, scoring
from srbench.evaluation.external import score_folder
from srbench.evaluation.plan import Plan
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import WHOLE_SET, Row
from srbench.evaluation.scoring import Scorer
from srbench.models import foreign
from srbench.report.runs import publish
from tests.metrics.toys import METRICS

CLASSICAL = protocol.find("classical_x4")
STORE = AssetStore([])
TOYS = [Scorer(metric.name, metric, metric.open(STORE)) for metric in METRICS]


def _nearest(x: Tensor) -> Tensor:
    return interpolate(x, scale_factor=4, mode="nearest")


def _plan(limit: int | None = None, model: object = _nearest) -> Plan:
    images = locate("builtin", STORE, scale=4, limit=limit)
    scorers = [*scoring.scorers(["psnr"], CLASSICAL, STORE), *TOYS]
    return Plan([foreign.from_callable(model, 4, "m")], [images], CLASSICAL, scorers)  # type: ignore[arg-type]


def _only(rows: list[Row], metric: str) -> list[Row]:
    return [row for row in rows if row.metric == metric]


def _views(images: ImageSet) -> list[tuple[Tensor, Tensor]]:
    """Luma of output and original inside the border, computed by hand."""
    views = []
    for item in images.items:
        pair = pairing.load(item, CLASSICAL)
        sr = image.to_uint8(_nearest(pair.lr / 255))
        views.append(tuple(image.luma(x)[..., 4:-4, 4:-4] for x in (sr, pair.hr)))
    return views  # type: ignore[return-value]


def test_each_form_gives_the_value_of_its_definition(tmp_path: Path) -> None:
    plan = _plan()
    rows = harness.run(plan, RunFolder(tmp_path)).rows
    views = _views(plan.sets[0])
    means = [float(sr.mean()) for sr, _ in views]
    assert [row.value for row in _only(rows, "toy.brightness")] == pytest.approx(means)
    errors = sum(float((sr - hr).square().sum()) for sr, hr in views)
    pixels = sum(hr.numel() for _, hr in views)
    (pooled,), (spread,) = _only(rows, "toy.pooled"), _only(rows, "toy.spread")
    assert pooled.value == pytest.approx(10 * math.log10(255**2 * pixels / errors))
    assert spread.value == pytest.approx(max(means) - min(means))
    assert (pooled.image, pooled.images, pooled.title, pooled.digits, pooled.unit) == (
        WHOLE_SET,
        3,
        "PSNR pooled",
        3,
        "dB",
    )
    assert RunFolder(tmp_path).rows() == rows


def test_a_value_of_a_set_is_kept_and_belongs_to_its_images(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    first = harness.run(_plan(), folder)
    again = harness.run(_plan(), folder)
    assert (again.kept, again.computed) == (first.computed, 0)
    assert again.rows == first.rows
    fewer = harness.run(_plan(limit=2), folder)
    assert fewer.computed == 2  # both sets' values: other images, another value
    assert {row.images for row in fewer.rows if row.image == WHOLE_SET} == {2}


def test_a_value_of_a_set_that_is_added_needs_its_images_again_but_not_their_values(tmp_path: Path) -> None:
    plan, folder = _plan(), RunFolder(tmp_path)
    harness.run(replace(plan, scorers=plan.scorers[:1]), folder)
    added = harness.run(replace(plan, scorers=[plan.scorers[0], TOYS[1]]), folder)
    assert added.computed == 1
    assert [row.image for row in added.rows].count(WHOLE_SET) == 1


def test_a_set_of_which_an_image_failed_has_no_value(tmp_path: Path) -> None:
    def greedy(x: Tensor) -> Tensor:
        if x.shape[-2:] == (128, 128):
            raise torch.OutOfMemoryError("out of memory")
        return _nearest(x)

    outcome = harness.run(_plan(model=greedy), RunFolder(tmp_path))
    assert [entry["image"] for entry in outcome.failed] == ["astronaut", ""]
    assert outcome.failed[1]["reason"] == "no value of toy.pooled, toy.spread, which needs every image: some failed"
    assert not [row for row in outcome.rows if row.image == WHOLE_SET]


def test_a_set_with_an_output_that_is_not_finite_has_no_number(tmp_path: Path) -> None:
    def broken(x: Tensor) -> Tensor:
        return _nearest(x) * (math.nan if x.shape[-2:] == (128, 128) else 1)

    rows = harness.run(_plan(model=broken), RunFolder(tmp_path)).rows
    assert all(math.isnan(row.value) for row in rows if row.image == WHOLE_SET)


def test_tables_show_every_form_by_its_title_and_digits(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    made = publish.report(folder, harness.run(_plan(), folder).rows, [])
    summaries = {summary.metric: summary for summary in made.summaries}
    assert (summaries["toy.pooled"].n, summaries["toy.pooled"].ci95) == (3, None)
    publish.write(made, folder)
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    for title in ("Brightness brightness ↑", "PSNR pooled pooled [dB] ↑", "Spread spread ↑"):
        assert title in text
    assert f"{summaries['toy.pooled'].mean:.3f}" in text
    assert " of 3" not in text


def test_score_gives_the_same_values(tmp_path: Path) -> None:
    plan, folder = replace(_plan(), save_images=True), RunFolder(tmp_path / "run")
    run = harness.run(plan, folder).rows
    outputs = folder.picture(run[0]).parent
    scored = score_folder(outputs, plan.sets[0], CLASSICAL, plan.scorers, torch.device("cpu")).rows
    measured = {(row.metric, row.image): row.value for row in run if row.metric not in ("latency", "throughput")}
    assert {(row.metric, row.image): row.value for row in scored} == pytest.approx(measured)
    assert len({row.key for row in scored}) == len(scored)
    assert {row.images for row in scored if row.image == WHOLE_SET} == {3}
    assert publish.scores(CLASSICAL, scored, (3, 3)).page.tables
