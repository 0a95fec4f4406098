"""The steps around the trials: consent, screen check, calibration, practice and breaks, each stored once it is done."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from srbench import __version__
from srbench.survey.people.participation import parse_screen_check
from srbench.survey.plan import own_words
from srbench.survey.plan.design import Trial
from srbench.survey.responses import Question, RaterState
from srbench.survey.stimuli.trial_size import pictures_size_px
from srbench.survey.store.raters import PREVIEW
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.checks import PAGES, Checks
from srbench.survey.web.executor import VoteExecutor
from srbench.survey.web.gatekeeping import Gatekeeper
from srbench.survey.web.rate_limits import client_address
from srbench.survey.web.rater_forms import measured, painted, read_form, window, window_known
from srbench.survey.web.render import Renderer
from srbench.survey.web.screen_questions import SCREEN_QUESTIONS
from srbench.survey.web.security import Cookies


class Steps:
    """Handlers of the steps around the trials.

    Args:
        store: Votes of the study.
        cookies: Signer of the cookies that say who a browser is.
        renderer: Renderer of the study's pages.
        execute: Runs functions of the store in a thread.
        practice: Questions before the first that counts.
        gatekeeper: Judge of the study's gates.
    """

    def __init__(
        self,
        store: VoteStore,
        cookies: Cookies,
        renderer: Renderer,
        execute: VoteExecutor,
        practice: Sequence[Trial],
        gatekeeper: Gatekeeper,
    ) -> None:
        self.store, self.cookies, self.renderer, self.execute = store, cookies, renderer, execute
        self.study, self.practice, self.gatekeeper = store.study, practice, gatekeeper
        self.checks = Checks(store, cookies, renderer, execute, gatekeeper)
        self.order = store.study.participation.steps
        own = store.study.participation.words
        self.words_version = own_words.version(own) if own else f"srbench {__version__}"

    def routes(self) -> list[Route]:
        """Return the addresses of the pages and their handlers."""
        return [
            Route("/screen", self.screen_check),
            Route("/step", self.step, methods=["POST"]),
            *self.checks.routes(),
        ]

    async def screen_check(self, request: Request) -> Response:
        """Show the screen check again, when the browser has moved to another screen."""
        rater = self.cookies.rater(request)
        if rater is None or not await self.execute(self.store.has_rater, rater):
            return self.renderer.redirect("")
        return self._screen_page(request, rater)

    def screen_fields(self, *, wrong: bool = False) -> dict[str, Any]:
        """Return what the page of the screen check shows.

        Args:
            wrong: Whether something was missing in what was sent.
        """
        widest, highest = pictures_size_px(self.study)
        fields = {"checks": SCREEN_QUESTIONS, "wrong": wrong, "notices": self.gatekeeper.notices()}
        return {**fields, "widest_px": widest, "highest_px": highest}

    def _screen_page(self, request: Request, rater: str, *, wrong: bool = False) -> Response:
        fields = {**self.screen_fields(wrong=wrong), "participation": self.study.participation}
        return self.renderer.page(request, "screen.html", rater, 400 if wrong else 200, **fields)

    async def step(self, request: Request) -> Response:
        """Store that a step before or between the trials is done."""
        rater, form = await read_form(request, self.cookies)
        if rater is None:
            return self.renderer.page(request, "not_found.html", status=403)
        if not _scripted(form):
            return self.renderer.page(request, "scripts.html", rater, status=400)
        if form.get("step") == "screen" and parse_screen_check(self.study.participation, form) is None:
            return self._screen_page(request, rater, wrong=True)
        if form.get("step") in PAGES and not self.checks.accepts(form["step"], form):
            fields = {**self.checks.fields(form["step"], form), "participation": self.study.participation}
            return self.renderer.page(request, PAGES[form["step"]], rater, 400, **fields)
        await self.execute(self._done, rater, form, client_address(request), self.renderer.language(request))
        return self.renderer.redirect("next")

    def _done(self, rater: str, form: dict[str, str], sender: str, language: str) -> None:
        current = self.store.rater_state(rater)
        if current is None or current.ending:
            return
        done = current.facts
        step = form.get("step", "")
        if step == "practice":
            self._practised(rater, form, current)
        elif step == "pause":
            self._rested(rater, current)
        elif step == "after" and current.assigned and current.question is None and not done.get("after"):
            self.checks.passed(rater, step, current, form)
        elif step in self.order and all(done.get(earlier) for earlier in self.order[: self.order.index(step)]):
            self._passed(rater, current, form, sender, language)

    def _practised(self, rater: str, form: dict[str, str], current: RaterState) -> None:
        method, design, value = self.study.method, self.study.design, form.get("value", "")
        at = int(current.facts.get("practised", 0))
        if at >= len(self.practice) or form.get("at") != str(at):
            return
        if not method.accepts(design, value, len(self.practice[at].pictures)):
            return
        answers = [*current.facts.get("practice_answers", []), value]
        ended = {"practice": True} if at + 1 == len(self.practice) else {}
        self.store.add_facts(rater, {"practised": at + 1, "practice_answers": answers, **ended})
        if ended:
            self.gatekeeper.on_practice(rater, method.shown_to(self.practice, current.facts), answers)

    def _rested(self, rater: str, current: RaterState) -> None:
        due, had = pause_before(current.question), current.facts.get("pauses", [])
        if due and due not in had:
            self.store.add_facts(rater, {"pauses": [*had, due]})

    def _passed(self, rater: str, current: RaterState, form: dict[str, str], sender: str, language: str) -> None:
        participation, step = self.study.participation, form["step"]
        if step == "screen":
            screens = [
                *current.facts.get("screens", []),
                {**window(form), **measured(form), **(parse_screen_check(participation, form) or {})},
            ]
            self.store.add_facts(rater, {"screen": screens[-1], "screens": screens})
            self.gatekeeper.on_screen(rater, screens[-1])
        elif step in PAGES:
            if not current.facts.get(step):
                self.checks.passed(rater, step, current, form)
        elif step == "consent" and form.get("refuse"):
            self.store.end(rater, "refused")
        elif step == "consent":
            chosen = self.study.method.consent_facts(form)
            read = {"words": self.words_version, "language": language}
            given = {"address": sender} if participation.keep_ip else True
            self.store.add_facts(rater, {"consent": given, "consent_read": read, **chosen})
            if current.state != PREVIEW:
                self.store.record_event("consent", rater, read)
        else:
            self.store.add_facts(rater, {step: True})


def _scripted(form: Mapping[str, str]) -> bool:
    """Whether a step that looks at the screen has been seen by a page's script."""
    step = form.get("step")
    return painted(form) if step == "practice" else step != "screen" or window_known(form)


def pause_before(question: Question | None) -> str:
    """Return the name of the break before this question's block; empty before the first block."""
    return f"{question.sitting}.{question.block}" if question and (question.sitting or question.block) else ""
