"""A plan that somebody has changed by hand is refused in one line, by every verb that reads it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from srbench.survey.store.vote_store import VoteStore
from tests.cli.conftest import Call
from tests.survey.conftest import rate
from tests.survey.test_web import made


def _set(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda plan: plan["design"].update(values)


def _keep(wanted: Callable[[dict[str, Any]], bool]) -> Callable[[dict[str, Any]], None]:
    return lambda plan: plan.update(pictures=[picture for picture in plan["pictures"] if wanted(picture)])


_BROKEN = {
    "a seed of at least 0": _set(seed=-1),
    "1000000000 traps": _set(traps=10**9),
    "below 0.01 minutes": _set(sitting_minutes=1e-9),
    "1000000000 raters": lambda plan: plan.update(raters=10**9),
    "twice": lambda plan: plan.update(pictures=plan["pictures"] * 2),
    "lacks an end of the scale": _keep(lambda picture: bool(picture["role"] == "rated")),
    "has no pictures that are rated": _keep(lambda picture: bool(picture["role"] != "rated")),
    "lacks the picture 'a_m1', of which raters were asked": _keep(
        lambda picture: picture["shown"]["model"] != "m1" or picture["shown"]["content"] != "a"
    ),
}


def test_each_is_one_line(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uvicorn.Server.run", lambda _, sockets: None)
    study = made(call, tmp_path)
    store = VoteStore(study)
    rate(store, lambda _: 3.0)
    store.close()
    file = study.folder / "study.json"
    whole = file.read_text(encoding="utf-8")
    for said, change in _BROKEN.items():
        plan = json.loads(whole)
        change(plan)
        file.write_text(json.dumps(plan), encoding="utf-8")
        for verb in (("status",), ("serve", "--port", "0"), ("report", "--out", "r")):
            code, _, err = call("survey", verb[0], str(study.folder), *verb[1:])
            assert (code, err.count("\n")) == (2, 1), (said, verb, err)
            assert said in err
    file.write_text(whole, encoding="utf-8")
    assert call("survey", "status", str(study.folder))[0] == 0
