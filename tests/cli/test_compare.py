"""`srbench compare`, from folders of runs to words."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Call
from tests.evaluation.runs import write_run

_HR = np.linspace(25.0, 33.0, 12)
_NOISE = np.array([0.03, -0.02, 0.01, -0.03, 0.02, -0.01, 0.02, -0.02, 0.03, -0.03, 0.01, -0.01])


def _values(**offsets: float) -> dict[str, list[float]]:
    return {model: (_HR + offset + i * _NOISE).tolist() for i, (model, offset) in enumerate(offsets.items())}


def _verdicts(out: str) -> dict[tuple[str, str], str]:
    (table,) = json.loads(out)["tables"]
    return {(pair["first"], pair["second"]): pair["verdict"] for pair in table["comparisons"]}


def test_four_words(call: Call, tmp_path: Path) -> None:
    write_run(tmp_path / "run", _values(bicubic=0.0, ours=1.0, twin=1.001, lame=-0.5))
    code, out, _ = call("compare", "run", "--baseline", "ours", "--margin", "psnr=0.05", "--json")
    assert code == 0
    assert _verdicts(out) == {
        ("twin", "ours"): "same",
        ("bicubic", "ours"): "worse",
        ("lame", "ours"): "worse",
    }
    code, out, _ = call("compare", "run", "--baseline", "bicubic", "--json")
    assert _verdicts(out) == {
        ("ours", "bicubic"): "better",
        ("twin", "bicubic"): "better",
        ("lame", "bicubic"): "worse",
    }


def test_nothing_is_the_same_without_a_margin(call: Call, tmp_path: Path) -> None:
    write_run(tmp_path / "run", _values(ours=1.0, twin=1.001))
    assert set(_verdicts(call("compare", "run", "--json")[1]).values()) == {"undecided"}
    assert set(_verdicts(call("compare", "run", "--json", "--margin", "psnr=0.05")[1]).values()) == {"same"}


def test_a_terminal_shows_groups_pairs_and_ranks(call: Call, tmp_path: Path) -> None:
    write_run(tmp_path / "run", _values(bicubic=0.0, ours=1.0, theirs=1.001))
    code, out, _ = call("compare", "run")
    assert code == 0
    for words in ("set, 12 images", "better", "share a letter", "Ranks, 12 images", "ranks on images, not about means"):
        assert words in out
    assert "Student t" in out


@pytest.mark.parametrize(("form", "sign"), [("md", "| bicubic |"), ("html", "<svg"), ("latex", r"\toprule")])
def test_every_format_has_the_tables(call: Call, tmp_path: Path, form: str, sign: str) -> None:
    write_run(tmp_path / "run", _values(bicubic=0.0, ours=1.0))
    code, out, _ = call("compare", "run", "--format", form)
    assert code == 0
    assert sign in out
    assert "PSNR [dB]" in out
    assert "psnr" not in out.replace("set-psnr", "").replace("ranks-psnr", "")


def test_a_line_of_csv_for_each_pair(call: Call, tmp_path: Path) -> None:
    write_run(tmp_path / "run", _values(bicubic=0.0, ours=1.0, theirs=2.0))
    lines = call("compare", "run", "--format", "csv")[1].splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("dataset,metric,first,second,images,mean,ci95_low,ci95_high,p,")
    assert lines[1].startswith("set,psnr,theirs,ours,12,1.0")


def test_a_certain_loss_fails_a_laboratory_s_integration(call: Call, tmp_path: Path) -> None:
    write_run(tmp_path / "old", _values(bicubic=0.0, ours=1.0))
    write_run(tmp_path / "lost", {"ours": _values(x=0.0, ours=0.8)["ours"]}, content="lost")
    write_run(tmp_path / "won", {"ours": _values(x=0.0, ours=1.2)["ours"]}, content="won")
    assert call("compare", "lost", "--baseline-run", "old", "--fail-if-worse")[0] == 3
    assert call("compare", "lost", "--baseline-run", "old")[0] == 0
    assert call("compare", "won", "--baseline-run", "old", "--fail-if-worse")[0] == 0
    code, out, _ = call("compare", "old", "--baseline", "ours", "--fail-if-worse")
    assert code == 3
    assert "worse" in out


def test_a_sentence_that_begins_with_a_model_leaves_its_name_as_it_is(call: Call, tmp_path: Path) -> None:
    write_run(tmp_path / "r", {"net/x2": [30.0, 31, 32, 33], "bicubic": [20.0, 21, 22, 23.5]})
    out = call("compare", str(tmp_path / "r"))[1]
    assert "net/x2 is best whichever images are left out" in out
    assert "Net/x2" not in out


def test_a_loss_that_cannot_be_seen_is_no_pass(call: Call, tmp_path: Path) -> None:
    """The new model failed on an image, or is infinite everywhere; what nobody asks of is no failure."""
    old = _values(bicubic=0.0, ours=1.0)
    write_run(tmp_path / "old", old)
    for name, values in (("fewer", old["ours"][:11]), ("nan", [*old["ours"][:11], np.nan]), ("inf", [np.inf] * 12)):
        write_run(tmp_path / name, {"ours": values}, content=name)
        code, _, err = call("compare", name, "--baseline-run", "old", "--fail-if-worse")
        assert code == 2
        assert "set, psnr: " in err
        assert "compared" in err
    write_run(tmp_path / "won", {"ours": _values(x=0.0, ours=1.2)["ours"]}, content="won")
    write_run(tmp_path / "won", {"partial": [30.0]})
    assert call("compare", "won", "--baseline-run", "old", "--fail-if-worse")[0] == 0


def test_a_data_set_in_which_nothing_is_compared_is_named(call: Call, tmp_path: Path) -> None:
    write_run(tmp_path / "run", {"hr": [np.inf] * 3, "a": [30.0, 31.0, 32.0], "b": [29.0, 30.0, 31.5]})
    code, out, _ = call("compare", "run")
    assert code == 0
    assert "set, psnr: hr is infinite on every image, and is not compared in the mean" in " ".join(out.split())


def test_an_infinite_value_of_one_model_costs_the_others_no_image(call: Call, tmp_path: Path) -> None:
    values = _values(bicubic=0.0, ours=1.0, theirs=1.5)
    values["theirs"][3] = np.inf
    write_run(tmp_path / "run", {**values, "hr": [np.inf] * 12})
    (table,) = json.loads(call("compare", "run", "--json")[1])["tables"]
    pairs = {(pair["first"], pair["second"]): (pair["images"], pair["infinite"]) for pair in table["comparisons"]}
    assert pairs == {("ours", "bicubic"): (12, 0), ("theirs", "bicubic"): (11, 1), ("theirs", "ours"): (11, 1)}
    theirs, ours = (next(one for one in table["models"] if one["model"] == name) for name in ("theirs", "ours"))
    assert ours["mean"] == pytest.approx(np.mean(values["ours"]))
    assert theirs["infinite"] == ["im3"]
    assert [one["model"] for one in table["models"] if one["best"]] == ["hr"]
    assert table["influence"]["models"] == ["bicubic", "ours"]
    won = next(pair for pair in table["comparisons"] if pair["first"] == "theirs")
    assert won["wins"] == 12
    out = " ".join(call("compare", "run")[1].split())
    assert "hr on 12 of 12; theirs on 1 of 12 (im3)" in out
    assert "(11 of 12, 1 ∞)" in out
    assert "Of the 2 models that are finite on every image" in out


def test_what_the_newer_run_lacks_is_named_and_no_pass(call: Call, tmp_path: Path) -> None:
    write_run(tmp_path / "old", _values(ours=1.0))
    write_run(tmp_path / "old", _values(ours=1.0), dataset="other")
    write_run(tmp_path / "new", {"ours": _values(x=0.0, ours=1.2)["ours"]}, content="won")
    code, out, _ = call("compare", "new", "--baseline-run", "old")
    assert code == 0
    assert "other, psnr: ours [old] has values, ours [new] has none" in " ".join(out.split())
    code, _, err = call("compare", "new", "--baseline-run", "old", "--fail-if-worse")
    assert code == 2
    assert "ours [new] has none" in err


def test_an_unchanged_model_is_no_loss(call: Call, tmp_path: Path) -> None:
    write_run(tmp_path / "old", _values(ours=1.0))
    write_run(tmp_path / "new", _values(ours=1.0))
    code, out, _ = call("compare", "new", "--baseline-run", "old", "--fail-if-worse")
    assert code == 0
    assert "ours: the same content and values in both runs" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--baseline", "nobody"), "no model is called 'nobody' here; expected one of: bicubic, ours"),
        (("--fail-if-worse",), "--fail-if-worse needs something to be worse than"),
        (("--margin", "psnr"), "'psnr' is no margin; expected METRIC=NUMBER"),
        (("--margin", "psnr=-1"), "expected a number above 0"),
        (("--margin", "psnr=nan"), "expected a number above 0"),
        (("--margin", "ssim=0.1"), "no value of 'ssim' is compared; expected margins of: psnr"),
        (("--baseline", "ours", "--baseline-run", "run"), "give one of them"),
        (("--baseline-run", "run"), "is the run itself"),
        (("--baseline-run", "missing"), "missing"),
        (("--models", "bicubic"), "one model"),
        (("--format", "latx"), "'latx' is no format. Closest: 'latex'"),
    ],
)
def test_mistakes_end_with_one_line(call: Call, tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    write_run(tmp_path / "run", _values(bicubic=0.0, ours=1.0))
    code, out, err = call("compare", "run", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err


def test_seeds_count_beside_images(call: Call, tmp_path: Path) -> None:
    """Three seeds 1 dB apart: better by 0.9 dB on each image, but not certainly better with another seed."""
    write_run(tmp_path / "one", _values(bicubic=0.0, ours=0.9))
    write_run(tmp_path / "three", _values(bicubic=0.0))
    write_run(tmp_path / "three", {f"ours/{i}": (_HR + i - 0.1).tolist() for i in range(3)}, method="ours")
    one, three = (
        json.loads(call("compare", run, "--json")[1])["tables"][0]["comparisons"][0] for run in ("one", "three")
    )
    assert [(pair["first"], pair["second"], round(pair["mean"], 1)) for pair in (one, three)] == [
        ("ours", "bicubic", 0.9)
    ] * 2
    assert (one["verdict"], three["verdict"]) == ("better", "undecided")
    code, _, err = call("compare", "three", "--test", "sign-flip")
    assert code == 2
    assert "ours has several seeds" in err


def test_the_same_models_under_two_protocols_are_differences_without_marks(call: Call, tmp_path: Path) -> None:
    write_run(tmp_path / "a", _values(bicubic=0.0, ours=1.0))
    write_run(tmp_path / "b", _values(bicubic=-1.5, ours=-0.5), conventions="rgb_x4")
    code, out, _ = call("compare", "a", "b")
    assert code == 0
    assert "protocol: classical_x4 [a]; rgb_x4 [b]" in out
    assert "-1.50" in out
    assert not any(sign in out for sign in ("* ", "≈", "better", "undecided"))
    _, out, _ = call("compare", "a", "b", "--json")
    assert [one["difference"] for one in json.loads(out)["differences"]] == pytest.approx([-1.5, -1.5])
    _, out, _ = call("compare", "a", "b", "--format", "csv")
    assert out.startswith("first_run,dataset,model,metric")
    code, _, err = call("compare", "a", "b", "--baseline", "bicubic", "--margin", "psnr=0.1")
    assert code == 2
    assert "shown as differences and not tested; leave out --baseline and --margin" in err
