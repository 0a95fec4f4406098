"""`srbench throughput` as a user meets it; the device's ceiling is not measured anew for each test."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from srbench.models import registry
from srbench.speed import ceiling, cold_cache, footprint
from srbench.speed.records import Ceiling
from tests.cli.conftest import Call

QUICK = ("--size", "16x16", "--seconds", "0.05", "--max-batch", "2", "--device", "cpu")
NEAREST = ("throughput", "--models", "nearest", "--mode", "fp32", *QUICK, "--out", "here")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footprint, "gc", SimpleNamespace(collect=lambda: 0))  # half a second in a large process
    monkeypatch.setattr(cold_cache, "_last_cache_bytes", lambda: 2**20)  # a server's 500 MiB are slow to write
    monkeypatch.setattr(ceiling, "measure", lambda device, names: Ceiling(dict.fromkeys(names, 0.1), 10.0))


def test_json_is_one_object_with_the_device_and_rows(call: Call) -> None:
    code, out, err = call(*NEAREST, "--json")
    assert code == 0
    content = json.loads(out)
    assert {"device", "rows"} <= set(content)
    assert content["unavailable"] == []
    assert {"cpu", "threads", "packages", "allocator"} <= set(content["device"])
    assert content["device"]["ceiling"] == {"tflops": {"fp32": 0.1}, "copy_gb_per_s": 10.0}
    assert [row["scenario"] for row in content["rows"]] == ["latency", "throughput"]
    for row in content["rows"]:
        assert (row["model"], row["mode"], row["lr_height"], row["failure"]) == ("nearest", "fp32", 16, "")
        assert row["median_ms"] > 0
        assert (row["psnr_drop"]["worst_db"], row["psnr_drop"]["images"], row["psnr_drop"]["exceeds_limit"]) == (
            0,
            3,
            False,
        )
        assert row["valid"] is (row["reason"] == "")
    assert "Written: here/speed.json" in err


def test_files_hold_what_was_printed(call: Call) -> None:
    _, out, _ = call(*NEAREST, "--scenario", "latency", "--json")
    stored = json.loads(Path("here/speed.json").read_text())
    assert stored == json.loads(out) | {"crc32": stored["crc32"]}
    with Path("here/speed.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["model"], row["scenario"]) == ("nearest", "latency")
    assert "nearest" in Path("here/speed.md").read_text()


def test_a_table_closes_the_session(call: Call) -> None:
    code, out, _ = call("throughput", "--models", "bicubic", "--mode", "channels_last", *QUICK, "--scenario", "latency")
    assert code == 0
    assert "bicubic" in out
    assert "fp32+channels_last" in out


def test_figures_of_a_run_stand_beside_the_speed(call: Call) -> None:
    _, ran, _ = call("run", "--models", "nearest,bicubic", "--metrics", "psnr,ssim", "--limit", "1", "--json")
    ssim = next(s["mean"] for s in json.loads(ran)["summary"] if (s["model"], s["metric"]) == ("nearest", "ssim"))
    code, out, _ = call(*NEAREST, "--scenario", "latency", "--quality", "runs/classical_x4")
    assert code == 0
    page = Path("here/speed.md").read_text()
    assert f"{ssim:.4f}" in page
    assert f"{ssim:.4f}" in out
    _, _, _ = call(*NEAREST, "--scenario", "latency", "--out", "without")
    assert f"{ssim:.4f}" not in Path("without/speed.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--mode", "fp8"), "'fp8' is no mode: expected some of fp32, tf32, bf16"),
        (("--mode", "fp32,bf16+fp16"), "says bf16 and fp16; expected one of them"),
        (("--mode", ","), "names nothing"),
        (("--size", "180"), "'180' is no LR size; expected HEIGHTxWIDTH"),
        (("--scenario", "speed"), "'speed' is no scenario; expected latency or throughput"),
        (("--models", "srgna"), "Closest: 'srgan'"),
        (("--models", "fsrcnn*"), "none of the models can run"),
        (("--device", "abacus"), "the device 'abacus' cannot be used"),
        (("--seconds", "0"), "--seconds"),
        (("--seconds", "inf"), "expected at most 3600"),
        (("--quality", "nowhere"), "nowhere does not exist; expected a folder that `srbench run` wrote"),
        (("--compare", "nearest", "bicubic"), "leave out --models"),
        (("--compare", "nearest"), "compare"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_users_mistakes_are_one_line_and_code_2(call: Call, arguments: tuple[str, ...], message: str) -> None:
    code, out, err = call(*(("throughput",) if "--models" in arguments else NEAREST), *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("second", "message"),
    [("srgna", "Closest: 'srgan'"), ("bicubic+bf16+fp16", "expected one of them"), ("bicubic+fast", "no model")],
)
def test_a_candidate_that_is_none_is_the_users_mistake(call: Call, second: str, message: str) -> None:
    code, out, err = call("throughput", "--compare", "nearest", second, *QUICK)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_each_session_has_a_folder_of_its_own(call: Call) -> None:
    call(*NEAREST[:-2], "--scenario", "latency")
    assert [path.name for path in Path("runs").rglob("speed.json")] == ["speed.json"]


def test_a_folder_that_cannot_be_written_is_the_users_mistake(call: Call) -> None:
    Path("file").write_text("in the way")
    code, _, err = call(*NEAREST, "--scenario", "latency", "--out", "file/speed")
    assert code == 2
    assert "file/speed: Not a directory; a file stands where a folder is expected" in err


def test_a_mode_that_cannot_run_ends_in_code_3_and_the_others_are_there(call: Call) -> None:
    code, out, _ = call(*NEAREST[:3], "--mode", "graph,fp32", *QUICK, "--scenario", "latency", "--json")
    assert code == 3
    failures = [row["failure"] for row in json.loads(out)["rows"]]
    assert "CUDA graphs need a CUDA GPU" in failures[0]
    assert failures[1] == ""


@pytest.mark.parametrize("kind", ["lambda x: 1 / 0", "Bad()"])
def test_a_network_that_raises_ends_in_code_3(call: Call, kind: str) -> None:
    Path("bad.py").write_text(
        "from torch import nn\nclass Bad(nn.Module):\n    def forward(self, x):\n        return 1 / 0\n"
        f"def build():\n    return {kind}\n"
    )
    code, out, _ = call("throughput", "--models", "bad.py:build,nearest", "--mode", "fp32", *QUICK, "--json")
    assert code == 3
    rows = json.loads(out)["rows"]
    assert {row["failure"] for row in rows if row["model"] == "bad"} == {"ZeroDivisionError: division by zero"}
    assert {row["failure"] for row in rows if row["model"] == "nearest"} == {""}


def test_two_candidates_are_told_apart_or_not(call: Call) -> None:
    code, out, err = call("throughput", "--compare", "nearest", "bicubic+channels_last", *QUICK, "--json")
    assert (code, err) == (0, "")
    content = json.loads(out)
    assert set(content) == {"schema", "version", "device", "ab_comparison"}
    comparison = content["ab_comparison"]
    assert comparison["names"] == ["nearest", "bicubic+channels_last"]
    assert comparison["rounds"] >= 5
    assert comparison["ratio_ci95"][0] <= comparison["ratio"] <= comparison["ratio_ci95"][1]
    assert comparison["faster"] in ("", *comparison["names"])
    assert not Path("runs").exists()


def test_a_comparison_is_written_where_asked(call: Call) -> None:
    code, out, err = call("throughput", "--compare", "nearest", "nearest", *QUICK, "--out", "there", "--json")
    assert code == 0
    assert set(json.loads(out)) == {"schema", "version", "device", "ab_comparison"}
    assert "Written: " in err
    assert list(Path("there").glob("*.json"))


def test_a_comparison_is_a_few_lines(call: Call) -> None:
    code, out, _ = call("throughput", "--compare", "nearest", "nearest+channels_last", *QUICK)
    assert code == 0
    assert "nearest+channels_last" in out


def test_weights_that_cannot_be_had_may_be_random(call: Call) -> None:
    arguments = ("throughput", "--models", "fsrcnn", "--mode", "fp32", *QUICK, "--scenario", "latency", "--json")
    assert call(*arguments)[0] == 2
    code, out, _ = call(*arguments, "--random-weights")
    assert code == 0
    (row,) = json.loads(out)["rows"]
    assert (row["model"], row["psnr_drop"], row["failure"]) == ("fsrcnn (random weights)", None, "")
    assert row["work"]["parameters"] == registry.cards()["fsrcnn"].parameters


def test_a_user_who_stops_before_the_first_figure_gets_code_130(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(device: object, names: object) -> Ceiling:
        raise KeyboardInterrupt

    monkeypatch.setattr(ceiling, "measure", stop)
    code, out, err = call(*NEAREST)
    assert (code, out) == (130, "")
    assert "Stopped." in err


def test_a_killed_session_is_shown_as_far_as_it_came(call: Call) -> None:
    _, out, _ = call(*NEAREST, "--json")
    for path in Path("here").iterdir():
        if path.name != "speed.json":
            path.unlink()
    code, shown, _ = call("show", "here")
    assert code == 0
    assert "nearest" in shown
    drawn = {".png", ".svg"} if any(row["valid"] for row in json.loads(out)["rows"]) else set()
    assert {path.suffix for path in Path("here").iterdir()} == {".json", ".csv", ".md", ".tex", ".html"} | drawn
    assert json.loads(call("show", "here", "--json")[1]) == json.loads(out)


def test_an_a_b_comparison_is_written_where_asked_for_and_shown_again(call: Call) -> None:
    arguments = (
        "throughput",
        "--compare",
        "nearest",
        "bicubic",
        "--size",
        "16x24",
        "--seconds",
        "0.05",
        "--device",
        "cpu",
    )
    code, _, err = call(*arguments, "--out", "ab")
    assert code == 0
    assert "Written: ab/ab_comparison.json" in err
    assert "LR 24 × 16 px, 1 image a call" in Path("ab/ab_comparison.md").read_text()
    assert json.loads(Path("ab/ab_comparison.json").read_text())["ab_comparison"]["names"] == ["nearest", "bicubic"]
    code, out, _ = call("show", "ab", "--json")
    assert code == 0
    stored = json.loads(Path("ab/ab_comparison.json").read_text())
    assert stored == json.loads(out) | {"crc32": stored["crc32"]}


def test_x8_and_tiles_are_rows_of_their_own(call: Call) -> None:
    arguments = ("throughput", "--models", "nearest", *QUICK, "--scenario", "latency", "--json")
    code, out, _ = call(*arguments, "--mode", "tile=64+x8,fp32,x8")
    assert code == 0
    assert [row["mode"] for row in json.loads(out)["rows"]] == ["fp32+x8+tile=64", "fp32", "fp32+x8"]
