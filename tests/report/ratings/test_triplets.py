"""The report of triplets of both forms: boosted distances stand beside what they are on the plain scale."""

from dataclasses import replace

import numpy as np
import pytest

from srbench.ratings.triplet_simulation import TripletPanel, simulate
from srbench.ratings.triplet_study import analyse_triplets
from srbench.report.ratings import triplets

_TRUTH = {content: {"m1": 0.5, "m2": 1.0, "m3": 1.5} for content in "ab"}


def test_boosted_stimuli_and_models_stand_on_the_plain_scale_too() -> None:
    panel = TripletPanel(3, 60, traps=2, biases=2, lapse=0.02)
    answers = [*simulate(_TRUTH, panel), *simulate(_TRUTH, replace(panel, form="boosted", seed=1))]
    both, alone = analyse_triplets("st", answers), analyse_triplets("st", answers[len(answers) // 2 :])
    assert both.mapping is not None
    for part in ("models", "stimuli"):
        rows = triplets.record(both, "")[part]
        assert {row["form"]: "plain_jnd" in row for row in rows} == {"plain": False, "boosted": True}
        assert "plain_jnd" not in triplets.record(alone, "")[part][0]
    record = triplets.record(both, "")
    stimuli = [row for row in record["stimuli"] if row["form"] == "boosted"]
    for row in stimuli:
        mapped = both.mapping.factor * np.sign(row["jnd"]) * abs(row["jnd"]) ** both.mapping.power
        assert row["plain_jnd"] == pytest.approx(mapped)
    for row in (row for row in record["models"] if row["form"] == "boosted"):  # the mean of curves, no curve of means
        own = [stimulus["plain_jnd"] for stimulus in stimuli if stimulus["model"] == row["model"]]
        assert row["plain_jnd"] == pytest.approx(np.mean(own))
    heads = {table.key: [column.head for column in table.columns][-1] for table in triplets.tables(both)}
    assert heads == dict.fromkeys(("models-boosted", "stimuli-boosted"), "on the plain scale") | dict.fromkeys(
        ("models-plain", "stimuli-plain"), "95 %"
    )
    assert alone.caveats == (
        "distances are in boosted JND, which are smaller than plain ones; a mapping needs 6 stimuli with answers of "
        "both forms",
    )
