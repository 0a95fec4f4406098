"""`srbench verify`: altered scores, outputs and weights are found, and a rewritten run is refused."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from scipy.stats import hypergeom

from srbench.core import files
from srbench.evaluation.results import ROWS, RunFolder
from srbench.evaluation.row import Row
from srbench.evaluation.sampling import draws
from tests.cli.conftest import Call

_WORDS = ("run", "--models", "nearest", "--metrics", "psnr,ssim", "--limit", "2", "--save-images", "--out", "one")


def _rewrite(rows: list[Row]) -> None:
    files.write(Path("one") / ROWS, "".join(row.to_json() + "\n" for row in rows))


@contextmanager
def _altered(metric: str, by: float) -> Iterator[None]:
    """Alter a score, with a checksum that fits."""
    before = RunFolder(Path("one")).rows()
    at = next(place for place, row in enumerate(before) if row.metric == metric)
    _rewrite([replace(row, value=row.value + by * (place == at)) for place, row in enumerate(before)])
    yield
    _rewrite(before)


def test_an_altered_run_is_told_from_the_one_that_was_stored(call: Call) -> None:
    call(*_WORDS)
    code, out, err = call("verify", "one", "--json")
    found = json.loads(out)
    assert (code, found["wrong"], found["unchecked"]) == (0, [], {}), err
    assert (found["rows"], found["drawn"], found["scored"], found["inferred"]) == (4, 4, 4, 4)
    with _altered("psnr", 0.01):
        code, out, _ = call("verify", "one", "--images", "0")
        assert code == 3
        assert "wrong: psnr of nearest (cpu fp32) on builtin/" in out
        assert "scored again from the kept output" in out
        code, out, err = call("verify", "one", "--expect", found["hash"])
        assert (code, out) == (2, "")
        assert f"expected {found['hash']}" in err
    assert call("verify", "one", "--expect", found["hash"][:12], "--images", "0")[0] == 0
    assert call("verify", "one", "--expect", found["hash"][:7], "--images", "0")[0] == 2
    with _altered("ssim", -0.02):
        for picture in Path("one/images").rglob("*.png"):
            picture.rename(picture.with_suffix(".gone"))
        found = json.loads(call("verify", "one", "--json")[1])
        assert (found["scored"], list(found["unchecked"].values())) == (0, [4])
        assert len(found["wrong"]) == 1
        assert found["wrong"][0].endswith("when the model runs again")
        for picture in Path("one/images").rglob("*.gone"):
            picture.rename(picture.with_suffix(".png"))
    picture = next(Path("one/images").rglob("*.png"))
    picture.write_bytes(picture.read_bytes() + b" ")
    code, out, _ = call("verify", "one", "--images", "0")
    assert (code, "is not the picture that was measured" in out) == (3, True)


def test_a_model_of_a_file_runs_again_from_where_it_was(call: Call) -> None:
    source = "from torch.nn.functional import interpolate\ndef twice(scale):\n"
    Path("my.py").write_text(f"{source}    return lambda x: interpolate(x, scale_factor=scale)\n", encoding="utf-8")
    call("run", "--models", "my.py:twice", "--metrics", "psnr", "--limit", "1", "--out", "one")
    found = json.loads(call("verify", "one", "--json")[1])
    assert (found["inferred"], found["wrong"]) == (1, [])


@pytest.mark.parametrize("count", [1, 7, 99, 100, 1000, 44_000])
def test_a_sample_misses_one_percent_of_altered_scores_with_less_than_a_thousandth(count: int) -> None:
    number, bad = draws(count), max(round(count / 100), 1)
    assert hypergeom.pmf(0, count, bad, number) < 1e-3
    assert hypergeom.pmf(0, count, bad, number - 1) >= 1e-3
