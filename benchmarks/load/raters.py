"""Simulated raters, each with a browser of its own, all in one event loop."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import aiohttp
import numpy as np

from benchmarks.load.forms import Page
from srbench.errors import UserError

EVERY_S = 2.0
CONNECTIONS = 6  # as many as a browser opens
TIMEOUT_S, RETRY_S, GIVE_UP_S = 30.0, 0.25, 120.0
NO_ANSWER = (aiohttp.ClientError, OSError)


class Request(NamedTuple):
    """A request that was answered; times are those of `time.monotonic`."""

    kind: str  # or "turn": an answer and everything until the next trial is shown
    due: float  # when it should have been sent; when it was, where there was no schedule
    sent: float
    done: float  # its last byte was read


@dataclass
class Log:
    """Requests and errors of all raters."""

    requests: list[Request] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)  # by kind of request and reason
    refusals_s: list[float] = field(default_factory=list)  # how long those took that the server refused


@dataclass
class SentVotes:
    """What one rater has sent, answers by their position."""

    token: str  # of the invitation
    offered: int = 0  # answers that the schedule has
    sent: dict[int, set[str]] = field(default_factory=dict)
    acknowledged: dict[int, str] = field(default_factory=dict)  # the first value that the server took
    again: int = 0  # trials shown that had been acknowledged
    waiting: bool = False  # the last answer was never acknowledged


class Rater:
    """A simulated rater; the number, from 0, seeds the choices."""

    def __init__(self, address: str, token: str, log: Log, number: int) -> None:
        self.votes = SentVotes(token)
        self._log = log
        self._generator = random.Random(number)
        self._page = Page()
        self._cache: dict[str, asyncio.Task[tuple[str, str]]] = {}
        self._session = aiohttp.ClientSession(
            address,
            connector=aiohttp.TCPConnector(limit=CONNECTIONS),
            cookie_jar=aiohttp.CookieJar(unsafe=True),  # which means: from an IP address
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            raise_for_status=True,
        )

    async def close(self) -> None:
        """Leave; what is still being fetched is not needed."""
        for task in self._cache.values():
            task.cancel()
        await asyncio.gather(*self._cache.values(), return_exceptions=True)
        await self._session.close()

    async def enter(self, at: float) -> None:
        """Go to the first trial."""
        await until(at)
        with suppress(*NO_ANSWER):
            await self._open(f"/i/{self.votes.token}")
        if not self._page.asks:
            raise UserError(f"a rater came to no trial; errors so far: {dict(self._log.errors)}")

    async def rate(self, start: float, end: float) -> None:
        """Answer on schedule, late where the server is; who is too late for the end leaves the rest out."""
        dues = np.arange(start + self._generator.random() * EVERY_S, end, EVERY_S).tolist()
        self.votes.offered = len(dues)
        with suppress(*NO_ANSWER):
            for due in dues:
                await until(due)
                if time.monotonic() >= end or not self._page.asks:
                    return
                await self._answer(due)

    async def hurry(self, enough: asyncio.Event, pause_s: float) -> None:
        """Answer with short pauses until it is enough or the session is over."""
        while self._page.asks and not enough.is_set():
            await self._answer(time.monotonic())
            await asyncio.sleep(pause_s * self._generator.random())

    async def _answer(self, due: float) -> None:
        form, sent = self._page.filled(self._generator), time.monotonic()
        position, value = int(form["position"]), form["value"]
        self.votes.again += position in self.votes.acknowledged
        self.votes.sent.setdefault(position, set()).add(value)
        self.votes.waiting = True
        place, _ = await self._fetch("answer", self._page.action, form, due)
        self.votes.waiting = False
        self.votes.acknowledged.setdefault(position, value)
        await self._open(place)
        self._log.requests.append(Request("turn", due, sent, time.monotonic()))

    async def _open(self, place: str) -> None:
        """Follow to a page, and through what is no trial; fetch what is shown; what is preloaded may take longer."""
        text = ""
        while place:
            place, text = await self._fetch("page", place)
        self._page = Page(text)
        needed = [self._once("static", url) for url in self._page.static]
        needed += [self._once("picture", url) for url in self._page.shown]
        for url in self._page.ahead:
            self._once("picture", url)
        await asyncio.gather(*needed)
        if self._page.asks:
            self._tell()
        if self._page.action and not self._page.asks:
            place, _ = await self._fetch("step", self._page.action, self._page.filled(self._generator))
            await self._open(place)

    def _tell(self) -> None:
        """Say that the pictures are on the screen, as the script of a trial does; nobody waits for it."""
        form = self._page.filled(self._generator)
        told = self._fetch("shown", self._page.action.replace("/answer", "/shown"), form)
        self._cache[f"shown {form['position']}"] = asyncio.create_task(told)

    def _once(self, kind: str, url: str) -> asyncio.Task[tuple[str, str]]:
        if url not in self._cache:
            self._cache[url] = asyncio.create_task(self._fetch(kind, url))
        return self._cache[url]

    async def _fetch(
        self, kind: str, place: str, form: Mapping[str, str] | None = None, due: float | None = None
    ) -> tuple[str, str]:
        """Ask until there is an answer or a refusal: where it leads, and the page."""
        limit = time.monotonic() + GIVE_UP_S
        while True:
            sent = time.monotonic()
            try:
                answer = await self._ask(place, form)
            except NO_ANSWER as error:
                status = getattr(error, "status", 0)
                self._log.errors[f"{kind}: {status or type(error).__name__}"] += 1
                if status:
                    self._log.refusals_s.append(time.monotonic() - sent)
                if 400 <= status < 500 or time.monotonic() > limit:
                    raise
                await asyncio.sleep(RETRY_S * (1 + self._generator.random()))
            else:
                self._log.requests.append(Request(kind, sent if due is None else due, sent, time.monotonic()))
                return answer

    async def _ask(self, place: str, form: Mapping[str, str] | None) -> tuple[str, str]:
        method = "GET" if form is None else "POST"
        async with self._session.request(method, place, data=form, allow_redirects=False) as response:
            content = await response.read()
        text = content.decode() if response.content_type == "text/html" else ""
        return response.headers.get("Location", ""), text


async def until(moment: float) -> None:
    """Sleep, if it is not past."""
    await asyncio.sleep(moment - time.monotonic())
