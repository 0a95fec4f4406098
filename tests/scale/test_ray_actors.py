"""Workers as Ray actors, with a Ray of this process: what a death, an error and the end become."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from benchmarks.chaos import engines
from srbench import protocol
from srbench.errors import BadRun
from srbench.models.mode import Mode
from srbench.scale import ray_actors
from srbench.scale.crew import Death
from srbench.scale.processes import Order
from srbench.scale.request import Request
from srbench.scale.worker import Done
from tests.cli.conftest import Call, call

__all__ = ["call"]

_ORDER = Order(Request(("nearest",), ("builtin",), ("psnr",), protocol.find("classical_x4"), Mode()), Path("run"), 0, 1)


class _DeadError(Exception):
    pass


class _Actor:
    """An actor whose answers are made when they are asked for."""

    def __init__(self, answer: Callable[[Any], Any], closed: list[str]) -> None:
        self.answer = SimpleNamespace(remote=lambda unit: (answer, unit))
        self.close = SimpleNamespace(remote=lambda: closed.append("closed"))


def _ray(answer: Callable[[Any], Any], told: list[Any]) -> ModuleType:
    ray = ModuleType("ray")
    ray.__spec__ = importlib.util.spec_from_loader("ray", None)

    def remote(**options: Any) -> Callable[[Any], Any]:
        told.append(options)
        return lambda _: SimpleNamespace(remote=lambda order: _Actor(answer, told))

    for name, value in {
        "is_initialized": lambda: False,
        "init": lambda **options: told.append(options),
        "remote": remote,
        "wait": lambda answers, **_: (answers[:1], answers[1:]),
        "get": lambda ready: ready[0](ready[1]),
        "kill": lambda _: told.append("killed"),
        "shutdown": lambda: told.append("shut down"),
        "exceptions": SimpleNamespace(RayActorError=_DeadError),
    }.items():
        setattr(ray, name, value)
    return ray


def _answer(unit: Any) -> Any:
    if unit[2] == "dies":
        raise _DeadError
    return BadRun("mend this") if unit[2] == "wrong" else Done(computed=3)


def test_answers_deaths_and_errors_come_back_and_idle_actors_close(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setitem(sys.modules, "ray", _ray(_answer, told))
    crew = ray_actors.RayActors(_ORDER, "auto")
    assert told[0]["address"] == "auto"
    assert (told[1]["num_gpus"], told[1]["max_restarts"], told[1]["max_task_retries"]) == (0, 0, 0)
    assert told[1]["runtime_env"] == {"env_vars": {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}}
    for worker in (0, 1):
        crew.start(worker)
    crew.send(0, ("m", "set", "im"))
    crew.send(1, ("m", "set", "dies"))
    assert crew.wait() == (0, Done(computed=3))
    assert crew.wait() == (1, Death("its Ray actor ended"))
    crew.send(0, ("m", "set", "wrong"))
    with pytest.raises(BadRun, match="mend this"):
        crew.wait()
    crew.end()
    assert told[2:] == ["closed", "killed", "shut down"]


def test_without_ray_a_sentence_says_how_to_get_it(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *at: None if name == "ray" else find(name, *at))
    code, _, err = call("run", "--models", "nearest", "--metrics", "psnr", "--executor", "ray")
    assert (code, "pip install 'sr-bench-suite[ray]'" in err) == (2, True)


@pytest.mark.slow
def test_actors_of_which_one_is_killed_store_the_rows_of_one_process(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    expected = engines.prepare(tmp_path)
    with engines.cluster() as address:
        options = ["--executor", "ray", "--ray-address", address]
        assert engines.play(0, options, tmp_path, expected).wrong == ()
