"""The course of one study: made, served, visited by a panel's people, reconciled, exported, analysed elsewhere."""

import csv
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.endings.people import End, Person, come
from benchmarks.walkthrough.course import Browsers
from benchmarks.walkthrough.opinions import Opinion
from benchmarks.walkthrough.pictures import AREA, Recognition, draw
from benchmarks.walkthrough.rater import Rater
from benchmarks.walkthrough.server import certificate, own_address
from benchmarks.walkthrough.ways import WAYS, Way
from benchmarks.walkthrough.window import HOST, wait
from srbench.survey.study import load

_SMALL, _LARGE = (640, 500), (1366, 625)
_CODES: Mapping[End, str] = {
    **{"completed": "CDONE", "screened-out": "CSCREEN", "over-quota": "CFULL", "refused": "CREFUSED"},
    "closed": "CCLOSED",
}
_NGINX = """pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off; events {{}}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
server {{ listen {port} ssl; server_name {host}; ssl_certificate {cert}; ssl_certificate_key {key};
{location} }} }}"""
_START_S = 60.0


@dataclass(frozen=True)
class Study:
    """A study that is made and served as the guide says.

    Attributes:
        name: What it is called in tables.
        method: Its method.
        panel: Options that name the panel and its endings.
        arrival: Query of the link that the panel gives to a person.
        secured: Whether it stands behind nginx with HTTPS.
    """

    name: str
    method: str
    panel: tuple[str, ...]
    arrival: str
    secured: bool


_OWN = tuple(part for end in _CODES for part in ("--ending", end + "=https://panel.example/?member={member}&cc={code}"))
STUDIES = (
    Study(
        *("pairs over HTTP in a local network", "pair"),
        ("--panel", "prolific", *(part for end, code in _CODES.items() for part in ("--ending", f"{end}={code}"))),
        "PROLIFIC_PID={id}&STUDY_ID=s1&SESSION_ID=e1",
        secured=False,
    ),
    Study(
        *("boosted triplets over HTTPS behind nginx", "triplet-boosted"),
        ("--panel", "own", "--capture", "member", *_OWN),
        "member={id}",
        secured=True,
    ),
)


def people(study: Study) -> Sequence[Person]:
    """Return who comes, in order: the quota is full when two have completed, and then the study is closed."""
    both: tuple[Any, ...] = ("Chromium", "Firefox")
    return [
        *(Person(f"r{browser[0]}1", browser, "refused") for browser in both),
        *(Person(f"s{browser[0]}1", browser, "screened-out") for browser in both),
        *(Person(f"c{browser[0]}1", browser, "completed") for browser in both),
        *(Person(f"p{browser[0]}1", browser, "completed", plain=True) for browser in both if study.secured),
        *(Person(f"q{browser[0]}1", browser, "over-quota") for browser in both),
        *(Person(f"x{browser[0]}1", browser, "closed") for browser in both),
    ]


def walked(study: Study, folder: Path, browsers: Browsers, program: Path, pictures: Path | None) -> dict[str, Any]:
    """Take a study from its making to the report elsewhere; what was found.

    Args:
        study: The study.
        folder: Empty folder for everything that is made.
        browsers: Browsers.
        program: The program `srbench`.
        pictures: Folder for a screenshot of each last page.
    """
    began = time.monotonic()
    draw(folder, 2, 2)
    made, all_people = folder / "study", people(study)

    def srbench(*words: str) -> str:
        return subprocess.run((program, "survey", *words), check=True, capture_output=True, text=True).stdout

    completed = sum(person.end == "completed" for person in all_people)
    srbench(
        *("create", str(made), "--images", str(folder / "images"), "--calibration", str(folder / "calibration")),
        *("--area", AREA, "--method", study.method, "--raters", str(completed), "--traps", "0", "--repeats", "0"),
        *("--gate", "window=require:1000x500", *study.panel),
    )
    known, way = Recognition(load(made), folder), next(way for way in WAYS if way.method == study.method)
    ends: list[dict[str, Any]] = []
    with _served(study, made, folder, program) as address:
        for person in all_people:
            if person.end == "closed" and all(end["end"] != "closed" for end in ends):
                _close(browsers, address, made)
            ends.append(_end(study, person, address, known, way, browsers, pictures))
    srbench("export", str(made), str(folder / "raters.csv"), "--raters")
    rows = _rows(folder / "raters.csv")
    agreed = _reconciled(srbench, study, made, folder / "panel.csv", ends)
    return {
        "study": study.name,
        "address": address,
        "browsers": browsers.names(),
        "seconds": round(time.monotonic() - began),
        "ends": [{**end, **_row(rows, end["id"])} for end in ends],
        "reconciled": agreed,
        "same_report": _same_report(srbench, made, folder),
        "version": subprocess.run((program, "--version"), check=True, capture_output=True, text=True).stdout.strip(),
    }


def _end(
    study: Study, person: Person, address: str, known: Recognition, way: Way, browsers: Browsers, pictures: Path | None
) -> dict[str, Any]:
    browser = browsers.of(person.browser, 1)
    with browser.window() as window:
        size = _SMALL if person.end == "screened-out" else _LARGE
        window.resize(*size)
        rater = Rater(window, known, way, Opinion(sum(map(ord, person.id)) % 50))
        last = come(person, rater, f"{address}/?{study.arrival.format(id=person.id)}")
        if pictures:
            pictures.mkdir(parents=True, exist_ok=True)
            Image.fromarray(window.pixels()).save(pictures / f"{study.method}-{person.id}-{person.end}.png")
    return {"id": person.id, "browser": person.browser, "end": person.end, "plain": person.plain, **last}


def _close(browsers: Browsers, address: str, made: Path) -> None:
    """Close the study on the administrator's page."""
    token = json.loads((made / "secrets.json").read_text(encoding="utf-8"))["admin"]
    with browsers.of("Chromium", 1).window() as window:
        window.open(f"{address}/admin")
        window.run("(token) => { document.querySelector('input[name=token]').value = token; }", token)
        window.click("form button.main")
        wait(window, "() => Boolean(document.querySelector('button[value=close]'))")
        window.click("button[value=close]")
        wait(window, "() => Boolean(document.querySelector('button[value=open]'))")


def _until(condition: Callable[[], Any]) -> None:
    limit = time.monotonic() + _START_S
    while not condition():
        if time.monotonic() > limit:
            raise TimeoutError("the page does not come")
        time.sleep(0.05)


@contextmanager
def _served(study: Study, made: Path, folder: Path, program: Path) -> Iterator[str]:
    """Serve as the guide says; the address of the study."""
    port, front = _free(), _free()
    host = ("--base", "/study", "--https") if study.secured else ("--host", "0.0.0.0")
    server = subprocess.Popen(
        (program, "survey", "serve", made, "--port", str(port), *host),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    proxy = _proxy(folder, front, port) if study.secured else None
    try:
        for wanted in (port, front) if proxy else (port,):
            _until(partial(_listens, wanted))
        yield f"https://{HOST}:{front}/study" if proxy else f"http://{own_address()}:{port}"
    finally:
        for process in filter(None, (server, proxy)):
            process.terminate()
            process.wait(_START_S)


def _proxy(folder: Path, front: int, port: int) -> "subprocess.Popen[bytes]":
    """Start nginx with the block of the guide."""
    guide = (Path(__file__).parents[2] / "docs" / "survey.md").read_text(encoding="utf-8")
    location = guide.split("```text\nlocation /study/ {", 1)[1].split("```", 1)[0]
    cert, key = certificate(folder)
    config = _NGINX.format(
        folder=folder,
        port=front,
        host=HOST,
        cert=cert,
        key=key,
        location="location /study/ {" + location.replace("127.0.0.1:8000", f"127.0.0.1:{port}"),
    )
    (folder / "nginx.conf").write_text(config, encoding="utf-8")
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    return subprocess.Popen((nginx, "-c", str(folder / "nginx.conf"), "-p", str(folder)), stderr=subprocess.DEVNULL)


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _row(rows: Sequence[Mapping[str, str]], person: str) -> dict[str, str]:
    """What the raters' table says of a person."""
    found = next((row for row in rows if person in row.values()), {})
    return {"stored_ending": found.get("ending", ""), "stored_code": found.get("code", "")}


def _reconciled(
    srbench: Callable[..., str], study: Study, made: Path, panel: Path, ends: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """Give the panel's list, with the codes that people read, and one wrong; what is said of each."""
    head = "Participant id,Completion code,Status" if not study.secured else "member,cc,state"
    lines = [f"{end['id']},{code_read(end)},APPROVED" for end in ends]
    wrong = f"{ends[0]['id']},CDONE,APPROVED"
    panel.write_text("\n".join([head, wrong, *lines[1:]]) + "\n", encoding="utf-8")
    columns = ("--columns", "id=member,code=cc,status=state") if study.secured else ()
    said = json.loads(srbench("reconcile", str(made), str(panel), *columns, "--json"))
    return {str(row["person"]): str(row["finding"]) for row in said}


def code_read(end: Mapping[str, Any]) -> str:
    """Return the code that a last page shows, or gives to the panel by its link."""
    return str(end["code"] or str(end["back"]).rpartition("cc=")[2])


def _same_report(srbench: Callable[..., str], made: Path, folder: Path) -> bool:
    """Report here, and analyse the package in another folder."""
    srbench("report", str(made), "--out", str(folder / "here"))
    srbench("export", str(made), str(folder / "package"))
    shutil.move(folder / "package", folder / "elsewhere")
    srbench("analyze", str(folder / "elsewhere"), "--out", str(folder / "there"))
    return (folder / "here" / "report.json").read_bytes() == (folder / "there" / "report.json").read_bytes()
