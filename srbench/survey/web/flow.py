"""The participant flow: consent, screen check, calibration, practice, trials, breaks and the end of a study.

Pages are forms that work one after the other, each ending in a redirect, so that reload and back do no harm. How far a
rater is stands in the database alone.
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
from srbench.survey.design import Trial
from srbench.survey.export import score_posterior
from srbench.survey.participation import CODE_PLACEHOLDER, parse_screen_check
from srbench.survey.planning import minutes, practice, session, sittings
from srbench.survey.progress import should_stop
from srbench.survey.responses import AnswerStatus, Question, RaterState
from srbench.survey.vote_store import PREVIEW, VoteStore
from srbench.survey.web.executor import vote_executor
from srbench.survey.web.languages import COOKIE as LANGUAGE_COOKIE
from srbench.survey.web.languages import LANGUAGES
from srbench.survey.web.pictures import PictureServer
from srbench.survey.web.rate_limits import RateLimits, client_address, too_many
from srbench.survey.web.render import Renderer
from srbench.survey.web.screen_questions import SCREEN_QUESTIONS
from srbench.survey.web.security import Cookies

_STEPS = ("consent", "screen", "calibration", "practice")
_WINDOW = ("dpr", "width", "height")
_MAX_RESPONSE_S, _MAX_WINDOW = 3600.0, 100_000.0
_POSITION = re.compile(r"\d{1,6}", re.ASCII)
_YEAR_S = 31_536_000


class ParticipantFlow:
    """Handlers of the pages that raters see.

    Args:
        store: Votes of the study.
        cookies: Signer of the cookies that say who a browser is.
        renderer: Renderer of the study's pages.
        limits: Rate limits of entries and guesses.
        open_limit: Number of raters who may enter by the open link.
    """

    def __init__(
        self, store: VoteStore, cookies: Cookies, renderer: Renderer, limits: RateLimits, open_limit: int
    ) -> None:
        self.store, self.cookies, self.renderer, self.limits = store, cookies, renderer, limits
        self.execute = vote_executor(store)
        self.stop_check = asyncio.Lock()
        self.open_limit = open_limit
        self.study, self.method = store.study, store.study.method
        self.words = self.method.wording(self.study.design)
        self.pictures = PictureServer(store, cookies, renderer, self.execute)
        self.practice: list[Trial] = practice(self.study.design, self.study.calibration())
        trials = session(self.study.design, self.study.stimuli(), 0)
        self.minutes = max(1, round(minutes(self.study.design, self.study.calibration(), trials)))
        self.sittings = len(sittings(self.study.design, trials))

    def routes(self) -> list[Route]:
        """Return the addresses of the pages and their handlers."""
        return [
            Route("/", self.home),
            Route("/join", self.join, methods=["POST"]),
            Route("/i/{token}", self.invited),
            Route("/language/{language}", self.language),
            Route("/next", self.next_page),
            Route("/screen", self.screen_check),
            Route("/step", self.step, methods=["POST"]),
            Route("/answer", self.answer, methods=["POST"]),
            Route("/withdraw", self.withdraw, methods=["GET", "POST"]),
            *self.pictures.routes(),
        ]

    # entering

    async def home(self, request: Request) -> Response:
        """Show the first page to who comes without a link."""
        if await self._known(request):
            return self.renderer.redirect("next")
        room = await self.execute(self.store.accepts_newcomers, self.open_limit)
        return self.renderer.page(request, "home.html", open=room)

    async def join(self, request: Request) -> Response:
        """Let a rater in by the open link, and show the personal link, without which there is no way back later."""
        if not self.limits.hit("join", client_address(request)):
            return too_many()
        token = await self.execute(self.store.join, self.open_limit)
        if token is None:
            return self.renderer.page(request, "home.html", status=403, open=False)
        return self.renderer.page(request, "link.html", link=self.renderer.link(request, token))

    async def invited(self, request: Request) -> Response:
        """Enter by an invitation; the token leaves the address bar at once."""
        rater = await self.execute(self.store.find, request.path_params["token"])
        if rater is None:
            if not self.limits.hit("wrong invitation", client_address(request)):
                return too_many()
            return self.renderer.page(request, "not_found.html", status=404)
        response = self.renderer.redirect("next")
        self.cookies.remember(response, rater)
        return response

    async def language(self, request: Request) -> Response:
        """Remember the language that was chosen."""
        chosen = request.path_params["language"]
        response = self.renderer.redirect("next")
        if chosen in LANGUAGES:
            response.set_cookie(
                LANGUAGE_COOKIE, chosen, max_age=_YEAR_S, httponly=True, samesite="lax", path=self.cookies.path
            )
        return response

    # one page after the other

    async def next_page(self, request: Request) -> Response:
        """Show the page that is next for this rater."""
        rater = self.cookies.rater(request)
        current = await self.execute(self.store.rater_state, rater) if rater else None
        if rater is None or current is None:
            return self.renderer.redirect("")
        if (
            not current.assigned
            and all(current.facts.get(step) for step in _STEPS)
            and not self._notice(request, current)
        ):
            known = await run_in_threadpool(score_posterior, self.store)  # not in the queue of the votes
            await self.execute(self.store.assign_session, rater, known)
            current = await self.execute(self.store.rater_state, rater) or current
        return self._page_for(request, rater, current)

    def _page_for(self, request: Request, rater: str, current: RaterState) -> Response:
        common: dict[str, Any] = {"preview": current.state == PREVIEW, "participation": self.study.participation}
        if notice := self._notice(request, current):
            return self.renderer.page(request, notice, rater, **common)
        step = next((step for step in _STEPS if not current.facts.get(step)), None)
        if step:
            return self.renderer.page(request, f"{step}.html", rater, **self._step(step, current), **common)
        question = current.question
        if question is None:
            redirect = self.study.participation.redirect.replace(CODE_PLACEHOLDER, current.code)
            return self.renderer.page(request, "thanks.html", rater, code=current.code, redirect=redirect, **common)
        if (pause := _pause(question)) and pause not in current.facts.get("pauses", []):
            return self.renderer.page(request, "pause.html", rater, question=question, **common)
        return self.renderer.page(request, "trial.html", rater, **self._trial(question, current), **common)

    def _notice(self, request: Request, current: RaterState) -> str | None:
        """The page that says why a rater cannot answer now; None where they can."""
        if current.state == PREVIEW:
            return None
        if current.study_status == "paused":
            return "paused.html"
        if current.study_status == "closed" and not current.assigned:
            return "closed.html"
        return "phone.html" if not self.study.participation.phones and _phone(request) else None

    def _step(self, step: str, current: RaterState) -> dict[str, Any]:
        if step == "consent":
            return {"task": self.words.task, "minutes": self.minutes, "sittings": self.sittings}
        if step == "screen":
            return {"checks": SCREEN_QUESTIONS, "wrong": False}
        fields = {**self._method_fields(), "density": _density(current)}
        if step == "calibration":
            worst, best = self.pictures.scale_ends()
            return {**fields, "low": worst, "high": best}
        at = int(current.facts.get("practised", 0))
        urls = [self.pictures.calibration_url(name) for name in self.practice[at].pictures]
        return {**fields, "at": at, "of": len(self.practice), "urls": urls}

    def _trial(self, question: Question, current: RaterState) -> dict[str, Any]:
        urls, ahead = (
            [f"{self.renderer.base}/p/{key}.png" for key in keys] for keys in (question.keys, question.ahead)
        )
        page = {"question": question, "urls": urls, "ahead": ahead, "density": _density(current)}
        return {**page, **self._method_fields()}

    def _method_fields(self) -> dict[str, Any]:
        templates = {"stimulus_template": self.method.stimulus_template, "answer_template": self.method.answer_template}
        return {**vars(self.words), **templates}

    def _accepts(self, value: str) -> bool:
        return self.method.accepts(self.study.design, value)

    async def screen_check(self, request: Request) -> Response:
        """Show the screen check again, when the browser has moved to another screen."""
        rater = await self._known(request)
        if rater is None:
            return self.renderer.redirect("")
        return self.renderer.page(
            request, "screen.html", rater, participation=self.study.participation, checks=SCREEN_QUESTIONS, wrong=False
        )

    async def step(self, request: Request) -> Response:
        """Store that a step before or between the trials is done."""
        rater, form = await self._form(request)
        if rater is None:
            return self.renderer.page(request, "not_found.html", status=403)
        participation = self.study.participation
        if form.get("step") == "screen" and parse_screen_check(participation, form) is None:
            return self.renderer.page(
                request, "screen.html", rater, 400, participation=participation, checks=SCREEN_QUESTIONS, wrong=True
            )
        await self.execute(self._done, rater, form, client_address(request))
        return self.renderer.redirect("next")

    def _done(self, rater: str, form: dict[str, str], sender: str) -> None:
        current = self.store.rater_state(rater)
        if current is None:
            return
        done = current.facts
        step = form.get("step", "")
        if step == "practice":
            self._practised(rater, form, int(done.get("practised", 0)))
        elif step == "pause":
            self._rested(rater, current)
        elif step in _STEPS and all(done.get(earlier) for earlier in _STEPS[: _STEPS.index(step)]):
            self._passed(rater, current, form, sender)

    def _practised(self, rater: str, form: dict[str, str], at: int) -> None:
        if form.get("at") == str(at) and self._accepts(form.get("value", "")):
            ended = {"practice": True} if at + 1 >= len(self.practice) else {}
            self.store.add_facts(rater, {"practised": at + 1, **ended})

    def _rested(self, rater: str, current: RaterState) -> None:
        due, had = _pause(current.question), current.facts.get("pauses", [])
        if due and due not in had:
            self.store.add_facts(rater, {"pauses": [*had, due]})

    def _passed(self, rater: str, current: RaterState, form: dict[str, str], sender: str) -> None:
        participation, step = self.study.participation, form["step"]
        if step == "screen":
            screens = [
                *current.facts.get("screens", []),
                {**_window(form), **(parse_screen_check(participation, form) or {})},
            ]
            self.store.add_facts(rater, {"screen": screens[-1], "screens": screens})
        elif step == "consent":
            self.store.add_facts(rater, {"consent": {"address": sender} if participation.keep_ip else True})
            if current.state != PREVIEW:
                self.store.record_event("consent", rater)
        else:
            self.store.add_facts(rater, {step: True})

    async def answer(self, request: Request) -> Response:
        """Store an answer to a trial; one that comes twice counts once."""
        rater, form = await self._form(request)
        if rater is None:
            return self.renderer.page(request, "not_found.html", status=403)
        position, value = form.get("position", ""), form.get("value", "")
        if not _POSITION.fullmatch(position) or not self._accepts(value):
            return self.renderer.page(request, "not_found.html", status=400)
        seconds = min(max(_number(form.get("seconds", "")), 0.0), _MAX_RESPONSE_S)
        status = await self.execute(self.store.answer, rater, int(position), value, seconds, _window(form))
        response = self.renderer.redirect("next")
        if status == AnswerStatus.LAST:
            response.background = BackgroundTask(self._stop_when_enough)
        return response

    async def _stop_when_enough(self) -> None:
        """Close the study where its stop rule is met: after the response, as a large study takes seconds to analyse."""
        async with self.stop_check:
            if await run_in_threadpool(should_stop, self.store):
                await self.execute(self.store.record_event, "stop")

    async def withdraw(self, request: Request) -> Response:
        """Ask whether a rater means it, then delete all their answers."""
        if request.method != "POST":
            rater = await self._known(request)
            return self.renderer.page(request, "withdraw.html", rater) if rater else self.renderer.redirect("")
        rater, _ = await self._form(request)
        if rater is None:
            return self.renderer.page(request, "not_found.html", status=403)
        with suppress(BadStudy):  # withdrawn already
            await self.execute(self.store.withdraw, rater)
        response = self.renderer.page(request, "withdrawn.html")
        self.cookies.forget(response)
        return response

    # shared

    async def _known(self, request: Request) -> str | None:
        rater = self.cookies.rater(request)
        if rater is None or not await self.execute(self.store.has_rater, rater):
            return None
        return rater

    async def _form(self, request: Request) -> tuple[str | None, dict[str, str]]:
        """The rater and the fields of a form; neither where the form's token is not the rater's."""
        rater = self.cookies.rater(request)
        async with request.form(max_files=0, max_fields=20) as sent:
            form = {name: value for name, value in sent.items() if isinstance(value, str)}
        if rater is None or not self.cookies.genuine(rater, form.get("token", "")):
            return None, {}
        return rater, form


def _pause(question: Question | None) -> str:
    """Name of the break before this question's block; empty before the first block."""
    return f"{question.sitting}.{question.block}" if question and (question.sitting or question.block) else ""


def _phone(request: Request) -> bool:
    """Whether the browser is a phone's, by its client hint or its name."""
    return request.headers.get("sec-ch-ua-mobile") == "?1" or "Mobi" in request.headers.get("user-agent", "")


def _window(form: dict[str, str]) -> dict[str, float]:
    """Size and density of the window, as numbers, since they are exported; what is no number is left out."""
    numbers = {name: _number(form.get(name, "")) for name in _WINDOW}
    return {name: value for name, value in numbers.items() if 0 < value < _MAX_WINDOW}


def _density(current: RaterState) -> str:
    """Device pixels in a CSS pixel at the screen check; empty where the browser did not send it."""
    return str(current.facts["screen"].get("dpr", ""))


def _number(text: str) -> float:
    """The number that a browser sent; 0 where it is none."""
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0
