"""A run as a user starts it, and the share of its time in reading, networks, metrics and writing."""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

from srbench.cli.app import main as srbench
from srbench.evaluation import pairing, scoring
from srbench.evaluation.results import RunFolder
from srbench.models.upscaler import Upscaler

_STEPS: tuple[tuple[Any, str, str], ...] = (
    (pairing.PairCache, "load", "reading and LR"),
    (Upscaler, "__call__", "networks"),
    (scoring, "measure", "metrics"),
    (RunFolder, "append", "writing"),
)


def main() -> int:
    """Run and write the shares."""
    wanted, more = _arguments()
    options = ["--models", wanted.models, "--datasets", wanted.datasets, "--device", wanted.device, *more]
    options += ["--limit", wanted.limit] if wanted.limit != "0" else []
    begun = time.perf_counter()
    with _measured(wanted.device) as spent:
        code = _run([*options, "--out", str(wanted.out)])
    seconds = time.perf_counter() - begun
    found = {"seconds": round(seconds, 1), **{kind: f"{of / seconds:.0%}" for kind, of in spent.most_common()}}
    found["everything else"] = f"{1 - sum(spent.values()) / seconds:.0%}"
    if wanted.out.is_dir():
        (wanted.out / "found.json").write_text(json.dumps(found, indent=2), encoding="utf-8")
    return code


def _run(options: list[str]) -> int:
    sys.argv = ["srbench", "run", *options]
    try:
        srbench()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


@contextmanager
def _measured(device: str) -> Iterator[Counter[str]]:
    """Seconds spent in each step of the walk of an image, by its kind."""
    spent: Counter[str] = Counter()
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in _STEPS]
    for owner, name, kind in _STEPS:
        setattr(owner, name, _timed(getattr(owner, name), kind, spent, device))
    try:
        yield spent
    finally:
        for owner, name, function in before:
            setattr(owner, name, function)


def _timed(function: Callable[..., Any], kind: str, spent: Counter[str], device: str) -> Callable[..., Any]:
    @wraps(function)
    def timed(*arguments: Any, **options: Any) -> Any:
        begun = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            _wait(device)
            spent[kind] += time.perf_counter() - begun

    return timed


def _wait(device: str) -> None:
    """A GPU works on while the program goes on; without waiting its work would count for what comes next."""
    if device.startswith("cuda"):
        import torch

        torch.cuda.synchronize()


def _arguments() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser("benchmarks.gpu.shares", description=__doc__)
    for option in ("models", "datasets", "device", "limit"):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_known_args()


if __name__ == "__main__":
    sys.exit(main())
