"""The measurement of designs of pairs: what it must find even in few panels."""

from dataclasses import replace

from benchmarks.pair_designs import Panel, answers, of_pairs
from srbench.ratings.simulation import Simulation

PANEL = Panel(Simulation(("a", "b", "c", "d"), (1.6, 2.5, 3.3, 4.2), images=4, raters=12), share=0.8)


def test_pairs_find_the_order_and_careless_raters_press_scores_together_unless_traps_find_them() -> None:
    clean = of_pairs(PANEL, "adaptive", 4)
    careless = of_pairs(replace(PANEL, careless=0.5), "adaptive", 4)
    assert clean.neighbours > 0.9
    assert clean.answers == 13
    assert careless.bias > 3 * clean.bias
    screened = {answer.rater for answer in answers(replace(PANEL, careless=0.5, traps=20), "sparse", 1)}
    assert 1 <= len(screened) <= 6  # of twelve, of whom six are careless and the others miss few traps
