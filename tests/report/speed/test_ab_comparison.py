import io

from rich.console import Console

from srbench.report.formats import markdown, terminal
from srbench.report.speed import ab_comparison
from srbench.speed.records import AbComparison


def _markdown(comparison: AbComparison, device: dict[str, str]) -> str:
    return markdown.page(ab_comparison.page(comparison, device))


def _result(ratio: float, ci95: tuple[float, float], p_value: float = 1e-9, valid: bool = True) -> AbComparison:
    reason = "" if valid else "the clock fell"
    return AbComparison(
        ("a", "b"), (10 * ratio, 10.0), ((9.9, 19.0), (9.8, 10.3)), 40, ratio, ci95, p_value, valid, reason
    )


def test_the_second_is_faster_where_the_first_takes_longer() -> None:
    assert ab_comparison.verdict(_result(1.83, (1.78, 1.88))) == "b is 1.83 times as fast as a [1.78–1.88], p < 0.001"


def test_the_first_is_faster_by_the_inverse_of_the_ratio() -> None:
    assert (
        ab_comparison.verdict(_result(0.5, (0.4, 0.8), 0.012)) == "a is 2.00 times as fast as b [1.25–2.50], p = 0.012"
    )


def test_a_small_difference_has_places_enough_to_be_seen() -> None:
    assert (
        ab_comparison.verdict(_result(1.0042, (1.0021, 1.0063)))
        == "b is 1.004 times as fast as a [1.002–1.006], p < 0.001"
    )


def test_a_large_factor_has_three_digits() -> None:
    assert ab_comparison.verdict(_result(251.75, (247.1, 255.42))) == "b is 252 times as fast as a [247–255], p < 0.001"
    assert "b is 12.3 times as fast as a [12.1–12.6]" in ab_comparison.verdict(_result(12.34, (12.13, 12.55)))


def test_a_difference_that_may_be_noise_has_no_winner() -> None:
    assert (
        ab_comparison.verdict(_result(1.01, (0.97, 1.05), 0.4))
        == "40 rounds show no difference between a and b, p = 0.40"
    )
    assert "show no difference" in ab_comparison.verdict(_result(1.05, (1.01, 1.09), 0.06))


def test_an_invalid_comparison_says_why() -> None:
    nothing = float("nan")
    assert (
        ab_comparison.verdict(_result(nothing, (nothing, nothing), nothing, valid=False)) == "invalid: the clock fell"
    )
    assert "**invalid: the clock fell**" in _markdown(
        _result(nothing, (nothing, nothing), nothing, valid=False), {"machine": "a machine"}
    )


def test_both_pages_have_times_ratio_and_verdict() -> None:
    made = _result(1.83, (1.78, 1.88))
    out = io.StringIO()
    Console(width=100, file=out).print(terminal.page(ab_comparison.page(made), 100))
    for text in (out.getvalue(), _markdown(made, {"machine": "a machine"})):
        for part in ("18.3", "9.90–19.0", "10.0", "1.83", "Mann-Whitney p < 0.001", "40 interleaved rounds"):
            assert part in " ".join(text.split())
    assert "| b | 10.0 | 9.80–10.3 |" in _markdown(made, {"machine": "a machine"})
