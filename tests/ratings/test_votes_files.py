"""Files of ratings: what was written reads back the same; every mistake is named with its line."""

import contextlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from srbench.errors import BadRatings
from srbench.ratings import files, metric_table, records
from srbench.ratings.files import Ratings
from srbench.ratings.import_options import ImportOptions
from srbench.ratings.pair_simulation import simulate_pairs
from srbench.ratings.simulation import Simulation, simulate
from srbench.ratings.votes import PairAnswer, Scale, Stimulus, Votes
from tests.ratings.tables import scores_of, votes_of

SUFFIXES = (".csv", ".json", ".parquet")
HEAD = "stimulus,content,rater,score"


def _file(folder: Path, *lines: str, name: str = "votes.csv") -> Path:
    path = folder / name
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())
    return path


def _votes(path: Path, reading: ImportOptions | None = None) -> Votes:
    found = files.read(path, reading).votes
    assert found is not None
    return found


def _message(path: Path, reading: ImportOptions | None = None) -> str:
    with pytest.raises(BadRatings) as caught:
        files.read(path, reading)
    text = str(caught.value)
    assert "\n" not in text
    assert str(path) in text
    return text


def _same(one: Votes, other: Votes) -> None:
    """Vote by vote; stimuli may be numbered in another order."""
    assert [one.stimuli[i] for i in one.stimulus] == [other.stimuli[i] for i in other.stimulus]
    assert [one.raters[i] for i in one.rater] == [other.raters[i] for i in other.rater]
    for column in ("repetition", "score", "seconds", "order"):
        np.testing.assert_array_equal(getattr(one, column), getattr(other, column))
    assert one.scale == other.scale


PANEL = Simulation(images=3, raters=5, careless=1, share=0.7, repeated=0.3, reference=True, traps=True)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("panel", [PANEL, Simulation(images=2, raters=3, scale=Scale(0, 100))])
def test_simulated_votes_read_back_the_same(tmp_path: Path, suffix: str, panel: Simulation) -> None:
    votes = simulate(panel).votes
    path = tmp_path / f"new folder/sim{suffix}"
    records.write(Ratings("sim", votes=votes), path)
    found = files.read(path, ImportOptions(scale=panel.scale))
    assert found.votes is not None
    assert (found.name, found.notes) == ("sim", ())
    _same(found.votes, votes)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", ["nflx_public", "bt500_small", "avt_images_lab", "sharpened_images_pc"])
def test_published_ratings_read_back_the_same(ratings: Path, tmp_path: Path, suffix: str, name: str) -> None:
    first = files.read(ratings / f"{name}.csv", ImportOptions(references=("*fps",) if "nflx" in name else ()))
    records.write(first, tmp_path / f"{name}{suffix}")
    second = files.read(tmp_path / f"{name}{suffix}")
    assert second.pairs == first.pairs
    if first.votes is not None:
        assert second.votes is not None
        _same(second.votes, first.votes)


def test_what_is_written_is_tidy_csv(tmp_path: Path) -> None:
    votes = votes_of([[3, 4], [float("nan"), 5]])
    records.write(Ratings("x", votes=votes), tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_bytes() == f"{HEAD}\ns0,s0,r0,3\ns0,s0,r1,4\ns1,s1,r1,5\n".encode()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_averages_read_back_the_same(tmp_path: Path, suffix: str) -> None:
    shown = (Stimulus("a", "x", "m", "d"), Stimulus("b", "x", "n", "d", reference=True))
    means = replace(scores_of([10 / 3, 4.0], shown), n=np.array([3, 1]), std=np.array([0.1 + 0.2, np.nan]))
    records.write(Ratings("x", means=means), tmp_path / f"x{suffix}")
    found = files.read(tmp_path / f"x{suffix}").means
    assert found is not None
    assert found.stimuli == shown
    np.testing.assert_array_equal(found.mean, means.mean)
    np.testing.assert_array_equal(found.n, [3, 1])
    np.testing.assert_array_equal(found.std, means.std)
    # t(0.975; 2) = 4.302652730 from a table
    np.testing.assert_allclose(found.half, [4.302652730 * 0.3 / np.sqrt(3), np.nan], rtol=1e-9)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_comparisons_read_back_the_same(tmp_path: Path, suffix: str) -> None:
    answers = simulate_pairs(Simulation(images=2, raters=3), ties=0.5)
    assert {answer.tie for answer in answers} == {True, False}
    records.write(Ratings("x", pairs=answers), tmp_path / f"x{suffix}")
    assert files.read(tmp_path / f"x{suffix}").pairs == answers


# No control characters but line ends; surrogates cannot be written as UTF-8; space around a name is no part of it.
_LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], include_characters="\n\r\t")
NAMES = st.text(_LETTERS, min_size=1).map(str.strip).filter(bool)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(NAMES, min_size=2, max_size=2, unique=True), rater=NAMES, score=st.floats(1, 5))
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_any_name_and_any_score_survive(
    tmp_path: Path, suffix: str, names: list[str], rater: str, score: float
) -> None:
    shown = tuple(Stimulus(name, name + ",", '"' + name, name) for name in names)
    votes = replace(votes_of([[score], [1]], shown), raters=(rater,), seconds=np.array([score / 3, np.nan]))
    records.write(Ratings("x", votes=votes), tmp_path / f"x{suffix}")
    _same(_votes(tmp_path / f"x{suffix}"), votes)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("b,b,r,6", "line 3: score 6 is out of range; expected 1 to 5 (or give the scale: --scale)"),
        ("b,b,r,0.99", "line 3: score 0.99 is out of range"),
        ("b,b,r,inf", "line 3: score 'inf' is not a number"),
        ("b,b,r,good", "line 3: score 'good' is not a number"),
        ("b,b,r,", "line 3: score '' is not a number"),
        ("b,b,r,nan", "line 3: score"),
        ("b,b,,3", "line 3: no rater"),
        (",b,r,3", "line 3: no stimulus or no content"),
        ("b,,r,3", "line 3: no stimulus or no content"),
        ("a,a,r,4", "line 3: duplicate vote of rater 'r' on 'a', first on line 2 (a second view needs repetition 2)"),
        ("a,c,q,4", "line 3: stimulus 'a' is described differently from before"),
    ],
)
def test_a_bad_row_is_named_with_its_line(tmp_path: Path, row: str, said: str) -> None:
    text = _message(_file(tmp_path, HEAD, "a,a,r,3", row))
    assert said in text
    assert "Mend these rows or leave them out" in text


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("repetition", "0", "line 3: repetition 0; expected 1, 2, ..."),
        ("repetition", "-1", "line 3: repetition -1; expected 1, 2, ..."),
        ("repetition", "1.5", "line 3: repetition 1.5; expected 1, 2, ..."),
        ("repetition", "inf", "line 3: repetition 'inf' is not a number"),
        ("repetition", "x", "line 3: repetition 'x' is not a number"),
        ("time", "soon", "line 3: time 'soon' is not a number"),
        ("order", "first", "line 3: order 'first' is not a number"),
        ("reference", "maybe", "line 3: reference is 'maybe'; expected 1 or 0"),
        ("expected", "best", "line 3: expected 'best' is not a number"),
        ("expected", "nan", "line 3: expected"),
    ],
)
def test_a_bad_optional_cell_is_named_with_its_line(tmp_path: Path, column: str, cell: str, said: str) -> None:
    assert said in _message(_file(tmp_path, f"{HEAD},{column}", "a,a,r,3,", f"b,b,r,3,{cell}"))


def test_one_bad_cell_is_one_complaint(tmp_path: Path) -> None:
    text = _message(_file(tmp_path, f"{HEAD},repetition", "a,a,r,3,1", "a,a,r,3,x"))
    assert text.count("line 3") == 1
    means = _file(tmp_path, "stimulus,content,mos,n,std", "a,a,good,3,1", name="means.csv")
    assert _message(means).count("line 2") == 1


def test_three_bad_rows_are_spelled_out_and_the_rest_counted(tmp_path: Path) -> None:
    rows = [f"s{i},s{i},r,9" for i in range(8)]
    text = _message(_file(tmp_path, HEAD, *rows))
    assert [f"line {i}:" in text for i in range(2, 10)] == [True] * 3 + [False] * 5
    assert "; and 5 more. Mend" in text
    assert "more" not in _message(_file(tmp_path, HEAD, *rows[:3]))


def test_rows_of_json_and_parquet_are_numbered_from_one(tmp_path: Path) -> None:
    rows = [{"stimulus": "a", "content": "a", "rater": "r", "score": score} for score in (3, 9)]
    (tmp_path / "x.json").write_text(json.dumps(rows))
    pd.DataFrame(rows).to_parquet(tmp_path / "x.parquet")
    for name in ("x.json", "x.parquet"):
        assert "row 2: score 9 is out of range" in _message(tmp_path / name)


def test_what_is_no_number_in_json_is_not_taken_for_one(tmp_path: Path) -> None:
    """Python's JSON writes and reads NaN."""
    (tmp_path / "x.json").write_text('[{"stimulus": "a", "content": "a", "rater": "r", "score": NaN}]')
    assert "row 1: score '' is not a number" in _message(tmp_path / "x.json")


def test_numbers_as_names_are_names(tmp_path: Path) -> None:
    rows = [{"stimulus": 7, "content": 7.0, "rater": "01", "score": 3, "reference": True}]
    (tmp_path / "x.json").write_text(json.dumps(rows))
    votes = _votes(tmp_path / "x.json")
    assert votes.stimuli == (Stimulus("7", "7", reference=True),)
    assert votes.raters == ("01",)


def test_a_parquet_column_with_missing_whole_numbers_reads(tmp_path: Path) -> None:
    frame = pd.DataFrame({"stimulus": ["a", "b"], "content": ["a", "b"], "rater": "r", "score": [3, 4]})
    frame["order"] = pd.array([1, None], dtype="Int64")
    frame.to_parquet(tmp_path / "x.parquet")
    np.testing.assert_array_equal(_votes(tmp_path / "x.parquet").order, [1, np.nan])


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_another_encoding_is_named_with_the_right_line(tmp_path: Path, bom: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(bom + f"{HEAD}\na,a,r,3\n".encode() + "é,b,r,3\n".encode("latin-1"))
    assert f"{path}, line 3: not UTF-8 text; save the file with the encoding UTF-8" in _message(path)


def test_the_byte_order_mark_of_spreadsheets_is_no_part_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"\xef\xbb\xbf" + f"{HEAD}\r\né,a,r,3\r\n".encode())
    assert _votes(tmp_path / "x.csv").stimuli == (Stimulus("é", "a"),)


def test_the_byte_order_mark_is_allowed_in_json(tmp_path: Path) -> None:
    row = {"stimulus": "a", "content": "a", "rater": "r", "score": 3}
    (tmp_path / "x.json").write_text(json.dumps([row]), encoding="utf-8-sig")
    assert len(_votes(tmp_path / "x.json")) == 1


def test_quoted_cells_may_hold_commas_quotes_and_line_ends(tmp_path: Path) -> None:
    path = _file(tmp_path, HEAD, '"a, b","says ""c""",r,3', '"two', 'lines",d,r,4', "e,e,r,9")
    assert "line 5: score 9" in _message(path)
    path = _file(tmp_path, HEAD, '"a, b","says ""c""",r,3', '"two', 'lines",d,r,4', "", "e,e,r,5")
    assert _votes(path).stimuli == (Stimulus("a, b", 'says "c"'), Stimulus("two\nlines", "d"), Stimulus("e", "e"))


def test_a_quote_that_is_never_closed_is_the_users_mistake(tmp_path: Path) -> None:
    """In a large file too, where the cell that it opens passes what Python's csv module takes."""
    rows = [f"s{i},c,r,3" for i in range(20_000)]
    assert "line 2" in _message(_file(tmp_path, HEAD, '"a,a,r,3', *rows))


def test_files_that_are_no_ratings(tmp_path: Path) -> None:
    assert "is empty; expected a line of column names" in _message(_file(tmp_path))
    assert "holds no votes" in _message(_file(tmp_path, HEAD))
    assert "holds no stimuli" in _message(_file(tmp_path, "stimulus,content,mos,n,std"))
    assert "holds no comparisons" in _message(_file(tmp_path, "content,rater,winner,loser"))
    assert "line 3: 3 cells; expected 4" in _message(_file(tmp_path, HEAD, "a,a,r,3", "b,b,r"))
    assert "line 2: 5 cells; expected 4" in _message(_file(tmp_path, HEAD, "a,a,r,3,4"))
    assert "line 1: column 'score' is there twice" in _message(_file(tmp_path, f"{HEAD},score", "a,a,r,3,3"))
    assert "ends in '.xlsx'; expected .csv, .tsv" in _message(_file(tmp_path, HEAD, name="x.xlsx"))
    assert "absent.csv does not exist; expected ratings" in _message(tmp_path / "absent.csv")
    assert "is no file" in _message(tmp_path)
    assert "is not JSON" in _message(_file(tmp_path, "[", name="x.json"))
    assert "expected a JSON list" in _message(_file(tmp_path, '{"a": 1}', name="x.json"))
    assert "is empty" in _message(_file(tmp_path, "[]", name="x.json"))
    assert "cannot be read as Parquet" in _message(_file(tmp_path, "PAR1", name="x.parquet"))


def test_a_wrong_suffix_or_folder_is_named_when_writing(tmp_path: Path) -> None:
    made = Ratings("x", votes=votes_of([[3]]))
    with pytest.raises(BadRatings, match=r"x\.txt ends in '\.txt'; expected \.csv, \.json or \.parquet"):
        records.write(made, tmp_path / "x.txt")
    (tmp_path / "taken").write_text("")
    with pytest.raises(BadRatings, match="cannot be written"):
        records.write(made, tmp_path / "taken" / "x.csv")


def test_missing_columns_are_named_with_what_to_do(tmp_path: Path) -> None:
    text = _message(_file(tmp_path, "stimulus,who,score", "a,r,3"))
    assert "has no column content and no column rater; expected stimulus, content, rater, score" in text
    assert "--columns content=NAME" in text
    assert "has no column loser" in _message(_file(tmp_path, "content,rater,winner", "a,r,x"))
    assert "has no column content; expected" in _message(_file(tmp_path, "stimulus,mos", "a,3"))


def test_columns_by_other_names(tmp_path: Path) -> None:
    path = _file(tmp_path, "picture,content,who,vote,mood", "a,a,r,3,good")
    found = files.read(path, ImportOptions(columns={"stimulus": "picture", "rater": "who", "score": "vote"}))
    assert found.votes is not None
    assert (found.votes.stimuli, found.votes.raters) == ((Stimulus("a", "a"),), ("r",))
    assert found.notes == ("columns not used: mood",)
    text = _message(path, ImportOptions(columns={"score": "votes"}))
    assert "has no column 'votes'; its columns: picture, content, who, vote, mood" in text


def test_a_column_may_stand_in_for_one_that_is_there(tmp_path: Path) -> None:
    path = _file(tmp_path, f"{HEAD},corrected", "a,a,r,3,4")
    found = files.read(path, ImportOptions(columns={"score": "corrected"}))
    assert found.votes is not None
    assert found.votes.score.tolist() == [4]
    assert found.notes == ()
    swapped = files.read(
        _file(tmp_path, HEAD, "a,b,r,3"), ImportOptions(columns={"stimulus": "content", "content": "stimulus"})
    )
    assert swapped.votes is not None
    assert swapped.votes.stimuli == (Stimulus("b", "a"),)


def test_a_column_may_stand_in_for_two(tmp_path: Path) -> None:
    """Where every picture is a content of its own."""
    path = _file(tmp_path, "image,rater,score", "a,r,3")
    assert _votes(path, ImportOptions(columns={"stimulus": "image", "content": "image"})).stimuli == (
        Stimulus("a", "a"),
    )


def test_references_are_named_by_patterns_or_by_a_column(tmp_path: Path) -> None:
    path = _file(tmp_path, HEAD, "a_hr,a,r,5", "a_x4,a,r,3", "b_HR,b,r,5", "b_h2,b,r,3")
    found = _votes(path, ImportOptions(references=("*_hr", "?_h[0-9]")))
    assert [s.reference for s in found.stimuli] == [True, False, False, True]
    path = _file(tmp_path, f"{HEAD},reference", "a,a,r,5,Yes", "b,a,r,3,", "c,a,r,3,FALSE", "d,a,r,3,1")
    assert [s.reference for s in _votes(path).stimuli] == [True, False, False, True]


def test_models_are_found_in_names(tmp_path: Path) -> None:
    path = _file(tmp_path, f"{HEAD},model", "a_srgan_x4,a,r,5,old", "a_hr,a,r,3,kept")
    assert [s.model for s in _votes(path, ImportOptions(model_from=r"_(\w+)_x4$")).stimuli] == ["srgan", "kept"]
    with pytest.raises(BadRatings, match=r"--model-from '\(' is no regular expression: .*position 0"):
        files.read(path, ImportOptions(model_from="("))
    with pytest.raises(BadRatings, match=r"--model-from '_x4' has no group; expected one in round brackets"):
        files.read(path, ImportOptions(model_from="_x4"))


def test_stimuli_in_a_file_of_their_own(tmp_path: Path) -> None:
    stimuli = _file(
        tmp_path,
        "stimulus,content,model,dataset,reference,expected",
        "a,x,m,d,0,",
        "t,y,,d,,1",
        "h,x,,d,1,",
        name="stimuli.csv",
    )
    votes = _file(tmp_path, "stimulus,rater,score", "a,r,3", "t,r,1", "h,r,5")
    reading = ImportOptions(stimuli=stimuli)
    assert _votes(votes, reading).stimuli == (
        Stimulus("a", "x", "m", "d"),
        Stimulus("t", "y", "", "d", expected=1.0),
        Stimulus("h", "x", "", "d", reference=True),
    )
    text = _message(_file(tmp_path, "stimulus,rater,score", "a,r,3", "zzz,r,3"), reading)
    assert f"line 3: unknown stimulus 'zzz', it is not in {stimuli}" in text
    twice = _file(tmp_path, "stimulus,content", "a,x", "a,x", name="twice.csv")
    with pytest.raises(BadRatings, match=r"twice\.csv: line 3: stimulus 'a' is listed a second time"):
        files.read(votes, ImportOptions(stimuli=twice))
    bare = _file(tmp_path, "stimulus", "a", name="bare.csv")
    with pytest.raises(BadRatings, match=r"bare\.csv has no column content"):
        files.read(votes, ImportOptions(stimuli=bare))


@pytest.mark.parametrize("row", ["t,", ",x"])
def test_a_stimulus_file_with_an_empty_cell_is_refused(tmp_path: Path, row: str) -> None:
    stimuli = _file(tmp_path, "stimulus,content", "a,x", row, name="stimuli.csv")
    votes = _file(tmp_path, "stimulus,rater,score", "a,r,3")
    with pytest.raises(BadRatings, match=r"stimuli\.csv: line 3: no stimulus or no content"):
        files.read(votes, ImportOptions(stimuli=stimuli))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,a,3,9,1", "line 3: stimulus 'a' is listed a second time"),
        ("b,b,6,9,1", "line 3: mos 6 is out of range; expected 1 to 5"),
        ("b,b,,9,1", "line 3: mos '' is not a number"),
        ("b,b,3,0,1", "line 3: n is 0; expected the number of votes"),
        ("b,b,3,,1", "line 3: n '' is not a number"),
        ("b,b,3,2.5,1", "line 3: n is 2.5"),
        ("b,b,3,inf,1", "line 3: n 'inf' is not a number"),
        ("b,b,3,9,-1", "line 3: std is -1"),
    ],
)
def test_bad_averages_are_named(tmp_path: Path, row: str, said: str) -> None:
    assert said in _message(_file(tmp_path, "stimulus,content,mos,n,std", "a,a,3,9,1", row))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("c,r,a,a,", "line 3: 'a' is compared with itself"),
        ("c,r,,a,", "line 3: no winner"),
        ("c,,a,b,", "line 3: no rater"),
        (",r,a,b,", "line 3: no content"),
        ("c,r,a,b,perhaps", "line 3: tie is 'perhaps'; expected 1 or 0"),
    ],
)
def test_bad_comparisons_are_named(tmp_path: Path, row: str, said: str) -> None:
    assert said in _message(_file(tmp_path, "content,rater,winner,loser,tie", "c,r,a,b,1", row))


def test_models_of_comparisons_are_found_in_names(tmp_path: Path) -> None:
    path = _file(tmp_path, "content,rater,winner,loser", "c,r,c_a,c_b")
    found = files.read(path, ImportOptions(model_from="c_(.)"))
    assert found.pairs == (PairAnswer("c", "r", "a", "b"),)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_repeated_answers_and_sides_of_comparisons_are_kept(tmp_path: Path, suffix: str) -> None:
    answers = (PairAnswer("c", "r", "a", "b", first="b"), PairAnswer("c", "r", "b", "a", repetition=2, first="b"))
    path = tmp_path / f"pairs{suffix}"
    records.write(Ratings("pairs", pairs=answers), path)
    assert files.read(path).pairs == answers


def test_what_was_shown_first_is_one_of_both(tmp_path: Path) -> None:
    path = _file(tmp_path, "content,rater,winner,loser,first", "c,r,a,b,c")
    assert "line 2: first is 'c'; expected 'a' or 'b', whichever was shown first" in _message(path)


def test_two_names_of_one_model_are_not_compared(tmp_path: Path) -> None:
    path = _file(tmp_path, "content,rater,winner,loser", "c,r,c_a_x2,c_a_x4")
    assert "line 2: 'a' is compared with itself" in _message(path, ImportOptions(model_from="c_(.)"))


def test_metrics_are_read_by_stimulus(tmp_path: Path) -> None:
    scores = scores_of([3, 4, 2])
    path = _file(tmp_path, "stimulus,psnr,lpips", "s0,30.5,0.1", "s1,31,", "zzz,1,1", name="m.csv")
    values, notes = metric_table.read_metrics(path, scores)
    assert values == {"psnr": {"s0": 30.5, "s1": 31, "zzz": 1}, "lpips": {"s0": 0.1, "zzz": 1}}
    assert notes == ("stimuli of m.csv without ratings: 1", "rated stimuli that are not in m.csv: 1")
    for lines, said in [
        (["stimulus,psnr", "s0,high"], "line 2: psnr 'high' is not a number"),
        (["stimulus,psnr", "s0,1", "s0,2"], "line 3: stimulus 's0' is listed a second time"),
        (["stimulus,psnr", "q,1"], "none of its 1 stimuli has ratings; expected names such as s0"),
        (["stimulus"], "expected a column stimulus and one for each metric"),
        (["image,psnr", "s0,1"], "expected a column stimulus and one for each metric"),
    ]:
        with pytest.raises(BadRatings, match=r"m\.csv") as caught:
            metric_table.read_metrics(_file(tmp_path, *lines, name="m.csv"), scores)
        assert said in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (['a,a,"r,3', "b,b,r,4", 'c,c,"r,4'], 2),
        (["a,a,r,3", 'b,b,"r,4', "c,c,r,4", 'd,d,r",4'], 3),
        (["a,a,r,3", 'b,b,r",4'], 3),
        (["a,a,r,3", 'b,b,"r"x,4'], 3),
        (["a,a,r,3", 'b,b,r,"4', 'c,c,r,4"'], 3),
        (['"a,a,r,3', "b,b,r,4", 'c",c,r,4'], 2),
    ],
)
def test_a_stray_quote_is_refused_with_its_line(tmp_path: Path, rows: list[str], line: int) -> None:
    text = _message(_file(tmp_path, HEAD, *rows))
    assert f"line {line}: " in text
    assert "quote" in text


def test_half_a_sign_in_json_is_refused_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps([{"stimulus": "a", "content": "a", "rater": "\ud800", "score": 3}]))
    assert "row 1: 'rater' is '\\ud800', which is no text" in _message(path)
    path.write_text("[" * 100_000)
    assert "is not JSON" in _message(path)


def test_a_damaged_parquet_is_one_line(tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    pd.DataFrame([{"stimulus": "a", "content": "a", "rater": "r", "score": 3}]).to_parquet(whole)
    content = whole.read_bytes()
    for at in range(0, len(content), 7):
        path = tmp_path / "x.parquet"
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :])
        with contextlib.suppress(BadRatings):  # anything else is a traceback
            files.read(path)
