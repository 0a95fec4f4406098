"""What messages, notes and help tell a reader to type is there, in every verb that can say so."""

import inspect
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from docs.commands import verbs as walk
from srbench import protocol
from srbench.cli import renamed
from tests.cli.conftest import Call
from tests.cli.hints import Hint, program
from zoo.archs.srvgg import SRVGGNetCompact

_VERB = re.compile(r"srbench ((?:survey |datasets )?[a-z]+)")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
_PROTOCOL = re.compile(r"\b(?:classical|papers|rgb|openmmlab|srgan|luma)_x\d+(?:\+[a-z_]+=[a-z0-9]+)*(?![\w.])")
_PROSE = {"developers", "downloads", "needed"}
"""Words that follow "srbench" in a sentence about it."""

_NEVER = {
    # These verbs come to this code without what the message is about.
    "srbench.datasets.name_pairs": (
        "fetch",
        "claims",
        "upscale",
        "throughput",
        "survey extend",
        "verify",
    ),  # they pair nothing
    "srbench.datasets.locate.locate": (
        "fetch",
        "claims",
        "explain",
        "score",
        "upscale",
        "throughput",
        "survey create",
        "survey extend",
        "verify",
    ),
    "srbench.survey.stimuli.crops._chosen_size": ("survey extend",),  # no crops are given
    "srbench.evaluation.results.RunFolder.record": ("survey create", "verify"),  # they only read runs
    "srbench.models.upscaler.Upscaler.tile_warning": ("claims", "verify"),  # they print no warnings of rows
    "srbench.evaluation.comparison.compare": ("table", "show", "report"),  # it asks for the usual test
    "srbench.evaluation.matched.Matches.partners": ("show", "report"),  # they ask for no older run
    "srbench.metrics.backbone._path": ("show", "report"),  # without it there are no maps, and nothing is said
    "srbench.evaluation.user_metrics.load": ("claims", "upscale", "throughput", "survey report"),  # no file is given
    "srbench.survey.package.writing.write": ("survey serve",),  # its download is one of the two
    "srbench.survey.package.codebook": ("survey serve",),  # of the export that the codebook describes
    "srbench.survey.plan.planning._with_extras": ("survey plan", "survey serve"),  # of a study that was planned before
    "srbench.ratings.mos.differential": ("survey report",),  # it has the usual options of an analysis, no others
    "srbench.ratings.chosen_scores": ("survey report",),
    "srbench.ratings.caveats._repeated": ("survey report",),
    "srbench.ratings.non_inferiority": ("survey report",),
    "srbench.ratings.further": ("survey report",),
}
_FIXED = "survey demo"
"""A verb that gives others what it made itself."""


@cache
def _options() -> dict[str, set[str]]:
    commands = ((name.removeprefix("srbench "), command) for name, command in walk())
    return {
        name: {"--help", *(word for each in command.params for word in [*each.opts, *each.secondary_opts])}
        for name, command in commands
    }


@cache
def _reached() -> dict[str, set[tuple[str, str]]]:
    callbacks = {name.removeprefix("srbench "): command.callback for name, command in walk() if command.callback}
    functions = {name: inspect.unwrap(callback) for name, callback in callbacks.items()}
    return {name: program().reached((f.__module__, f.__name__)) for name, f in functions.items()}


def _hints() -> list[Hint]:
    """Texts of at least two words; those of `renamed` name what is no longer there."""
    return [hint for hint in program().hints() if " " in hint.text and hint.place[0] != renamed.__name__]


def _who_says(hint: Hint) -> list[str]:
    where = ".".join(hint.place)
    never = {name for place, names in _NEVER.items() if where.startswith(place) for name in names} | {_FIXED}
    return [name for name, reached in _reached().items() if hint.place in reached and name not in never]


def _wrong_options(hint: Hint) -> list[str]:
    """Name options that a verb lacks: the verb named before them in the same sentence, else all that can say it."""
    wrong = []
    for option in _OPTION.finditer(hint.text):
        named = [verb for verb in _VERB.finditer(hint.text) if verb.end() < option.start()]
        if named and not re.search(r"[.;:] ", hint.text[named[-1].end() : option.start()]):
            able = [named[-1][1]]
        else:
            able = _who_says(hint) or [next((v for v, words in _options().items() if option[0] in words), "nothing")]
        wrong += [f"{verb} {option[0]}" for verb in able if option[0] not in _options().get(verb, ())]
    return wrong


def test_the_call_graph_knows_what_verbs_reach() -> None:
    reached = _reached()
    scale = ("srbench.models.foreign", "_check_scale")
    assert {verb for verb in reached if scale in reached[verb]} >= {"run", "upscale", "export", "train", "throughput"}
    assert scale not in reached["degrade"]
    assert ("srbench.evaluation.results", "RunFolder.record") in reached["run"]
    assert len(_hints()) > 120


def test_each_command_that_a_text_names_is_there() -> None:
    named = [(verb[1], str(hint)) for hint in _hints() for verb in _VERB.finditer(hint.text)]
    assert [each for each in named if each[0] not in _options() and each[0] not in _PROSE] == []


def test_each_option_that_a_text_names_is_one_of_the_verbs_that_can_say_it() -> None:
    assert {str(hint): wrong for hint in _hints() if (wrong := _wrong_options(hint))} == {}


def test_each_protocol_that_a_text_names_is_there() -> None:
    named = [name for hint in program().hints() for name in _PROTOCOL.findall(hint.text)]
    assert len(named) > 50
    for name in named:
        protocol.find(name)


def test_each_answer_to_an_old_option_names_a_new_one() -> None:
    for (verb, old), sentence in renamed.OPTIONS.items():
        assert {word for word in _OPTION.findall(sentence) if word != old} <= _options()[verb]


def test_a_wrong_hint_is_found() -> None:
    assert _wrong_options(Hint(("srbench.models.foreign", "_check_scale"), 1, "choose --protocol x"))
    assert _wrong_options(Hint(("srbench.cli.show", "show"), 1, "srbench show --out x"))
    assert not _wrong_options(Hint(("srbench.cli.show", "show"), 1, "srbench run --out x"))


def _weights(scale: int, name: str) -> None:
    torch.save(SRVGGNetCompact(scale, convolutions=1, channels=4).state_dict(), name)


def _said(call: Call, *arguments: str) -> str:
    code, _, err = call(*arguments)
    assert code == 2
    return err


@pytest.mark.parametrize(
    ("scale", "arguments"),
    [
        (1, ("run", "--models", "one.pth", "--limit", "1")),
        (2, ("run", "--models", "one.pth", "--limit", "1")),
        (1, ("upscale", "a.png", "b.png", "--model", "one.pth", "--scale", "4")),
        (2, ("export", "one.pth", "b.onnx", "--scale", "4")),
        (1, ("throughput", "--models", "one.pth")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else str(value),
)
def test_the_hint_for_another_scale_works(call: Call, scale: int, arguments: tuple[str, ...]) -> None:
    _weights(scale, "one.pth")
    Image.new("RGB", (8, 8)).save("a.png")
    said = _said(call, *arguments)
    assert f"upscales by {scale}, not by 4" in said
    option = re.search(r"srbench export take it with (--scale \d)", said)
    assert option
    assert call("upscale", "a.png", "new.png", "--model", "one.pth", *option[1].split())[0] == 0
    assert call("export", "one.pth", "new.safetensors", *option[1].split())[0] == 0
    assert ("no protocol of that scale" in said) == (scale == 1)
    if scale == 2:
        protocol_option = re.search(r"--protocol \w+", said)
        assert protocol_option
        call_again = ("run", "--models", "one.pth", "--limit", "1", "--metrics", "psnr", *protocol_option[0].split())
        assert call(*call_again)[0] == 0


def test_the_hints_for_names_list_them(call: Call) -> None:
    for arguments in (("run", "--models", "srgna"), ("run", "--metrics", "pnsr"), ("run", "--protocol", "x_x4")):
        command = re.search(r"All names: srbench (\w+)", _said(call, *arguments))
        assert command
        assert call(command[1])[0] == 0


def test_the_command_that_run_prints_last_works(call: Call) -> None:
    _, out, _ = call("run", "--models", "nearest", "--limit", "1", "--metrics", "psnr")
    again: Any = re.search(r"again: srbench (.+)", out)
    assert call(*shlex.split(again[1]))[0] == 0


def test_a_file_that_is_there_already_is_replaced_as_the_message_says(call: Call) -> None:
    _weights(4, "net.pth")
    Path("b.safetensors").write_text("")
    option = re.search(r"--force", _said(call, "export", "net.pth", "b.safetensors"))
    assert option
    assert call("export", "net.pth", "b.safetensors", option[0])[0] == 0
