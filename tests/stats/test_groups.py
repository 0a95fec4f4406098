"""Groups of letters never contradict the tests."""

from collections.abc import Sequence
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from srbench.stats.groups import letters, not_told_apart


def _letters(names: Sequence[str], apart: set[frozenset[str]]) -> dict[str, str]:
    return letters(names, {pair: frozenset(pair) in apart for pair in combinations(names, 2)})


@settings(max_examples=200)
@given(st.integers(2, 7), st.data())
def test_models_share_a_letter_when_and_only_when_they_are_not_told_apart(n: int, data: st.DataObject) -> None:
    significant = data.draw(st.sets(st.sampled_from(list(combinations(range(n), 2)))))
    names = [f"m{i}" for i in range(n)]
    found = _letters(names, {frozenset((names[i], names[j])) for i, j in significant})
    for i, j in combinations(range(n), 2):
        assert bool(set(found[names[i]]) & set(found[names[j]])) == ((i, j) not in significant)
    assert found["m0"].startswith("a")
    used = sorted({letter for text in found.values() for letter in text})
    assert used == [chr(ord("a") + i) for i in range(len(used))]
    # No letter is needless: the models of one are never all among those of another.
    groups = [{name for name in names if letter in found[name]} for letter in used]
    assert not any(one < other for one in groups for other in groups)


def test_letters_by_hand() -> None:
    apart = {frozenset(("a", "c")), frozenset(("a", "d")), frozenset(("b", "d"))}
    assert _letters("abcd", apart) == {"a": "a", "b": "ab", "c": "bc", "d": "c"}
    assert letters(["x", "y"], {}) == {"x": "", "y": ""}


def test_more_than_26_groups_have_numbers() -> None:
    names = [f"m{i:02d}" for i in range(28)]
    found = _letters(names, {frozenset(pair) for pair in combinations(names, 2)})
    assert (found["m25"], found["m26"], found["m27"]) == ("z", "(27)", "(28)")


def test_a_group_may_leave_out_what_lies_between() -> None:
    """The middle of three differs from both ends, which are not told apart: a bar over all would say otherwise."""
    apart = {("a", "b"): True, ("b", "c"): True, ("a", "c"): False}
    assert not_told_apart("abc", apart) == [("a", "c"), ("b",)]
    assert letters("abc", apart) == {"a": "a", "b": "b", "c": "a"}
