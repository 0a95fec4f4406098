"""Put a served study under load: many raters at once, on this machine, and count what the database kept of their votes.

Usage: load_survey.py --raters 200 --minutes 5 [--kill] [--method acr] [--database URL] [--out FOLDER]

It makes a study in a temporary folder, serves it by `srbench survey serve`, and drives it over HTTP from one other
process, where every rater walks from the invitation to the trials by the forms of the pages and then answers every two
seconds. The schedule is fixed beforehand: who is late because the server was slow does not ask for less. Pictures are
fetched as by a browser, the next one while the present one is looked at, each once.

With --kill the server is killed (SIGKILL) in the middle and started again a second later. That tests the process, not
the power supply: what the kernel has taken is on the disk in the end.

The exit code is 1 if an acknowledged answer is missing, changed or doubled, or if one is stored that nobody sent. It
needs Linux (CPU times come from /proc) and aiohttp.
"""

import argparse
import asyncio
import importlib.metadata
import importlib.util
import json
import multiprocessing
import os
import platform
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import numpy as np
from PIL import Image
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    import aiohttp

EVERY_S = 2.0
ENTRANCE_S = 0.15  # between two raters who enter
CONTENTS, WIDTH, HEIGHT, SCALE = 60, 480, 320, 4
MODELS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
KINDS = ("answer", "page", "picture", "step", "static", "turn")
DOWN_S, START_S, PATIENCE_S, TIMEOUT_S, RETRY_S, LAG_S = 1.0, 120.0, 120.0, 30.0, 0.25, 0.02
# What a browser's script fills in.
FACTS = {"seconds": "1.500", "dpr": "1", "width": "1280", "height": "720"}
TRUSTED = ("srbench", "starlette", "uvicorn", "sqlalchemy", "uvloop", "httptools", "aiohttp")


class Failed(Exception):
    """Nothing can be measured; the reason in one line."""


# what a browser knows of a page


@dataclass
class Form:
    """One form.

    Attributes:
        action: Where it goes.
        fields: What it sends, buttons left out.
        buttons: Values of the buttons by their name.
    """

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, list[str]] = field(default_factory=dict)

    def filled(self, chance: random.Random) -> dict[str, str]:
        """What is sent, one of the buttons pressed."""
        script = {name: FACTS[name] for name, value in self.fields.items() if name in FACTS and value in ("", "0")}
        pressed = {name: chance.choice(values) for name, values in self.buttons.items()}
        return {**self.fields, **script, **pressed}


class Page(HTMLParser):
    """Forms and addresses of a page.

    Args:
        text: HTML.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.shown: list[str] = []
        self.ahead: list[str] = []
        self.static: list[str] = []
        self._inside = False
        self._select = ""
        self.feed(text)

    @property
    def form(self) -> Form | None:
        """The one that leads on."""
        return next((form for form in self.forms if not form.action.endswith("/withdraw")), None)

    @property
    def asks(self) -> bool:
        """It is a trial."""
        return self.form is not None and self.form.action.endswith("/answer") and "position" in self.form.fields

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = found.get("method", "").lower() == "post"
            if self._inside:
                self.forms.append(Form(found.get("action", "")))
        elif tag in ("img", "script", "link"):
            self._address(tag, found)
        elif self._inside:
            self._input(tag, found)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False

    def _address(self, tag: str, found: Mapping[str, str]) -> None:
        relation = found.get("rel", "")
        if tag == "img" and found.get("src"):
            self.shown.append(found["src"])
        elif tag == "link" and relation in ("preload", "prefetch") and found.get("as", "image") == "image":
            self.ahead.append(found["href"])
        elif tag == "script" and found.get("src"):
            self.static.append(found["src"])
        elif tag == "link" and relation in ("stylesheet", "icon"):
            self.static.append(found["href"])

    def _input(self, tag: str, found: Mapping[str, str]) -> None:
        form, name = self.forms[-1], found.get("name", "")
        if tag == "option" and self._select and not form.fields.get(self._select):
            form.fields[self._select] = found.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "button" and name:
            form.buttons.setdefault(name, []).append(found.get("value", ""))
        elif tag in ("input", "textarea") and name:
            _fill(form.fields, name, found)


def _fill(fields: dict[str, str], name: str, found: Mapping[str, str]) -> None:
    kind, value = found.get("type", "text"), found.get("value", "")
    if kind in ("radio", "checkbox"):
        fields.setdefault(name, value or "on")
    elif kind in ("number", "range"):
        fields[name] = value or found.get("min") or "1"
    elif kind == "hidden":
        fields[name] = value
    elif kind not in ("submit", "button", "image", "file"):
        fields[name] = value or ("1" if "required" in found else "")


# the raters, in a process of their own


class Reply(NamedTuple):
    """Of the server.

    Attributes:
        status: 0 where there was none.
        place: Where it sends to; empty where it is a page.
        text: Of the page; what went wrong where something did.
    """

    status: int
    place: str = ""
    text: str = ""


class Request(NamedTuple):
    """One that was answered; times are the machine's monotonic clock.

    Attributes:
        kind: One of KINDS.
        due: When it should have been sent; when it was, where there was no schedule.
        sent: When it was sent.
        done: When its last byte was read.
    """

    kind: str
    due: float
    sent: float
    done: float


@dataclass
class Votes:
    """What one rater sent.

    Attributes:
        token: Of the invitation.
        sent: All values sent for each position.
        acknowledged: The first value of each position that the server took.
        again: Positions that were asked after they had been acknowledged.
        waiting: An answer was never acknowledged.
        unsent: Answers that were due but had no time left.
        ended: The pages had no trial any more before the time was over.
    """

    token: str
    sent: dict[int, set[str]] = field(default_factory=dict)
    acknowledged: dict[int, str] = field(default_factory=dict)
    again: list[int] = field(default_factory=list)
    waiting: bool = False
    unsent: int = 0
    ended: bool = False


@dataclass
class Log:
    """What all raters saw.

    Attributes:
        requests: Those that were answered.
        errors: When, kind and reason of those that were not.
        wakes: How late raters who had nothing else to do were woken, in seconds.
        lags: How late the event loop came back from short sleeps, in seconds.
        deadline: After it nobody tries again.
    """

    requests: list[Request] = field(default_factory=list)
    errors: list[tuple[float, str, str]] = field(default_factory=list)
    wakes: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    deadline: float = float("inf")


@dataclass(frozen=True)
class Outcome:
    """What the process of the raters hands back.

    Attributes:
        log: Of everybody.
        votes: Of each.
        start: Of the steady phase.
        end: Of the steady phase.
        entered_s: How long it took until all stood before their first trial.
        cpu_s: Of the process in the steady phase.
    """

    log: Log
    votes: list[Votes]
    start: float
    end: float
    entered_s: float
    cpu_s: float


class Rater:
    """One browser.

    Args:
        session: Its connections.
        link: Invitation.
        log: Shared.
        number: From 0; seeds its choices.
    """

    def __init__(self, session: "aiohttp.ClientSession", link: str, log: Log, number: int) -> None:
        place = urlsplit(link)
        self.session, self.log = session, log
        self.origin, self.way = f"{place.scheme}://{place.netloc}", place.path
        self.votes = Votes(place.path.rpartition("/")[2])
        self.chance = random.Random(number)
        self.cookies: dict[str, str] = {}
        self.cache: dict[str, asyncio.Task[Any]] = {}
        self.page = Page("")

    async def enter(self, at: float) -> None:
        """Go to the first trial.

        Raises:
            Failed: The pages do not lead to one.
        """
        await asyncio.sleep(at - time.monotonic())
        await self._open(Reply(0, self.way))
        await self._walk()
        if not self.page.asks:
            raise Failed(f"a rater never came to a trial; errors so far: {_named(_errors(self.log, time.monotonic()))}")

    async def rate(self, start: float, end: float) -> None:
        """Answer on schedule; who gets no answer at all for two minutes stops."""
        with suppress(Failed):
            await self._rate(start, end)

    async def _rate(self, start: float, end: float) -> None:
        dues = np.arange(start + self.chance.random() * EVERY_S, end, EVERY_S).tolist()
        for number, due in enumerate(dues):
            if not self.page.asks:
                await self._walk()
            if not self.page.asks:
                self.votes.ended = True
                return
            if time.monotonic() < due:
                await asyncio.sleep(due - time.monotonic())
                self.log.wakes.append(time.monotonic() - due)
            if time.monotonic() >= end:
                self.votes.unsent = len(dues) - number
                return
            await self._answer(due)

    async def _walk(self) -> None:
        while not self.page.asks and (form := self.page.form):
            await self._open(await self._fetch("step", form.action, form.filled(self.chance)))

    async def _answer(self, due: float) -> None:
        form = self.page.form
        assert form is not None
        sent = form.filled(self.chance)
        position, value = int(sent["position"]), sent["value"]
        self.votes.sent.setdefault(position, set()).add(value)
        begun = time.monotonic()
        self.votes.waiting = True
        reply = await self._fetch("answer", form.action, sent, due)
        self.votes.waiting = False
        if position in self.votes.acknowledged:
            self.votes.again.append(position)
        self.votes.acknowledged.setdefault(position, value)
        await self._open(reply)
        self.log.requests.append(Request("turn", due, begun, time.monotonic()))

    async def _open(self, reply: Reply) -> None:
        """Follow to a page and fetch what it shows; what it preloads may take longer."""
        while reply.place:
            reply = await self._fetch("page", reply.place)
        self.page = Page(reply.text)
        for url in self.page.static:
            await self._once("static", url)
        shown = [self._once("picture", url) for url in self.page.shown]
        for url in self.page.ahead:
            self._once("picture", url)
        await asyncio.gather(*shown)

    def _once(self, kind: str, url: str) -> "asyncio.Task[Any]":
        if url not in self.cache:
            self.cache[url] = asyncio.create_task(self._fetch(kind, url))
        return self.cache[url]

    async def _fetch(
        self, kind: str, place: str, form: Mapping[str, str] | None = None, due: float | None = None
    ) -> Reply:
        """Ask until there is an answer."""
        while True:
            sent = time.monotonic()
            reply = await self._try(place, form)
            done = time.monotonic()
            if 200 <= reply.status < 400:
                self.log.requests.append(Request(kind, sent if due is None else due, sent, done))
                return reply
            self.log.errors.append((sent, kind, reply.text))
            if 400 <= reply.status < 500 and kind != "answer":
                return Reply(reply.status)
            if done > self.log.deadline:
                raise Failed(f"{kind}: {reply.text}")
            await asyncio.sleep(RETRY_S * (1 + self.chance.random()))

    async def _try(self, place: str, form: Mapping[str, str] | None) -> Reply:
        import aiohttp

        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        try:
            async with self.session.request(
                "GET" if form is None else "POST",
                urljoin(self.origin, place),
                data=form,
                headers=headers if self.cookies else {},
                allow_redirects=False,
            ) as response:
                content = await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return Reply(0, "", type(error).__name__)
        if response.cookies:
            self.cookies.update({name: morsel.value for name, morsel in response.cookies.items()})
        if response.status >= 400:
            return Reply(response.status, "", str(response.status))
        text = content.decode() if response.content_type == "text/html" else ""
        return Reply(response.status, response.headers.get("Location", ""), text)


def drive(links: Sequence[str], seconds: float, parent: Connection) -> None:
    """The process of the raters: tells the parent when the steady phase begins, and at the end everything."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        parent.send(asyncio.run(_drive(links, seconds, parent.send)))
    except Failed as error:
        parent.send(error)


async def _drive(links: Sequence[str], seconds: float, say: Callable[[Any], None]) -> Outcome:
    log = Log()
    raters = [Rater(_session(), link, log, number) for number, link in enumerate(links)]
    begun = time.monotonic()
    log.deadline = begun + len(raters) * ENTRANCE_S + PATIENCE_S
    await asyncio.gather(*(rater.enter(begun + number * ENTRANCE_S) for number, rater in enumerate(raters)))
    entered = time.monotonic()
    start, end = entered + 1, entered + 1 + seconds
    log.deadline = end + PATIENCE_S
    say((start, end))
    lag = asyncio.create_task(_lag(log, start))
    spent = asyncio.create_task(_cpu(start, end))
    await asyncio.gather(*(rater.rate(start, end) for rater in raters))
    lag.cancel()
    cpu_s = await spent
    await asyncio.gather(*(task for rater in raters for task in rater.cache.values()), return_exceptions=True)
    for rater in raters:
        await rater.session.close()
    return Outcome(log, [rater.votes for rater in raters], start, end, entered - begun, cpu_s)


def _session() -> "aiohttp.ClientSession":
    import aiohttp

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=6, use_dns_cache=False),  # as many as a browser opens
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
        read_bufsize=2**20,
    )


async def _lag(log: Log, start: float) -> None:
    await asyncio.sleep(start - time.monotonic())
    while True:
        due = time.monotonic() + LAG_S
        await asyncio.sleep(LAG_S)
        log.lags.append(time.monotonic() - due)


async def _cpu(start: float, end: float) -> float:
    await asyncio.sleep(start - time.monotonic())
    before = time.process_time()
    await asyncio.sleep(end - time.monotonic())
    return time.process_time() - before


# the study and its server


def pictures(folder: Path) -> None:
    """Parts of photographs inside scikit-image, shrunk and enlarged again, in a folder for each model."""
    from skimage import data

    chance = random.Random(0)
    makers: list[Any] = [data.astronaut, data.coffee, data.rocket]
    photographs = [Image.fromarray(make()) for make in makers]
    for number in range(CONTENTS):
        photograph = photographs[number % len(photographs)]
        left, top = chance.randrange(photograph.width - WIDTH + 1), chance.randrange(photograph.height - HEIGHT + 1)
        part = photograph.crop((left, top, left + WIDTH, top + HEIGHT))
        for model, kernel in MODELS.items():
            (folder / model).mkdir(parents=True, exist_ok=True)
            small = part.resize((WIDTH // SCALE, HEIGHT // SCALE), Image.Resampling.BICUBIC)
            small.resize((WIDTH, HEIGHT), kernel).save(folder / model / f"{number:02d}.png")
        (folder / "hr").mkdir(exist_ok=True)
        part.save(folder / "hr" / f"{number:02d}.png")


def srbench(*words: str) -> str:
    """Call the command line; what it printed."""
    done = subprocess.run([sys.executable, "-m", "srbench", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"srbench {' '.join(words[:2])}: {_last(done.stderr)}")
    return done.stdout


def _last(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no message")


class Server:
    """`srbench survey serve` as a process that can be killed and started again.

    Args:
        study: Folder.
        database: URL, or empty.
    """

    def __init__(self, study: Path, database: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.words = ["survey", "serve", str(study), "--port", str(self.port)]
        self.words += ["--database", database] if database else []
        self.messages = study.parent / "server.txt"
        self.process: subprocess.Popen[bytes] | None = None
        self.past_s = 0.0

    def start(self) -> None:
        """Start it and wait until it listens."""
        command = [sys.executable, "-m", "srbench", *self.words]
        with self.messages.open("ab") as messages:
            self.process = subprocess.Popen(command, stdout=messages, stderr=messages, start_new_session=True)
        limit = time.monotonic() + START_S
        while self.process.poll() is None and time.monotonic() < limit:
            with socket.socket() as caller:
                if caller.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise Failed(f"the server did not start: {_last(self.messages.read_text())}")

    def kill(self) -> None:
        """As the kernel would: nothing is finished."""
        assert self.process is not None
        self.past_s = self.cpu_s()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """As Ctrl-C."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def cpu_s(self) -> float:
        """What it and its children have used, killed ones included."""
        assert self.process is not None
        return self.past_s + sum(_cpu_s(number) for number in _tree(self.process.pid))


def _tree(process: int) -> Iterator[int]:
    yield process
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from _tree(int(child))


def _cpu_s(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy_s() -> float:
    """CPU seconds of everything on this machine since it started, what a host took away included."""
    first = Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]
    user, nice, system, _idle, _wait, irq, soft, steal = (int(value) for value in first)
    return (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK")


# what the database kept


def judge(study: Path, database: str, votes: Sequence[Votes]) -> dict[str, Any]:
    """Compare what raters sent with what is stored."""
    from srbench.survey.store import Store
    from srbench.survey.study import load

    store = Store(load(study), database)
    try:
        raters = {store.find(own.token): own for own in votes}
        kept: dict[tuple[str, int], list[str]] = {}
        for rater, trial, answer in store.answers():
            kept.setdefault((rater, trial.position), []).append(answer.value)
    finally:
        store.close()
    acknowledged = {(r or "", at): value for r, own in raters.items() for at, value in own.acknowledged.items()}
    sent = {(r or "", at): values for r, own in raters.items() for at, values in own.sent.items()}
    return {
        "acknowledged": len(acknowledged),
        "stored": sum(len(values) for values in kept.values()),
        "lost": sum(place not in kept for place in acknowledged),
        "changed": sum(place in kept and kept[place][0] != value for place, value in acknowledged.items()),
        "doubled": sum(len(values) > 1 for values in kept.values()),
        "never_sent": sum(not set(values) <= sent.get(place, set()) for place, values in kept.items()),
        "asked_again": sum(len(own.again) for own in votes),
        "never_acknowledged": sum(own.waiting for own in votes),
    }


WRONG = ("lost", "changed", "doubled", "never_sent", "asked_again", "never_acknowledged")


# figures


def figures(requests: Sequence[Request], seconds: float) -> dict[str, dict[str, float]]:
    """Rate and latency in milliseconds of each kind, from sending and from the time it was due."""
    found = {}
    for kind in KINDS:
        own = [request for request in requests if request.kind == kind]
        if own:
            sent = spread([request.done - request.sent for request in own])
            due = spread([request.done - request.due for request in own])
            rate = {"count": len(own), "per_s": round(len(own) / seconds, 2)}
            found[kind] = {**rate, **sent, **{f"due_{name}": value for name, value in due.items()}}
    return found


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 90th and 99th percentile and maximum, in milliseconds."""
    if not seconds:
        return {}
    values = np.percentile(np.asarray(seconds) * 1000, (50, 90, 99, 100)).round(2).tolist()
    return dict(zip(("median_ms", "p90_ms", "p99_ms", "max_ms"), values, strict=True))


def summary(outcome: Outcome, server_s: float, busy: float, killed: tuple[float, float] | None) -> dict[str, Any]:
    """Everything that was measured.

    Args:
        outcome: Of the raters' process.
        server_s: CPU time of the server in the steady phase.
        busy: The same of the whole machine.
        killed: When it was killed and when it listened again.
    """
    log, seconds = outcome.log, outcome.end - outcome.start
    steady = [request for request in log.requests if outcome.start <= request.sent < outcome.end]
    entrance = [request for request in log.requests if request.sent < outcome.start]
    content = {
        "seconds": round(seconds, 1),
        "answers_offered_per_s": round(len(outcome.votes) / EVERY_S, 2),
        "steady": figures(steady, seconds),
        "entrance_seconds": round(outcome.entered_s, 1),
        "entrance": figures(entrance, outcome.entered_s),
        "errors": _errors(log, outcome.start),
        "answers_unsent": sum(own.unsent for own in outcome.votes),
        "raters_without_trials": sum(own.ended for own in outcome.votes),
        "server_cpu_s": round(server_s, 2),
        "server_cores": round(server_s / seconds, 3),
        "client_cpu_s": round(outcome.cpu_s, 2),
        "client_cores": round(outcome.cpu_s / seconds, 3),
        "others_cores": round(max(0.0, busy - server_s - outcome.cpu_s) / seconds, 3),
        "client_loop_lag": spread(log.lags),
        "client_wake_lag": spread(log.wakes),
    }
    return content | (_outage(steady, *killed) if killed else {})


def _errors(log: Log, start: float) -> dict[str, int]:
    counted = Counter(f"{'steady' if at >= start else 'entrance'} {kind}: {why}" for at, kind, why in log.errors)
    return dict(counted.most_common())


def _outage(steady: Sequence[Request], killed: float, listening: float) -> dict[str, float]:
    after = [request.done for request in steady if request.sent > killed]
    late = [r.done for r in steady if r.kind == "answer" and r.sent > killed and r.sent - r.due > EVERY_S / 2]
    return {
        "listening_again_s": round(listening - killed, 2),
        "outage_s": round(min(after, default=float("inf")) - killed, 2),
        "caught_up_s": round(max(late, default=killed) - killed, 2),
    }


def machine(folder: Path, load: tuple[float, float, float]) -> dict[str, Any]:
    """What the figures depend on."""
    models = re.findall(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    packages = {name: importlib.util.find_spec(name) for name in TRUSTED}
    return {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "load_average_before": [round(value, 2) for value in load],
        "fsync_median_ms": _fsync_ms(folder / "fsync"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: _version(name) for name, spec in packages.items() if spec},
    }


def _version(name: str) -> str:
    return importlib.metadata.version("sr-bench-suite" if name == "srbench" else name)


def _fsync_ms(path: Path) -> float:
    times = []
    with path.open("wb", buffering=0) as file:
        for _ in range(50):
            file.write(bytes(4096))
            begun = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - begun)
    path.unlink()
    return spread(times)["median_ms"]


def shape(study: Path, method: str) -> dict[str, Any]:
    """Of the study."""
    content = json.loads((study / "study.json").read_text(encoding="utf-8"))
    sizes = [(study / entry["file"]).stat().st_size for entry in content["pictures"]]
    return {
        "method": method,
        "contents": CONTENTS,
        "models": len(MODELS),
        "pictures": len(sizes),
        "pixels": f"{WIDTH}x{HEIGHT}",
        "largest_picture_bytes": max(sizes),
    }


def sizes(study: Path) -> dict[str, int]:
    """Bytes of the database's files, where they are files."""
    return {path.name: path.stat().st_size for path in sorted(study.glob("votes.sqlite*"))}


# on paper


COLUMNS = {
    "per_s": "per s",
    "median_ms": "median",
    "p90_ms": "p90",
    "p99_ms": "p99",
    "max_ms": "max",
    "due_p99_ms": "p99 since due",
    "due_max_ms": "max since due",
}


def rows(content: Mapping[str, Any]) -> list[list[str]]:
    """Of the table of latencies, entrance last."""
    table = []
    for phase in ("steady", "entrance"):
        for kind, values in content[phase].items():
            # Only what is scheduled can be late; the entrance is not.
            scheduled = phase == "steady" and kind in ("answer", "turn")
            shown = [n if scheduled or not n.startswith("due") else "" for n in COLUMNS]
            table.append([phase, kind, str(values["count"]), *(f"{values[n]:.1f}" if n else "" for n in shown)])
    return table


def lines(content: Mapping[str, Any]) -> list[str]:
    """What stands below the table."""
    votes, lag = content["votes"], content["client_loop_lag"]
    verdict = "wrong" if any(votes[name] for name in WRONG) else "right"
    text = [
        f"answers: {content['steady'].get('answer', {}).get('per_s', 0)} per s of {content['answers_offered_per_s']} "
        f"offered by {content['raters']} raters in {content['seconds']} s; {content['answers_unsent']} found no time, "
        f"{content['raters_without_trials']} raters ran out of trials",
        f"votes are {verdict}: {_named(votes)}",
        f"errors: {_named(content['errors']) or 'none'}",
        f"server: {content['server_cpu_s']} s of CPU, {100 * content['server_cores']:.0f} % of a core; "
        f"client: {content['client_cpu_s']} s, {100 * content['client_cores']:.0f} % of a core; "
        f"everything else on the machine: {100 * content['others_cores']:.0f} % of a core",
        f"client's own lag: loop {_named(lag)}; raters who waited {_named(content['client_wake_lag'])}",
        f"database: {_named(content['database_bytes']) or 'no file'}",
        f"study: {_named(content['study'])}",
        f"machine: {_named(content['machine'])}",
    ]
    if "outage_s" in content:
        text[1:1] = [
            f"killed: it listened again after {content['listening_again_s']} s, answered after "
            f"{content['outage_s']} s, and nobody was late any more after {content['caught_up_s']} s"
        ]
    return text


def _named(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def show(content: Mapping[str, Any], out: Path | None) -> None:
    """Print it, and write it down."""
    heads = ["phase", "request", "number", *COLUMNS.values()]
    table = Table(*heads, box=SIMPLE_HEAD, pad_edge=False, title="latency in ms, from sending to the last byte")
    for column in table.columns[2:]:
        column.justify = "right"
    for row in rows(content):
        table.add_row(*row)
    console = Console(width=max(Console().width, 120), highlight=False)
    console.print(table)
    for line in lines(content):
        console.print(line, markup=False, soft_wrap=True)
    if out is None:
        return
    out.mkdir(parents=True, exist_ok=True)
    (out / "load_survey.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    marks = ["---", "---", *("---:" for _ in heads[2:])]
    paper = ["Latency in milliseconds, from sending to the last byte.", ""]
    paper += [f"| {' | '.join(row)} |" for row in (heads, marks, *rows(content))]
    paper += ["", *(f"- {line}" for line in lines(content))]
    (out / "load_survey.md").write_text("\n".join(paper) + "\n", encoding="utf-8")


# all of it


def measure(raters: int, seconds: float, method: str, database: str, *, kill: bool) -> dict[str, Any]:
    """Make a study, load it, and judge it."""
    load = os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="load_survey_") as name:
        folder = Path(name)
        study, pages = folder / "study", folder / "images"
        pictures(pages)
        words = ["--method", method, "--raters", str(raters), "--traps", "2"]
        words += ["--break-minutes", "1000", "--sitting-minutes", "1000"]
        srbench("survey", "create", str(study), "--images", str(pages), *words)
        server = Server(study, database)
        address, place = f"http://127.0.0.1:{server.port}", ["--database", database] if database else []
        links = srbench("survey", "invite", str(study), str(raters), "--url", address, *place).split()
        facts = machine(folder, load)
        try:
            server.start()
            assert server.process is not None
            sys.stderr.write(f"server: process {server.process.pid}, {address}\n")
            outcome, server_s, busy, killed = _loaded(server, links, seconds, kill=kill)
            kept = sizes(study)
        finally:
            server.stop()
        content = {"raters": raters, "kill": kill} | summary(outcome, server_s, busy, killed)
        votes = judge(study, database, outcome.votes)
        return content | {
            "votes": votes,
            "database_bytes": kept,
            "study": shape(study, method),
            "machine": facts,
        }


def _loaded(
    server: Server, links: Sequence[str], seconds: float, *, kill: bool
) -> tuple[Outcome, float, float, tuple[float, float] | None]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    client = context.Process(target=drive, args=(links, seconds, there), daemon=True)
    client.start()
    there.close()
    try:
        start, end = _heard(here)
        _until(start)
        before, busy, killed = server.cpu_s(), busy_s(), None
        if kill:
            _until((start + end) / 2)
            killed = _killed(server)
        _until(end)
        spent, busy = server.cpu_s() - before, busy_s() - busy
        outcome: Outcome = _heard(here)
    except EOFError:
        raise Failed("the raters' process ended early; its own message stands above") from None
    finally:
        client.join(5)
        client.kill()
    return outcome, spent, busy, killed


def _heard(client: Connection) -> Any:
    found = client.recv()
    if isinstance(found, Failed):
        raise found
    return found


def _killed(server: Server) -> tuple[float, float]:
    server.kill()
    killed = time.monotonic()
    time.sleep(DOWN_S)
    server.start()
    return killed, time.monotonic()


def _until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def main() -> int:
    parser = argparse.ArgumentParser(description="Put a served study under load and check what it kept.")
    parser.add_argument("--raters", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=5.0, help="of the steady phase; a session lasts eight")
    parser.add_argument("--kill", action="store_true", help="kill the server in the middle and start it again")
    parser.add_argument("--method", choices=("acr", "acr-hr", "dcr", "pair"), default="acr")
    parser.add_argument("--database", default="", help="SQLAlchemy's URL of an empty database; SQLite by default")
    parser.add_argument("--out", type=Path, help="folder of load_survey.json and load_survey.md")
    given = parser.parse_args()
    if importlib.util.find_spec("aiohttp") is None:
        parser.error("the raters need aiohttp: pip install aiohttp")
    if given.raters < 1 or given.minutes <= 0:
        parser.error("there must be a rater and some time")
    try:
        content = measure(given.raters, given.minutes * 60, given.method, given.database, kill=given.kill)
    except Failed as error:
        sys.stderr.write(f"{error}\n")
        return 2
    show(content, given.out)
    return int(any(content["votes"][name] for name in WRONG))


if __name__ == "__main__":
    sys.exit(main())
