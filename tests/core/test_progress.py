"""Progress through items, shown or not."""

from srbench.core.progress import NO_PROGRESS, track
from tests.progress import Recorder


def test_tracked_items_are_steps_of_one_task() -> None:
    recorder = Recorder()
    seen = [(item, recorder.tasks[0].done) for item in track(recorder, ["a", "b"], "reading")]
    assert seen == [("a", 0), ("b", 1)]
    (task,) = recorder.tasks
    assert (task.description, task.total, task.done) == ("reading", 2, 2)


def test_no_progress_takes_everything() -> None:
    with NO_PROGRESS.task("reading", 3) as task:
        task.describe("a")
        task.advance(3)
    assert list(track(NO_PROGRESS, {"a": 1}.items(), "reading")) == [("a", 1)]
