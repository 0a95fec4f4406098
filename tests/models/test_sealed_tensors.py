"""A safetensors file that this project wrote tells when a byte of it has changed."""

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load, save_file

from srbench.errors import BadWeights
from srbench.models import checkpoint, sealed_tensors

STATE = {"first.weight": torch.arange(54.0).view(2, 3, 3, 3), "first.bias": torch.ones(2, dtype=torch.float16)}


def test_tensors_and_facts_come_back(tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    file.write_bytes(sealed_tensors.serialise(STATE, {"arch": "none", "recipe": "\u00e9"}))
    found = load(file.read_bytes())
    assert found.keys() == STATE.keys()
    assert all(torch.equal(found[name], STATE[name]) for name in STATE)
    with safe_open(file, "pt") as opened:
        facts = opened.metadata()
    assert facts.keys() == {"arch", "recipe", "crc32"}
    assert facts["recipe"] == "\u00e9"
    assert checkpoint.read([file]).state.keys() == STATE.keys()


def test_the_same_tensors_give_the_same_bytes() -> None:
    facts = {"b": "1", "a": "2", "c": "3"}
    assert len({sealed_tensors.serialise(STATE, dict(sorted(facts.items(), reverse=k % 2))) for k in range(6)}) == 1


def test_any_flipped_bit_is_damage(tmp_path: Path) -> None:
    content = sealed_tensors.serialise(STATE, {"scale": "4"})
    file, unnoticed = tmp_path / "a.safetensors", []
    for at in range(len(content)):
        changed = bytearray(content)
        changed[at] ^= 1
        file.write_bytes(changed)
        try:
            found = checkpoint.read([file])
        except BadWeights:
            continue
        whole = found.state.keys() == STATE.keys() and all(torch.equal(found.state[n], STATE[n]) for n in STATE)
        if not whole or found.facts.get("scale") != "4":
            unnoticed.append(at)
    assert not unnoticed


def test_a_flipped_weight_is_named(tmp_path: Path) -> None:
    content = bytearray(sealed_tensors.serialise(STATE, {}))
    content[-1] ^= 4
    (tmp_path / "a.safetensors").write_bytes(content)
    with pytest.raises(BadWeights, match=r"a\.safetensors is damaged: its checksum does not match; get the file again"):
        checkpoint.read([tmp_path / "a.safetensors"])


def test_files_without_a_checksum_stay_readable(tmp_path: Path) -> None:
    for name, facts in (("a", None), ("b", {"arch": "none"})):
        save_file(STATE, tmp_path / f"{name}.safetensors", facts)
        assert checkpoint.read([tmp_path / f"{name}.safetensors"]).state.keys() == STATE.keys()
