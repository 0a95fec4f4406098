"""Steps that a study may add: questionnaires before and after the trials, and checks of eyesight."""

from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from srbench.core.image_file import encode
from srbench.survey.people import eyesight, gates
from srbench.survey.people.eyesight import DIRECTIONS, OPTOTYPES, PLATES, Direction
from srbench.survey.people.gates import Verdict
from srbench.survey.people.questionnaires import PARTS, Item, in_language, of_part, parse_replies
from srbench.survey.people.screen_geometry import pixels_per_degree
from srbench.survey.responses import RaterState
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.executor import VoteExecutor
from srbench.survey.web.gatekeeping import Gatekeeper
from srbench.survey.web.render import NO_STORE, Renderer
from srbench.survey.web.security import Cookies

_UNSEEN = "none"
PAGES = {"before": "questions.html", "after": "questions.html", "vision": "vision.html"}
"""Templates of the steps that a study may add."""


class Checks:
    """Handlers of questionnaires and checks of eyesight.

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
        self.gatekeeper, self.participation = gatekeeper, store.study.participation
        self.colour, self.acuity = (gates.find(self.participation.gates, name) for name in ("colour", "acuity"))

    def routes(self) -> list[Route]:
        """Return the address of the pictures and its handler."""
        return [Route("/vision/{kind}{number:int}.png", self.picture)]

    def fields(self, step: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return what the page of a step shows.

        Args:
            step: "before", "after" or "vision".
            form: What was sent and could not be taken; None where nothing was sent.
        """
        common = {"step": step, "wrong": form is not None, "given": form or {}}
        if step in PARTS:
            return {**common, "items": self._items(step), "said": in_language}
        return {**common, "rings": self._rings()}

    def _rings(self) -> list[str]:
        plates = [f"c{at}" for at in range(len(PLATES))] if self.colour else []
        return plates + ([f"a{at}" for at in range(OPTOTYPES)] if self.acuity else [])

    def accepts(self, step: str, form: Mapping[str, str]) -> bool:
        """Return whether every question of a step has an answer that is possible."""
        if step == "vision":
            return all(form.get(name) in (*DIRECTIONS, _UNSEEN) for name in self._rings())
        return self._replies(step, form) is not None

    def _replies(self, step: str, form: Mapping[str, str]) -> dict[str, str] | None:
        return parse_replies(self._items(step), form)

    def _items(self, step: str) -> list[Item]:
        return of_part(self.participation.questions, "before" if step == "before" else "after")

    def passed(self, rater: str, step: str, current: RaterState, form: Mapping[str, str]) -> None:
        """Store the answers of a step."""
        if step == "vision":
            self.store.add_facts(rater, {"vision": True})
            self.gatekeeper.judge(rater, self._seen(rater, current, form))
            return
        self.store.add_replies(rater, self._replies(step, form) or {})
        self.store.add_facts(rater, {step: True})

    def _seen(self, rater: str, current: RaterState, form: Mapping[str, str]) -> list[Verdict]:
        verdicts = []
        if self.colour:
            shown = self._directions(rater, "c")
            answers = [form[f"c{at}"] for at in range(len(shown))]
            verdicts.append(eyesight.colour_verdict(self.colour, shown, answers))
        if self.acuity:
            shown = self._directions(rater, "a")
            answers = [form[f"a{at}"] for at in range(len(shown))]
            verdicts.append(eyesight.acuity_verdict(self.acuity, _degree(current), shown, answers))
        return verdicts

    def _directions(self, rater: str, kind: str) -> list[Direction]:
        return eyesight.directions(self.cookies.key, rater, len(PLATES) if kind == "c" else OPTOTYPES, kind)

    async def picture(self, request: Request) -> Response:
        """Send a plate or an optotype to the rater whom it is drawn for."""
        kind, number = request.path_params["kind"], request.path_params["number"]
        rater = self.cookies.rater(request)
        current = await self.execute(self.store.rater_state, rater) if rater else None
        known = {"c": self.colour, "a": self.acuity}.get(kind)
        if rater is None or current is None or known is None or number >= len(self._directions(rater, kind)):
            return self.renderer.page(request, "not_found.html", status=404)
        opening = self._directions(rater, kind)[number]
        if kind == "c":
            pixels = await run_in_threadpool(eyesight.plate, number, opening)
        else:
            gap = eyesight.gap_px(_degree(current), known.limits[0])
            pixels = await run_in_threadpool(eyesight.optotype, gap, opening)
        return Response(encode(pixels), media_type="image/png", headers=NO_STORE)


def _degree(current: RaterState) -> float:
    return pixels_per_degree(current.facts.get("screen") or {}) or 60.0
