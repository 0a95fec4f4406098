"""Degradation category rating (ITU-T P.910): a picture against its visible original, categories of annoyance."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from srbench.ratings.votes import Stimulus
from srbench.survey.category_method import CategoryMethod
from srbench.survey.method import against_best, required_reference
from srbench.survey.plan.design import REFERENCE, Content, Design, Trial
from srbench.survey.plan.wording import KEYS, N_, Wording, spoken, spread
from srbench.survey.responses import Part, Response

_FIVE = N_(
    "Compared with the second picture, the first deserves a 1. A picture that looks the same as the second deserves a "
    "5."
)
_MORE = N_(
    "Compared with the second picture, the first deserves the lowest category. A picture that looks the same as the "
    "second deserves the highest."
)
_KEYS_IN_TURN = {
    5: N_("Space shows the original; keys 1 to 5 answer."),
    7: N_("Space shows the original; keys 1 to 7 answer."),
    9: N_("Space shows the original; keys 1 to 9 answer."),
    11: N_("Space shows the original; keys 0 to 9 answer, and x for 10."),
}
_PICTURE, _ORIGINAL = N_("Picture to rate"), N_("The original")


class DegradationCategoryRating(CategoryMethod):
    """Degradation category rating on the five categories of ITU-T P.910, or on more that lie between them.

    Side by side, picture and original change places from trial to trial.
    """

    title = "a picture against its original, five to eleven categories of annoyance"
    options = frozenset({"categories", "display"})
    references = "shown"
    pictures_per_trial = 2
    default_display = "toggle"

    def described(self, design: Design) -> str:
        """Name the scale, and how picture and original were shown."""
        scale = spoken(self.scale(design))
        how = (
            "in turn with its original" if design.display == "toggle" else "beside its original, left and right in turn"
        )
        return f"Raters saw each picture {how} ({scale} of annoyance; ITU-T P.910, DCR)."

    def wording(self, design: Design) -> Wording:
        """Return the impairment scale of ITU-T P.910."""
        labels = (
            N_("very annoying"),
            N_("annoying"),
            N_("slightly annoying"),
            N_("perceptible but not annoying"),
            N_("imperceptible"),
        )
        words = Wording(
            task=N_("You will see pictures and their originals, and say how much the differences annoy you."),
            legend=N_("How do the differences from the original look?"),
            buttons=spread(labels, design.categories),
            keys=_KEYS_IN_TURN[design.categories],
            calibration=_FIVE if design.categories == 5 else _MORE,
            worst=labels[0],
            best=N_("original"),
            names=(_PICTURE, _ORIGINAL),
            show_second=N_("Show the original"),
            show_first=N_("Back to the picture"),
        )
        if design.display == "toggle":
            return words
        other = N_("Show the other picture")  # on a narrow screen; either may be the first
        return replace(words, keys=KEYS[design.categories], show_second=other, show_first=other)

    def page(self, design: Design, shown: Sequence[Stimulus]) -> dict[str, Any]:
        """Return the captions in the order of the pictures."""
        del design
        return {"names": tuple(_ORIGINAL if _is_original(picture) else _PICTURE for picture in shown)}

    def questions(self, design: Design, pictures: Mapping[Content, Sequence[Stimulus]]) -> dict[Content, list[Trial]]:
        """Return one trial for each picture but the original, which is shown beside it."""
        del design
        trials = {}
        for content, listed in pictures.items():
            reference = required_reference(content, listed, "dcr")
            trials[content] = [Trial("trial", p.name, reference) for p in listed if not p.reference]
        return trials

    def traps(self, design: Design, anchors: Sequence[Stimulus]) -> list[Trial]:
        """Return each anchor against the original of its content."""
        del design
        return [Trial("trap", worse.name, best.name) for worse, best in against_best(anchors)]

    def practice(self, design: Design, calibration: Sequence[Stimulus]) -> list[Trial]:
        """Return each calibration picture against the original of its content, the sides exchanged in turn."""
        trials = [Trial("practice", worse.name, best.name) for worse, best in against_best(calibration)]
        return [self.mirrored(design, trial, turn) for turn, trial in enumerate(trials)]

    def mirrored(self, design: Design, trial: Trial, turn: int) -> Trial:
        """Exchange picture and original on every second turn, where they stand side by side."""
        if design.display == "toggle" or turn % 2 == 0:
            return trial
        return replace(trial, first=trial.second, second=trial.first)

    def subject(self, pictures: Sequence[str], stimuli: Mapping[str, Stimulus]) -> str:
        """Return the picture that is not the original."""
        return next(name for name in pictures if not _is_original(stimuli[name]))

    def parts(self, design: Design, stimuli: Mapping[str, Stimulus], response: Response) -> tuple[Part, ...]:
        """Return the score of the picture, beside its original, in the order in which they were shown."""
        del design
        subject = self.subject(response.pictures, stimuli)
        return tuple(
            Part("rated", name, response.value) if name == subject else Part("reference", name, "")
            for name in response.pictures
        )


def _is_original(stimulus: Stimulus) -> bool:
    return stimulus.reference or stimulus.model == REFERENCE


METHOD = DegradationCategoryRating()
