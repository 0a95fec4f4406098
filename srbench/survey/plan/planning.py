"""Who sees what, and in which order: functions of the design, its seed and the number of a session, nothing else
(adaptive pairs: and of the answers so far).

Sessions are numbered from 0 and assigned in this order; one that a rater withdraws from or leaves is assigned again. So
the votes stay balanced whoever finishes.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from srbench.errors import BadStudy
from srbench.ratings.votes import Stimulus
from srbench.survey import methods
from srbench.survey.method import Choose, Method
from srbench.survey.plan import succession
from srbench.survey.plan.adaptive import ScorePosterior
from srbench.survey.plan.design import Content, Design, Trial, TrialKind


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
    models = len(next(iter(pictures.values())))
    rounds = len(method.block(design, models, 0) or next(iter(questions.values())))
    traps = method.traps(design, [stimulus for stimulus in stimuli if stimulus.expected is not None])
    if design.traps and not traps:
        raise BadStudy("there are no trap pictures; give calibration pictures, or srbench survey create --traps 0")
    contents = list(pictures)
    size = max(1, round(design.share * len(contents)))
    block, at = divmod(rater, succession.BLOCK)
    _, seen = succession.hands(design.seed, len(contents), size, block)[at]
    earlier = dict(zip(contents, seen, strict=True))
    choose = method.adaptive_choice(design, pictures, rater, known, begun)
    choose = choose or _by_turns(method, design, questions, models, earlier)
    shape = succession.Shape(design.seed, len(contents), size, rounds, design.repeats, design.traps)
    steps = succession.sessions(shape, block)[at]
    asked = {(i.content, i.number): choose(contents[i.content], i.number) for i in steps if i.kind == "trial"}
    trials = []
    for step in steps:
        if step.kind == "trap":
            trials.append(method.mirrored(design, traps[(step.number + rater) % len(traps)], rater))
        else:
            trials.append(_of_kind(asked[step.content, step.number], step.kind))
    return trials


def _of_kind(trial: Trial, kind: TrialKind) -> Trial:
    """The trial, or its repeat; a question about bias is one in either case."""
    return trial if kind == "trial" or trial.kind == "bias" else replace(trial, kind=kind)


def _by_turns(
    method: Method, design: Design, questions: dict[Content, list[Trial]], models: int, earlier: dict[Content, int]
) -> Choose:
    """Each question of a content, or of a rater's block, in another round, one further with all who see the content."""
    turns = {content: i for i, content in enumerate(questions)}

    def choose(content: Content, number: int) -> Trial:
        seen = earlier[content]
        block = method.block(design, models, seen + turns[content])
        if block is not None:
            place, before = block[succession.question(number, turns[content], seen, len(block))]
            return method.mirrored(design, questions[content][place], before + place + turns[content])
        rounds = len(questions[content])
        at = succession.question(number, turns[content], seen, rounds)
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
        predecessors: How often each question about models comes directly after each other one: least often, most often,
            and on average; None where there is one question alone. Repeats count, and what stands beside a trap does
            not.
    """

    votes: dict[str, int]
    early: dict[str, float]
    left: dict[str, float] | None
    predecessors: tuple[int, int, float] | None = None


def balance(design: Design, stimuli: Sequence[Stimulus], raters: int) -> Balance:
    """Count what so many raters see; repeats and traps do not count."""
    method = methods.find(design.method)
    by_name = {stimulus.name: stimulus for stimulus in stimuli}
    models = {stimulus.name: stimulus.model for stimulus in stimuli}
    votes = {stimulus.name: 0 for stimulus in stimuli if stimulus.expected is None}
    early: dict[str, list[bool]] = {}
    left: dict[str, list[bool]] = {}
    after: Counter[tuple[tuple[str, ...], tuple[str, ...]]] = Counter()
    asked: dict[tuple[str, ...], None] = {}
    for rater in range(raters):
        every = session(design, stimuli, rater)
        about = [tuple(sorted(models[name] for name in method.rated(trial, by_name))) for trial in every]
        for (a, first), (b, second) in pairwise(zip(every, about, strict=True)):
            if "trap" not in (a.kind, b.kind):
                after[first, second] += 1
        trials = [trial for trial in every if trial.kind == "trial"]
        asked |= {question: None for trial, question in zip(every, about, strict=True) if trial.kind == "trial"}
        for i, trial in enumerate(trials):
            for name in method.rated(trial, by_name):
                votes[name] += 1
                early.setdefault(models[name], []).append(3 * i < len(trials))
                left.setdefault(models[name], []).append(name == trial.first)
    sides = _shares(left) if method.counts_sides else None
    return Balance(votes, _shares(early), sides, _even(after, len(asked)))


def _even(after: Counter[tuple[tuple[str, ...], tuple[str, ...]]], questions: int) -> tuple[int, int, float] | None:
    """Least, most and mean of how often a question follows another one."""
    counts = [count for (first, second), count in after.items() if first != second]
    pairs = questions * (questions - 1)
    if not pairs or not counts:
        return None
    return min(counts) if len(counts) == pairs else 0, max(counts), sum(counts) / pairs


def _shares(flags: dict[str, list[bool]]) -> dict[str, float]:
    return {model: float(np.mean(listed)) for model, listed in flags.items()}
