"""`srbench models`: a list that fits a terminal, and all that is known of one model."""

import json

import pytest

from srbench.cli import console
from srbench.models import registry
from tests.cli.conftest import Call


def test_the_list_fits_80_columns_and_explains_each_status(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console.out, "_width", 80)
    code, out, _ = call("models")
    lines = out.splitlines()
    assert code == 0
    assert max(map(len, lines)) <= 80
    head = next(line for line in lines if "parameters" in line)
    assert head.split() == ["id", "scale", "parameters", "size", "status"]
    listed = [line.split()[0] for line in lines if line.startswith(" ") and line.strip()]
    assert set(registry.cards()) <= set(listed)  # no id is cut or wrapped
    text = " ".join(out.split())
    for status in ("none needed", "at hand", "can be fetched", "by hand", "not pinned"):
        assert f"• {status}: " in text


def test_one_model_is_shown_whole(call: Call) -> None:
    card = registry.find("espcn")
    code, out, _ = call("models", "ESPCN")
    assert code == 0
    for text in (card.licence, card.source, card.note, card.files[0].sha256, card.files[0].url, "29.15 dB"):
        assert str(text) in out
    _, shown, _ = call("models", "espcn", "--json")
    record = json.loads(shown)
    assert (record["id"], record["parameters"], record["licence"]) == ("espcn", card.parameters, card.licence)
