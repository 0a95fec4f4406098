"""Sessions of a study that was extended: they are as long as before, and ask what was asked least so far."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from srbench.ratings.votes import Stimulus
from srbench.survey import methods
from srbench.survey.plan.adaptive import ScorePosterior
from srbench.survey.plan.design import Content, Design, Trial
from srbench.survey.plan.planning import session
from srbench.survey.study import Study

Asked = frozenset[str]
"""The pictures of a question, whichever side they stand on."""


def planned_session(
    study: Study, number: int, asked: Callable[[], Mapping[Asked, int]], known: ScorePosterior | None = None
) -> list[Trial]:
    """Return the trials of a session of a study, which may have been extended; practice is left out.

    Args:
        study: Plan of the study.
        number: Number of the session, from 0.
        asked: Reads how often each question was assigned so far; called only where it is needed.
        known: For adaptive pairs, what the answers so far tell.
    """
    extended = any(picture.since > 1 for picture in study.pictures)
    if not extended or study.batch_size():  # what is chosen by the answers fills gaps by itself
        return session(study.design, study.stimuli(), number, known)
    return filling_session(study.design, study.stimuli(), study.stimuli(1), number, asked())


def usual_session(study: Study) -> list[Trial]:
    """Return a session whose length is that of all."""
    return planned_session(study, 0, dict)


def filling_session(
    design: Design,
    stimuli: Sequence[Stimulus],
    first: Sequence[Stimulus],
    rater: int,
    asked: Mapping[Asked, int],
) -> list[Trial]:
    """Return the trials of a session that fills the gaps which an extension has made.

    Of all questions of the extended study those are taken that were asked least, as many as a session had before the
    extension, in the order of a session of all. A content does not come twice in a row where that can be helped.

    Args:
        design: Design of the study.
        stimuli: All pictures of the study, traps among them.
        first: Those of the plan's first revision.
        rater: Number of the session, from 0.
        asked: How often each question was assigned so far, in sessions that count.

    Raises:
        BadStudy: There is no session of these pictures.
    """
    plain = replace(design, share=1.0, repeats=0.0, traps=0)
    length = sum(trial.kind == "trial" for trial in session(design, first, 0))
    every = session(plain, stimuli, rater)
    fewest = sorted(range(len(every)), key=lambda at: asked.get(question(every[at]), 0))[:length]
    contents = {stimulus.name: (stimulus.dataset, stimulus.content) for stimulus in stimuli}
    trials = _apart([every[at] for at in sorted(fewest)], contents)
    return _with_repeats_and_traps(design, stimuli, trials, rater)


def question(trial: Trial) -> Asked:
    """Return what a trial asks about."""
    return frozenset(trial.pictures)


def _apart(trials: list[Trial], contents: Mapping[str, Content]) -> list[Trial]:
    """Move trials so that no content comes twice in a row, where another one is left."""
    waiting, ordered = list(trials), list[Trial]()
    while waiting:
        left = Counter(contents[trial.first] for trial in waiting)
        last = contents[ordered[-1].first] if ordered else None
        able = [trial for trial in waiting if contents[trial.first] != last] or waiting
        most = max(left[contents[trial.first]] for trial in able)
        crowded = most * 2 > len(waiting)  # else this content would be left over at the end
        chosen = next(trial for trial in able if not crowded or left[contents[trial.first]] == most)
        waiting.remove(chosen)
        ordered.append(chosen)
    return ordered


def _with_repeats_and_traps(
    design: Design, stimuli: Sequence[Stimulus], trials: list[Trial], rater: int
) -> list[Trial]:
    """Add repeats of the first half to the second, and traps all along."""
    method = methods.find(design.method)
    generator = np.random.default_rng((design.seed, 6, rater))
    half, extended = len(trials) // 2, list(trials)
    for at in generator.permutation(half)[: round(design.repeats * len(trials))].tolist():
        extended.insert(int(generator.integers(half + 1, len(extended) + 1)), replace(trials[at], kind="repeat"))
    traps = method.traps(design, [stimulus for stimulus in stimuli if stimulus.expected is not None])
    for number in range(design.traps):
        low, high = (at * len(extended) // design.traps for at in (number, number + 1))
        trap = method.mirrored(design, traps[(number + rater) % len(traps)], rater)
        extended.insert(int(generator.integers(low, max(high, low + 1))), trap)
    return extended
