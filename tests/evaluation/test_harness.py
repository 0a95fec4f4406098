"""The main job on the builtin photographs: complete, resumed, killed, shared, failing."""

import json
import math
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor
from torch.nn.functional import interpolate

from srbench import protocol
from srbench.core import image, memory
from srbench.core.assets import AssetStore
from srbench.core.download import sha256
from srbench.datasets.dataset import Item
from srbench.datasets.locate import ImageSet, locate
from srbench.errors import BadImage, BadRun
from srbench.evaluation import harness, measuring, pairing, scoring, tasks, usable
from srbench.evaluation.pipeline import PIPELINE
from srbench.evaluation.plan import Plan
from srbench.evaluation.results import ROWS, RunFolder
from srbench.evaluation.row import TIMINGS, Row
from srbench.evaluation.summary import summarise
from srbench.models import foreign
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.models.select import select
from srbench.models.upscaler import Upscaler
from srbench.report.runs import caption
from tests.progress import Recorder

CLASSICAL = protocol.find("classical_x4")


def _nearest(x: Tensor) -> Tensor:
    return interpolate(x, scale_factor=4, mode="nearest")


def _builtin(limit: int | None = None) -> ImageSet:
    return locate("builtin", AssetStore([]), scale=4, limit=limit)


def _plan(
    *models: str | Callable[[Tensor], Tensor], limit: int | None = None, metrics: str = "psnr,ssim", **options: object
) -> Plan:
    made: list[Model] = []
    for number, model in enumerate(models):
        named = isinstance(model, str)
        made += select([model], 4, AssetStore([])).models if named else [foreign.from_callable(model, 4, f"m{number}")]  # type: ignore[list-item, arg-type]
    scorers = scoring.scorers(metrics.split(","), CLASSICAL, AssetStore([]))
    return Plan(made, [_builtin(limit)], CLASSICAL, scorers, **options)  # type: ignore[arg-type]


def _values(rows: list[Row]) -> dict[tuple[str, str, str], float]:
    return {(r.model, r.image, r.metric): r.value for r in rows if r.metric not in TIMINGS}


def test_progress_is_a_task_a_model_and_a_step_an_image(tmp_path: Path) -> None:
    recorder = Recorder()
    harness.run(_plan("nearest", "bicubic"), RunFolder(tmp_path), recorder)
    assert [(task.description, task.total, task.done) for task in recorder.tasks] == [
        ("[1/2] nearest", 3, 3),
        ("[2/2] bicubic", 3, 3),
    ]
    again = Recorder()
    harness.run(_plan("nearest", "bicubic"), RunFolder(tmp_path), again)
    assert not again.tasks


def test_every_image_and_metric_becomes_a_row_with_its_conditions(tmp_path: Path) -> None:
    outcome = harness.run(_plan("nearest", "bicubic", metrics="psnr,ssim,lpips"), RunFolder(tmp_path))
    assert len(outcome.rows) == 2 * 3 * 5
    assert outcome.rows == RunFolder(tmp_path).rows()
    for row in outcome.rows:
        assert (row.protocol, row.dataset, row.device, row.mode) == ("classical_x4", "builtin", "cpu", "fp32")
        assert row.value > 0
    head = RunFolder(tmp_path).head()
    assert head["protocol"]["name"] == "classical_x4"
    assert head["environments"][outcome.rows[0].environment]["packages"]["torch"] == torch.__version__.split("+")[0]
    assert set(head["calls"][0]["models"]) == {"nearest", "bicubic"}


def test_the_figures_are_those_of_scikit_image_on_the_kept_outputs(tmp_path: Path) -> None:
    values = _values(harness.run(_plan("bicubic", save_images=True), RunFolder(tmp_path)).rows)
    for item in _builtin().items:
        (picture,) = (tmp_path / "images/builtin/bicubic/fp32").glob(f"{item.name}-????????.png")
        sr = image.read(picture)
        hr = image.read(item.hr)[: sr.shape[0], : sr.shape[1]]
        x, y = (rgb2ycbcr(pixels)[4:-4, 4:-4, 0] for pixels in (sr, hr))
        settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
        ssim = structural_similarity(x, y, data_range=255, **settings)
        assert values["bicubic", item.name, "psnr"] == pytest.approx(
            peak_signal_noise_ratio(y, x, data_range=255), abs=1e-6
        )
        assert values["bicubic", item.name, "ssim"] == pytest.approx(ssim, abs=1e-6)


def test_rows_of_another_version_of_a_metric_are_not_used(tmp_path: Path) -> None:
    plan = _plan("nearest", limit=1)
    first = harness.run(plan, RunFolder(tmp_path))
    psnr, ssim = plan.scorers
    newer = replace(psnr, metric=replace(psnr.metric, version=psnr.metric.version + "a"))
    again = harness.run(replace(plan, scorers=[newer, ssim]), RunFolder(tmp_path))
    assert (first.computed, again.computed, again.kept) == (4, 1, 3)
    back = harness.run(plan, RunFolder(tmp_path))
    assert (back.computed, back.kept) == (0, 4)


def test_a_second_run_computes_nothing_and_force_computes_all(tmp_path: Path) -> None:
    first = harness.run(_plan("bicubic"), RunFolder(tmp_path))
    again = harness.run(_plan("bicubic"), RunFolder(tmp_path))
    assert (again.computed, again.kept) == (0, first.computed)
    assert again.rows == first.rows
    forced = harness.run(_plan("bicubic", force=True), RunFolder(tmp_path))
    assert forced.computed == first.computed
    assert _values(forced.rows) == _values(first.rows)


def test_a_new_metric_joins_without_redoing_the_others(tmp_path: Path) -> None:
    harness.run(_plan("bicubic", metrics="psnr"), RunFolder(tmp_path))
    more = harness.run(_plan("bicubic", metrics="psnr,ssim.daala"), RunFolder(tmp_path))
    assert more.computed == 3
    assert {row.metric for row in more.rows} == {"psnr", "ssim.daala", *TIMINGS}


@pytest.mark.parametrize(
    "change", [{"mode": Mode(precision="bf16")}, {"mode": Mode(self_ensemble=True)}, {"mode": Mode(tile_px=16)}]
)
def test_whatever_can_change_a_value_makes_new_rows(tmp_path: Path, change: dict[str, Mode]) -> None:
    harness.run(_plan("bicubic"), RunFolder(tmp_path))
    assert harness.run(_plan("bicubic", **change), RunFolder(tmp_path)).kept == 0


def test_a_model_may_run_in_a_mode_of_its_own(tmp_path: Path) -> None:
    plan = _plan("nearest", "bicubic", limit=1, modes={"bicubic": Mode(tile_px=16)})
    rows = harness.run(plan, RunFolder(tmp_path)).rows
    assert {(row.model, row.mode) for row in rows} == {("nearest", "fp32"), ("bicubic", "fp32+tile=16")}
    assert RunFolder(tmp_path).head()["calls"][0]["modes"]["bicubic"]["tile_px"] == 16
    again = harness.run(_plan("nearest", "bicubic", limit=1), RunFolder(tmp_path))
    assert {row.model for row in again.rows[: again.kept]} == {"nearest"}


@pytest.mark.parametrize(("kept_mib", "reads"), [(256, 3), (0, 8)])
def test_what_one_model_read_is_there_for_the_next_as_far_as_it_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept_mib: int, reads: int
) -> None:
    """Without room each model reads its three images, and the first of them to warm up with."""
    seen = []
    load = pairing.load
    monkeypatch.setattr(pairing, "load", lambda *given: (seen.append(given), load(*given))[1])
    monkeypatch.setattr(pairing, "_KEPT_MIB", kept_mib)
    harness.run(_plan("nearest", "bicubic"), RunFolder(tmp_path))
    assert len(seen) == reads


def test_beside_a_gpu_the_next_image_is_read_while_one_is_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not while the network is timed; a file that cannot be read is told as it is without."""
    folder, load, made = tmp_path / "hr", pairing.load, measuring.Measurer.__init__
    seen: list[tuple[str, bool]] = []

    def read(item: Item, conventions: protocol.Protocol) -> pairing.Pair:
        seen.append((item.name, threading.current_thread() is threading.main_thread()))
        if item.name == "2":
            raise BadImage("2.png is torn")
        return load(item, conventions)

    def reading_ahead(self: measuring.Measurer, plan: Plan, run: RunFolder) -> None:
        made(self, plan, run)
        assert not self.reads_ahead
        self.reads_ahead = True

    for at in range(4):
        image.write(folder / f"{at}.png", image.to_array(torch.full((1, 3, 32, 32), 9 * at, dtype=torch.uint8)))
    plan = replace(_plan("nearest"), sets=[locate(str(folder), AssetStore([]), scale=4)])
    expected = harness.run(replace(plan, force=True), RunFolder(tmp_path / "plain"))
    monkeypatch.setattr(pairing, "load", read)
    monkeypatch.setattr(measuring.Measurer, "__init__", reading_ahead)
    outcome = harness.run(plan, RunFolder(tmp_path / "ahead"))
    assert seen == [("0", True), ("1", False), ("2", False), ("3", True)]  # nothing is scored before the last
    values = _values(expected.rows)
    assert _values(outcome.rows) == {key: value for key, value in values.items() if key[1] != "2"}
    assert [(entry["image"], entry["reason"]) for entry in outcome.failed] == [("2", "2.png is torn")]


def test_images_of_one_size_follow_one_another_where_something_is_made_for_each_size(tmp_path: Path) -> None:
    for at, side in enumerate((48, 64, 48, 64)):
        image.write(
            tmp_path / "hr" / f"{at}.png", image.to_array(torch.full((1, 3, side, side), at, dtype=torch.uint8))
        )
    images = locate(str(tmp_path / "hr"), AssetStore([]), scale=4)
    for engine, order in (("eager", "0123"), ("compile", "0213")):
        plan = replace(_plan("nearest", mode=Mode(engine=engine)), sets=[images])  # type: ignore[arg-type]
        made = tasks.Tasks(plan, RunFolder(tmp_path / "run"), {}, pairing.PairCache(plan.protocol))
        model = plan.models[0]
        of_images = list(made.of_images(model, [images], {images.id: made.of_set(model, images)}))
        assert "".join(task.blank.image for task in made.grouped(model, of_images)) == order


def test_another_protocol_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    harness.run(_plan("nearest", limit=1), RunFolder(tmp_path))
    plan = _plan("nearest", limit=1)
    other = protocol.find("classical_x4+border_px=0")
    with pytest.raises(BadRun, match="choose another --out"):
        harness.run(Plan(plan.models, plan.sets, other, plan.scorers), RunFolder(tmp_path))


def test_outputs_are_kept_as_they_were_scored(tmp_path: Path) -> None:
    outcome = harness.run(_plan("bicubic", limit=1, metrics="psnr", save_images=True), RunFolder(tmp_path))
    (picture,) = tmp_path.glob("images/builtin/bicubic/fp32/*.png")
    hr = image.to_tensor(image.read(_builtin(1).items[0].hr))
    sr = image.to_tensor(image.read(picture))
    again = scoring.measure(
        scoring.Views(sr, hr, CLASSICAL), scoring.scorers(["psnr"], CLASSICAL, AssetStore([]))
    ).values
    assert again["psnr"] == outcome.rows[0].value
    picture.unlink()
    assert harness.run(_plan("bicubic", limit=1, metrics="psnr", save_images=True), RunFolder(tmp_path)).computed == 0
    assert picture.exists()


def test_a_failing_model_does_not_end_the_others(tmp_path: Path) -> None:
    def broken(x: Tensor) -> Tensor:
        if x.shape[-1] > measuring._WARM_UP_PX:
            raise RuntimeError("kernel exploded\nwith details")
        return _nearest(x)

    outcome = harness.run(_plan(broken, "nearest"), RunFolder(tmp_path))
    (failed,) = outcome.failed
    assert failed == {
        "model": "m0",
        "dataset": "builtin",
        "image": "astronaut",
        "reason": "RuntimeError: kernel exploded",
        "traceback": "errors.log",
    }
    assert {row.model for row in outcome.rows} == {"nearest"}
    log = (tmp_path / failed["traceback"]).read_text(encoding="utf-8")
    assert "m0 on builtin astronaut, fp32\nTraceback" in log
    assert "RuntimeError: kernel exploded\nwith details" in log
    assert "in broken" in log
    assert caption.missing({}, outcome.failed) == [
        "failed: m0 on builtin astronaut: RuntimeError: kernel exploded (traceback: errors.log)"
    ]


def test_a_mistake_of_the_users_leaves_no_traceback(tmp_path: Path) -> None:
    outcome = harness.run(_plan(lambda x: x), RunFolder(tmp_path))
    assert outcome.failed
    assert "traceback" not in outcome.failed[0]
    assert not (tmp_path / "errors.log").exists()


def test_an_image_that_does_not_fit_into_memory_does_not_end_its_model(tmp_path: Path) -> None:
    def greedy(x: Tensor) -> Tensor:
        if x.shape[-2:] == (128, 128):
            raise torch.OutOfMemoryError("out of memory")
        return _nearest(x)

    outcome = harness.run(_plan(greedy), RunFolder(tmp_path))
    assert [entry["image"] for entry in outcome.failed] == ["astronaut"]
    assert {row.image for row in outcome.rows} == {"chelsea", "coffee"}


def test_a_network_of_the_wrong_scale_is_a_failed_row_not_a_figure(tmp_path: Path) -> None:
    outcome = harness.run(_plan(lambda x: interpolate(x, scale_factor=2)), RunFolder(tmp_path))
    assert "Is its scale 4?" in outcome.failed[0]["reason"]
    assert not outcome.rows


def test_nan_becomes_null_with_a_flag(tmp_path: Path) -> None:
    outcome = harness.run(_plan(lambda x: _nearest(x) * float("nan"), limit=1), RunFolder(tmp_path))
    assert outcome.rows[0].warnings == ("output has NaN or infinite values",)
    first = json.loads((tmp_path / ROWS).read_text().splitlines()[0])
    assert first["value"] is None
    (summary, *_) = summarise(RunFolder(tmp_path).rows())
    assert summary.mean is None
    assert "astronaut" in summary.flag


def test_an_unreadable_image_is_the_users_mistake(tmp_path: Path) -> None:
    (tmp_path / "hr").mkdir()
    (tmp_path / "hr" / "a.png").write_bytes(b"not a picture")
    plan = _plan("nearest")
    images = locate(str(tmp_path / "hr"), AssetStore([]), scale=4)
    with pytest.raises(BadImage, match=r"no image can be used: .*a\.png"):
        harness.run(Plan(plan.models, [images], CLASSICAL, plan.scorers), RunFolder(tmp_path / "run"))
    assert not (tmp_path / "run").exists()  # a folder of no rows is of no protocol


def _folder_of(tmp_path: Path, **pictures: np.ndarray) -> ImageSet:
    for name, pixels in pictures.items():
        image.write(tmp_path / "hr" / f"{name}.png", pixels)
    return locate(str(tmp_path / "hr"), AssetStore([]), scale=4)


def test_bad_images_fail_once_for_all_models_and_the_others_have_their_values(tmp_path: Path) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (48, 48, 3), dtype=np.uint8)
    _folder_of(tmp_path, good=photo, small=photo[:3], cut=photo)
    whole = (tmp_path / "hr" / "cut.png").read_bytes()
    (tmp_path / "hr" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "hr" / "text.png").write_text("no image")
    plan = replace(_plan("nearest", "bicubic"), sets=[locate(str(tmp_path / "hr"), AssetStore([]), scale=4)])
    outcome = harness.run(plan, RunFolder(tmp_path / "run"))
    assert {(row.model, row.image) for row in outcome.rows} == {("nearest", "good"), ("bicubic", "good")}
    assert sorted(entry["image"] for entry in outcome.failed) == ["cut", "small", "text"]
    assert {entry["model"] for entry in outcome.failed} == {""}


def test_what_disturbs_timings_is_stored_with_them_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        measuring, "BusyWatch", lambda device: SimpleNamespace(found=("others ran",), look=lambda: None)
    )
    harness.run(_plan("nearest", limit=1, metrics="psnr"), RunFolder(tmp_path))
    stored = {row.metric: row.warnings for row in RunFolder(tmp_path).rows()}
    assert stored == {"psnr": (), "latency": ("others ran",), "throughput": ("others ran",)}


def test_a_metric_that_cannot_take_an_image_costs_no_other_value(tmp_path: Path) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    plan = replace(_plan("nearest", metrics="psnr,ssim"), sets=[_folder_of(tmp_path, tiny=photo)])
    outcome = harness.run(plan, RunFolder(tmp_path / "run"))
    assert {row.metric for row in outcome.rows} == {"psnr", "latency", "throughput"}
    (failed,) = outcome.failed
    assert failed["reason"].startswith("ssim: ")


def test_equal_channels_are_grey_beside_a_grey_partner_and_rgb_beside_rgb(tmp_path: Path) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (12, 12), dtype=np.uint8).repeat(4, 0).repeat(4, 1)
    values = {}
    for hr, lr in (("L", "L"), ("L", "RGB"), ("RGB", "L"), ("RGB", "RGB")):
        folder = tmp_path / f"{hr}-{lr}"
        for place, mode, pixels in (("hr", hr, grey), ("lr", lr, grey[::4, ::4] // 2)):
            (folder / place).mkdir(parents=True)
            Image.fromarray(pixels).convert(mode).save(folder / place / "a.png")
        images = locate(str(folder / "hr"), AssetStore([]), scale=4, lr_dir=folder / "lr")
        outcome = harness.run(replace(_plan("nearest", metrics="psnr"), sets=[images]), RunFolder(folder / "run"))
        values[hr, lr] = next(row for row in outcome.rows if row.metric == "psnr")
    assert len({values[modes].value for modes in (("L", "L"), ("L", "RGB"), ("RGB", "L"))}) == 1
    assert values["RGB", "RGB"].value - values["L", "L"].value == pytest.approx(20 * math.log10(255 / 219), abs=1e-6)
    assert any("1.32 dB" in warning for warning in values["RGB", "RGB"].warnings)


def _slow_run(folder: Path) -> None:
    def slow(x: Tensor) -> Tensor:
        time.sleep(0.15)
        return _nearest(x)

    torch.set_num_threads(1)
    harness.run(_plan(slow), RunFolder(folder))


def test_a_killed_run_resumes_to_the_result_of_an_unbroken_one(tmp_path: Path) -> None:
    process = multiprocessing.get_context("fork").Process(target=_slow_run, args=(tmp_path / "killed",))
    process.start()
    rows = tmp_path / "killed" / ROWS
    while not rows.exists() or not rows.stat().st_size:
        time.sleep(0.01)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    before = len(RunFolder(tmp_path / "killed").rows())
    with rows.open("a") as file:
        file.write('{"schema": 1, "key": "torn')  # what a kill in the middle of a write leaves
    resumed = harness.run(_plan(_nearest), RunFolder(tmp_path / "killed"))
    unbroken = harness.run(_plan(_nearest), RunFolder(tmp_path / "unbroken"))
    assert 0 < before < len(unbroken.rows)
    assert resumed.kept == before
    assert _values(resumed.rows) == _values(unbroken.rows)
    assert _values(RunFolder(tmp_path / "killed").rows()) == _values(unbroken.rows)


def test_two_runs_on_one_folder_leave_only_whole_rows(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_slow_run, args=(tmp_path,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    lines = (tmp_path / ROWS).read_text().splitlines()
    assert all(json.loads(line)["schema"] == "row" for line in lines)
    assert len(RunFolder(tmp_path).rows()) == 3 * 4
    assert len(RunFolder(tmp_path).head()["calls"]) == 2


def test_grey_images_are_scored_as_luma(tmp_path: Path) -> None:
    """A grey copy of a photograph keeps its values: its PSNR is not that of its RGB expansion in studio range."""
    grey = image.read(_builtin(1).items[0].hr)[..., 1]
    image.write(tmp_path / "hr" / "grey.png", grey)
    images = locate(str(tmp_path / "hr"), AssetStore([]), scale=4)
    plan = _plan("bicubic")
    rows = harness.run(Plan(plan.models, [images], CLASSICAL, plan.scorers), RunFolder(tmp_path / "run")).rows
    hr = image.to_tensor(grey).double()
    sr = _bicubic_there_and_back(hr)
    mse = (image.crop_border(sr - hr, 4) ** 2).mean()
    assert rows[0].value == pytest.approx(float(10 * torch.log10(255**2 / mse)), abs=1e-9)


def _bicubic_there_and_back(hr: Tensor) -> Tensor:
    from srbench.core.resize import resize

    lr = resize(hr, (hr.shape[-2] // 4, hr.shape[-1] // 4), round_passes=True)
    return resize(lr, (hr.shape[-2], hr.shape[-1]), round_passes=True)


def _folder(path: Path, count: int) -> ImageSet:
    for number in range(count):
        image.write(path / f"i{number}.png", image.read(_builtin(1).items[0].hr)[number * 64 : number * 64 + 64, :64])
    return locate(str(path), AssetStore([]), scale=4)


def test_two_folders_with_the_same_files_keep_their_own_rows(tmp_path: Path) -> None:
    plan = _plan("nearest", metrics="psnr")
    sets = [_folder(tmp_path / "a", 3), _folder(tmp_path / "b", 2)]
    rows = harness.run(Plan(plan.models, sets, CLASSICAL, plan.scorers), RunFolder(tmp_path / "run")).rows
    counts = {s.dataset: s.n for s in summarise(rows) if s.metric == "psnr"}
    assert counts == {"a": 3, "b": 2}


def test_another_image_of_the_same_name_makes_new_rows(tmp_path: Path) -> None:
    (tmp_path / "hr").mkdir()
    values = []
    for seed in (0, 1, 0):
        pixels = np.random.default_rng(seed).integers(0, 256, (24, 24, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "hr" / "0.png")
        images = locate(str(tmp_path / "hr"), AssetStore([]), scale=4)
        plan = replace(_plan("nearest", metrics="psnr"), sets=[images])
        outcome = harness.run(plan, RunFolder(tmp_path / "run"))
        values.append((outcome.computed, _values(outcome.rows)["nearest", "0", "psnr"]))
    assert [computed for computed, _ in values] == [values[0][0], values[0][0], 0]
    assert values[0][1] == values[2][1] != values[1][1]


def test_rows_of_two_protocols_have_no_key_in_common(tmp_path: Path) -> None:
    keys = []
    for name in ("classical_x4", "classical_x4+border_px=6"):
        plan = replace(_plan("nearest", limit=1, metrics="psnr"), protocol=protocol.find(name))
        keys.append({row.key for row in harness.run(plan, RunFolder(tmp_path / name)).rows})
    assert len(keys[0]) == len(keys[1])
    assert not keys[0] & keys[1]


def test_each_content_of_a_model_has_pictures_of_its_own(tmp_path: Path) -> None:
    pictures = []
    for level in (0.25, 0.5, 0.25):
        call = f"lambda x: torch.full_like(x, {level}).repeat(1, 1, 4, 4)"
        (tmp_path / "m.py").write_text(f"import torch\ndef build():\n    return {call}\n")
        folder = RunFolder(tmp_path / "run")
        plan = _plan(f"{tmp_path / 'm.py'}:build", limit=1, metrics="psnr", save_images=True)
        outcome = harness.run(plan, folder)
        pictures.append(folder.picture(outcome.rows[0]))
        assert sha256(pictures[-1]) == outcome.rows[0].picture
        assert image.read(pictures[-1]).max() == round(level * 255 + 0.01)
    assert outcome.computed == 0
    assert pictures[0] == pictures[2] != pictures[1]


def test_values_are_of_the_picture_that_is_kept(tmp_path: Path) -> None:
    """Values of before it was kept are measured again; a picture that was replaced is made again."""
    folder, plan = RunFolder(tmp_path), _plan("bicubic", limit=1, metrics="psnr")
    first = harness.run(plan, folder)
    kept = harness.run(replace(plan, save_images=True), folder)
    assert (first.rows[0].picture, kept.computed) == ("", 1)
    picture = folder.picture(kept.rows[0])
    assert kept.rows[0] == replace(first.rows[0], picture=sha256(picture))
    image.write(picture, image.read(picture)[::-1])
    assert harness.run(replace(plan, save_images=True), folder).rows[0] == kept.rows[0]
    assert sha256(picture) == kept.rows[0].picture


def test_the_side_of_tiles_is_part_of_the_key_where_memory_chose_it_too(tmp_path: Path) -> None:
    folder, plan = RunFolder(tmp_path), _plan("bicubic", metrics="psnr")
    whole = harness.run(plan, folder).rows
    tiled = harness.run(replace(plan, mode=Mode(memory_mib=1)), folder)
    assert {row.tile_px for row in whole} == {0}
    assert (tiled.kept, {row.mode for row in tiled.rows}) == (0, {"fp32"})
    assert {row.tile_px for row in tiled.rows} == {Upscaler(_nearest, 4, Mode(memory_mib=1)).tiling.side(128, 128)}
    assert harness.run(replace(plan, mode=Mode(memory_mib=100000)), folder).rows == whole
    asked = harness.run(replace(plan, mode=Mode(tile_px=tiled.rows[0].tile_px)), folder)
    assert asked.kept == 0


def test_an_image_that_is_replaced_while_it_is_in_use_gives_no_row(tmp_path: Path) -> None:
    images = _folder(tmp_path / "hr", 1)
    image.write(images.items[0].hr, image.read(images.items[0].hr)[::-1])
    plan = _plan("nearest", metrics="psnr")
    with pytest.raises(BadImage, match="changed while it was in use"):
        harness.run(replace(plan, sets=[images]), RunFolder(tmp_path / "run"))
    assert not RunFolder(tmp_path / "run").rows()


def test_rows_of_another_pipeline_version_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, plan = RunFolder(tmp_path), _plan("nearest", limit=1, metrics="psnr")
    first = harness.run(plan, folder)
    monkeypatch.setattr(tasks, "PIPELINE", tasks.PIPELINE + 1)
    second = harness.run(plan, folder)
    assert second.kept == 0
    assert {row.pipeline for row in first.rows} | {row.pipeline for row in second.rows} == {
        PIPELINE,
        PIPELINE + 1,
    }
    assert len(folder.rows()) == len(first.rows) + len(second.rows)


def test_an_image_too_small_for_a_metric_is_a_failed_row(tmp_path: Path) -> None:
    plan = _plan("nearest", metrics="psnr,lpips")
    image.write(tmp_path / "hr" / "tiny.png", image.read(_builtin(1).items[0].hr)[:24, :24])
    image.write(tmp_path / "hr" / "whole.png", image.read(_builtin(1).items[0].hr)[:64, :64])
    images = locate(str(tmp_path / "hr"), AssetStore([]), scale=4)
    outcome = harness.run(Plan(plan.models, [images], CLASSICAL, plan.scorers), RunFolder(tmp_path / "run"))
    assert [entry["image"] for entry in outcome.failed] == ["tiny"]
    assert {row.metric for row in outcome.rows if row.image == "whole"} >= {"psnr", "lpips"}
    assert {row.metric for row in outcome.rows if row.image == "tiny"} == {"psnr", *TIMINGS}
    assert RunFolder(tmp_path / "run").head()["calls"][0]["failed"] == outcome.failed


def test_pinned_images_too_are_looked_at_before_the_first_model(monkeypatch: pytest.MonkeyPatch) -> None:
    images = _builtin(2)
    wide = protocol.find("classical_x4+hr_multiple=600")
    usable_set, refused = usable.select(images, wide, ["psnr"])
    assert not usable_set.items
    assert all("both sides need at least 600 px" in text for text in refused.values())
    monkeypatch.setattr(memory, "free_mib", lambda: 1)
    assert "needs about" in next(iter(usable.select(images, CLASSICAL, ["psnr"])[1].values()))
