import io

import pytest
from rich.console import Console

from srbench.report.formats import markdown, terminal
from srbench.report.speed import ab_comparison
from srbench.speed.ab_record import AbComparison, Verdict
from tests.speed.synthetic import drop


def _markdown(comparison: AbComparison, device: dict[str, str]) -> str:
    return markdown.page(ab_comparison.page(comparison, device))


def _result(
    ratio: float, ci95: tuple[float, float], verdict: Verdict, p_value: float = 1e-9, valid: bool = True
) -> AbComparison:
    reason, iqr_ms, prices = "" if valid else "the clock fell", ((9.9, 19.0), (9.8, 10.3)), (None, drop(-0.02))
    medians = (10 * ratio, 10.0)
    return AbComparison(
        ("a", "b"), medians, iqr_ms, 40, ratio, ci95, p_value, valid, reason, verdict, 0.03, psnr_drop=prices
    )


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (_result(1.83, (1.78, 1.88), "slower"), "slower: b is 1.83 [1.78–1.88] times as fast as a, p < 0.001"),
        (_result(0.5, (0.4, 0.8), "faster", 0.012), "faster: a is 2.00 [1.25–2.50] times as fast as b, p = 0.012"),
        (
            _result(1.0042, (1.0021, 1.0063), "slower"),
            "slower: b is 1.004 [1.002–1.006] times as fast as a, p < 0.001",
        ),
        (_result(251.75, (247.1, 255.42), "slower"), "slower: b is 252 [247–255] times as fast as a, p < 0.001"),
        (_result(1.002, (0.99, 1.012), "same", 0.4), "same within 3 %: a takes 1.00 [0.99–1.01] times the time of b"),
        (
            _result(1.01, (0.97, 1.05), "undecided", 0.4),
            "undecided: a takes 1.01 [0.97–1.05] times the time of b, p = 0.40",
        ),
    ],
)
def test_four_words_with_how_much_and_how_surely(made: AbComparison, said: str) -> None:
    assert ab_comparison.verdict(made) == said


def test_an_invalid_comparison_is_undecided_and_says_why() -> None:
    nothing = float("nan")
    made = _result(nothing, (nothing, nothing), "undecided", nothing, valid=False)
    assert ab_comparison.verdict(made) == "undecided: the timings are not valid (the clock fell)"
    assert "**undecided: the timings are not valid (the clock fell)**" in _markdown(made, {"machine": "a machine"})


def test_both_pages_have_times_ratio_and_verdict() -> None:
    made = _result(1.83, (1.78, 1.88), "slower")
    out = io.StringIO()
    Console(width=100, file=out).print(terminal.page(ab_comparison.page(made), 100))
    for text in (out.getvalue(), _markdown(made, {"machine": "a machine"})):
        for part in ("18.3", "9.90–19.0", "10.0", "1.83", "p < 0.001", "40 interleaved rounds"):
            assert part in " ".join(text.split())
    assert "| b | 10.0 | 9.80–10.3 | -0.010 | -0.020 ! |" in _markdown(made, {"machine": "a machine"})
