"""The participant flow: which page is next for a rater, from consent to the end of a study, and the way out.

Pages are forms that work one after the other, each ending in a redirect, so that reload and back do no harm. How far a
rater is stands in the database alone.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from srbench.errors import BadStudy
from srbench.survey.export import score_posterior
from srbench.survey.people.questionnaires import of_part
from srbench.survey.plan.boost import changes_per_second
from srbench.survey.plan.design import Trial
from srbench.survey.plan.gap_filling import usual_session
from srbench.survey.plan.planning import minutes, practice, sittings
from srbench.survey.responses import Question, RaterState
from srbench.survey.store.raters import PREVIEW
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.answers import Answers
from srbench.survey.web.checks import PAGES
from srbench.survey.web.endings import Endings
from srbench.survey.web.entrance import Entrance
from srbench.survey.web.executor import VoteExecutor
from srbench.survey.web.gatekeeping import Gatekeeper
from srbench.survey.web.pictures import PictureServer
from srbench.survey.web.rate_limits import RateLimits
from srbench.survey.web.rater_forms import read_form
from srbench.survey.web.render import Renderer
from srbench.survey.web.security import Cookies
from srbench.survey.web.steps import Steps, pause_before


class ParticipantFlow:
    """Handlers of the pages that raters see.

    Args:
        store: Votes of the study.
        cookies: Signer of the cookies that say who a browser is.
        renderer: Renderer of the study's pages.
        execute: Runs functions of the store in a thread.
        limits: Rate limits of entries and guesses.
        open_limit: Number of raters who may enter by the open link.
    """

    def __init__(
        self,
        store: VoteStore,
        cookies: Cookies,
        renderer: Renderer,
        execute: VoteExecutor,
        limits: RateLimits,
        open_limit: int,
    ) -> None:
        self.store, self.cookies, self.renderer, self.execute = store, cookies, renderer, execute
        self.study, self.method = store.study, store.study.method
        wording = self.method.wording(self.study.design)
        self.own = {own.language: own for own in self.study.participation.words}
        self.words = {
            language: self.own[language].applied(wording) if self.own else wording for language in renderer.languages
        }
        self.stimuli = self.study.stimuli_by_name()
        self.practice: list[Trial] = practice(self.study.design, self.study.calibration())
        self.pictures = PictureServer(store, cookies, renderer, self.execute)
        self.entrance = Entrance(store, cookies, renderer, self.execute, limits, open_limit)
        gatekeeper = Gatekeeper(store)
        self.steps = Steps(store, cookies, renderer, self.execute, self.practice, gatekeeper)
        self.endings = Endings(store, renderer, self.execute)
        self.answers = Answers(store, cookies, renderer, self.execute, gatekeeper)
        trials = usual_session(self.study)
        self.minutes = max(1, round(minutes(self.study.design, self.study.calibration(), trials)))
        self.sittings = len(sittings(self.study.design, trials))

    def routes(self) -> list[Route]:
        """Return the addresses of the pages and their handlers."""
        return [
            *self.entrance.routes(),
            Route("/next", self.next_page),
            Route("/onward", self.onward),
            *self.steps.routes(),
            *self.answers.routes(),
            Route("/withdraw", self.withdraw, methods=["GET", "POST"]),
            *self.pictures.routes(),
        ]

    async def onward(self, _request: Request) -> Response:
        """Lead a page whose form a script has sent to the next one.

        Every page has the address "next"; a script that opened it there would put it in the place of the last one, and
        the back button would leave the study.
        """
        return self.renderer.redirect("next")

    async def next_page(self, request: Request) -> Response:
        """Show the page that is next for this rater."""
        rater = self.cookies.rater(request)
        current = await self.execute(self.store.rater_state, rater) if rater else None
        if rater is None or current is None:
            return self.renderer.redirect("")
        notice = self._notice(request, current)
        if (current.ending or notice != "paused.html") and (ending := await self.endings.due(current)):
            return await self.endings.page(request, rater, current, ending)
        if not notice and not current.assigned and all(current.facts.get(step) for step in self.steps.order):
            known = await self.execute.aside(score_posterior, self.store)
            if not await self.execute(self.store.assign_session, rater, known):
                return await self.endings.page(request, rater, current, "over-quota")
            current = await self.execute(self.store.rater_state, rater) or current
        if not notice and current.assigned and current.question is None and not self._asks_after(current):
            return await self.endings.page(request, rater, current, "completed")
        return self._page_for(request, rater, current, notice)

    def _page_for(self, request: Request, rater: str, current: RaterState, notice: str | None) -> Response:
        language = self.renderer.language(request)
        common: dict[str, Any] = {"preview": current.state == PREVIEW, "participation": self.study.participation}
        if notice:
            return self.renderer.page(request, notice, rater, **common)
        step = next((step for step in self.steps.order if not current.facts.get(step)), None)
        if step is None and current.question is None:
            step = "after"
        if step:
            template = PAGES.get(step, f"{step}.html")
            return self.renderer.page(request, template, rater, **self._step(step, current, language), **common)
        question = current.question
        assert question is not None  # at the end another page is shown
        if (pause := pause_before(question)) and pause not in current.facts.get("pauses", []):
            return self.renderer.page(request, "pause.html", rater, question=question, **common)
        self.pictures.expect(rater, question)
        return self.renderer.page(request, "trial.html", rater, **self._trial(question, current, language), **common)

    def _asks_after(self, current: RaterState) -> bool:
        """Whether a rater has a questionnaire to answer after the trials."""
        return bool(of_part(self.study.participation.questions, "after")) and not current.facts.get("after")

    def _notice(self, request: Request, current: RaterState) -> str | None:
        """The page that says why a rater cannot answer now; None where they can."""
        if current.state == PREVIEW:
            return None
        if current.study_status == "paused":
            return "paused.html"
        return "phone.html" if not self.study.participation.phones and _phone(request) else None

    def _step(self, step: str, current: RaterState, language: str) -> dict[str, Any]:
        if step == "consent":
            own = self.own.get(language)
            consent = own.consent if own else self.study.participation.consent
            page = {"task": self.words[language].task, "minutes": self.minutes, "sittings": self.sittings}
            boost = self.method.boost(self.study.design)
            return {**page, "paragraphs": consent.split("\n\n"), "boost": boost}
        if step == "screen":
            return self.steps.screen_fields()
        if step in PAGES:
            return self.steps.checks.fields(step)
        fields = {**self._method_fields(language), "density": _density(current)}
        if step == "calibration":
            worst, best = self.pictures.scale_ends()
            return {**fields, "low": worst, "high": best}
        at = int(current.facts.get("practised", 0))
        names = self.method.shown_to(self.practice, current.facts)[at].pictures
        urls = [self.pictures.calibration_url(name) for name in names]
        return {**fields, **self._of_pictures(names), "at": at, "of": len(self.practice), "urls": urls}

    def _trial(self, question: Question, current: RaterState, language: str) -> dict[str, Any]:
        urls, ahead = (
            [f"{self.renderer.base}/p/{key}.png" for key in keys] for keys in (question.keys, question.ahead)
        )
        page = {"question": question, "urls": urls, "ahead": ahead, "density": _density(current)}
        return {**page, **self._method_fields(language), **self._of_pictures(question.pictures)}

    def _of_pictures(self, names: Sequence[str]) -> dict[str, Any]:
        """The fields of a trial's page that depend on its pictures."""
        fields = self.method.page(self.study.design, [self.stimuli[name] for name in names])
        if boost := self.method.boost(self.study.design):
            flashing_px = sum(self.pictures.pictures[name].flashing_px or 0 for name in names)
            fields["changes"] = changes_per_second(boost, flashing_px)
        return fields

    def _method_fields(self, language: str) -> dict[str, Any]:
        method = self.method
        templates = {"stimulus_template": method.stimulus_template, "answer_template": method.answer_template}
        design = self.study.design
        fields = {**templates, "assets": method.assets, "beside": method.beside(design)}
        return {**vars(self.words[language]), **fields, "presentation": design.presentation}

    async def withdraw(self, request: Request) -> Response:
        """Ask whether a rater means it, then delete all their answers."""
        if request.method != "POST":
            known = self.cookies.rater(request)
            if known is None or not await self.execute(self.store.has_rater, known):
                return self.renderer.redirect("")
            return self.renderer.page(request, "withdraw.html", known)
        rater, _ = await read_form(request, self.cookies)
        if rater is None:
            return self.renderer.page(request, "not_found.html", status=403)
        with suppress(BadStudy):  # withdrawn already
            await self.execute(self.store.withdraw, rater)
        response = self.renderer.page(request, "withdrawn.html")
        self.cookies.forget(response)
        return response


def _phone(request: Request) -> bool:
    """Whether the browser is a phone's, by its client hint or its name."""
    return request.headers.get("sec-ch-ua-mobile") == "?1" or "Mobi" in request.headers.get("user-agent", "")


def _density(current: RaterState) -> str:
    """Device pixels in a CSS pixel at the screen check; empty where the browser did not send it."""
    return str(current.facts["screen"].get("dpr", ""))
