"""Layouts of rating files as labs and other software write them: small samples, and what is read from them."""

import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from srbench.errors import BadRatings
from srbench.ratings import files, records
from srbench.ratings.analysis import analyse_means
from srbench.ratings.files import Ratings
from srbench.ratings.import_options import ImportOptions
from srbench.ratings.votes import PairAnswer, Scale, Votes
from srbench.report.ratings.methods import methods

FROM_NAMES = ImportOptions(content_from=r"(\w+)_\w+\.", model_from=r"_(\w+)\.")
ACR_WORDS = dict(zip(("bad", "poor", "fair", "good", "excellent"), "12345", strict=True))


def _file(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def _votes(found: Ratings) -> Votes:
    assert found.votes is not None
    return found.votes


def _scores(found: Ratings) -> list[tuple[str, str, float]]:
    """Rater, stimulus and score of each vote."""
    v = _votes(found)
    return [(v.raters[r], v.stimuli[s].name, float(x)) for r, s, x in zip(v.rater, v.stimulus, v.score, strict=True)]


def _refused(path: Path, options: ImportOptions | None = None) -> str:
    with pytest.raises(BadRatings) as caught:
        files.read(path, options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_columns_are_known_by_usual_names_and_said(tmp_path: Path) -> None:
    rows = ("p1,baby,srgan,4", "p1,baby,bicubic,2", "p2,baby,srgan,5")
    found = files.read(_file(tmp_path, "x.csv", "participant,image,algorithm,opinion", *rows))
    assert found.reading == (
        "read 3 votes of 2 raters on 2 stimuli: columns participant (rater), opinion (score), algorithm (model), "
        "image (content); scores 2 to 5",
        "stimuli are named by image, algorithm",
    )
    assert _scores(found)[0] == ("p1", "baby_srgan", 4)
    assert [(s.content, s.model) for s in _votes(found).stimuli] == [("baby", "srgan"), ("baby", "bicubic")]


def test_other_columns_of_files_in_our_own_form_stay_unused(tmp_path: Path) -> None:
    found = files.read(_file(tmp_path, "x.csv", "stimulus,content,rater,score,condition", "a,a,r,3,dark"))
    assert _votes(found).stimuli[0].model == ""
    assert found.notes == ("columns not used: condition",)


def test_two_columns_that_may_be_the_same_are_refused(tmp_path: Path) -> None:
    text = _refused(_file(tmp_path, "x.csv", "stimulus,content,participant,user,rating", "a,a,r,s,3"))
    assert "columns 'participant' and 'user' could both be rater" in text
    assert "--columns 'rater=participant'" in text


@pytest.mark.parametrize(
    ("head", "rows"),
    [
        ("rater,content,A,B,choice", ("r,c,x,y,A", "r,c,y,z,B", "r,c,x,z,tie")),
        ("subject,image,left,right,preferred", ("r,c,x,y,x", "r,c,y,z,z", "r,c,x,z,no difference")),
        ("worker_id,scene,image 1,image 2,answer", ("r,c,x,y,1", "r,c,y,z,2", "r,c,x,z,0")),
        ("observer,content,Option A,Option B,selection", ("r,c,x,y,Option A", "r,c,y,z,right", "r,c,x,z,same")),
    ],
)
def test_comparisons_by_sides_and_a_choice(tmp_path: Path, head: str, rows: tuple[str, ...]) -> None:
    assert files.read(_file(tmp_path, "x.csv", head, *rows)).pairs == (
        PairAnswer("c", "r", "x", "y", first="x"),
        PairAnswer("c", "r", "z", "y", first="y"),
        PairAnswer("c", "r", "x", "z", tie=True, first="x"),
    )


def test_a_choice_that_is_not_used_is_an_error(tmp_path: Path) -> None:
    """Once --columns winner=A,loser=B made the left side win every time, with a note."""
    path = _file(tmp_path, "x.csv", "content,rater,A,B,choice", "c,r,x,y,A", "c,r,x,y,B")
    text = _refused(path, ImportOptions(columns={"winner": "A", "loser": "B"}))
    assert "column 'choice' (a, b) looks like the answer of a comparison and was not used" in text
    assert "--ignore 'choice'" in text
    votes = _file(tmp_path, "v.csv", "stimulus,content,rater,score,preference", "a,a,r,3,left")
    assert "column 'preference' (left)" in _refused(votes)
    assert _scores(files.read(votes, ImportOptions(ignore=("preference",)))) == [("r", "a", 3)]
    better = _file(tmp_path, "w.csv", "content,rater,winner,loser,better", "c,r,x,y,y", "c,r,y,z,z")
    assert "column 'better' (y, z) looks like the answer" in _refused(better)
    both = _file(tmp_path, "b.csv", "stimulus,content,rater,score,A,B,choice", "s,c,r,4,x,y,A")
    assert "has both scores ('score') and choices ('choice')" in _refused(both)


def test_choices_that_cannot_be_understood_are_named(tmp_path: Path) -> None:
    head = "rater,content,A,B,choice"
    text = _refused(_file(tmp_path, "x.csv", head, "r,c,x,y,A", "r,c,x,y,C"))
    assert "line 3: choice is 'C'; expected a, b or tie, or one of the names 'x' and 'y'" in text
    numbers = _file(tmp_path, "n.csv", head, "r,c,x,y,0", "r,c,y,z,1")
    assert "column 'choice' is 0 or 1, which may be" in _refused(numbers)
    told = files.read(numbers, ImportOptions(words={"0": "a", "1": "b"})).pairs
    assert [answer.winner for answer in told] == ["x", "z"]
    assert "has no column choice" in _refused(_file(tmp_path, "s.csv", "rater,content,A,B", "r,c,x,y"))


@pytest.mark.parametrize(
    ("lines", "options"),
    [
        (("stimulus,r1,r2", "a_x.png,1,2", "b_x.png,,5"), FROM_NAMES),
        (("subject,a_x.png,b_x.png", "r1,1,", "r2,2,5"), FROM_NAMES),
        (("number,a_x.png,b_x.png", "r1,1,", "r2,2,5"), ImportOptions(content_from=r"(.)_", wide="stimuli")),
        ((",r1,r2", "a_x.png,1,2", "b_x.png,,5"), ImportOptions(content_from=r"(.)_", wide="raters")),
    ],
)
def test_wide_tables(tmp_path: Path, lines: tuple[str, ...], options: ImportOptions) -> None:
    found = files.read(_file(tmp_path, "x.csv", *lines), options)
    assert set(_scores(found)) == {("r1", "a_x.png", 1), ("r2", "a_x.png", 2), ("r2", "b_x.png", 5)}
    assert "layout: wide table; 2 columns are" in found.reading[1]


def test_a_wide_table_that_does_not_tell_what_its_columns_are_is_refused(tmp_path: Path) -> None:
    text = _refused(_file(tmp_path, "x.csv", "number,a,b", "1,2,3", "2,3,4"))
    assert "first column 'number' may name stimuli or raters" in text
    rows = [f"r{i},1,2" for i in range(11)]
    assert "line 13: score 7 is out of range" in _refused(
        _file(tmp_path, "y.csv", "rater,a,b", *rows, "r99,7,2"), ImportOptions(content_from="(.)")
    )


def test_no_rater_of_a_wide_table_is_lost_or_invented(tmp_path: Path) -> None:
    """Once one NA dropped its rater, psnr on a scale to 100 was one, and a column of means hid the votes."""
    head = "stimulus,content,r1,r2,r3"
    missing = _refused(_file(tmp_path, "na.csv", head, "x,a,1,2,NA", "y,a,4,3,5"))
    assert "line 2: score 'NA' in column 'r3' is not a number; a missing vote is an empty cell" in missing
    beyond = _file(tmp_path, "out.csv", head, "x,a,1,2,3", "y,a,4,3,7")
    assert "line 3: score 7 is out of range in column 'r3'" in _refused(beyond)
    for way in (ImportOptions(), ImportOptions(wide="raters")):  # r3, r4 rated on another scale than r1, r2
        siblings = _refused(_file(tmp_path, "far.csv", "stimulus,content,r1,r2,r3,r4", "x,a,1,2,70,80"), way)
        assert "column 'r3' may be scores or something else" in siblings
    metrics = _file(tmp_path, "m.csv", "stimulus,content,r1,r2,psnr,LPIPS,age", "x,a,50,20,30.5,0.1,30")
    hundred = ImportOptions(scale=Scale(0, 100))
    assert _scores(files.read(metrics, hundred)) == [("r1", "x", 50), ("r2", "x", 20)]
    other = _file(tmp_path, "o.csv", "stimulus,content,r1,r2,sharpness", "x,a,50,20,31")
    assert "column 'sharpness' may be scores or something else" in _refused(other, hundred)
    assert len(_votes(files.read(other, ImportOptions(scale=Scale(0, 100), wide="raters"))).raters) == 3
    sliders = _file(tmp_path, "s.csv", "stimulus,content,r1,r2,r3", "x,a,40.5,20,31", "y,a,1,,3")
    assert len(_votes(files.read(sliders, hundred))) == 5
    both = _file(tmp_path, "b.csv", "stimulus,content,r1,r2,mean,std", "x,a,4,2,3,1.4", "y,a,5,3,4,1.4")
    assert "has averages ('mean') and what may be votes ('r1', 'r2')" in _refused(both)
    assert len(_votes(files.read(both, ImportOptions(ignore=("mean",))))) == 4
    assert files.read(both, ImportOptions(columns={"mos": "mean"})).means is not None


def test_json_in_a_text_file(tmp_path: Path) -> None:
    votes = [f'{{"rater": "r{i}", "stimulus": "x", "content": "a", "score": {i}}}' for i in (1, 2)]
    for name, lines in (("lines.txt", votes), ("list.txt", ["\ufeff [" + ",".join(votes) + "]"])):
        assert _scores(files.read(_file(tmp_path, name, *lines))) == [("r1", "x", 1), ("r2", "x", 2)]
    assert "is not JSON" in _refused(_file(tmp_path, "torn.txt", votes[0][:20]))


def test_several_files_are_one_study(tmp_path: Path) -> None:
    head = "stimulus,content,score"
    paths = [_file(tmp_path, "anna.csv", head, "a,a,3", "b,b,4"), _file(tmp_path, "ben.csv", head, "a,a,1")]
    found = files.read(paths)
    assert _scores(found) == [("anna", "a", 3), ("anna", "b", 4), ("ben", "a", 1)]
    assert "from 2 files" in found.reading[0]
    assert found.reading[1] == "raters are called as their files"
    wrong = _file(tmp_path, "carl.csv", head, "a,a,9")
    with pytest.raises(BadRatings, match=r"anna\.csv and 1 more file: .*carl\.csv, line 2: score 9 is out of range"):
        files.read([paths[0], wrong])
    with pytest.raises(BadRatings, match=r"holds single votes, .* paired comparisons; expected files of one kind"):
        files.read([paths[0], _file(tmp_path, "p.csv", "content,rater,winner,loser", "c,r,x,y")])
    with pytest.raises(BadRatings, match="a file is named twice"):
        files.read([paths[0], paths[0]])


def test_words_are_scores(tmp_path: Path) -> None:
    path = _file(tmp_path, "x.csv", "stimulus,content,rater,score", "a,a,r,Good", "b,b,r,excellent")
    assert [score for *_, score in _scores(files.read(path, ImportOptions(words=ACR_WORDS)))] == [4, 5]
    assert "line 2: score 'Good' is not a number (words: --words bad,poor" in _refused(path)


@pytest.mark.parametrize(("sign", "name"), [(";", "x.csv"), ("\t", "x.tsv"), ("\t", "x.txt")])
def test_semicolons_tabs_and_decimal_commas(tmp_path: Path, sign: str, name: str) -> None:
    lines = ("stimulus,content,rater,score", "a,a,r,3.5", "b,b,r,4")
    path = _file(tmp_path, name, *(line.replace(",", sign).replace(".", ",") for line in lines))
    found = files.read(path)
    assert [score for *_, score in _scores(found)] == [3.5, 4]
    assert found.reading[1] == f"cells separated by {'semicolons' if sign == ';' else 'tabs'}"
    told = _file(tmp_path, "told.csv", "sep=;", *(line.replace(",", ";") for line in lines), "c;c;r;9")
    assert "line 5: score 9" in _refused(told)


@pytest.mark.parametrize("name", ["x.jsonl", "x.ndjson", "x.json"])
def test_json_line_by_line(tmp_path: Path, name: str) -> None:
    rows = [json.dumps({"stimulus": s, "content": s, "rater": "r", "score": 3}) for s in "ab"]
    assert len(_votes(files.read(_file(tmp_path, name, *rows)))) == 2
    assert "x.jsonl, line 2: not JSON" in _refused(_file(tmp_path, "x.jsonl", rows[0], '{"stimulus":'))


TRIALS: list[dict[str, Any]] = [
    {"rt": 900, "stimulus": "<p>Welcome</p>", "response": 0, "trial_type": "html-button-response"},
    {"rt": 2100, "stimulus": "img/baby_srgan.png", "response": 3, "trial_type": "image-button-response"},
    {"rt": 1900, "stimulus": "img/baby_bicubic.png", "response": 0, "trial_type": "image-button-response"},
    {"rt": None, "stimulus": "img/bird_srgan.png", "response": None, "trial_type": "image-button-response"},
    {"rt": 1500, "stimulus": "img/baby_srgan.png", "response": 4, "trial_type": "image-button-response"},
]
TRIALS = [trial | {"trial_index": i, "time_elapsed": 3000 * i + 900} for i, trial in enumerate(TRIALS)]


def test_data_of_jspsych(tmp_path: Path) -> None:
    named = [{**trial, "subject_id": "s1"} for trial in TRIALS]
    table = io.StringIO()
    writer = csv.DictWriter(table, list(named[0]))
    writer.writeheader()
    writer.writerows(named)
    for path in (_file(tmp_path, "x.json", json.dumps(named)), _file(tmp_path, "x.csv", table.getvalue())):
        found = files.read(path, FROM_NAMES)
        votes = _votes(found)
        assert _scores(found) == [
            ("s1", "img/baby_srgan.png", 4),
            ("s1", "img/baby_bicubic.png", 1),
            ("s1", "img/baby_srgan.png", 5),
        ]
        assert [(s.content, s.model) for s in votes.stimuli] == [("baby", "srgan"), ("baby", "bicubic")]
        np.testing.assert_array_equal(votes.repetition, [1, 1, 2])
        np.testing.assert_array_equal(votes.seconds, [2.1, 1.9, 1.5])
        assert "2 of 5 trials left out" in found.reading[1]
        assert "times are milliseconds (median 1,900)" in found.reading[1]


def test_sessions_of_jspsych_are_raters(tmp_path: Path) -> None:
    """A file for each participant, all in one list, and a line for each, as servers store them."""
    one = _file(tmp_path, "p7.json", json.dumps(TRIALS))
    assert _votes(files.read(one, FROM_NAMES)).raters == ("p7",)
    both = _file(tmp_path, "all.json", json.dumps(TRIALS + TRIALS))
    assert _votes(files.read(both, FROM_NAMES)).raters == ("all/1", "all/2")
    lines = _file(tmp_path, "jatos.jsonl", json.dumps(TRIALS), json.dumps(TRIALS))
    assert _votes(files.read(lines, FROM_NAMES)).raters == ("jatos/1", "jatos/2")


def test_sliders_and_comparisons_of_jspsych(tmp_path: Path) -> None:
    slider = [{**trial, "trial_type": "image-slider-response", "response": 55} for trial in TRIALS[1:3]]
    found = files.read(
        _file(tmp_path, "s.json", json.dumps(slider)), ImportOptions(content_from=r"/(\w+)_", scale=Scale(0, 100))
    )
    assert [score for *_, score in _scores(found)] == [55, 55]
    shown = [("x", "y", 0), ("y", "z", 1)]
    trials = [
        {**TRIALS[0], "trial_index": i, "stimulus": f'<img src="c_{a}.png"> <img src="c_{b}.png">', "response": choice}
        for i, (a, b, choice) in enumerate(shown)
    ]
    pairs = files.read(_file(tmp_path, "p.json", json.dumps(trials)), FROM_NAMES).pairs
    assert pairs == (
        PairAnswer("c", "p", "x", "y", first="x", order=0),
        PairAnswer("c", "p", "z", "y", first="y", order=1),
    )
    assert "without a vote" in _refused(_file(tmp_path, "n.json", json.dumps(TRIALS[:1])))
    mixed = _file(tmp_path, "m.json", json.dumps([*TRIALS, *slider]))
    assert "expected votes of one kind, say which: --only trial_type=" in _refused(mixed, FROM_NAMES)


def _task(data: dict[str, str], value: dict[str, Any] | None, who: object = 1, name: str = "quality") -> dict[str, Any]:
    result = [{"from_name": name, "to_name": "img", "type": next(iter(value)), "value": value}] if value else []
    annotation = {"completed_by": who, "result": result, "was_cancelled": value is None, "lead_time": 4.5}
    return {"id": 1, "data": data, "annotations": [annotation | {"created_at": "2021-03-09T22:16:08Z"}]}


def test_exports_of_label_studio(tmp_path: Path) -> None:
    tasks = [
        _task({"image": "/up/1-baby_srgan.png"}, {"rating": 4}),
        _task({"image": "/up/1-baby_srgan.png"}, {"rating": 2}, {"id": 3, "email": "a@b.c"}),
        _task({"image": "/up/1-bird_srgan.png"}, None),
    ]
    found = files.read(_file(tmp_path, "x.json", json.dumps(tasks)), FROM_NAMES)
    assert _scores(found) == [("1", "/up/1-baby_srgan.png", 4), ("a@b.c", "/up/1-baby_srgan.png", 2)]
    np.testing.assert_array_equal(_votes(found).seconds, [4.5, 4.5])
    assert found.reading[1] == "layout: Label Studio; 1 skipped annotation left out"
    words = [_task({"image": "baby_srgan.png"}, {"choices": ["Good"]})]
    told = ImportOptions(content_from="(.)_", words=ACR_WORDS)
    assert _scores(files.read(_file(tmp_path, "w.json", json.dumps(words)), told)) == [("1", "baby_srgan.png", 4)]
    pair = {"image1": "c_x.png", "image2": "c_y.png"}
    pairs = [_task(pair, {"selected": "left"}), _task(pair, {"selected": "right"}, 2)]
    answers = files.read(_file(tmp_path, "p.json", json.dumps(pairs)), FROM_NAMES).pairs
    assert [(a.rater, a.winner, a.loser, a.first) for a in answers] == [("1", "x", "y", "x"), ("2", "y", "x", "x")]
    boxes = [_task({"image": "a_b.png"}, {"rectanglelabels": ["x"]})]
    assert "without ratings" in _refused(_file(tmp_path, "b.json", json.dumps(boxes)))


def test_short_exports_of_label_studio(tmp_path: Path) -> None:
    row = {"image": "baby_srgan.png", "id": 1, "rating": [{"rating": 4}], "annotator": 7, "annotation_id": 5}
    row |= {"lead_time": 4.5, "created_at": "2021-03-09T22:16:08Z"}
    found = files.read(_file(tmp_path, "x.json", json.dumps([row])), FROM_NAMES)
    assert _scores(found) == [("7", "baby_srgan.png", 4)]
    head = "annotation_id,annotator,created_at,id,image,lead_time,rating"
    path = _file(tmp_path, "x.csv", head, '5,7,2021-03-09T22:16:08Z,1,baby_srgan.png,4.5,"[{""rating"": 4}]"')
    assert _scores(files.read(path, FROM_NAMES)) == [("7", "baby_srgan.png", 4)]


AVRATE = ("user_ID", "stimuli_ID", "stimuli_file", "rating_type", "rating", "timestamp")
AVRATE_ROWS = [
    (1, "-1", "", "user_registered", "-1", "2020-05-01 10:00:00 000001"),
    (1, "3", "./stimuli/baby_srgan.png", "acr", "5", "2020-05-01 10:03:00 000001"),
    (1, "2", "./stimuli/baby_bicubic.png", "acr", "2", "2020-05-01 10:02:00 000001"),
    (1, "3", "./stimuli/baby_srgan.png", "acr", "4", "2020-05-01 10:01:00 000001"),
    (1, "-1", "", "user_done", "-1", "2020-05-01 10:04:00 000001"),
]


def _database(path: Path, rows: list[tuple[Any, ...]]) -> Path:
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"CREATE TABLE ratings ({', '.join(AVRATE)})")
        database.executemany("INSERT INTO ratings VALUES (?, ?, ?, ?, ?, ?)", rows)
        database.commit()
    return path


def test_ratings_of_avrate(tmp_path: Path) -> None:
    written = _file(tmp_path, "r.csv", ";".join(AVRATE), *(";".join(map(str, row)) for row in AVRATE_ROWS))
    for path in (_database(tmp_path / "ratings.db", AVRATE_ROWS), written):
        found = files.read(path, FROM_NAMES)
        assert [score for *_, score in _scores(found)] == [5, 2, 4]
        np.testing.assert_array_equal(_votes(found).repetition, [2, 1, 1])
        assert "2 rows left out" in found.reading[1]
        assert "1 further vote of a rater to the same question, numbered by their time" in found.reading[1]


def test_databases_that_are_none_of_avrate(tmp_path: Path) -> None:
    two = _database(tmp_path / "two.db", [*AVRATE_ROWS, (*AVRATE_ROWS[1][:3], "sharpness", "3", "2020-05-01")])
    assert "ratings of the types acr, sharpness; expected one, say which: --only rating_type=acr" in _refused(two)
    told = ImportOptions(content_from=FROM_NAMES.content_from, only={"rating_type": "sharpness"})
    assert [score for *_, score in _scores(files.read(two, told))] == [3]
    assert "cannot be read as SQLite" in _refused(_file(tmp_path, "x.db", "hello"))
    with closing(sqlite3.connect(tmp_path / "y.db")) as other:
        other.execute("CREATE TABLE things (x)")
    assert "has no table ratings, as AVrate writes it; its tables: things" in _refused(tmp_path / "y.db")


@pytest.mark.parametrize(("head", "cells"), [("n,std", "9,1"), ("n", "9"), ("std", "1"), ("", "")])
def test_averages_with_and_without_n_and_std(tmp_path: Path, head: str, cells: str) -> None:
    lines = [f"{text},{more}".strip(",") for text, more in (("stimulus,content,mos", head), ("a,a,3.5", cells))]
    found = files.read(_file(tmp_path, "x.csv", *lines))
    means = found.means
    assert means is not None
    assert means.mean.tolist() == [3.5]
    assert means.n.tolist() == [9 if "n" in head.split(",") else 0]
    assert np.isfinite(means.half).tolist() == [head == "n,std"]
    assert (": no intervals" in " ".join(found.reading)) == (head != "n,std")
    records.write(found, tmp_path / "back.csv")
    again = files.read(tmp_path / "back.csv").means
    assert again is not None
    np.testing.assert_array_equal(again.n, means.n)
    np.testing.assert_array_equal(again.std, means.std)
    said = methods(analyse_means("x", means))
    assert ("from the given standard deviations" in said) == (head == "n,std")
    assert ("Stimuli have no intervals" in said) == (head != "n,std")


def test_a_choice_that_is_a_side_and_a_name_of_the_other_side_is_refused(tmp_path: Path) -> None:
    """Models called a and b: 'a' may be the left picture, or the model that stands on the right."""
    path = _file(tmp_path, "x.csv", "content,rater,A,B,choice", "c,r,a,b,a", "c,s,b,a,a")
    text = _refused(path)
    assert "line 3: choice is 'a', which is a side and the name of what was shown on the other one" in text
    assert "line 2" not in text
    (_, second) = files.read(path, ImportOptions(words={"a": "a"})).pairs
    assert (second.winner, second.loser) == ("b", "a")


def test_files_of_one_name_are_of_two_raters(tmp_path: Path) -> None:
    paths = [tmp_path / name / "votes.csv" for name in ("ann", "ben")]
    for path, score in zip(paths, "35", strict=True):
        path.parent.mkdir()
        path.write_text(f"stimulus,content,score\na_x,a,{score}\n", encoding="utf-8")
    votes = files.read(paths).votes
    assert votes is not None
    assert votes.raters == ("ann/votes", "ben/votes")


@pytest.mark.parametrize("cell", ['"[{""rating"": 4}]"', '"{""number"": 4}"'])
def test_an_answer_of_label_studio_is_found_by_what_it_is(tmp_path: Path, cell: str) -> None:
    head = "image,id,q,annotator,annotation_id,created_at,updated_at,lead_time"
    row = f"/d/baby_x.png,1,{cell},1,5,2026-03-01T10:00:00Z,2026-03-01T10:00:00Z,2.2"
    votes = files.read(_file(tmp_path, "x.csv", head, row), FROM_NAMES).votes
    assert votes is not None
    assert votes.score.tolist() == [4]
    text = _refused(_file(tmp_path, "y.csv", head, row.replace(cell, "4")))
    assert "--columns 'score=NAME'" in text


def test_a_column_of_votes_may_hold_the_choice(tmp_path: Path) -> None:
    found = files.read(_file(tmp_path, "x.csv", "content,rater,A,B,vote", "c,r,x,y,A", "c,s,x,y,right")).pairs
    assert [answer.winner for answer in found] == ["x", "y"]


def test_repetitions_are_numbered_by_order_time_or_rows(tmp_path: Path) -> None:
    head = "stimulus,content,rater,score"
    by_order = _file(tmp_path, "o.csv", f"{head},order", "a,a,r,3,5", "b,b,r,3,2", "a,a,r,4,1")
    assert _votes(files.read(by_order)).repetition.tolist() == [2, 1, 1]
    by_time = _file(
        tmp_path, "t.csv", f"{head},timestamp", "a,a,r,3,2020-01-02", "b,b,r,3,2020-01-01", "a,a,r,4,2019-12-31"
    )
    assert _votes(files.read(by_time)).repetition.tolist() == [2, 1, 1]
    assert _votes(files.read(by_order, ImportOptions(repetitions_by="rows"))).repetition.tolist() == [1, 1, 2]
    same = _file(tmp_path, "s.csv", f"{head},repetition,order", "t,t,r,1,1,9", "t,t,r,2,1,3")
    assert _votes(files.read(same)).repetition.tolist() == [2, 1]
    plain = _file(tmp_path, "p.csv", head, "a,a,r,3", "a,a,r,4")
    assert "--repetitions-by rows numbers them" in _refused(plain)
    assert _votes(files.read(plain, ImportOptions(repetitions_by="rows"))).repetition.tolist() == [1, 2]
    assert "has no column timestamp" in _refused(plain, ImportOptions(repetitions_by="time"))
    tied = _file(tmp_path, "d.csv", f"{head},order", "a,a,r,3,5", "a,a,r,4,5")
    assert "line 2: order '5' is that of two answers of one rater" in _refused(tied)


@pytest.mark.parametrize(
    ("head", "times", "seconds"),
    [
        ("time", ("2500", "4100"), [2.5, 4.1]),
        ("time", ("2.5", "41"), [2.5, 41]),
        ("Time_ms", ("25", "41"), [0.025, 0.041]),
    ],
)
def test_milliseconds_are_recognised_and_said(
    tmp_path: Path, head: str, times: tuple[str, str], seconds: list[float]
) -> None:
    rows = [f"{s},{s},r,3,{time}" for s, time in zip("ab", times, strict=True)]
    found = files.read(_file(tmp_path, "x.csv", f"Stimulus,content,rater,score,{head}", *rows))
    np.testing.assert_allclose(_votes(found).seconds, seconds)
    assert ("times are milliseconds" in " ".join(found.reading)) == (seconds != [2.5, 41])


def test_contents_are_found_in_names(tmp_path: Path) -> None:
    path = _file(tmp_path, "x.csv", "stimulus,rater,score", "baby_x,r,3", "bird,r,4")
    assert "--content-from REGEX" in _refused(path)
    assert "line 3: no content: '(.+)_' finds none in 'bird'" in _refused(path, ImportOptions(content_from="(.+)_"))
    pairs = _file(tmp_path, "p.csv", "rater,winner,loser", "r,baby_x.png,baby_y.png", "r,bird_x.png,baby_x.png")
    assert "line 3: contents are 'bird' and 'baby'" in _refused(pairs, FROM_NAMES)


def test_rows_are_chosen_by_a_cell(tmp_path: Path) -> None:
    path = _file(tmp_path, "x.csv", "stimulus,content,rater,score,phase", "a,a,r,3,main", "b,b,r,3,practice")
    assert _scores(files.read(path, ImportOptions(only={"phase": "main"}))) == [("r", "a", 3)]
    assert "no row has phase 'x', which --only asks for" in _refused(path, ImportOptions(only={"phase": "x"}))


def test_large_files_are_read_without_a_loop_over_votes(tmp_path: Path) -> None:
    """A loop over 100,000 rows, each with a message at hand, would take several seconds."""
    rows = [f"m{i % 9}_i{i % 500},i{i % 500},m{i % 9},r{i // 4500},{i % 5 + 1}" for i in range(100_000)]
    votes = _votes(files.read(_file(tmp_path, "x.csv", "stimulus,content,model,rater,score", *rows)))
    assert (len(votes), len(votes.stimuli), len(votes.raters)) == (100_000, 4500, 23)
