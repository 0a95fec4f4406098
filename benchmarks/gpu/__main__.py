"""The command line, and the page of the report."""

import argparse
import json
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

import benchmarks.gpu
from benchmarks import photographs
from benchmarks.gpu import bounded
from benchmarks.gpu.bounded import Ending
from benchmarks.gpu.parts import PARTS, Part, Settings
from srbench.core import environment, files

_ENDED, _LONGEST_MINUTES = "kit.json", 600.0
_LEAST_S = 10.0


def main() -> int:
    """Run the parts that are missing, and write the page."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that the part that runs ends too
    asked.out.mkdir(parents=True, exist_ok=True)
    path = asked.out / _ENDED
    ended: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["parts"] if path.exists() else {}
    if not asked.photographs.is_dir():
        asked.photographs.mkdir(parents=True)
        photographs.write(asked.photographs)
    end = time.monotonic() + 60 * asked.minutes
    for part in PARTS:
        if ended.get(part.name, {}).get("kind") in ("done", "stopped"):
            continue
        ending = _run(part, asked, end - time.monotonic())
        ended[part.name] = asdict(ending)
        content = {"machine": environment.describe(torch.device(asked.device)), "parts": ended}
        files.write(path, json.dumps(content, indent=2))
        files.write(asked.out / "README.md", _page(content, asked.out))
        sys.stderr.write(f"{part.title}: {ending.kind} after {ending.seconds:.0f} s. {ending.said}\n")
    return 1 if any(facts["kind"] == "failed" for facts in ended.values()) else 0


def _run(part: Part, asked: Settings, left_s: float) -> Ending:
    if part.needs_gpu and not asked.device.startswith("cuda"):
        return Ending("skipped", said="it needs a GPU")
    left_s -= bounded.GRACE_S
    limit = min(left_s, 60 * asked.minutes * part.share if part.share and not asked.short else left_s)
    if limit < _LEAST_S:
        return Ending("skipped", said="no time was left")
    words = part.words(replace(asked, limit_s=limit))
    return bounded.run(words, limit, asked.out / f"{part.name}.log", part.right)


def _page(content: Mapping[str, Any], out: Path) -> str:
    machine = content["machine"]
    name = machine.get("gpu") or machine["cpu"]
    versions = ", ".join(f"{key} {machine['packages'][key]}" for key in ("torch", "torchvision", "numpy"))
    lines = [f"# What was measured on one {name}", "", f"Python {machine['python']}, {versions}.", ""]
    lines += ["Made by `python -m benchmarks.gpu`; each part had a limited time.", ""]
    for part in PARTS:
        if part.name in content["parts"]:
            lines += _section(part, Ending(**content["parts"][part.name]), out)
    return "\n".join(lines)


def _section(part: Part, ending: Ending, out: Path) -> list[str]:
    lines = [f"## {part.title}", ""]
    ended = {
        "done": f"Ran for {ending.seconds:.0f} s.",
        "stopped": f"Stopped after {ending.seconds:.0f} s; what was measured by then is here.",
        "failed": f"Failed after {ending.seconds:.0f} s: {ending.said}",
        "skipped": f"Skipped: {ending.said}.",
    }
    lines += [ended[ending.kind], ""]
    try:
        found = part.found(out / part.name)
    except (OSError, ValueError, KeyError, IndexError):
        return lines
    if found:
        lines += ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in found.items()), ""]
    return lines


def _arguments() -> Settings:
    shown = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("benchmarks.gpu", description=benchmarks.gpu.__doc__, formatter_class=shown)
    parser.add_argument("--out", type=Path, required=True, help="folder of the report")
    parser.add_argument("--device", default="cuda", help="cuda (the default), cuda:1, or cpu to try it")
    parser.add_argument("--minutes", type=float, default=9.0, help="for all parts; 9 by default")
    parser.add_argument("--short", action="store_true", help="try each part with the least work")
    parser.add_argument("--photographs", type=Path, help="folder of photographs to train on")
    parser.add_argument("--weights-root", type=Path, help="folder of weights that are at hand")
    given = parser.parse_args()
    if given.device.startswith("cuda") and not torch.cuda.is_available():
        parser.error("torch finds no CUDA GPU here; --short --device cpu tries the kit without one")
    if not 0.5 <= given.minutes <= _LONGEST_MINUTES:
        parser.error(f"expected from 0.5 to {_LONGEST_MINUTES:g} minutes")
    folder = given.photographs or given.out / "photographs"
    return Settings(given.out, given.device, given.minutes, given.short, folder, given.weights_root)


if __name__ == "__main__":
    sys.exit(main())
