"""How the benchmarks share a session's time."""

import time
from types import SimpleNamespace
from typing import cast

import pytest

from benchmarks import extent
from benchmarks.extent import TimeLeft


def test_time_is_shared_among_the_benchmarks_to_come_and_ends() -> None:
    time_left = TimeLeft("quick", 4)
    whole_s = 4 * time_left.share_s()
    assert 60 < whole_s < 120
    time_left.begun -= whole_s / 2  # the first took twice its share
    time_left.one_less()
    assert time_left.share_s() == pytest.approx(whole_s / 6, rel=0.01)
    time_left.begun -= whole_s
    assert time_left.share_s() == 0
    assert TimeLeft("whole", 4, begun=time.monotonic() - 1e6).share_s() == float("inf")


@pytest.mark.parametrize(("asked", "names"), [("quick", "a"), ("usual", "ab"), ("whole", "abc"), ("once", "abc")])
def test_each_extent_has_the_benchmarks_of_those_before_it(asked: extent.Extent, names: str) -> None:
    least = {"a": [], "b": [pytest.mark.extent("usual").mark], "c": [pytest.mark.extent("whole").mark]}

    def item(name: str) -> pytest.Item:
        return cast(pytest.Item, SimpleNamespace(iter_markers=lambda _: least[name]))

    assert "".join(name for name in least if extent.has(asked, item(name))) == names
