"""Who does what next, and what becomes of work that ends its processes."""

from srbench.scale.scheduler import Scheduler

_UNITS = {(model, "set", f"im{i}"): 4.0 - i for model in ("a", "b") for i in range(3)}


def test_a_worker_keeps_its_model_and_the_dearest_images_come_first() -> None:
    scheduler = Scheduler(_UNITS)
    done = []
    while not scheduler.is_done:
        for worker in (0, 1):
            unit = scheduler.next(worker)
            assert unit is not None
            done.append((worker, *unit))
        for worker in (0, 1):
            scheduler.done(worker)
    assert [(worker, model, image) for worker, model, _, image in done] == [
        *((0, "a", "im0"), (1, "b", "im0"), (0, "a", "im1"), (1, "b", "im1"), (0, "a", "im2"), (1, "b", "im2")),
    ]


def test_a_model_that_ends_three_processes_in_a_row_is_set_aside_and_the_rest_goes_on() -> None:
    scheduler = Scheduler(_UNITS)
    measured = []
    while not scheduler.is_done:
        unit = scheduler.next(0)
        assert unit is not None
        if unit[0] == "a":
            scheduler.died(0, "signal 11")
        else:
            measured.append(unit)
            scheduler.done(0)
    assert scheduler.set_aside == {("a",): "ended its process 3 times (signal 11); set aside"}
    assert len(measured) == 3


def test_an_image_that_ends_processes_between_others_is_set_aside_alone() -> None:
    scheduler = Scheduler({("a", "set", f"im{i}"): 1.0 for i in range(6)})
    measured = []
    while not scheduler.is_done:
        units = {worker: scheduler.next(worker) for worker in (0, 1)}
        for worker, unit in units.items():
            if unit and unit[2] == "im2":
                scheduler.died(worker, "signal 9")
            elif unit:
                measured.append(unit[2])
                scheduler.done(worker)
    assert list(scheduler.set_aside) == [("a", "set", "im2")]
    assert sorted(measured) == ["im0", "im1", "im3", "im4", "im5"]


def test_a_model_whose_own_code_fails_gets_no_further_images() -> None:
    scheduler = Scheduler(_UNITS)
    assert scheduler.next(0) == ("a", "set", "im0")
    scheduler.done(0, goes_on=False)
    assert scheduler.next(0) == ("b", "set", "im0")
