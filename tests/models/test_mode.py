"""Words that say how a network is run."""

import json
import random
from itertools import product

import pytest

from srbench.errors import UserError
from srbench.models.mode import Mode, parse

PRECISIONS = ("fp32", "tf32", "bf16", "fp16")
EAGER = [
    "+".join(word for word in words if word)
    for words in product(PRECISIONS, ("", "split"), ("", "channels_last"), ("", "published"), ("", "compile", "graph"))
    if not (words[1] and words[0] in ("fp32", "tf32"))
]


@pytest.mark.parametrize("text", [*EAGER, "fp32+onnx", "fp32+published+onnx"])
def test_a_name_means_the_mode_that_has_it(text: str) -> None:
    mode, is_split = parse(text)
    assert is_split == ("split" in text)
    kept = Mode(**{**mode.__dict__, "fp32_layers": ("head",) if is_split else ()})
    assert kept.name == text
    assert parse(kept.name) == (mode, is_split)


@pytest.mark.parametrize("text", EAGER)
def test_the_order_of_words_does_not_matter(text: str) -> None:
    words = text.split("+")
    random.Random(0).shuffle(words)
    assert parse("+".join(words)) == parse(text)


def test_fp32_and_eager_go_without_saying() -> None:
    assert parse("channels_last")[0] == Mode(channels_last=True)
    assert parse("graph")[0].name == "fp32+graph"
    assert parse("fp32")[0] == Mode()


def test_words_add_to_a_device_and_tiles() -> None:
    base = Mode("cuda:1", tile_px=64, memory_mib=100, self_ensemble=True)
    mode, _ = parse("bf16+channels_last", base)
    assert mode == Mode("cuda:1", "bf16", channels_last=True, tile_px=64, memory_mib=100, self_ensemble=True)
    assert parse("fp32", mode)[0] == base


def test_words_say_what_stays_in_fp32_and_nothing_is_left_of_before() -> None:
    assert parse("bf16", Mode(precision="bf16", fp32_layers=("head",)))[0].fp32_layers == ()


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
    ],
)
def test_what_cannot_be_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(UserError) as refused:
        parse(text)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_tables_name_what_differs_from_the_default() -> None:
    assert Mode("cuda").describe() == "fp32"
    assert Mode(precision="bf16", channels_last=True, self_ensemble=True).describe() == "bf16 channels_last x8"
    assert Mode(tf32=True, tile_px=64, engine="graph").describe() == "tf32 graph tile 64"
    assert Mode(precision="fp16", fp32_layers=("head",)).describe() == "fp16 split"
    assert Mode(precision="fp16", tf32=True).describe() == "fp16"  # nothing is left for TF32 to do


def test_a_mode_is_json_with_the_kind_of_its_device() -> None:
    record = Mode("cuda:1", "bf16", fp32_layers=("a", "b")).as_dict()
    assert json.loads(json.dumps(record))["fp32_layers"] == ["a", "b"]
    assert record["device"] == "cuda"
    assert record == Mode("cuda:0", "bf16", fp32_layers=("a", "b")).as_dict()
    assert record != Mode("cuda", "bf16", fp32_layers=("a",)).as_dict()
