"""What all benchmarks share: photographs, models and data sets at hand, and ratios against a group's reference.

SRBENCH_MIRROR and SRBENCH_WEIGHTS say where real images and weights lie; without them the photographs inside
scikit-image and random weights take their place. What is compared with other packages is timed in turns with them
(`beside`). Elsewhere the benchmark whose extra_info has "reference" is what the others of its group are compared with.

    SRBENCH_MIRROR=... SRBENCH_WEIGHTS=... pytest benchmarks  # within 10 minutes
    pytest benchmarks --quick  # within 2 minutes
    pytest benchmarks --whole  # every case, without a limit
    pytest benchmarks --benchmark-disable  # each once, on less data

A limit is kept by leaving out what comes last on a slow or busy machine; what was left out stands under the table.
"""

import importlib.metadata
import os
import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from safetensors.torch import save_file
from torch import Tensor

from benchmarks import extent
from benchmarks.extent import TimeLeft
from benchmarks.side_by_side import Call, compare
from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.core.environment import describe
from srbench.core.resize import resize
from srbench.datasets.locate import locate
from srbench.models import registry

_LINES = pytest.StashKey[list[str]]()
_IN_EXTENT, _NOT_IN_EXTENT = pytest.StashKey[int](), pytest.StashKey[int]()
_MOST_S = 3.0
"""Seconds for each call that is compared, at most."""
_PEERS = ("scikit-image", "torchmetrics", "piq", "pillow")
_VECTORS = ("sse4", "avx", "fma", "f16c", "amx")

_LATE = "the time of this session is spent"

Bench = dict[str, Any]
Groups = list[tuple[str, list[Bench]]]
Beside = Callable[..., None]


def pytest_addoption(parser: pytest.Parser) -> None:
    extents = parser.getgroup("extent of the benchmarks")
    extents.addoption("--quick", action="store_true", help="the first case of each kind, within 2 minutes")
    extents.addoption("--whole", action="store_true", help="every case on all data, without a limit of time")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if extent.of(config) in ("quick", "usual"):
        config.option.benchmark_max_time = 0.3  # beside what is timed in turns with its peers


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ours = [item for item in items if item.path.parent == Path(__file__).parent]
    left_out = [item for item in ours if not extent.has(extent.of(config), item)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
    config.stash[_IN_EXTENT], config.stash[_NOT_IN_EXTENT] = len(ours) - len(left_out), len(left_out)


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    machine_info["environment"] = describe(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    machine_info["cpu_flags"] = _vector_flags()
    machine_info["peers"] = {name: _version(name) for name in _PEERS}


def _vector_flags() -> list[str]:
    """What the processor can do in one instruction, as Linux names it."""
    info = Path("/proc/cpuinfo")
    flags = re.search(r"^flags\s*:(.*)$", info.read_text(encoding="utf-8"), re.MULTILINE) if info.exists() else None
    return sorted(flag for flag in flags[1].split() if flag.startswith(_VECTORS)) if flags else []


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


@pytest.hookimpl(wrapper=True)
def pytest_benchmark_group_stats(config: pytest.Config) -> Generator[None, Groups, Groups]:
    """Collect what the tables do not show: ratios of medians, and each benchmark's own figures."""
    groups = yield
    lines = config.stash.setdefault(_LINES, [])
    for _, benches in groups:
        ratios = _ratios(benches, {bench["fullname"]: bench["median"] for bench in benches})
        for bench in benches:
            figures = bench["extra_info"] | ratios.get(bench["fullname"], {})
            lines += [f"{bench['name']}: {_text(figures)}"] if figures else []
    return groups


def pytest_benchmark_update_json(output_json: dict[str, Any]) -> None:
    benches = output_json["benchmarks"]
    for group in {bench["group"] for bench in benches}:
        members = [bench for bench in benches if bench["group"] == group]
        ratios = _ratios(members, {bench["fullname"]: bench["stats"]["median"] for bench in members})
        for bench in members:
            bench["extra_info"] |= ratios.get(bench["fullname"], {})


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = config.stash.get(_LINES, [])
    if lines:
        terminalreporter.section("ratios and figures")
    for line in lines:
        terminalreporter.write_line(line)
    late = [report for report in terminalreporter.getreports("skipped") if _LATE in str(report.longrepr)]
    left_out = {"--whole has": config.stash.get(_NOT_IN_EXTENT, 0), "came too late": len(late)}
    for why, count in left_out.items():
        if lines and count:
            terminalreporter.write_line(f"left out, since the time is limited: {count} that {why}")


def _ratios(benches: Sequence[Bench], median: dict[str, float]) -> dict[str, dict[str, float]]:
    """How many times the reference's median each benchmark of a group takes; empty without a reference."""
    for bench in benches:
        if bench["extra_info"].get("reference"):
            base = median[bench["fullname"]]
            return {name: {"times_the_reference": round(value / base, 3)} for name, value in median.items()}
    return {}


def _text(figures: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_figure(value)}" for name, value in figures.items())


def _figure(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    low, high = value["quartiles"]
    aim = f"; aim {value['aim']}: {'met' if value['met'] else 'not met'}" if "aim" in value else ""
    return f"{value['times_ours']} times ours [{low}–{high}, {value['rounds']} rounds{aim}]"


@pytest.fixture(scope="session")
def time_left(pytestconfig: pytest.Config) -> TimeLeft:
    """The extent of this session, and its time, which begins with the first benchmark."""
    return TimeLeft(extent.of(pytestconfig), pytestconfig.stash[_IN_EXTENT])


@pytest.fixture(scope="session")
def once(time_left: TimeLeft) -> bool:
    """Whether benchmarks only have to show that they run."""
    return time_left.extent == "once"


@pytest.fixture(autouse=True)
def _in_time(time_left: TimeLeft) -> Iterator[None]:
    """A benchmark that would begin after the end of the session's time is left out."""
    if not time_left.share_s():
        pytest.skip(f"{_LATE}; --whole has no limit")
    yield
    time_left.one_less()


@pytest.fixture(scope="session", autouse=True)
def _threads() -> None:
    """One, as scikit-image and Pillow have, unless OMP_NUM_THREADS is set.

    On a machine that does other work too, threads that wait for each other take many times as long as one alone.
    """
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(1)


@pytest.fixture
def beside(benchmark: BenchmarkFixture, time_left: TimeLeft) -> Beside:
    """Time ours and its peers in turns, and note the ratios and whether they reach their aims with the benchmark."""

    def note(ours: Call, peers: Mapping[str, Call], aims: Mapping[str, float] | None = None, **limits: Any) -> None:
        if time_left.extent == "once":
            for peer in peers.values():
                peer()
            return
        share_s = time_left.share_s() / (1 + len(peers))
        for name, ratio in compare(ours, peers, **{"seconds": min(_MOST_S, share_s)} | limits).items():
            benchmark.extra_info[name] = ratio.judged((aims or {}).get(name))

    return note


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Variables of a process that is started, with the same rule for threads."""
    return {"OMP_NUM_THREADS": "1"} | os.environ


@pytest.fixture(scope="session")
def photograph() -> Tensor:
    """A photograph of 512 x 512 px, as levels `(1, 3, 512, 512)`."""
    astronaut = locate("builtin", AssetStore(), scale=4).items[0]
    return image.to_tensor(image.read(astronaut.hr))


@pytest.fixture(scope="session")
def blurred(photograph: Tensor) -> Tensor:
    """The photograph as bicubic interpolation returns it from a quarter of its size, in whole levels."""
    small = resize(photograph, (128, 128))
    return image.round_half_up(resize(small, (512, 512))).to(torch.uint8)


@pytest.fixture(scope="session")
def dataset() -> str:
    """BSD100 where a mirror is named, else the photographs inside scikit-image."""
    return "bsd100" if os.environ.get("SRBENCH_MIRROR") else "builtin"


@pytest.fixture(scope="session")
def fsrcnn(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `--models` takes: the card where its weights are at hand, else a file of random ones."""
    card = registry.find("fsrcnn")
    if all(AssetStore().at_hand(file) for file in card.files):
        return card.id
    path = tmp_path_factory.mktemp("weights") / "fsrcnn.safetensors"
    save_file(registry.archs()[card.arch].build(scale=4, **card.settings).state_dict(), path)
    return str(path)


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """Where a run's results go."""
    return tmp_path / "run"
