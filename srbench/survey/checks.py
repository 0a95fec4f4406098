"""Whether a study can be run: its pictures, secrets, disk and database, and the addresses that raters will use."""

import shutil
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import requests

from srbench.core.passwords import hidden
from srbench.core.wording import counted
from srbench.errors import BadStudy, first_line
from srbench.survey import secrets
from srbench.survey.people.endings import KINDS
from srbench.survey.plan.planning import session
from srbench.survey.stimuli.files import damage
from srbench.survey.study import Study

Verdict = Literal["good", "weak", "bad"]
_TIMEOUT_S = 10
_CERTIFICATE_DAYS = 14
_VOTE_BYTES, _SPARE_BYTES = 2_000, 200 * 2**20  # a trial with its answer, log and index; room for the system
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Finding:
    """What was found of one thing.

    Attributes:
        thing: What was looked at.
        verdict: "good"; "weak", where the study runs but should not run for long; or "bad".
        said: What was found, and what to do.
    """

    thing: str
    verdict: Verdict
    said: str


def folder_findings(study: Study) -> Iterator[Finding]:
    """Look at what lies in a study's folder.

    Args:
        study: Plan of the study.

    Yields:
        Findings of pictures, secrets and disk.
    """
    wrong = damage(study)
    whole = f"{len(study.pictures)} are those of the plan"
    yield Finding("pictures", "bad" if wrong else "good", "; ".join(wrong[:3]) or whole)
    try:
        secrets.load(study.folder)
        yield Finding("secrets", "good", "only their owner can read them")
    except BadStudy as error:
        yield Finding("secrets", "bad", str(error))
    free = shutil.disk_usage(study.folder).free
    trials = len(session(study.design, study.stimuli(), 0))
    needed = _SPARE_BYTES + study.raters * trials * _VOTE_BYTES
    said = f"{free / 2**20:.0f} MiB free; answers and the system need about {needed / 2**20:.0f} MiB"
    yield Finding("disk", "good" if free >= needed else "bad", said)


def address_findings(url: str) -> Iterator[Finding]:
    """Look at the address that raters will use: whether it leads here, by HTTPS, and lets forms through.

    Args:
        url: Address of the study, as in its invitations.

    Yields:
        Findings of address, forms and certificate.
    """
    root = url.rstrip("/")
    try:
        answer = requests.get(f"{root}/health", timeout=_TIMEOUT_S)
        good = answer.status_code == 200 and answer.text == "ok\n"
        said = f"{root}/health answers {answer.status_code}"
        wrong = (
            f"{said}; expected that of a served study; look at the address, the proxy, and srbench survey serve --base"
        )
        yield Finding("address", "good" if good else "bad", said if good else wrong)
        if good:
            yield _forms(root)
    except requests.RequestException as error:
        yield Finding("address", "bad", f"{root} does not answer: {hidden(first_line(error))[:200]}")
    yield _certificate(root)


def _forms(root: str) -> Finding:
    """Whether a proxy passes on the host under which browsers know the study."""
    parts = urlsplit(root)
    origin = {"Origin": f"{parts.scheme}://{parts.netloc}"}
    answer = requests.post(f"{root}/step", headers=origin, data={"step": "none"}, timeout=_TIMEOUT_S)
    if "text/html" in answer.headers.get("content-type", ""):
        return Finding("forms", "good", "forms of this address are taken")
    return Finding("forms", "bad", f"forms of this address are refused: {first_line(ValueError(answer.text))[:300]}")


def _certificate(root: str) -> Finding:
    parts = urlsplit(root)
    host, port = parts.hostname or "", parts.port or 443
    if parts.scheme != "https":
        here = host in _LOCAL
        said = "plain HTTP, for this machine alone" if here else "plain HTTP, which can be read on the way"
        return Finding("certificate", "good" if here else "weak", said)
    try:
        with (
            socket.create_connection((host, port), timeout=_TIMEOUT_S) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secured,
        ):
            ends = ssl.cert_time_to_seconds(str((secured.getpeercert() or {})["notAfter"]))
    except (OSError, KeyError, ValueError) as error:
        return Finding("certificate", "bad", f"{host} has none that browsers take: {first_line(error)}")
    days = int((ends - time.time()) / 86_400)
    return Finding(
        "certificate", "good" if days >= _CERTIFICATE_DAYS else "weak", f"valid for {counted(days, 'more day')}"
    )


def redirect_findings(study: Study) -> Iterator[Finding]:
    """Look at where raters are sent at the end; no code and no id is sent there.

    Args:
        study: Plan of the study.

    Yields:
        A finding for each address.
    """
    leads = [study.participation.exit(kind, "", {}).redirect for kind in KINDS]
    for address in dict.fromkeys(address.partition("?")[0] for address in leads if address):
        try:
            answer = requests.get(address, timeout=_TIMEOUT_S, allow_redirects=True)
            good = answer.status_code < 500 and answer.status_code != 404
            yield Finding("redirect", "good" if good else "bad", f"{address} answers {answer.status_code}")
        except requests.RequestException as error:
            said = hidden(first_line(error))[:200]
            yield Finding("redirect", "bad", f"{address} cannot be reached: {said}")
