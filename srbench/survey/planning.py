"""Who sees what, and in which order: functions of the design, its seed and the number of a session, nothing else
(adaptive pairs: and of the answers so far).

Sessions are numbered from 0 and assigned in this order; one that a rater withdraws from or leaves is assigned again. So
the votes stay balanced whoever finishes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from srbench.errors import BadStudy
from srbench.ratings.votes import Stimulus
from srbench.survey import methods
from srbench.survey.adaptive import ScorePosterior
from srbench.survey.design import Content, Design, Trial
from srbench.survey.method import Choose, Method


def session(
    design: Design,
    stimuli: Sequence[Stimulus],
    rater: int,
    known: ScorePosterior | None = None,
    begun: Sequence[Trial] = (),
) -> list[Trial]:
    """Return the trials of a session; practice is left out.

    Contents come round after round, each once a round, so that none comes twice in a row. Which model of a content
    stands in which round turns with everybody who sees the content: over as many of them as there are rounds, every
    picture stands once in every round. In pairs left and right change places likewise.

    Args:
        design: Design of the study.
        stimuli: Pictures of the study, traps among them.
        rater: Number of the session, from 0.
        known: For adaptive pairs, what the answers so far tell; None where there are no answers.
        begun: For adaptive pairs, the first trials of the session, repeats and traps left out: they stay.

    Raises:
        BadStudy: Contents have different models, or there are too few models or references for the method.
    """
    method = methods.find(design.method)
    pictures = by_content(stimuli)
    questions = method.questions(design, pictures)
    rounds = len(next(iter(questions.values())))
    contents, earlier = _contents_of(design, list(pictures), rater)
    choose = method.adaptive_choice(design, pictures, rater, known, begun)
    choose = choose or _by_turns(method, design, questions, earlier)
    trials: list[Trial] = []
    last: Content | None = None
    for number in range(rounds):
        order = _order(design, contents, rater, number, last)
        trials += [choose(content, number) for content in order]
        last = order[-1]
    return _with_extras(method, design, stimuli, trials, rater)


def _by_turns(
    method: Method, design: Design, questions: dict[Content, list[Trial]], earlier: dict[Content, int]
) -> Choose:
    """Each question of a content in another round, one further with everybody who sees the content."""
    turns = {content: i for i, content in enumerate(questions)}

    def choose(content: Content, number: int) -> Trial:
        rounds, seen = len(questions[content]), earlier[content]
        at = (number + turns[content] + seen) % rounds
        return method.mirrored(design, questions[content][at], seen + at + turns[content] + seen // rounds)

    return choose


def by_content(stimuli: Sequence[Stimulus]) -> dict[Content, list[Stimulus]]:
    """Return the pictures of each content, in the order of the models; traps are left out.

    Raises:
        BadStudy: There are no pictures, or contents have different models.
    """
    pictures: dict[Content, list[Stimulus]] = {}
    for stimulus in stimuli:
        if stimulus.expected is None:
            pictures.setdefault((stimulus.dataset, stimulus.content), []).append(stimulus)
    sets = {tuple(sorted(s.model for s in listed)): content for content, listed in pictures.items()}
    if len(sets) > 1:
        few, many = sorted(sets, key=len)[:: len(sets) - 1]
        missing = sorted(set(many) - set(few)) or sorted(set(few) - set(many))
        raise BadStudy(
            f"{'/'.join(sets[few])} has no picture of {', '.join(missing)}; expected the same models for every content"
        )
    if not pictures:
        raise BadStudy("there are no pictures to rate")
    return {content: sorted(listed, key=lambda s: s.model) for content, listed in pictures.items()}


def _contents_of(design: Design, contents: list[Content], rater: int) -> tuple[list[Content], dict[Content, int]]:
    """The contents of a session, and in how many sessions before it each was.

    They are taken from shuffled lists of all contents, one list after the other, so that each is seen about equally
    often.
    """
    size = max(1, round(design.share * len(contents)))
    if size == len(contents):
        return contents, dict.fromkeys(contents, rater)
    earlier = dict.fromkeys(contents, 0)
    chosen: list[Content] = []
    remaining: list[Content] = []
    shuffles = 0
    for _ in range(rater + 1):
        for content in chosen:
            earlier[content] += 1
        chosen = []
        while len(chosen) < size:
            fresh = next((content for content in remaining if content not in chosen), None)
            if fresh is None:
                order = np.random.default_rng((design.seed, 1, shuffles)).permutation(len(contents))
                remaining += [contents[i] for i in order]
                shuffles += 1
                continue
            remaining.remove(fresh)
            chosen.append(fresh)
    return chosen, earlier


def _order(design: Design, contents: list[Content], rater: int, number: int, last: object) -> list[Content]:
    """A shuffle of the contents that does not begin with the one that was last."""
    order = np.random.default_rng((design.seed, 2, rater, number)).permutation(len(contents)).tolist()
    if len(contents) > 1 and contents[order[0]] == last:
        order[0], order[-1] = order[-1], order[0]
    return [contents[i] for i in order]


def _with_extras(
    method: Method, design: Design, stimuli: Sequence[Stimulus], trials: list[Trial], rater: int
) -> list[Trial]:
    """Add repeats to the second half, and traps all along."""
    generator = np.random.default_rng((design.seed, 3, rater))
    contents = {stimulus.name: (stimulus.dataset, stimulus.content) for stimulus in stimuli}
    extended = list(trials)
    half = len(trials) // 2
    for i in generator.permutation(half)[: round(design.repeats * len(trials))].tolist():
        _insert(extended, replace(trials[i], kind="repeat"), contents, generator, (half + 1, len(extended) + 1))
    traps = method.traps(design, [stimulus for stimulus in stimuli if stimulus.expected is not None])
    if design.traps and not traps:
        raise BadStudy("there are no trap pictures; give calibration pictures, or --traps 0")
    for number in range(design.traps):
        span = (number * len(extended) // design.traps, (number + 1) * len(extended) // design.traps)
        trap = method.mirrored(design, traps[(number + rater) % len(traps)], rater)
        _insert(extended, trap, contents, generator, span)
    return extended


def _insert(
    trials: list[Trial],
    new: Trial,
    contents: dict[str, Content],
    generator: np.random.Generator,
    span: tuple[int, int],
) -> None:
    """Put a trial somewhere in a span, not beside its own content where that can be helped."""
    positions = range(span[0], max(span[1], span[0] + 1))
    content = contents[new.first]
    free = [i for i in positions if all(contents[t.first] != content for t in trials[max(i - 1, 0) : i + 1])]
    trials.insert(int(generator.choice(free or list(positions))), new)


def practice(design: Design, calibration: Sequence[Stimulus]) -> list[Trial]:
    """Return the questions before the first that counts, so that raters know the scale and the keys.

    Args:
        design: Design of the study.
        calibration: Calibration pictures; the ends of the scale have an expected score.
    """
    return methods.find(design.method).practice(design, calibration)


def minutes(design: Design, calibration: Sequence[Stimulus], trials: Sequence[Trial]) -> float:
    """Return the expected length of a session in minutes, with the practice before it."""
    return (len(practice(design, calibration)) + len(trials)) * design.trial_seconds / 60


def sittings(design: Design, trials: Sequence[Trial]) -> list[list[list[Trial]]]:
    """Split a session into sittings, and these into blocks with a break between them, all of about equal length."""
    return [
        _split(sitting, design.break_minutes * 60 / design.trial_seconds)
        for sitting in _split(trials, design.sitting_minutes * 60 / design.trial_seconds)
    ]


def _split(trials: Sequence[Trial], longest: float) -> list[list[Trial]]:
    number = max(1, -(-len(trials) // max(1, int(longest))))
    cuts = [round(i * len(trials) / number) for i in range(number + 1)]
    return [list(trials[start:end]) for start, end in pairwise(cuts)]


@dataclass(frozen=True)
class Balance:
    """How evenly raters are spread over pictures and positions.

    Attributes:
        votes: Number of raters who see each picture, by the picture's name.
        early: Share of each model's trials that stand in the first third of a session; 1/3 is even.
        left: Share of each model's trials in which it stands on the left; None where the method has no sides.
    """

    votes: dict[str, int]
    early: dict[str, float]
    left: dict[str, float] | None


def balance(design: Design, stimuli: Sequence[Stimulus], raters: int) -> Balance:
    """Count what so many raters see; repeats and traps do not count."""
    method = methods.find(design.method)
    by_name = {stimulus.name: stimulus for stimulus in stimuli}
    models = {stimulus.name: stimulus.model for stimulus in stimuli}
    votes = {stimulus.name: 0 for stimulus in stimuli if stimulus.expected is None}
    early: dict[str, list[bool]] = {}
    left: dict[str, list[bool]] = {}
    for rater in range(raters):
        trials = [trial for trial in session(design, stimuli, rater) if trial.kind == "trial"]
        for i, trial in enumerate(trials):
            for name in method.rated(trial, by_name):
                votes[name] += 1
                early.setdefault(models[name], []).append(3 * i < len(trials))
                left.setdefault(models[name], []).append(name == trial.first)
    sides = _shares(left) if method.counts_sides else None
    return Balance(votes, _shares(early), sides)


def _shares(flags: dict[str, list[bool]]) -> dict[str, float]:
    return {model: float(np.mean(listed)) for model, listed in flags.items()}
