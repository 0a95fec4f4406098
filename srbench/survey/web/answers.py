"""Trials that are shown and their answers: each is stored once, and the last of a session may close the study."""

import asyncio
import re
from contextlib import suppress

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from srbench.errors import BadStudy
from srbench.survey.export import choose_next_batch
from srbench.survey.people.questionnaires import of_part
from srbench.survey.progress import should_stop
from srbench.survey.responses import AnswerStatus
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.circumstances import circumstances
from srbench.survey.web.executor import Unavailable, VoteExecutor
from srbench.survey.web.gatekeeping import Gatekeeper
from srbench.survey.web.rater_forms import number, painted, read_form
from srbench.survey.web.render import Renderer
from srbench.survey.web.security import Cookies

_MAX_RESPONSE_S = 3600.0
_POSITION = re.compile(r"\d{1,6}", re.ASCII)


class Answers:
    """Handler of answers.

    Args:
        store: Votes of the study.
        cookies: Signer of the cookies that say who a browser is.
        renderer: Renderer of the study's pages.
        execute: Runs functions of the store in a thread.
        gatekeeper: Judge of the study's gates.
    """

    def __init__(
        self, store: VoteStore, cookies: Cookies, renderer: Renderer, execute: VoteExecutor, gatekeeper: Gatekeeper
    ) -> None:
        self.store, self.cookies, self.renderer, self.execute = store, cookies, renderer, execute
        self.gatekeeper = gatekeeper
        self.adaptive = store.study.batch_size() > 0
        self.stop_check = asyncio.Lock()

    def routes(self) -> list[Route]:
        """Return the address and its handler."""
        return [
            Route("/answer", self.answer, methods=["POST"]),
            Route("/shown", self.shown, methods=["POST"]),
        ]

    async def shown(self, request: Request) -> Response:
        """Store that the pictures of a trial are on the screen."""
        rater, form = await read_form(request, self.cookies)
        position = form.get("position", "")
        if rater is None or not _POSITION.fullmatch(position):
            return Response(status_code=403)
        facts = circumstances(request, form, self.renderer.language(request))
        await self.execute(self.store.present, rater, int(position), facts)
        return Response(status_code=204)

    async def answer(self, request: Request) -> Response:
        """Store an answer to a trial; one that comes twice counts once."""
        rater, form = await read_form(request, self.cookies)
        if rater is None:
            return self.renderer.page(request, "not_found.html", status=403)
        position, value = form.get("position", ""), form.get("value", "")
        study = self.store.study
        if not _POSITION.fullmatch(position) or not study.method.accepts(study.design, value):
            return self.renderer.page(request, "not_found.html", status=400)
        if not painted(form):
            return self.renderer.page(request, "scripts.html", rater, status=400)
        seconds = min(number(form["seconds"]), _MAX_RESPONSE_S)
        facts = circumstances(request, form, self.renderer.language(request)) | study.method.answer_facts(form)
        try:
            status = await self.execute(self.store.answer, rater, int(position), value, seconds, facts)
        except BadStudy:  # not as many scores as the trial has pictures
            return self.renderer.page(request, "not_found.html", status=400)
        if status == AnswerStatus.LAST or (status == AnswerStatus.STORED and self.gatekeeper.watched):
            await self.execute(self._judged, rater, status)
        response = self.renderer.redirect("next")
        if status == AnswerStatus.LAST:
            response.background = BackgroundTask(self._stop_when_enough)
        elif status == AnswerStatus.STORED and self.adaptive:
            response.background = BackgroundTask(self._choose_next_batch, rater, int(position))
        return response

    def _judged(self, rater: str, status: AnswerStatus) -> None:
        """Let gates end a rater's way; else a whole session is completed, unless a questionnaire follows."""
        last = status == AnswerStatus.LAST
        self.gatekeeper.on_answer(rater, last=last)
        if last and not of_part(self.store.study.participation.questions, "after"):
            self.store.end(rater, "completed")

    async def _choose_next_batch(self, rater: str, answered: int) -> None:
        """Let all answers so far decide what this rater is asked next: after the response, as nobody waits for it."""
        with suppress(Unavailable):  # the questions stay as they were chosen before
            await self.execute.aside(choose_next_batch, self.store, rater, answered)

    async def _stop_when_enough(self) -> None:
        """Close the study where its stop rule is met: after the response, as a large study takes seconds to analyse."""
        async with self.stop_check:
            with suppress(Unavailable):  # the next rater who finishes asks again
                if await self.execute.aside(should_stop, self.store):
                    await self.execute(self.store.record_event, "stop")
