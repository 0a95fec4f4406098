"""Boosted triplets: two pictures, enlarged and amplified, each changing places with its original; plain on request."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from srbench.ratings.votes import Stimulus
from srbench.survey.methods.triplet.method import Triplet
from srbench.survey.methods.triplet_boosted.intervals import FIELDS, counts
from srbench.survey.plan.boost import SAFE_CHANGES, Boost, boosted_name, is_boosted
from srbench.survey.plan.design import Design, Trial
from srbench.survey.plan.wording import N_

_FORM = "form"


class BoostedTriplet(Triplet):
    """Which of two boosted pictures of one content differs more from the original, or not sure.

    Sessions are planned with the plain pictures. Raters are shown the boosted ones, but for those who have chosen on
    the consent page to see no flicker: they are asked the same in the plain form, and their answers are kept apart.
    """

    title = "two enlarged pictures that flicker with their original, which differs more (boosted, JPEG AIC-3)"
    options = Triplet.options | {"magnify", "amplify", "flicker"}

    def boost(self, design: Design) -> Boost:
        """Return how pictures are boosted."""
        return design.boost or Boost()

    def described(self, design: Design) -> str:
        """Name the standard and what it covers, the factors, and what raters without flicker saw."""
        boost = self.boost(design)
        return (
            "Raters saw two pictures of one content side by side, each in turn with its original in the same place, "
            f"{boost.changes_per_second:g} changes a second ({SAFE_CHANGES:g} where the pictures flash more than "
            f"WCAG 2.3.1 allows), every pixel repeated {boost.zoom} times in each direction and the difference from "
            f"the original multiplied by {boost.amplification:g}, and said which of the two differed more from it, or "
            "that they were not sure (boosted triplets after ISO/IEC 29170-3, JPEG AIC-3). Raters who wanted no "
            "flicker saw plain triplets, which are analysed apart. The standard covers artefacts of coding only; its "
            "use for super-resolution is this study's own."
        )

    def page(self, design: Design, shown: Sequence[Stimulus]) -> dict[str, Any]:
        """Return the flickering page, where a rater sees boosted pictures."""
        if not any(is_boosted(stimulus.name) for stimulus in shown):
            return super().page(design, shown)
        usual = design.presentation
        return {
            **super().page(design, shown),
            "stimulus_template": "boosted.html",
            "assets": ("boosted.js", "boosted.css"),
            "keys": N_("Space stops the flicker and lets it go on; arrow keys answer."),
            "presentation": replace(usual, enlarge=usual.enlarge * self.boost(design).zoom),
        }

    def answer_facts(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Return the intervals between frames and between changes, as the browser has measured them."""
        measured = {name: counts(form.get(name, "")) for name in FIELDS}
        return {name: found for name, found in measured.items() if found}

    def consent_facts(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Return the form that a rater has chosen."""
        return {_FORM: "plain" if form.get(_FORM) == "plain" else "boosted"}

    def shown_to(self, trials: Sequence[Trial], facts: Mapping[str, Any]) -> list[Trial]:
        """Return trials with boosted pictures; as they are for who wants no flicker."""
        return list(trials) if facts.get(_FORM) == "plain" else [_boosted(trial) for trial in trials]


def _boosted(trial: Trial) -> Trial:
    """The trial with the boosted pictures; the original, which stands last, has no difference to boost."""
    (original,) = trial.others
    first, second = (name if name == original else boosted_name(name) for name in (trial.first, trial.second))
    return replace(trial, first=first, second=second)


METHOD = BoostedTriplet()
