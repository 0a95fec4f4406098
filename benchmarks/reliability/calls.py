"""One call of every verb that ends well, in a small folder of inputs that is made once."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import typer
from PIL import Image

from srbench.cli.app import app
from srbench.survey import study
from srbench.survey.store.vote_store import VoteStore

Values = dict[str, str | tuple[str, ...] | None]

_RECIPE = """title = "tiny"
[generator]
arch = "espcn"
[data]
batch = 2
patch_px = 32
validation_images = 1
[[phases]]
steps = 2
losses = [{kind = "pixel"}]
"""
CALLS: dict[str, Values] = {
    "run": {"models": "nearest", "datasets": "in/HR", "metrics": "psnr", "out": "out", "save_images": None},
    "show": {"run": "in/run"},
    "report": {"runs": "in/run", "out": "out"},
    "compare": {"runs": "in/run"},
    "table": {"runs": "in/run"},
    "figure": {"runs": "in/run", "image": "a", "crop": "8,8,16,16", "out": "out/figure.png"},
    "explain": {"subject": "nearest", "datasets": "in/HR", "printed": "20.00/.5000"},
    "claims": {"models": "srgan", "datasets": "set5", "protocol": "classical_x4", "out": "out"},
    "merge": {"out": "out", "runs": "in/run"},
    "verify": {"run": "in/run"},
    "rename": {"run": "in/run", "old": "nearest", "new": "repeated"},
    "rm": {"run": "in/run", "models": "nearest"},
    "score": {"folders": ("in/models/soft", "in/HR"), "metrics": "psnr"},
    "fetch": {"ids": "nearest"},
    "metrics": {},
    "protocols": {},
    "models": {},
    "upscale": {"source": "in/LR/a.png", "out": "out/a.png", "model": "nearest"},
    "throughput": {
        **{"models": "nearest", "mode": "fp32", "size": "16x16", "scenario": "latency", "seconds": "0.05"},
        **{"out": "out", "quality": "in/run"},
    },
    "interpolate": {
        **{"psnr": "in/train/best.safetensors", "gan": "in/train/last.safetensors", "alpha": "0.5"},
        "out": "out/mix.safetensors",
    },
    "export": {"model": "in/train/best.safetensors", "out": "out/net.safetensors"},
    "train": {"recipe": "in/tiny.toml", "data": "in/HR", "out": "out", "workers": "0", "threads": "1"},
    "recipes": {},
    "degrade": {"source": "in/HR", "out": "out"},
    "datasets pin": {"folder": "in/HR", "url_base": "https://x.example/a", "out": "out/pin.json"},
    "survey demo": {"folder": "out", "browser": "no", "port": "0"},
    "survey methods": {},
    "survey create": {"study": "out", "images": "in/models", "raters": "3"},
    "survey plan": {"study": "in/study"},
    "survey invite": {"study": "in/study", "number": "2", "out": "links.csv"},
    "survey invitations": {"study": "in/study"},
    "survey check": {"study": "in/study"},
    "survey serve": {"study": "in/study", "port": "0"},
    "survey status": {"study": "in/study"},
    "survey export": {"study": "in/study", "target": "out/votes.csv"},
    "survey report": {"study": "in/study", "out": "out"},
    "survey extend": {"study": "in/study", "raters": "9"},
    "survey exclude": {"study": "in/study", "rater": "nobody", "reason": "asleep"},
    "survey include": {"study": "in/study", "rater": "nobody"},
    "survey person": {"study": "in/study", "rater": "nobody"},
    "survey forget": {"study": "in/study", "days": "30"},
    "survey reconcile": {"study": "in/study", "panel": "in/panel.csv"},
    "survey token": {"study": "in/study"},
    "survey withdraw": {"study": "in/study", "rater": "nobody"},
    "survey backup": {"study": "in/study", "target": "out/study.zip"},
    "survey restore": {"source": "in/study.zip", "study": "out"},
    "survey analyze": {"ratings": "in/votes.csv", "out": "out", "resamples": "50"},
    "survey convert": {"sources": "in/votes.csv", "target": "out/votes.json"},
    "survey simulate": {"target": "out/votes.csv", "models": "3", "images": "4", "raters": "5"},
}
"""Values of parameters by verb; None switches a flag on."""

_OF_A_RUN = ("rows.jsonl", "run.json", "summary.csv", "summary.md", "summary.html", "*.png")
CHANGES = {
    "survey extend": ("study.json",),
    "survey token": ("secrets.json",),
    "rename": _OF_A_RUN,
    "rm": _OF_A_RUN,
}
"""By verb, names or patterns of the files of a run or study, besides votes, that it is there to change."""

OF_NOBODY = ("survey withdraw", "survey exclude", "survey include", "survey person")
"""Verbs whose call is about a rater whom the study does not have, and ends with 2."""

GOES_ON = {"train": ("out/last.ckpt", "--resume")}
"""By verb, what is there when the same call needs an option to go on, and the option."""

SERVERS = ("survey serve", "survey demo")
"""Verbs that run until Ctrl-C."""


@dataclass(frozen=True)
class Parameter:
    """An option or argument: its name, its flags, the type that it takes, and whether it is a switch."""

    name: str
    flags: tuple[str, ...]
    kind: str
    switch: bool


def verbs(group: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[str, list[Parameter]]]:
    """Yield every verb of the program with its parameters."""
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        if command.hidden:
            continue
        if hasattr(command, "commands"):
            yield from verbs(command, (*words, name))
            continue
        yield " ".join([*words, name]), [_parameter(one) for one in command.params if one.name != "help"]


def _parameter(one: Any) -> Parameter:
    kind = str(one.type_descriptor.annotation)
    known = next((word for word in ("Path", "int", "float", "bool", "Literal") if word in kind), "str")
    flags = tuple(one.opts if one.opts[0].startswith("-") else ())
    return Parameter(one.name, (*flags, *one.secondary_opts), known, getattr(one, "is_flag", False))


def line(verb: str, parameters: list[Parameter], values: Values) -> list[str]:
    """Return the words of a call: options first, then arguments in their order."""
    words = verb.split()
    for parameter in parameters:
        if parameter.name in values and parameter.flags:
            value = values[parameter.name]
            if parameter.switch:
                words.append(parameter.flags[-1] if value == "no" else parameter.flags[0])
            else:
                words += [parameter.flags[0], *([value] if isinstance(value, str) else value or ())]
    words.append("--")
    for parameter in parameters:
        if parameter.name in values and not parameter.flags:
            value = values[parameter.name]
            words += [value] if isinstance(value, str) else value or ()
    return words


def make_inputs(folder: Path) -> None:
    """Draw the images; what other verbs read is made by `make_derived`."""
    down, right = np.mgrid[:64, :64]
    for name, period in (("a", 5), ("b", 7)):
        planes = [127 + 100 * np.sin((right * (1 + c) + down) / period) for c in range(3)]
        hr = Image.fromarray(np.stack(planes, -1).astype(np.uint8))
        lr = hr.resize((16, 16), Image.Resampling.BICUBIC)
        soft, rough = (lr.resize((64, 64), how) for how in (Image.Resampling.BICUBIC, Image.Resampling.NEAREST))
        for place, picture in (
            ("HR", hr),
            ("LR", lr),
            ("models/hr", hr),
            ("models/soft", soft),
            ("models/rough", rough),
        ):
            (folder / place).mkdir(parents=True, exist_ok=True)
            picture.save(folder / place / f"{name}.png")
    (folder / "tiny.toml").write_text(_RECIPE, encoding="utf-8")
    (folder / "words.txt").write_text("words\n", encoding="utf-8")
    (folder / "panel.csv").write_text("Participant id,Status\nnobody,APPROVED\n", encoding="utf-8")


DERIVED = (
    "run --models nearest,bicubic --datasets in/HR --metrics psnr --save-images --out in/run",
    "train in/tiny.toml --data in/HR --out in/train --workers 0 --threads 1",
    "survey create in/study --images in/models --raters 3",
    "survey simulate in/votes.csv --models 3 --images 4 --raters 5",
    "survey backup in/study in/study.zip",
)
"""Calls that make the other inputs, in this order; votes are given before the backup."""


def vote(folder: Path) -> None:
    """Let two raters answer every question of a study."""
    store = VoteStore(study.load(folder))
    for turn in range(2):
        rater = store.find(store.invite()) or ""
        store.assign_session(rater)
        while (state := store.rater_state(rater)) and state.question:
            store.answer(rater, state.question.position, str(3 + (state.question.position + turn) % 2), 2.0, {})
    store.close()
    for beside in folder.glob("votes.sqlite-*"):
        beside.unlink()
