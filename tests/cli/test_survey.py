"""`srbench survey`: what a lab types, and what it gets."""

import csv
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from srbench.evaluation.results import RunFolder
from srbench.evaluation.shown import shown
from tests.cli.conftest import Call

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def votes(call: Call) -> Path:
    """A panel with two careless raters, hidden references, traps, repeated votes."""
    code, out, err = call(
        *("survey", "simulate", "panel.csv", "--raters", "12", "--images", "6", "--careless", "2"),
        *("--reference", "--traps", "--repeated", "0.2", "--seed", "3"),
    )
    assert (code, out) == (0, "")
    assert "panel.truth.json" in err
    return Path("panel.csv")


def _json(call: Call, *arguments: str) -> dict[str, Any]:
    code, out, _ = call(*arguments, "--json")
    assert code == 0
    return json.loads(out)


def test_an_analysis_writes_every_format_and_finds_what_was_planted(call: Call, votes: Path) -> None:
    found = _json(call, "survey", "analyze", str(votes), "--screen", "bt500,traps,fast")
    assert {"careless1", "careless2"} <= {r["rater"] for r in found["raters"] if not r["counts"]}
    truth = json.loads(Path("panel.truth.json").read_text(encoding="utf-8"))
    assert truth["careless"] == ["careless1", "careless2"]
    order = [m["model"] for m in sorted(found["models"], key=lambda m: m["mean"])]
    assert order == ["nearest", "bicubic", "srresnet", "srgan", "hr"]
    folder = Path("runs/survey/panel")
    names = {path.name for path in folder.iterdir()}
    assert {"report.html", "report.md", "report.tex", "report.json", "models.csv", "stimuli.csv", "raters.csv"} <= names
    written = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert written == {key: value for key, value in found.items() if key not in ("report", "reading")}
    with (folder / "models.csv").open(encoding="utf-8") as file:
        rows = {row["model"]: row for row in csv.DictReader(file)}
    for model in found["models"]:
        row = rows[model["model"]]
        assert float(row["mean"]) == model["mean"]
        assert [float(row["ci95_low"]), float(row["ci95_high"])] == model["ci95"]
    assert found["methods"] in (folder / "report.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("undrawn")
def test_the_terminal_shows_groups_and_says_where_the_page_is(call: Call, votes: Path) -> None:
    code, out, _ = call("survey", "analyze", str(votes), "--resamples", "200")
    assert code == 0
    assert re.search(r"srgan +b? *\w* +\d\.\d\d", out)
    assert "share a letter" in out
    assert "runs/survey/panel/report.html" in out
    assert "Higher is better" in out


@pytest.mark.usefixtures("undrawn")
def test_choices_change_what_they_should(call: Call, votes: Path) -> None:
    plain = _json(call, "survey", "analyze", str(votes), "--screen", "none", "--resamples", "0")
    assert not [r for r in plain["raters"] if not r["counts"]]
    assert all(m["ci95_raters_images"] is None for m in plain["models"])
    likely = _json(call, "survey", "analyze", str(votes), "--estimator", "p910", "--screen", "none")
    assert [s["score"] for s in likely["stimuli"]] == pytest.approx([s["p910"] for s in likely["stimuli"]])
    assert [s["score"] for s in likely["stimuli"]] != [s["score"] for s in plain["stimuli"]]
    relative = _json(call, "survey", "analyze", str(votes), "--relative", "dmos")
    assert "hr" not in {m["model"] for m in relative["models"]}
    assert max(s["dmos"] for s in relative["stimuli"]) >= 5
    options = ("--repetitions", "pool", "--screen", "none", "--resamples", "0")
    pooled = _json(call, "survey", "analyze", str(votes), *options)
    assert plain["counts"]["votes_used"] < pooled["counts"]["votes_used"]
    assert plain["agreement"] == pooled["agreement"]
    assert any("are too narrow" in note for note in pooled["notes"])


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_convert_keeps_every_vote(call: Call, votes: Path, ending: str) -> None:
    assert call("survey", "convert", str(votes), f"other.{ending}")[0] == 0
    assert call("survey", "convert", f"other.{ending}", "back.csv")[0] == 0
    assert Path("back.csv").read_bytes() == votes.read_bytes()


def test_pairs_are_recognised(call: Call) -> None:
    assert call("survey", "simulate", "p.csv", "--pairs", "--ties", "0.3", "--images", "3", "--seed", "1")[0] == 0
    found = _json(call, "survey", "analyze", "p.csv")
    assert found["kind"] == "pairs"
    scores = {s["item"]: s["score"] for s in found["overall"][0]["scores"]}
    assert sorted(scores, key=lambda item: scores[item]) == ["nearest", "bicubic", "srresnet", "srgan"]
    assert found["overall"][0]["tie_threshold"] > 0
    code, _, err = call("survey", "analyze", "p.csv", "--metrics", "p.csv")
    assert code == 2
    assert "paired comparisons" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nothing.csv",), "nothing.csv does not exist"),
        (("panel.csv", "--screen", "bt501"), "no screening rule 'bt501'"),
        (("panel.csv", "--scale", "2-5"), "out of range; expected 2 to 5"),
        (("panel.csv", "--scale", "five"), "is no range"),
        (("panel.csv", "--columns", "score"), "expected ours=theirs"),
        (("panel.csv", "--columns", "score=vote"), "has no column 'vote'"),
        (("panel.csv", "--run", "runs/nothing"), "runs/nothing does not exist"),
        (("panel.csv", "--relative", "dmos", "--estimator", "p910"), "--relative needs --estimator mos"),
        (("panel.csv", "--remove-bias", "--estimator", "p910"), "--remove-bias needs --estimator mos"),
        (("panel.csv", "--references", "nobody*"), "no stimulus is like 'nobody*'"),
        (("panel.csv", "--model-from", "_(zzz)$"), "is in no stimulus's name"),
        (("panel.csv", "--scale", "0-inf"), "has no end"),
        (("panel.csv", "--seed", "-1"), "expected at least 0"),
    ],
)
def test_mistakes_are_one_line(call: Call, votes: Path, arguments: tuple[str, ...], words: str) -> None:
    code, out, err = call("survey", "analyze", *arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.usefixtures("undrawn")
def test_the_guide_documents_every_key(call: Call, votes: Path) -> None:
    text = (ROOT / "docs/ratings.md").read_text(encoding="utf-8")
    call("survey", "simulate", "p.csv", "--pairs", "--images", "2")
    Path("m.csv").write_text(
        "stimulus,sharpness\n"
        + "".join(f"image00{i}_{m},{i + len(m)}\n" for i in (1, 2, 3) for m in ("srgan", "bicubic"))
    )
    records = [
        _json(call, "survey", "analyze", str(votes), "--metrics", "m.csv"),
        _json(call, "survey", "analyze", "p.csv"),
    ]
    keys: set[str] = set()
    for record in records:
        keys |= record.keys() | record["counts"].keys()
        for value in record.values():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                keys |= value[0].keys()
    undocumented = {key for key in keys if f"`{key.removesuffix('_ci95')}`" not in text} - {"answers", "ties"}
    assert not undocumented


@pytest.mark.usefixtures("undrawn")
def test_opinion_joins_the_rows_of_a_run(call: Call) -> None:
    """PSNR, SSIM and MOS side by side, as in the SRGAN paper's table 2."""
    assert call("run", "--models", "nearest,bicubic,lanczos", "--datasets", "builtin", "--metrics", "psnr,ssim")[0] == 0
    rows = RunFolder(Path("runs/classical_x4")).rows()
    images = list(dict.fromkeys(row.image for row in rows))
    opinions = {"nearest": (1, 2, 1), "bicubic": (2, 3, 2), "lanczos": (3, 4, 2), "hr": (5, 5, 5)}
    lines = ["stimulus,content,model,dataset,reference,rater,score"]
    for image in images:
        for model, scores in opinions.items():
            for rater, score in enumerate(scores):
                lines.append(f"{image}_{model},{image},{model},builtin,{int(model == 'hr')},r{rater},{score}")
    Path("votes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    code, out, _ = call("survey", "analyze", "votes.csv", "--run", "runs/classical_x4", "--resamples", "100")
    assert code == 0
    table = out[: out.index("Means over the images that were rated")]
    assert re.search(r"builtin +PSNR \[dB\] +3 +\d\d\.\d\d +\d\d\.\d\d +\d\d\.\d\d +∞", table)
    assert re.search(r"builtin +MOS +3 +1\.33 +2\.33 +3\.00 +5\.00", table)
    joined = [row for row in shown(RunFolder(Path("runs/classical_x4"))).rows if row.metric == "mos"]
    assert len(joined) == 3 * len(images)
    assert {row.model: row.value for row in joined} == pytest.approx(
        {"nearest": 4 / 3, "bicubic": 7 / 3, "lanczos": 3.0}
    )
    code, out, _ = call("show", "runs/classical_x4")
    assert code == 0
    assert "MOS" in out
    assert "3.00" in out
    again = _json(call, "survey", "analyze", "votes.csv", "--run", "runs/classical_x4")
    assert len(RunFolder(Path("runs/classical_x4")).rows()) == len(rows) + len(joined)
    assert "added to runs/classical_x4; print them with" in " ".join(again["notes"])


def test_a_run_of_other_models_is_refused(call: Call, votes: Path) -> None:
    call("run", "--models", "bicubic", "--datasets", "builtin", "--metrics", "psnr", "--limit", "1")
    code, _, err = call("survey", "analyze", str(votes), "--run", "runs/classical_x4")
    assert code == 2
    assert "no rated stimulus is in the run" in err


@pytest.mark.usefixtures("undrawn")
def test_options_without_use_are_refused(call: Call) -> None:
    call("survey", "simulate", "p.csv", "--pairs", "--images", "2")
    Path("m.csv").write_text("stimulus,content,model,mos,n,std\na,x,m1,3,9,1\nb,x,m2,4,9,1\n", encoding="utf-8")
    for file, option in (("p.csv", "--remove-bias"), ("m.csv", "--remove-bias"), ("p.csv", "--references=x")):
        code, _, err = call("survey", "analyze", file, option)
        assert code == 2
        assert "needs single votes on a scale" in err
    assert call("survey", "analyze", "m.csv", "--test", "permutation")[0] == 0


@pytest.mark.usefixtures("undrawn")
def test_bias_removal_does_not_make_the_panel_look_certain(call: Call, votes: Path) -> None:
    plain, without = (
        _json(call, "survey", "analyze", str(votes), "--screen", "none", *more) for more in ((), ("--remove-bias",))
    )
    for before, after in zip(plain["models"], without["models"], strict=True):
        assert after["mean"] == pytest.approx(before["mean"], abs=0.05)
        width = [ends[1] - ends[0] for ends in (before["ci95"], after["ci95"])]
        assert width[1] == pytest.approx(width[0], rel=1e-9)


@pytest.mark.usefixtures("undrawn")
def test_further_answers_are_read_and_a_file_twice_below_itself_is_refused(call: Call) -> None:
    """Exports of studies with repeats had no column that numbers them."""
    rows = "c,r,a,b\nc,q,a,b\n"
    Path("d.csv").write_text(f"content,rater,winner,loser\n{rows}c,r,b,a\n", encoding="utf-8")
    found = _json(call, "survey", "analyze", "d.csv")
    assert found["reading"][1] == (
        "1 further answer of a rater to the same question, numbered by the order of the rows"
    )
    Path("twice.csv").write_text(f"content,rater,winner,loser\n{rows}{rows}", encoding="utf-8")
    code, _, err = call("survey", "analyze", "twice.csv")
    assert code == 2
    assert "line 4: duplicate answer of rater 'r'" in err


@pytest.mark.usefixtures("undrawn")
def test_a_report_leaves_no_stale_files(call: Call, votes: Path) -> None:
    call("survey", "simulate", "p.csv", "--pairs", "--images", "2")
    call("survey", "analyze", str(votes), "--out", "here")
    assert Path("here/models.csv").exists()
    call("survey", "analyze", "p.csv", "--out", "here")
    assert Path("here/scores.csv").exists()
    assert not Path("here/models.csv").exists()


@pytest.mark.usefixtures("undrawn")
def test_ratings_without_a_data_set_need_a_run_with_one(call: Call) -> None:
    call("run", "--models", "bicubic", "--datasets", "builtin", "--metrics", "psnr", "--limit", "1")
    row = RunFolder(Path("runs/classical_x4")).rows()[0]
    lines = ["stimulus,content,model,rater,score", *(f"a,{row.image},bicubic,r{i},{i}" for i in (1, 2, 3))]
    Path("v.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert call("survey", "analyze", "v.csv", "--run", "runs/classical_x4")[0] == 0
    RunFolder(Path("runs/classical_x4")).append([replace(row, dataset="other", key="other")])
    code, _, err = call("survey", "analyze", "v.csv", "--run", "runs/classical_x4")
    assert code == 2
    assert "names no data set, and the run has builtin, other" in err


@pytest.mark.usefixtures("undrawn")
def test_analyze_prints_models_and_differences_and_the_rest_on_request(call: Call) -> None:
    call("survey", "simulate", "votes.csv", "--images", "5", "--raters", "8")
    code, out, _ = call("survey", "analyze", "votes.csv", "--resamples", "50")
    assert code == 0
    for text in ("MOS of models", "Differences between models", "report.html", "--full"):
        assert text in out
    assert "rater_" not in out
    _, full, _ = call("survey", "analyze", "votes.csv", "--resamples", "50", "--full")
    assert "Agreement of raters" in full
    assert len(full) > len(out)


def test_places_of_simulated_votes_are_tried_before_any_is_drawn(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srbench.ratings.simulation.simulate", lambda *_: pytest.fail("the places were not tried"))
    Path("votes.truth.json").mkdir()
    code, _, err = call("survey", "simulate", "votes.csv")
    assert (code, err.count("\n")) == (2, 1)
    assert "votes.truth.json: Is a directory; a folder stands where a file is expected" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        *((("simulate", "v.csv", f"--{of}", "9" * 20), "expected at most 10000") for of in ("raters", "images")),
        *((("simulate", "v.csv", f"--{of}", "9" * 20), "expected at most 10000") for of in ("careless", "adversarial")),
        (("analyze", "v.csv", "--resamples", "9" * 20), "expected at most 1000000"),
        (("simulate", "v.csv", "--bias", "inf"), "--bias is inf; expected a number of steps of the scale"),
        (("simulate", "v.csv", "--bias", "1e308"), "--bias is 1e+308; expected a number of steps of the scale, 0 to"),
        (("simulate", "v.csv", "--rater-model", "inf"), "--rater-model is inf; expected a number of steps"),
        (("simulate", "", "--raters", "2"), "is no file; expected a name for the votes"),
        (("simulate", "v.csv", "--models", "a", "--pairs"), "--pairs compares two models or more; --models has 1"),
        (("simulate", "v.csv", "--ties", "inf"), "--ties is inf; expected a number"),
        (("backup", "study", "notes.txt"), "notes.txt does not end in .zip; give the backup a name that does"),
    ],
)
def test_values_without_end_and_other_files_are_refused(call: Call, words: tuple[str, ...], message: str) -> None:
    Path("notes.txt").write_text("mine", encoding="utf-8")
    code, _, err = call("survey", *words)
    assert (code, err.count("\n")) == (2, 1)
    assert message in err
    assert Path("notes.txt").read_text(encoding="utf-8") == "mine"
