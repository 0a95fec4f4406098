"""A panel of simulated raters over HTTP: the server is killed half-way, and the report finds what was planted."""

import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import httpx
import numpy as np
import pytest

from srbench.core import image
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import load
from tests.cli.conftest import Call
from tests.survey.test_web import SCREEN, SCRIPT, field

pytestmark = pytest.mark.slow

_TRUTH = {"worst": 1.6, "middle": 2.9, "best": 4.2}
_RATERS, _KILLED_AT = 6, 40


@contextmanager
def _serving(study: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "srbench", "survey", "serve", str(study), "--port", str(port)], stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(600):
            try:
                httpx.get(f"http://127.0.0.1:{port}/")
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def _port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


class _Judge:
    """Knows what is behind a key, which no browser does."""

    def __init__(self, store: VoteStore) -> None:
        shown = {p.stimulus.name: p.stimulus for p in store.study.pictures}
        self.store = store
        self.quality = {name: one.expected or _TRUTH.get(one.model, 5.0) for name, one in shown.items()}

    @property
    def first_value(self) -> str:
        return self.store.study.method.values(self.store.study.design)[0]

    def says(self, rater: str, page: str, generator: np.random.Generator) -> str:
        keys = re.findall(r'<img[^>]* src="/p/([\w-]{22})\.png"', page)
        pair = self.store.study.design.method == "pair"
        noise = 1.2 if pair else 0.4  # without upsets there are no finite scores of pairs
        seen = [self.quality[self.store.picture(rater, key) or ""] + generator.normal(0, noise) for key in keys]
        if pair:
            return "first" if seen[0] > seen[1] else "second"
        return str(int(np.clip(round(seen[0]), 1, 5)))


def _session(client: httpx.Client, link: str, judge: _Judge, generator: np.random.Generator) -> Iterator[str]:
    """Answers of one rater, as they were sent; the page after each is whatever the server says is next."""
    rater = judge.store.find(link)
    assert rater is not None
    page = client.get(f"/i/{link}").text
    while "have arrived" not in page:
        if 'name="position"' in page:
            value = judge.says(rater, page, generator)
            form = {"token": field(page, "token"), "position": field(page, "position"), "value": value, **SCRIPT}
            yield value
            page = _sent(client, "/answer", form)
        else:
            form = {name: field(page, name) for name in ("token", "step", "at", "pause") if f'name="{name}"' in page}
            page = _sent(client, "/step", {**form, **SCREEN, **SCRIPT, "value": judge.first_value})


def _sent(client: httpx.Client, place: str, form: dict[str, str]) -> str:
    while True:
        try:
            return client.post(place, data=form).text
        except httpx.TransportError:
            time.sleep(0.1)


@pytest.mark.parametrize("method", ["acr", "dcr", "pair"])
def test_a_panel_over_http_with_a_kill_finds_the_planted_order(call: Call, tmp_path: Path, method: str) -> None:
    generator = np.random.default_rng(0)
    for content in "abcde":
        for model in (*_TRUTH, "hr"):
            pixels = generator.integers(0, 256, (24, 32, 3), dtype=np.uint8)
            image.write(tmp_path / "images" / model / f"{content}.png", pixels)
    options = (
        "--images",
        str(tmp_path / "images"),
        "--method",
        method,
        "--raters",
        str(_RATERS),
        "--seed",
        "3",
        "--traps",
        "0",
    )
    assert call("survey", "create", "st", *options)[0] == 0
    store = VoteStore(load(Path("st")))
    judge, port, answers = _Judge(store), _port(), 0
    links = [store.invite() for _ in range(_RATERS)]
    with _serving(Path("st"), port) as first:
        killed = False
        for number, link in enumerate(links):
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True) as client:
                for _ in _session(client, link, judge, np.random.default_rng(number)):
                    answers += 1
                    if answers == _KILLED_AT:
                        first.kill()
                        first.wait()
                        killed = True
                        break
            if killed:
                break
    with _serving(Path("st"), port):
        for number, link in enumerate(links):
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True) as client:
                answers += sum(1 for _ in _session(client, link, judge, np.random.default_rng(100 + number)))
    stored = store.responses()
    assert len(stored) == answers - 1  # the one on its way when the server died was asked again
    assert set(Counter((given.rater, given.position) for given in stored).values()) == {1}
    assert {person.state for person, _ in store.raters()} == {"finished"}
    store.close()
    code, out, _ = call("survey", "report", "st", "--out", "report", "--json")
    assert code == 0
    found = json.loads(out)
    scores = _scores(found, method)
    assert all(scores[low] < scores[high] for low, high in pairwise(("worst", "middle", "best"))), scores
    assert (Path("report") / "report.html").is_file()


def _scores(found: dict[str, object], method: str) -> dict[str, float]:
    if method == "pair":
        return {row["item"]: row["score"] for row in found["overall"][0]["scores"]}  # type: ignore[index]
    return {row["model"]: row["mean"] for row in found["models"]}  # type: ignore[attr-defined,index]
