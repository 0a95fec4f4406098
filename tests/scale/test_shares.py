"""Shares of a run: disjoint, complete, balanced by stored times, and agreed where they add to one folder."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench.errors import UserError
from srbench.evaluation.results import RunFolder
from srbench.scale import shares
from tests.cli.conftest import Call, call

__all__ = ["call"]


@given(st.dictionaries(st.tuples(st.text(), st.text(), st.text()), st.floats(0.1, 100), max_size=40), st.integers(1, 9))
def test_parts_are_disjoint_complete_and_of_about_equal_cost(
    costs: dict[tuple[str, str, str], float], parts: int
) -> None:
    divided = shares.divide(costs, parts)
    assert sorted(unit for part in divided for unit in part) == sorted(costs)
    assert divided == shares.divide(dict(reversed(costs.items())), parts)
    loads = [sum(costs[unit] for unit in part) for part in divided]
    assert max(loads) - min(loads) <= max(costs.values(), default=0) + 1e-9


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/2", "1/2/3"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is no share; expected i/n"):
        shares.parse(text)


def _values(folder: Path) -> dict[str, float]:
    return {row.key: row.value for row in RunFolder(folder).rows() if row.metric == "psnr"}


def test_shares_in_folders_of_their_own_merge_to_the_whole(call: Call) -> None:
    words = ("run", "--models", "nearest,bicubic", "--metrics", "psnr", "--out")
    assert call(*words, "whole")[0] == 0
    for index in (1, 2, 3):
        assert call(*words, f"part{index}", "--shard", f"{index}/3")[0] == 0
    code, out, err = call("merge", "all", "part3", "part1", "part2", "--json")
    assert (code, json.loads(out)["doubles"], json.loads(out)["notes"]) == (0, 0, []), err
    assert _values(Path("all")) == _values(Path("whole"))
    order = [(row.model, row.image, row.metric) for row in RunFolder(Path("whole")).rows()]
    assert [(row.model, row.image, row.metric) for row in RunFolder(Path("all")).rows()] == order
    lacking = json.loads(call("merge", "two", "part1", "part2", "--json")[1])["notes"]
    assert lacking == ["not among the runs: share 3 of 3"]


def test_shares_of_one_folder_keep_to_the_times_that_the_first_of_them_knew(call: Call) -> None:
    words = ("run", "--models", "nearest,bicubic", "--metrics", "psnr", "--out", "one")
    done = [json.loads(call(*words, "--shard", f"{i}/2", "--json")[1]) for i in (1, 2)]
    assert [part["kept"] for part in done] == [0, 0]
    assert sum(part["computed"] for part in done) == 18
    head = RunFolder(Path("one")).head()
    assert head["calls"][0]["share"]["s_per_px"] == head["calls"][1]["share"]["s_per_px"] == {}
    again = json.loads(call(*words[:-1], "one", "--shard", "1/2", "--json")[1])
    assert (again["computed"], again["kept"]) == (0, done[0]["computed"])
    by_times = json.loads(call(*words, "--shard", "1/3", "--json")[1])
    assert by_times["computed"] == 0
    assert set(RunFolder(Path("one")).head()["calls"][-1]["share"]["s_per_px"]) == {"nearest", "bicubic"}
