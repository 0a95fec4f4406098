"""The course of one study: made, served, rated, exported, analysed and compared."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.walkthrough import check, incidents
from benchmarks.walkthrough.chromium import Chromium
from benchmarks.walkthrough.firefox import Firefox
from benchmarks.walkthrough.opinions import Opinion
from benchmarks.walkthrough.pictures import AREA, Recognition, draw
from benchmarks.walkthrough.rater import Rater, Walked
from benchmarks.walkthrough.scenes import Scene
from benchmarks.walkthrough.server import certificate, own_address, served
from benchmarks.walkthrough.ways import Way
from benchmarks.walkthrough.window import HOST
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import load

Command = Callable[..., None]


class Browsers:
    """Browsers, each started when it is first needed, and ended with the stack."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._playwright: Any = None
        self._open: dict[tuple[str, int], Chromium | Firefox] = {}

    def of(self, name: str, density: int) -> Chromium | Firefox:
        """Return the browser of this name whose screen has this density."""
        if (name, density) not in self._open:
            browser = Firefox(density) if name == "Firefox" else self._chromium(density)
            self._stack.callback(browser.close)
            self._open[name, density] = browser
        return self._open[name, density]

    def names(self) -> list[str]:
        """Return names and versions of those that were used."""
        return sorted({browser.name for browser in self._open.values()})

    def _chromium(self, density: int) -> Chromium:
        self._playwright = self._playwright or self._stack.enter_context(sync_playwright())
        return Chromium(self._playwright, density)


def srbench(*words: str) -> None:
    """Run `srbench`, whose messages are shown where it fails."""
    subprocess.run([sys.executable, "-m", "srbench", *words], check=True, stdout=subprocess.DEVNULL)


def walked(
    way: Way,
    scenes: Sequence[Scene],
    folder: Path,
    browsers: Browsers,
    contents: int = 2,
    calibration: int = 2,
    command: Command = srbench,
    more: Sequence[str] = ("--repeats", "0.2", "--traps", "2"),
) -> dict[str, Any]:
    """Take a method the whole way; what was found.

    Args:
        way: The method.
        scenes: Its raters.
        folder: Empty folder for everything that is made.
        browsers: Browsers that stay open for the next method.
        contents: Number of contents.
        calibration: Number of contents to calibrate on.
        command: Runs `srbench` with these words.
        more: Options of `srbench survey create`.
    """
    began = time.monotonic()
    draw(folder, contents, calibration)
    study, package = folder / "study", folder / "package"
    sources = ("--images", str(folder / "images"), "--calibration", str(folder / "calibration"), "--area", AREA)
    options = ("--phones", "--screen", "traps", "--raters", str(len(scenes)), *more)
    command("survey", "create", str(study), "--method", way.method, *way.options, *sources, *options)
    panel = _panel(way, scenes, folder, study, browsers)
    command("survey", "export", str(study), str(package))
    command("survey", "analyze", str(package), "--out", str(folder / "report"))
    report = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))
    return {
        "method": way.name,
        "date": datetime.now(UTC).date().isoformat(),
        "browsers": browsers.names(),
        "seconds": round(time.monotonic() - began),
        "raters": [f"{scene.where()}: {scene.words()}" for scene in scenes],
        "rows": check.rows(package, panel),
        "scores": check.model_scores(way, report, panel),
    }


def _panel(way: Way, scenes: Sequence[Scene], folder: Path, study: Path, browsers: Browsers) -> check.Panel:
    known, panel = Recognition(load(study), folder), {}
    with closing(VoteStore(load(study))) as store:
        tokens = [store.invite() for _ in scenes]
        ids = [store.find(token) or "" for token in tokens]
    tls = certificate(folder)
    for secured in (False, True):
        those = [number for number, scene in enumerate(scenes) if (scene.address == "HTTPS") == secured]
        if not those:
            continue
        with served(study, tls if secured else None) as port:
            for number in those:
                scene = scenes[number]
                address = (
                    f"{'https' if secured else 'http'}://{own_address() if scene.address == 'LAN' else HOST}:{port}"
                )
                panel[ids[number]] = scene, _walk(way, scene, number, address, tokens[number], known, browsers)
    return panel


def _walk(
    way: Way, scene: Scene, number: int, address: str, token: str, known: Recognition, browsers: Browsers
) -> Walked:
    browser = browsers.of(scene.browser, scene.density)
    happens = {at: getattr(incidents, name) for at, name in enumerate(scene.incidents, start=1)}
    with browser.window(**({"phone": True} if scene.phone else {})) as window:
        opinion = Opinion(number, careless=scene.careless)
        return Rater(window, known, way, opinion, happens, touch=scene.phone).walk(address, token)
