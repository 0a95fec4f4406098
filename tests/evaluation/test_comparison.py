"""Models compared with their older selves."""

import numpy as np
import pytest

from srbench.evaluation.comparison import Question, compare
from srbench.evaluation.matched import Matched, Matches
from srbench.stats.corrections import holm
from srbench.stats.paired import lasting_p_each, mean_p


def test_p_values_are_corrected_for_all_pairs_of_models_and_their_older_selves() -> None:
    base = np.linspace(20, 40, 30)
    gaps = {
        "a": np.concatenate([np.linspace(-0.06, 0.09, 27), [0.22, 0.2, 0.19]]),
        "b": np.linspace(-0.1, 0.14, 30),
        "c": np.linspace(-0.1, 0.12, 30),
    }
    values = {name + age: base + (gap if not age else 0) for name, gap in gaps.items() for age in ("", " old")}
    table = Matched("set", "psnr", "", "dB", 2, True, tuple(f"im{i}" for i in range(30)), values, ())
    question = Question(partners={name: f"{name} old" for name in gaps})
    (one,) = compare(Matches({}, (table,), {}, ()), question)
    assert [(pair.first, pair.second) for pair in one.comparisons] == [(name, f"{name} old") for name in gaps]
    differences = np.stack(list(gaps.values()), axis=1)
    assert [pair.p_holm for pair in one.comparisons] == pytest.approx(holm([mean_p(gap) for gap in differences.T]))
    lasting = [pair.p_lasting_holm for pair in one.comparisons]
    assert lasting == pytest.approx(holm(lasting_p_each(differences)))
    assert lasting[0] > one.comparisons[0].p_holm
