"""Words that say how a network is run."""

import json
import random
from dataclasses import replace
from itertools import product

import pytest

from srbench.errors import UserError
from srbench.models.mode import Mode, canonical, parse, spelled_before

PRECISIONS = ("fp32", "tf32", "bf16", "fp16")
CHOICES = (
    *(PRECISIONS, ("", "split"), ("", "channels_last"), ("", "unfolded"), ("", "compile", "graph")),
    *(("", "x8"), ("", "tile=208")),
)
EAGER = [
    "+".join(word for word in words if word)
    for words in product(*CHOICES)
    if not (words[1] and words[0] in ("fp32", "tf32"))
]


@pytest.mark.parametrize("text", [*EAGER, "fp32+onnx", "fp32+unfolded+onnx", "fp32+onnx+x8+tile=7", "fp32+openvino"])
def test_a_name_means_the_mode_that_has_it(text: str) -> None:
    mode = parse(text)
    assert mode.split == ("split" in text)
    assert mode.name == text
    chosen = replace(mode, fp32_layers=("head",) if mode.split else ())
    assert chosen.name == text
    assert canonical(spelled_before(text)) == text


@pytest.mark.parametrize("text", EAGER)
def test_the_order_of_words_does_not_matter(text: str) -> None:
    words = text.split("+")
    random.Random(0).shuffle(words)
    assert parse("+".join(words)) == parse(text)


def test_fp32_and_eager_go_without_saying() -> None:
    assert parse("channels_last") == Mode(channels_last=True)
    assert parse("graph").name == "fp32+graph"
    assert parse("x8+tile=64").name == "fp32+x8+tile=64"
    assert parse("fp32") == Mode()


def test_device_and_memory_stand_beside_the_words() -> None:
    mode = parse("bf16+channels_last+tile=64", "cuda:1", 100)
    assert mode == Mode("cuda:1", "bf16", channels_last=True, tile_px=64, memory_mib=100)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("bf16 x8", "bf16+x8"),
        ("bf16 channels_last x8 tile 208", "bf16+channels_last+x8+tile=208"),
        ("fp16 split channels_last published graph", "fp16+split+channels_last+unfolded+graph"),
        ("channels_last+bf16", "bf16+channels_last"),
        ("tf32 graph tile 64", "tf32+graph+tile=64"),
        ("fp32", "fp32"),
        ("files", "files"),
        ("", ""),
        ("a mode of tomorrow", "a mode of tomorrow"),
    ],
)
def test_a_stored_spelling_becomes_the_canonical_one(stored: str, expected: str) -> None:
    assert canonical(stored) == expected
    assert canonical(expected) == expected


def test_layers_without_split_are_refused() -> None:
    with pytest.raises(ValueError, match="expected split=True"):
        Mode(precision="bf16", fp32_layers=("head",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no mode"),
        ("+", "is no mode"),
        ("fp8", "'fp8' is no mode: expected some of fp32, tf32, bf16, fp16, split"),
        ("eager", "is no mode"),
        ("bf16 channels_last", "is no mode"),
        ("FP32", "is no mode"),
        ("bf16+fp16", "says bf16 and fp16; expected one of them"),
        ("fp32+tf32", "says fp32 and tf32"),
        ("bf16+bf16", "says bf16 twice"),
        ("compile+graph", "says compile and graph"),
        ("channels_last+channels_last", "says channels_last twice"),
        ("split", "say which of the two"),
        ("tf32+split", "say which of the two"),
        ("bf16+onnx", "in fp32"),
        ("bf16+split+onnx", "in fp32"),
        ("onnx+channels_last", "expected 'onnx' alone"),
        ("tf32+onnx", "expected 'onnx' alone"),
        ("bf16+openvino", "OpenVINO runs the network as exported, in fp32; expected 'openvino' alone"),
        ("onnx+openvino", "says onnx and openvino"),
        ("auto", "is no mode"),
        ("tile", "is no mode"),
        ("tile=", "is no mode"),
        ("tile=0", "is no mode"),
        ("tile=-4", "is no mode"),
        ("tile=²", "is no mode"),
        ("tile=64+tile=32", "says tile=64 and tile=32; expected one of them"),
        ("x8+x8", "says x8 twice"),
        ("fp32+published", "the word published is called unfolded now"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(UserError) as refused:
        parse(text)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_name_says_what_differs_from_the_default() -> None:
    assert Mode("cuda").name == "fp32"
    assert Mode(precision="bf16", channels_last=True, self_ensemble=True).name == "bf16+channels_last+x8"
    assert Mode(tf32=True, tile_px=64, engine="graph").name == "tf32+graph+tile=64"
    assert Mode(precision="fp16", split=True, fp32_layers=("head",)).name == "fp16+split"
    assert Mode(precision="fp16", tf32=True).name == "fp16"  # nothing is left for TF32 to do


def test_a_mode_is_json_with_the_kind_of_its_device() -> None:
    record = Mode("cuda:1", "bf16", split=True, fp32_layers=("a", "b")).as_dict()
    assert json.loads(json.dumps(record))["fp32_layers"] == ["a", "b"]
    assert record["device"] == "cuda"
    assert record == Mode("cuda:0", "bf16", split=True, fp32_layers=("a", "b")).as_dict()
    assert record != Mode("cuda", "bf16", split=True, fp32_layers=("a",)).as_dict()
