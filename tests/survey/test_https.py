"""HTTPS, with `--tls` and behind nginx and Caddy as the guide sets them up."""

import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import httpx
import pytest
import uvicorn

from srbench.survey import checks, secrets
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.app import application
from srbench.survey.web.connections import Connections
from srbench.survey.web.tls import TlsProtocol, server_context
from tests.cli.conftest import Call
from tests.survey.test_web import field, made

_GUIDE = (Path(__file__).parent.parent.parent / "docs" / "survey.md").read_text(encoding="utf-8")


def _documented(word: str) -> str:
    """The block of the guide that has this word."""
    (found,) = (block for block in re.findall(r"```text\n(.*?)```", _GUIDE, re.DOTALL) if word in block)
    return str(found)


@pytest.fixture
def store(call: Call, tmp_path: Path) -> Iterator[VoteStore]:
    opened = VoteStore(made(call, tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 and its key."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl: apt-get install openssl")
    pair = tmp_path / "cert.pem", tmp_path / "key.pem"
    kind = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    names = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    command = ("openssl", "req", *kind, *names, "-out", str(pair[0]), "-keyout", str(pair[1]))
    subprocess.run(command, check=True, capture_output=True)
    return pair


@contextmanager
def _served(store: VoteStore, base: str = "", tls: ssl.SSLContext | None = None, most: int = 30) -> Iterator[int]:
    app = application(store, secrets.load(store.study.folder), base=base, secure=True, open_limit=9)
    how = {"http": partial(TlsProtocol, Connections(most), tls), "loop": "asyncio"} if tls else {}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = uvicorn.Server(uvicorn.Config(app, log_config=None, **how))  # type: ignore[arg-type]
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not running.started:
            time.sleep(0.01)
        yield listener.getsockname()[1]
        running.force_exit = running.should_exit = True
        thread.join()


def _check_a_rater_gets_in(url: str, store: VoteStore, certificate: Path) -> None:
    """Over HTTPS: cookies that only HTTPS gets, forms as browsers send them that know no Sec-Fetch-Site, links."""
    origin = {"origin": "/".join(url.split("/")[:3])}
    context = ssl.create_default_context(cafile=certificate)
    with httpx.Client(verify=context, follow_redirects=True, trust_env=False, timeout=20) as browser:
        assert browser.get(url).url.path.endswith("/")  # the address of the study without the slash leads there too
        entered = browser.get(f"{url}/i/{store.invite()}")
        assert entered.history[0].headers["set-cookie"].count("Secure") == 1
        form = {"token": field(entered.text, "token"), "step": "consent"}
        assert 'value="screen"' in browser.post(f"{url}/step", data=form, headers=origin).text
        assert browser.post(f"{url}/step", data=form, headers={"origin": "https://evil.example"}).status_code == 403
        browser.cookies.clear()
        assert f"{url}/i/" in browser.post(f"{url}/join", headers=origin).text
        assert browser.get(f"{url}/health").text == "ok\n"


def test_a_certificate_of_ones_own(store: VoteStore, certificate: tuple[Path, Path]) -> None:
    with _served(store, tls=server_context(*certificate)) as port, ExitStack() as stack:
        for _ in range(60):  # connections that never shake hands
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            with suppress(ConnectionResetError):
                assert b"HTTP" not in plain.recv(1_000)
        _check_a_rater_gets_in(f"https://127.0.0.1:{port}", store, certificate[0])


def test_the_days_that_a_certificate_is_still_valid(
    store: VoteStore, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`openssl req -days 2` made it, so that one whole day and a part of another are left."""
    with _served(store, tls=server_context(*certificate)) as port:
        url = f"https://127.0.0.1:{port}"
        *_, foreign = checks.address_findings(url)
        assert (foreign.thing, foreign.verdict) == ("certificate", "bad")
        assert "127.0.0.1 has none that browsers take" in foreign.said
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
        *others, ending = checks.address_findings(url)
        assert [finding.verdict for finding in others] == ["good", "good"]
        assert (ending.verdict, ending.said) == ("weak", "valid for 1 more day")
        monkeypatch.setattr(checks, "_CERTIFICATE_DAYS", 1)
        *_, lasting = checks.address_findings(url)
        assert lasting.verdict == "good"


def test_serve_speaks_https_and_refuses_what_is_no_certificate(
    call: Call, store: VoteStore, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uvicorn.Server.run", lambda _, sockets: None)
    cert, key = map(str, certificate)
    folder = ("survey", "serve", str(store.study.folder), "--port", "0")
    code, _, err = call(*folder, "--host", "0.0.0.0", "--tls", cert, key)
    assert code == 0
    assert "https://" in err
    assert "can read links" not in err
    for wrong in ((cert, cert), (cert, "absent.pem")):
        code, _, err = call(*folder, "--tls", *wrong)
        assert (code, err.count("\n")) == (2, 1)
        assert "expected a certificate and its key as PEM files" in err


@contextmanager
def _proxy(command: list[str], port: int) -> Iterator[str]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(400):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                assert process.poll() is None
                time.sleep(0.05)
            yield f"https://127.0.0.1:{port}/study"
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.mark.slow
def test_behind_nginx(store: VoteStore, certificate: tuple[Path, Path], tmp_path: Path) -> None:
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin") or pytest.skip("needs nginx: apt-get install nginx-light")
    port, (cert, key) = _free_port(), certificate
    with _served(store, base="/study") as behind:
        location = _documented("proxy_pass").replace("127.0.0.1:8000", f"127.0.0.1:{behind}")
        temporary = " ".join(
            f"{name}_temp_path {tmp_path / name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (tmp_path / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {tmp_path}/pid; error_log stderr; events {{}}\n"
            f"http {{ access_log off; {temporary} server {{ listen 127.0.0.1:{port} ssl;\n"
            f"ssl_certificate {cert}; ssl_certificate_key {key};\n{location}\n}} }}"
        )
        with _proxy([nginx, "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)], port) as url:
            _check_a_rater_gets_in(url, store, cert)


@pytest.mark.slow
def test_behind_caddy(
    store: VoteStore, certificate: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    caddy = shutil.which("caddy") or pytest.skip("needs Caddy: apt-get install caddy")
    port, (cert, key) = _free_port(), certificate
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    with _served(store, base="/study") as behind:
        site = _documented("reverse_proxy").replace("127.0.0.1:8000", f"127.0.0.1:{behind}")
        site = site.replace("lab.example {", f"https://127.0.0.1:{port} {{\n    tls {cert} {key}")
        (tmp_path / "Caddyfile").write_text(f"{{\n    admin off\n    auto_https disable_redirects\n}}\n{site}")
        with _proxy([caddy, "run", "--config", str(tmp_path / "Caddyfile"), "--adapter", "caddyfile"], port) as url:
            _check_a_rater_gets_in(url, store, cert)
