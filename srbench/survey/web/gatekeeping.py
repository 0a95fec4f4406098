"""What gates find of a rater: stored, and where a required one fails the rater's way ends."""

from collections.abc import Mapping, Sequence
from typing import Any

from srbench.survey.people import gates
from srbench.survey.people.gates import Verdict
from srbench.survey.plan.design import Trial
from srbench.survey.responses import Response
from srbench.survey.stimuli.trial_size import pictures_size_px
from srbench.survey.store.raters import PREVIEW
from srbench.survey.store.vote_store import VoteStore

_CHANGEABLE = ("window", "density", "zoom", "fullscreen")


class Gatekeeper:
    """Judge of a study's gates.

    Args:
        store: Votes of the study.
    """

    def __init__(self, store: VoteStore) -> None:
        self.store, self.gates = store, store.study.participation.gates
        self.largest_px = pictures_size_px(store.study)
        self.watched = [gate for gate in self.gates if gate.name in ("traps", "focus")]

    def notices(self) -> dict[str, tuple[float, ...]]:
        """Return the gates of the screen check that a rater can do something about, with their limits."""
        limits: dict[str, tuple[float, ...]] = {}
        for gate in self.gates:
            if gate.level == "require" and gate.name in _CHANGEABLE:
                fallback = self.largest_px if gate.name == "window" else ()
                limits[gate.name] = tuple(int(n) if n == int(n) else n for n in gate.limits or fallback)
        if "density" in limits and len(limits["density"]) == 1:
            limits["density"] *= 2
        return limits

    def judge(self, rater: str, verdicts: Sequence[Verdict]) -> None:
        """Store what gates have found; a required one that fails ends the rater's way, but not a preview's."""
        current = self.store.rater_state(rater)
        if current is None or not verdicts:
            return
        found = {verdict.gate: {"passed": verdict.passed, "value": verdict.value} for verdict in verdicts}
        self.store.add_facts(rater, {"gates": {**current.facts.get("gates", {}), **found}})
        if current.state == PREVIEW:
            return
        for verdict in verdicts:
            if not verdict.passed:
                self.store.record_event("gate", rater, {"gate": verdict.gate, "value": verdict.value})
        if gates.failed(self.gates, verdicts):
            self.store.end(rater, "screened-out")

    def on_screen(self, rater: str, screen: Mapping[str, Any]) -> None:
        """Judge what the screen check has found."""
        self.judge(rater, gates.on_screen(self.gates, screen, self.largest_px))

    def on_practice(self, rater: str, practice: Sequence[Trial], answers: Sequence[str]) -> None:
        """Judge the practice, of which some questions have a right answer.

        Args:
            rater: Id of the rater.
            practice: Questions of the practice.
            answers: Answer to each.
        """
        gate = gates.find(self.gates, "gold")
        if gate is None:
            return
        missed = sum(self._missed(rater, trial, value) for trial, value in zip(practice, answers, strict=False))
        self.judge(rater, [gates.counted(gate, missed)])

    def _missed(self, rater: str, trial: Trial, value: str) -> bool:
        study, stimuli = self.store.study, self.store.study.stimuli_by_name()
        if any(stimuli[name].expected is None for name in study.method.rated(trial, stimuli)):
            return False
        answer = Response(rater, 0, "trap", trial.first, trial.second, value, 0.0, {}, others=trial.others)
        return study.method.missed_trap(study.design, stimuli, answer)

    def on_answer(self, rater: str, *, last: bool) -> None:
        """Judge the answers so far by the traps that were missed and the times that the page lost the focus.

        Args:
            rater: Id of the rater.
            last: Whether the session is complete, so that what was found is stored.
        """
        if not self.watched:
            return
        verdicts = self._watched(rater)
        if last or gates.failed(self.gates, verdicts):
            self.judge(rater, verdicts)

    def _watched(self, rater: str) -> list[Verdict]:
        study, stimuli = self.store.study, self.store.study.stimuli_by_name()
        answers = self.store.responses(rater)
        traps = [answer for answer in answers if answer.kind == "trap"]
        found = {
            "traps": sum(study.method.missed_trap(study.design, stimuli, answer) for answer in traps),
            "focus": int(sum(float(answer.facts.get("focus_lost", 0)) for answer in answers)),
        }
        return [gates.counted(gate, found[gate.name]) for gate in self.watched]
