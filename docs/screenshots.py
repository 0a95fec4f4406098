"""Take the guide's screenshots anew: `python -m docs.screenshots`. The study is made of the builtin photographs."""

import base64
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np

from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import load
from tests.browser import opened
from tests.survey.walk import PHONE, administered, on, other, rated, served

_FOLDER = Path(__file__).parent / "survey"
_QUALITY = {"nearest": 1.6, "bicubic": 2.6, "srresnet.h100": 3.9}
_TRAPS = {1.0: 1.2, 5.0: 4.8}


def _cli(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "srbench", *words], check=True, stdout=subprocess.DEVNULL)


def _study(name: str, *more: str) -> VoteStore:
    if not Path("run").exists():
        models = ("--models", "nearest,bicubic,srresnet", "--datasets", "builtin", "--metrics", "psnr,ssim")
        _cli("run", *models, "--save-images", "--out", "run")
    common = ("--raters", "12", "--seed", "1", "--title", "Which upscaling looks best?", "--area", "640x480")
    _cli("survey", "create", name, "--run", "run", *common, *more)
    return VoteStore(load(Path(name)))


def _panel(store: VoteStore, raters: int, careless: int = 1) -> None:
    """Raters who agree with one another, and a last one who answers at random."""
    shown = {p.stimulus.name: p.stimulus for p in store.study.pictures}
    for number in range(raters):
        generator = np.random.default_rng(number)
        rater = store.find(store.invite()) or ""
        screen = {"dpr": 1.0, "width": 1280.0, "height": 680.0 + 20 * number, "card": 324.0, "distance": 60.0}
        store.add_facts(rater, {"consent": True, "screen": screen})
        store.assign_session(rater)
        while (standing := store.rater_state(rater)) is not None and standing.question is not None:
            question = standing.question
            if number == raters - 2 and question.position > 4:
                break
            one = shown[store.picture(rater, question.keys[0]) or ""]
            aim, noise = (_TRAPS[one.expected], 0.3) if one.expected else (_QUALITY.get(one.model, 4.5), 0.6)
            blind = number >= raters - careless
            score = generator.integers(1, 6) if blind else np.clip(np.rint(aim + generator.normal(0, noise)), 1, 5)
            store.answer(rater, question.position, str(int(score)), 0.4 if blind else 3.5, {})


def _kept(page: Any, names: Iterator[str], only: tuple[str, ...] = (), ending: str = "") -> None:
    for name in names:
        if not only or name in only:
            page.screenshot(path=_FOLDER / f"{name}{ending}.jpg", type="jpeg", quality=82, full_page=True)


def _take() -> None:
    store = _study("acr", "--ask", "all", "--break-minutes", "1", "--stop-half", "0.25")
    with served(store) as url, opened(1000, 720) as page:
        _kept(page, rated(page, url, store))
        _kept(page, other(page, url, store), ("withdraw", "closed", "paused"))
        _panel(store, 10)
        _kept(page, administered(page, url, store), ("token", "administrator"))
    for language in ("de", "zh"):
        with served(store) as url, opened(1000, 720) as page:
            page.goto(f"{url}/language/{language}")
            _kept(page, rated(page, url, store), ("consent", "trial"), f"-{language}")
    with served(store) as url, opened(390, 700, 2, PHONE) as page:
        page.goto(f"{url}/i/{store.invite()}")
        _kept(page, iter(("phone",)))
    for method in ("dcr", "pair"):
        other_study = _study(method, "--method", method, *(("--area", "440x480") if method == "pair" else ()))
        with served(other_study) as url, opened(1000, 720) as page:
            _kept(page, rated(page, url, other_study), ("trial",), f"-{method}")
    _zoomed(store)


def _zoomed(store: VoteStore) -> None:
    with served(store) as url, opened(1000, 720) as page:
        page.goto(f"{url}/i/{store.invite()}")
        while not page.locator('input[name="position"]').count():
            on(page)
        page.wait_for_selector("body:not(.waiting)")
        session = page.context.new_cdp_session(page)
        zoomed = {"width": 800, "height": 576, "deviceScaleFactor": 1.25, "mobile": False}
        session.send("Emulation.setDeviceMetricsOverride", zoomed)
        page.wait_for_selector("#zoom-changed:visible")
        # Playwright's own screenshots set the pixel density back.
        taken = session.send("Page.captureScreenshot", {"format": "jpeg", "quality": 82})["data"]
        (_FOLDER / "zoom.jpg").write_bytes(base64.b64decode(taken))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch, chdir(scratch):
        _take()
