"""The rater's way through a study: consent, screen, calibration, practice, trials, breaks, thanks.

Pages are forms that work one after the other, each ending in a redirect, so that reload and back do no harm. Where a
rater stands is in the database alone.
"""

import asyncio
import math
import re
from contextlib import suppress
from typing import Any

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from srbench.errors import BadStudy
from srbench.survey.design import Trial, practice, session, sittings
from srbench.survey.export import belief
from srbench.survey.progress import enough
from srbench.survey.store import PREVIEW, Question, Standing, Store, Taken
from srbench.survey.study import Picture
from srbench.survey.terms import CODE, told
from srbench.survey.web.executor import turns
from srbench.survey.web.images import padded
from srbench.survey.web.languages import COOKIE as LANGUAGE_COOKIE
from srbench.survey.web.languages import LANGUAGES
from srbench.survey.web.rate_limits import Limits, address, too_many
from srbench.survey.web.render import Renderer
from srbench.survey.web.security import Cookies
from srbench.survey.web.wording import CHECKS, wording

_STEPS = ("consent", "screen", "calibration", "practice")
_WINDOW = ("dpr", "width", "height")
_LONGEST_S, _LARGEST = 3600.0, 100_000.0
_POSITION = re.compile(r"\d{1,6}", re.ASCII)
_KEY = re.compile(r"[\w-]{22}", re.ASCII)
_YEAR_S = 31_536_000
# Every trial, and every study, has keys of its own: a kept picture never stands for another one.
_KEPT = {"Cache-Control": "private, max-age=3600, immutable"}


class Way:
    """The handlers.

    Args:
        store: Of the study.
        cookies: Who is who.
        renderer: Of its pages.
        limits: How often one may knock.
        open_limit: Raters there may be by the open link.
    """

    def __init__(self, store: Store, cookies: Cookies, renderer: Renderer, limits: Limits, open_limit: int) -> None:
        self.store, self.cookies, self.renderer, self.limits = store, cookies, renderer, limits
        self.in_turn = turns(store)
        self.counting = asyncio.Lock()
        self.open_limit = open_limit
        self.study = store.study
        self.words = wording(self.study.design)
        self.calibration = [p for p in self.study.pictures if p.role != "rated"]
        self.keys = {cookies.opaque(p.shown.name + p.sha256): p for p in self.calibration}
        self.asked: list[Trial] = practice(self.study.design, self.study.calibration())
        trials = session(self.study.design, self.study.shown(), 0)
        self.minutes = max(1, round(len(trials) * self.study.design.trial_seconds / 60))
        self.sittings = len(sittings(self.study.design, trials))
        self.pictures = {picture.shown.name: picture for picture in self.study.pictures}
        self.largest = max(p.size_bytes(self.study.folder) for p in self.study.pictures)

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/", self.home),
            Route("/join", self.join, methods=["POST"]),
            Route("/i/{token}", self.invited),
            Route("/language/{language}", self.language),
            Route("/next", self.following),
            Route("/screen", self.screen),
            Route("/step", self.step, methods=["POST"]),
            Route("/answer", self.answer, methods=["POST"]),
            Route("/withdraw", self.withdraw, methods=["GET", "POST"]),
            Route("/p/{key}.png", self.picture),
            Route("/c/{key}.png", self.calibrating),
        ]

    # entering

    async def home(self, request: Request) -> Response:
        """Whoever comes without a link."""
        if await self._known(request):
            return self.renderer.to("next")
        room = await self.in_turn(self.store.room, self.open_limit)
        return self.renderer.page(request, "home.html", open=room)

    async def join(self, request: Request) -> Response:
        """Enter by the open link; the personal link is shown, for there is no other way back on another day."""
        if not self.limits.hit("join", address(request)):
            return too_many()
        token = await self.in_turn(self.store.join, self.open_limit)
        if token is None:
            return self.renderer.page(request, "home.html", status=403, open=False)
        return self.renderer.page(request, "link.html", link=self.renderer.link(request, token))

    async def invited(self, request: Request) -> Response:
        """Enter by an invitation; the token leaves the address bar at once."""
        rater = await self.in_turn(self.store.find, request.path_params["token"])
        if rater is None:
            if not self.limits.hit("wrong invitation", address(request)):
                return too_many()
            return self.renderer.page(request, "lost.html", status=404)
        response = self.renderer.to("next")
        self.cookies.remember(response, rater)
        return response

    async def language(self, request: Request) -> Response:
        """Choose a language."""
        chosen = request.path_params["language"]
        response = self.renderer.to("next")
        if chosen in LANGUAGES:
            response.set_cookie(
                LANGUAGE_COOKIE, chosen, max_age=_YEAR_S, httponly=True, samesite="lax", path=self.cookies.path
            )
        return response

    # the way

    async def following(self, request: Request) -> Response:
        """The page that is next for this rater."""
        rater = self.cookies.rater(request)
        standing = await self.in_turn(self.store.standing, rater) if rater else None
        if rater is None or standing is None:
            return self.renderer.to("")
        if (
            not standing.begun
            and all(standing.facts.get(step) for step in _STEPS)
            and not self._shut(request, standing)
        ):
            known = await run_in_threadpool(belief, self.store)  # beside the others' turns
            await self.in_turn(self.store.begin, rater, known)
            standing = await self.in_turn(self.store.standing, rater) or standing
        return self._following(request, rater, standing)

    def _following(self, request: Request, rater: str, standing: Standing) -> Response:
        common: dict[str, Any] = {"preview": standing.state == PREVIEW, "terms": self.study.terms}
        if shut := self._shut(request, standing):
            return self.renderer.page(request, shut, rater, **common)
        step = next((step for step in _STEPS if not standing.facts.get(step)), None)
        if step:
            return self.renderer.page(request, f"{step}.html", rater, **self._step(step, standing), **common)
        question = standing.question
        if question is None:
            redirect = self.study.terms.redirect.replace(CODE, standing.code)
            return self.renderer.page(request, "thanks.html", rater, code=standing.code, redirect=redirect, **common)
        if (pause := _pause(question)) and pause not in standing.facts.get("pauses", []):
            return self.renderer.page(request, "pause.html", rater, question=question, **common)
        return self.renderer.page(request, "trial.html", rater, **self._trial(question, standing), **common)

    def _shut(self, request: Request, standing: Standing) -> str | None:
        """The page that says why nothing can be answered; None where it can."""
        if standing.state == PREVIEW:
            return None
        if standing.doors == "paused":
            return "paused.html"
        if standing.doors == "closed" and not standing.begun:
            return "closed.html"
        return "phone.html" if not self.study.terms.phones and _phone(request) else None

    def _step(self, step: str, standing: Standing) -> dict[str, Any]:
        if step == "consent":
            return {"task": self.words.task, "minutes": self.minutes, "sittings": self.sittings}
        if step == "screen":
            return {"checks": CHECKS, "wrong": False}
        facts = {**vars(self.words), "density": _density(standing)}
        if step == "calibration":
            ends = {p.shown.expected: p.shown.name for p in self.calibration if p.shown.expected is not None}
            return {**facts, "low": self._calibrating(ends[1.0]), "high": self._calibrating(ends[5.0])}
        at = int(standing.facts.get("practised", 0))
        urls = [self._calibrating(name) for name in (self.asked[at].first, self.asked[at].second) if name]
        return {**facts, "at": at, "of": len(self.asked), "urls": urls}

    def _calibrating(self, name: str) -> str:
        key = next(key for key, picture in self.keys.items() if picture.shown.name == name)
        return f"{self.renderer.base}/c/{key}.png"

    def _trial(self, question: Question, standing: Standing) -> dict[str, Any]:
        urls, ahead = (
            [f"{self.renderer.base}/p/{key}.png" for key in keys] for keys in (question.keys, question.ahead)
        )
        density = _density(standing)
        return {"question": question, "urls": urls, "ahead": ahead, "density": density, **vars(self.words)}

    async def screen(self, request: Request) -> Response:
        """The screen check again: the browser has moved to another screen."""
        rater = await self._known(request)
        if rater is None:
            return self.renderer.to("")
        return self.renderer.page(request, "screen.html", rater, terms=self.study.terms, checks=CHECKS, wrong=False)

    async def step(self, request: Request) -> Response:
        """A step before or between the trials is done."""
        rater, form = await self._form(request)
        if rater is None:
            return self.renderer.page(request, "lost.html", status=403)
        terms = self.study.terms
        if form.get("step") == "screen" and told(terms, form) is None:
            return self.renderer.page(request, "screen.html", rater, 400, terms=terms, checks=CHECKS, wrong=True)
        await self.in_turn(self._done, rater, form, address(request))
        return self.renderer.to("next")

    def _done(self, rater: str, form: dict[str, str], sender: str) -> None:
        standing = self.store.standing(rater)
        if standing is None:
            return
        done = standing.facts
        step = form.get("step", "")
        if step == "practice":
            self._practised(rater, form, int(done.get("practised", 0)))
        elif step == "pause":
            self._rested(rater, standing)
        elif step in _STEPS and all(done.get(earlier) for earlier in _STEPS[: _STEPS.index(step)]):
            self._passed(rater, standing, form, sender)

    def _practised(self, rater: str, form: dict[str, str], at: int) -> None:
        if form.get("at") == str(at) and form.get("value") in self.store.allowed:
            ended = {"practice": True} if at + 1 >= len(self.asked) else {}
            self.store.note(rater, {"practised": at + 1, **ended})

    def _rested(self, rater: str, standing: Standing) -> None:
        due, had = _pause(standing.question), standing.facts.get("pauses", [])
        if due and due not in had:
            self.store.note(rater, {"pauses": [*had, due]})

    def _passed(self, rater: str, standing: Standing, form: dict[str, str], sender: str) -> None:
        terms, step = self.study.terms, form["step"]
        if step == "screen":
            screens = [*standing.facts.get("screens", []), {**_window(form), **(told(terms, form) or {})}]
            self.store.note(rater, {"screen": screens[-1], "screens": screens})
        elif step == "consent":
            self.store.note(rater, {"consent": {"address": sender} if terms.keep_ip else True})
            if standing.state != PREVIEW:
                self.store.record("consent", rater)
        else:
            self.store.note(rater, {step: True})

    async def answer(self, request: Request) -> Response:
        """An answer to a trial; whatever comes twice counts once."""
        rater, form = await self._form(request)
        if rater is None:
            return self.renderer.page(request, "lost.html", status=403)
        position, value = form.get("position", ""), form.get("value", "")
        if not _POSITION.fullmatch(position) or value not in self.store.allowed:
            return self.renderer.page(request, "lost.html", status=400)
        seconds = min(max(_number(form.get("seconds", "")), 0.0), _LONGEST_S)
        taken = await self.in_turn(self.store.answer, rater, int(position), value, seconds, _window(form))
        response = self.renderer.to("next")
        if taken == Taken.LAST:
            response.background = BackgroundTask(self._stop_when_enough)
        return response

    async def _stop_when_enough(self) -> None:
        """After the answer has been sent, and beside the others' turns: a large study takes seconds to count."""
        async with self.counting:
            if await run_in_threadpool(enough, self.store):
                await self.in_turn(self.store.record, "stop")

    async def withdraw(self, request: Request) -> Response:
        """Ask first, then take all answers away."""
        if request.method != "POST":
            rater = await self._known(request)
            return self.renderer.page(request, "withdraw.html", rater) if rater else self.renderer.to("")
        rater, _ = await self._form(request)
        if rater is None:
            return self.renderer.page(request, "lost.html", status=403)
        with suppress(BadStudy):  # withdrawn already
            await self.in_turn(self.store.withdraw, rater)
        response = self.renderer.page(request, "withdrawn.html")
        self.cookies.forget(response)
        return response

    # pictures

    async def picture(self, request: Request) -> Response:
        """A picture of a trial, by a key that tells nothing."""
        rater = self.cookies.rater(request)
        key = request.path_params["key"]
        asked = rater is not None and _KEY.fullmatch(key)
        name = (await self.in_turn(self.store.picture, rater, key)) if asked else None
        if name is None:
            return self.renderer.page(request, "lost.html", status=404)
        return await run_in_threadpool(self._image, self.pictures[name])

    async def calibrating(self, request: Request) -> Response:
        """A calibration picture."""
        picture = self.keys.get(request.path_params["key"])
        if picture is None or await self._known(request) is None:
            return self.renderer.page(request, "lost.html", status=404)
        return await run_in_threadpool(self._image, picture)

    def _image(self, picture: Picture) -> Response:
        content = padded((self.study.folder / picture.file).read_bytes(), self.largest)
        return Response(content, media_type="image/png", headers=_KEPT)

    # shared

    async def _known(self, request: Request) -> str | None:
        rater = self.cookies.rater(request)
        if rater is None or not await self.in_turn(self.store.known, rater):
            return None
        return rater

    async def _form(self, request: Request) -> tuple[str | None, dict[str, str]]:
        """The rater and the fields of a form that is really theirs."""
        rater = self.cookies.rater(request)
        async with request.form(max_files=0, max_fields=20) as sent:
            form = {name: value for name, value in sent.items() if isinstance(value, str)}
        if rater is None or not self.cookies.genuine(rater, form.get("token", "")):
            return None, {}
        return rater, form


def _pause(question: Question | None) -> str:
    """The break before this question's block; empty before the first."""
    return f"{question.sitting}.{question.block}" if question and (question.sitting or question.block) else ""


def _phone(request: Request) -> bool:
    """Phones say so: in a client hint, or in the name of their browser."""
    return request.headers.get("sec-ch-ua-mobile") == "?1" or "Mobi" in request.headers.get("user-agent", "")


def _window(form: dict[str, str]) -> dict[str, float]:
    """What the browser says of its window; numbers alone, for this is exported."""
    found = {name: _number(form.get(name, "")) for name in _WINDOW}
    return {name: value for name, value in found.items() if 0 < value < _LARGEST}


def _density(standing: Standing) -> str:
    """Device pixels in a CSS pixel at the screen check; empty where the browser did not tell."""
    return str(standing.facts["screen"].get("dpr", ""))


def _number(text: str) -> float:
    """The number that a browser sent; 0 where it is none."""
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0
