"""The one line that is shown of an error."""

import pytest

from srbench.errors import BadData, first_line, reason


@pytest.mark.parametrize("text", ["", " ", "\n", " \n\n "])
def test_an_error_without_text_is_named_by_its_class(text: str) -> None:
    assert first_line(AssertionError(text)) == "AssertionError"
    assert reason(AssertionError(text)) == "AssertionError"


def test_only_the_first_line_is_shown() -> None:
    assert first_line(RuntimeError("\nsizes differ\nat line 3")) == "sizes differ"


def test_the_class_stands_before_everything_that_is_no_mistake_of_the_users() -> None:
    assert reason(RuntimeError("sizes differ\nat line 3")) == "RuntimeError: sizes differ"
    assert reason(BadData("two files have one name")) == "two files have one name"
