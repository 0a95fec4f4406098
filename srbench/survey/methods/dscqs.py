"""Double-stimulus continuous quality scale (ITU-R BT.500): picture and original, unnamed, each on a slider."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from srbench.ratings.votes import Scale, Stimulus
from srbench.survey.method import against_best, required_reference
from srbench.survey.plan.design import REFERENCE, Content, Design, Trial
from srbench.survey.plan.wording import N_, Wording
from srbench.survey.responses import Part, Response
from srbench.survey.slider_method import QUALITY, SliderMethod

_AS_GOOD = 100.0
"""Score of a picture that looks as good as its original."""


class DoubleStimulus(SliderMethod):
    """Picture and original in either order; the score is 100 and the picture's number less the original's.

    SDSCE, the other double-stimulus method of BT.500, follows video in time and is left out.

    Source:
        ITU-R BT.500-15, part 2, DSCQS; the score is moved by 100, as ITU-T P.910 moves its differential scores by 5, so
        that higher is better and no score is below 0.
    """

    title = "a picture and its original, unnamed, a slider for each; for still pictures, so SDSCE is left out"
    options = frozenset({"display"})
    references = "shown"
    pictures_per_trial = 2
    default_display = "toggle"
    score_name = "difference score"
    score_heading = "difference score"
    counts_sides = True

    def described(self, design: Design) -> str:
        """Say what the score is, and which method of BT.500 is left out."""
        how = "in turn at one place" if design.display == "toggle" else "side by side"
        return (
            f"Raters saw each picture and its original {how}, in an order that changed and without being told which "
            "was which, and set a slider from 0 to 100 for each (DSCQS, ITU-R BT.500); a score is 100 and the "
            "picture's number less the original's. SDSCE, which follows video in time, does not apply to still "
            "pictures."
        )

    def scale(self, design: Design) -> Scale:
        """Return the range of differences, moved by 100: 100 is as good as the original."""
        del design
        return Scale(0, 2 * _AS_GOOD)

    def wording(self, design: Design) -> Wording:
        """Return the question, and how to see the other picture."""
        in_turn = design.display == "toggle"
        return Wording(
            task=N_("You will see two pictures at a time, and set a slider to how good each one looks to you."),
            legend=N_("How good do these pictures look?"),
            buttons=(),
            keys=N_("Space shows the other picture; keys 0 to 9 set tens, arrow keys move by one, Enter sends.")
            if in_turn
            else N_("Keys 0 to 9 set tens, arrow keys move by one, Enter sends."),
            calibration=N_("A picture like the first belongs to the left end; a picture like the second to the right."),
            worst=QUALITY[0],
            best=QUALITY[-1],
            names=(N_("Picture A"), N_("Picture B")),
            show_second=N_("Show the other picture"),
            show_first=N_("Show the other picture"),
        )

    def slider_names(self, count: int) -> tuple[str, ...]:
        """Return the names of both sliders."""
        return (N_("Picture A"), N_("Picture B"))[:count]

    def questions(self, design: Design, pictures: Mapping[Content, Sequence[Stimulus]]) -> dict[Content, list[Trial]]:
        """Return one trial for each picture with its original."""
        del design
        trials = {}
        for content, listed in pictures.items():
            reference = required_reference(content, listed, "dscqs")
            trials[content] = [Trial("trial", p.name, reference) for p in listed if not p.reference]
        return trials

    def traps(self, design: Design, anchors: Sequence[Stimulus]) -> list[Trial]:
        """Return each anchor with the original of its content."""
        del design
        return [Trial("trap", worse.name, best.name) for worse, best in against_best(anchors)]

    def practice(self, design: Design, calibration: Sequence[Stimulus]) -> list[Trial]:
        """Return each calibration picture with the original of its content, the order exchanged in turn."""
        trials = [Trial("practice", worse.name, best.name) for worse, best in against_best(calibration)]
        return [self.mirrored(design, trial, turn) for turn, trial in enumerate(trials)]

    def mirrored(self, design: Design, trial: Trial, turn: int) -> Trial:
        """Exchange both on every second turn."""
        del design
        return replace(trial, first=trial.second, second=trial.first) if turn % 2 else trial

    def subject(self, pictures: Sequence[str], stimuli: Mapping[str, Stimulus]) -> str:
        """Return the picture that is not the original."""
        return next(name for name in pictures if not _is_original(stimuli[name]))

    def scores(self, stimuli: Mapping[str, Stimulus], response: Response) -> list[tuple[str, float]]:
        """Return the difference from the original, moved by 100."""
        numbers = dict(zip(response.pictures, map(float, response.value.split()), strict=True))
        subject = self.subject(response.pictures, stimuli)
        (reference,) = (number for name, number in numbers.items() if name != subject)
        return [(subject, _AS_GOOD + numbers[subject] - reference)]

    def missed_trap(self, design: Design, stimuli: Mapping[str, Stimulus], response: Response) -> bool:
        """Return whether the worst picture was not set below its original by a quarter of the slider at least."""
        del design
        return self.scores(stimuli, response)[0][1] > _AS_GOOD - 25

    def parts(self, design: Design, stimuli: Mapping[str, Stimulus], response: Response) -> tuple[Part, ...]:
        """Return both pictures with their numbers, in the order in which they were shown."""
        del stimuli
        sides = ("first", "second") if design.display == "toggle" else ("left", "right")
        numbers = response.value.split() or ("", "")
        return tuple(map(Part, sides, response.pictures, numbers))


def _is_original(stimulus: Stimulus) -> bool:
    return stimulus.reference or stimulus.model == REFERENCE


METHOD = DoubleStimulus()
