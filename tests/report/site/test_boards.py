from dataclasses import replace
from pathlib import Path

from srbench.evaluation import comparison
from srbench.evaluation.matched import match
from srbench.report.site import boards, facts, leaderboard, verdict
from tests.report.site.examples import ENVIRONMENT, stored

MODELS = {"nearest": 0.0, "bicubic": 1.0, "ours": 1.02, "best <b>": 3.0}


def test_groups_are_those_of_compare(tmp_path: Path) -> None:
    run = stored(tmp_path / "run", MODELS)
    (board,) = boards.read([run])
    compared = comparison.compare(match([run]), comparison.Question())
    for one in compared:
        found = board.letters[one.matched.dataset, one.matched.metric]
        assert {variant[0]: letters for variant, letters in found.items()} == one.letters
    psnr = {variant[0]: letters for variant, letters in board.letters["set14", "psnr"].items()}
    assert (psnr["ours"], psnr["bicubic"], psnr["nearest"]) == ("b", "b", "c")


def test_cells_are_those_of_show_and_values_are_whole(tmp_path: Path) -> None:
    (board,) = boards.read([stored(tmp_path / "run", MODELS)])
    leaders = leaderboard.leaderboard(board)
    assert [line.label for line in leaders.lines][:1] == ["best <b>"]
    (table,) = board.reports[0].page.tables
    of_show = {row[0].text: row[1:] for row in table.rows}
    known = {(s.model, s.metric): s for s in board.summaries}
    for line in leaders.lines:
        assert tuple(one.cell for one in line.cells if one) == of_show[line.label]
        for column, one in zip(leaders.columns, line.cells, strict=True):
            summary = known[line.label, column.metric]
            assert one
            assert one.value == (summary.median if column.kind == "timing" else summary.mean)


def test_a_model_that_lacks_images_is_shown_and_never_sorted_first(tmp_path: Path) -> None:
    run = stored(tmp_path / "run", MODELS)
    easy = [row for row in run.rows() if row.model != "ours" or row.image == "im3"]
    (tmp_path / "run" / "rows.jsonl").unlink()
    run.append(easy)
    leaders = leaderboard.leaderboard(boards.read([run])[0])
    last = leaders.lines[-1]
    assert (last.label, last.cells[0] and last.cells[0].value) == ("ours", None)
    assert last.cells[0]
    assert "(1 of 8)" in last.cells[0].cell.text


def test_other_content_of_one_name_keeps_both_and_the_same_is_one(tmp_path: Path) -> None:
    first = stored(tmp_path / "a", {"ours": 1.0, "nearest": 0.0})
    second = stored(tmp_path / "b", {"ours": 2.0, "nearest": 0.0})
    (same,) = boards.read([first, stored(tmp_path / "c", {"ours": 1.0, "nearest": 0.0})])
    assert [line.label for line in leaderboard.leaderboard(same).lines] == ["ours", "nearest"]
    (other,) = boards.read([first, second])
    assert {"ours [a]", "ours [b]"} < {line.label for line in leaderboard.leaderboard(other).lines}


def test_advice_names_the_best_who_is_not_told_from_it_and_the_fastest(tmp_path: Path) -> None:
    (board,) = boards.read([stored(tmp_path / "run", {"nearest": 0.0, "bicubic": 1.0, "ours": 1.02})])
    psnr, _, lpips, no_winner = verdict.advise(board, leaderboard.leaderboard(board))
    assert psnr.model == "ours"
    assert "Not told apart from it: bicubic. The fastest of them is bicubic (20.0 ms an image" in psnr.reason
    assert (lpips.model, lpips.reason.endswith("Told apart from all 2 others.")) == ("nearest", True)
    assert "ours is no. 1 in PSNR" in no_winner.reason


def test_the_command_makes_the_rows_again(tmp_path: Path) -> None:
    run = stored(tmp_path / "run", MODELS)
    stored(tmp_path / "run", MODELS, dataset="set5")
    (board,) = boards.read([run])
    (line,) = facts.commands(board)
    assert line == (
        "srbench run --models 'nearest,bicubic,ours,best <b>' --datasets set14,set5 --protocol classical_x4 --metrics "
        "psnr,ssim,lpips"
    )


def test_a_call_that_no_program_ran_is_no_command(tmp_path: Path) -> None:
    whole = stored(tmp_path / "a", MODELS)
    call = whole.head()["calls"][0]
    for other in ({**call, "merged": 2, "metrics": ["psnr"]}, {**call, "models": {}}):
        whole.record(whole.head()["protocol"], ENVIRONMENT, other)
    (board,) = boards.read([whole])
    assert len(facts.commands(board)) == 1


def test_what_is_said_of_many_models_is_said_once(tmp_path: Path) -> None:
    run = stored(tmp_path / "run", MODELS)
    odd = [replace(row, warnings=("constant",)) for row in run.rows() if row.image == "im1"]
    run.append(odd)
    (board,) = boards.read([run])
    assert board.caveats == [
        "4 models (nearest, bicubic, ours ...) on set14: constant (im1)",
        "set14: a <note>",
    ]
