"""`python -m benchmarks.chaos.engines [NUMBER [FIRST]]`: runs on Ray and submitit, with real processes and kills.

Ten of each engine by default; Ray is a cluster of two nodes with two workers' room each, on this machine.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.chaos.schedule import comparable
from srbench.evaluation.results import ROWS, RunFolder

_ROOT = Path(__file__).parent.parent.parent
_MODEL = """
import os, time
from pathlib import Path
from torch.nn.functional import interpolate

def {name}(scale):
    def upscale(x):
        (Path(__file__).parent / "pids" / str(os.getpid())).touch()
        time.sleep(0.4)
        return interpolate(x, scale_factor=scale, mode="{name}")
    return upscale
"""
_MODELS, _IMAGES = ("nearest", "bilinear"), "abcd"
_FAULTS = ("kill a worker", "kill two workers", "stop a worker", "ctrl-c", "kill the command")
_WITHOUT_END = ("segments", "jobs")
_LONGEST_S = 240
_ROWS_AN_IMAGE = 3
_REPORTS = _ROOT / "reports" / "reliability"
_PAGE = """# Workers on Ray and submitit under faults

`python -m benchmarks.chaos.engines NUMBER FIRST` gives the same small run to real processes: actors of a Ray cluster
of two nodes with room for two workers each, and jobs of submitit, all on one machine. In the middle something is done
to it, by turns: one worker is killed by -9, two are, one is stopped for some seconds, Ctrl-C, the command itself is
killed by -9. A command that ended is given again with another number of workers. Each has to end with the rows of one
process, byte for byte (but for times and the host), nothing left over in the folder, and no image measured twice but
those that were at work.

{table}

{bad} of {count} ended otherwise.
"""


@dataclass(frozen=True)
class Played:
    """What happened in one run.

    Attributes:
        fault: What was done to it.
        workers: Workers of each of its commands.
        wrong: What is not as it must be, in sentences.
            again: Images of a model that were measured more than once.
        seconds: Time that it took.
    """

    fault: str
    workers: tuple[int, ...]
    wrong: tuple[str, ...]
    again: int
    seconds: float


def prepare(place: Path) -> list[str]:
    """Draw images and write models, let one process measure, and return its rows without times and host."""
    (place / "pids").mkdir(parents=True)
    (place / "images").mkdir()
    for name in _IMAGES:
        noise = np.random.default_rng(ord(name)).integers(0, 256, (24, 24, 3), np.uint8)
        Image.fromarray(noise).save(place / "images" / f"{name}.png")
    for name in _MODELS:
        (place / f"{name}_.py").write_text(_MODEL.format(name=name), encoding="utf-8")
    subprocess.run(_command(place, "one"), env=_environment(), check=True, capture_output=True)
    return _rows(place / "one")


def play(number: int, engine: list[str], place: Path, expected: list[str]) -> Played:
    """Do something to a run, give its command again until it ends, and look at what is there.

    Args:
        number: Number of the play, which decides what is done to it and when.
        engine: Options of the command that name the engine.
        place: Folder that `prepare` has filled.
        expected: Rows of one process.
    """
    begin, chance = time.monotonic(), Random(number)
    fault, run = _FAULTS[number % len(_FAULTS)], f"run{'-'.join(engine[1:2])}{number}"
    workers = (chance.randint(2, 3), chance.randint(1, 3))
    for path in (place / "pids").iterdir():
        path.unlink()
    wrong, used = list[str](), list[int]()
    for session, count in enumerate(workers):
        used.append(count)
        words = [*_command(place, run), *engine, "--workers", str(count)]
        with (place / f"{run}.log").open("ab") as log:
            command = subprocess.Popen(words, env=_environment(), stdout=log, stderr=log)
        if session == 0:
            _do(fault, command, place, chance)
        code = _ended(command)
        if code == 0:
            break
        allowed = {"ctrl-c": 130, "kill the command": -signal.SIGKILL}.get(fault) if session == 0 else None
        if code != allowed:
            wrong.append(f"the command ended by {code} after: {fault}")
    folder = RunFolder(place / run)
    if _rows(folder.path) != expected:
        wrong.append("rows are not those of one process")
    left = {path.name for path in folder.path.iterdir()} & set(_WITHOUT_END)
    wrong += [f"left in the folder: {name}" for name in sorted(left)]
    lines = (folder.path / ROWS).read_text(encoding="utf-8").splitlines()
    again = (len(lines) - len(expected)) // _ROWS_AN_IMAGE
    lost = {"kill a worker": 1, "kill two workers": 2, "stop a worker": 0}.get(fault, workers[0])
    if again > lost:
        wrong.append(f"{again} images were measured twice, and only {lost} can have been at work")
    return Played(fault, tuple(used), tuple(wrong), again, time.monotonic() - begin)


def _do(fault: str, command: subprocess.Popen[bytes], place: Path, chance: Random) -> None:
    """Wait until models are at work, for some of their time, and do something to one of the processes."""
    pids: list[int] = []
    while len(pids) < 2 and command.poll() is None:
        pids = sorted(int(path.name) for path in (place / "pids").iterdir())
        time.sleep(0.02)
    time.sleep(chance.uniform(0, 0.8))
    with suppress(ProcessLookupError, IndexError):
        if fault == "ctrl-c":
            command.send_signal(signal.SIGINT)
        elif fault == "kill the command":
            command.kill()
        elif fault == "stop a worker":
            os.kill(pids[0], signal.SIGSTOP)
            time.sleep(chance.uniform(1, 3))
            os.kill(pids[0], signal.SIGCONT)
        else:
            chance.shuffle(pids)
            for pid in pids[: 2 if fault == "kill two workers" else 1]:
                os.kill(pid, signal.SIGKILL)


def _ended(command: subprocess.Popen[bytes]) -> int | None:
    """Return the exit code of a command; None where it had to be killed."""
    try:
        return command.wait(_LONGEST_S)
    except subprocess.TimeoutExpired:
        command.kill()
        command.wait()
        return None


def _rows(run: Path) -> list[str]:
    return [row.to_json() for row in comparable(RunFolder(run))]


def _command(place: Path, run: str) -> list[str]:
    models = ",".join(str(place / f"{name}_.py") for name in _MODELS)
    words = ["--models", models, "--datasets", str(place / "images"), "--metrics", "psnr", "--out", str(place / run)]
    return [sys.executable, "-m", "srbench", "run", *words]


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1", "RAY_worker_niceness": "0"}


@contextmanager
def cluster() -> Iterator[str]:
    """Start a Ray cluster of two nodes, and return its address."""
    os.environ.update(_environment())  # workers take it from their node
    room = {"num_cpus": 2, "object_store_memory": 10**8}
    both = importlib.import_module("ray.cluster_utils").Cluster(
        initialize_head=True, head_node_args=room | {"include_dashboard": False}
    )
    try:
        both.add_node(**room)
        yield both.address
    finally:
        both.shutdown()


def main(plays: int, first: int = 0) -> int:
    """Play runs `first` to `first + plays - 1` with each engine; returns the number of those that went wrong."""
    bad = 0
    with tempfile.TemporaryDirectory() as temporary, cluster() as address:
        place = Path(temporary)
        expected = prepare(place)
        engines = {"submitit": ["--executor", "submitit"], "ray": ["--executor", "ray", "--ray-address", address]}
        for number, (name, engine) in product(range(first, first + plays), engines.items()):
            played = play(number, engine, place, expected)
            bad += bool(played.wrong)
            report({"number": number, "engine": name, **asdict(played)})
            sys.stdout.write(f"{number} {name} {played}\n")
            sys.stdout.flush()
    return bad


def report(played: dict[str, Any]) -> None:
    """Put a run beside those that were played before."""
    path = _REPORTS / "engines.json"
    stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    of = ("number", "engine")
    others = [one for one in stored if [one[name] for name in of] != [played[name] for name in of]]
    found = sorted([*others, played], key=lambda one: (one["number"], one["engine"]))
    lines = ["| run | engine | done to it | workers | measured twice | seconds |", "|---:|---|---|---|---:|---:|"]
    for one in found:
        workers = ", then ".join(map(str, one["workers"]))
        words = [one["number"], one["engine"], one["fault"], workers, one["again"], round(one["seconds"])]
        lines.append(f"| {' | '.join(map(str, words))} |")
    bad = sum(bool(one["wrong"]) for one in found)
    page = _PAGE.format(table="\n".join(lines), bad=bad, count=len(found))
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (_REPORTS / "engines.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(bool(main(*(int(text) for text in sys.argv[1:] or ("10",)))))
