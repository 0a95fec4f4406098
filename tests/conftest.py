"""What all tests share: no network, no user's cache, and the real test data where it is at hand."""

import gc
import os
import socket
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import torch

from tests.forks import Forks, forks

ROOT = Path(__file__).parent.parent
_CACHES = count()
"""Numbers of caches, which are made by who needs one: thousands of folders side by side would be counted each time."""

_GPU = torch.cuda.is_available()

# One thread a process: tests run in several, and threads that wait for each other's cores are slower than none.
torch.set_num_threads(1)
# A busy machine must not fail a test. CI tries the same examples each time; elsewhere new ones are looked for.
hypothesis.settings.register_profile("srbench", deadline=None, derandomize=os.environ.get("CI") == "true")
hypothesis.settings.load_profile("srbench")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run tests marked slow too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    slow = config.getoption("--slow") or os.environ.get("CI") == "true"
    untimed = config.getoption("benchmark_disable", default=False)
    for item in items:
        # A benchmark that is not timed shows no more than that it runs.
        takes_long = "slow" in item.keywords or (untimed and "benchmark" in getattr(item, "fixturenames", ()))
        if takes_long and not slow:
            item.add_marker(pytest.mark.skip(reason="slow: runs with CI=true or --slow"))
        if "gpu" in item.keywords and not _GPU:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA GPU"))


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over all that was imported: each full collection would cost half a second."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No SRBENCH_* variable of the caller, an empty cache, and no host but this machine."""
    for name in [name for name in os.environ if name.startswith("SRBENCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SRBENCH_CACHE", str(tmp_path_factory.getbasetemp() / "caches" / str(next(_CACHES))))
    ask = socket.getaddrinfo

    def only_here(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in ("127.0.0.1", "localhost", "::1", None):
            raise socket.gaierror(socket.EAI_NONAME, "tests have no network: NameResolution")
        return ask(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", only_here)
    monkeypatch.setattr(os, "fsync", lambda _: None)  # only the machine's own end would lose anything


def _given() -> Path | None:
    """The folder of real test images: SRBENCH_MIRROR as the caller set it, or a `shared` folder beside the checkout."""
    places = [Path(os.environ["SRBENCH_MIRROR"])] if os.environ.get("SRBENCH_MIRROR") else []
    return next((place for place in [*places, ROOT.parent / "shared" / "data"] if (place / "Set5").is_dir()), None)


DATA = _given()


@pytest.fixture
def data() -> Path:
    """Folder of Set5, Set14 and BSD100; skips without it."""
    if DATA is None:
        pytest.skip("needs the real test images: set SRBENCH_MIRROR to a folder with Set5/HR and so on")
    return DATA


@pytest.fixture
def weights(data: Path) -> Path:
    """Folder of third-party checkpoints beside the test images; skips without it."""
    folder = data.parent / "weights"
    if not folder.is_dir():
        pytest.skip("needs the real weights in a folder 'weights' beside SRBENCH_MIRROR")
    return folder


@pytest.fixture(scope="session")
def programs() -> Iterator[Forks]:
    """Makes programs of their own, without the seconds that torch takes to load."""
    with forks() as started:
        yield started


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """As `torch.manual_seed`, which without a GPU notes the whole stack each time."""
    torch.default_generator.manual_seed(0)
    if _GPU:
        torch.cuda.manual_seed_all(0)
