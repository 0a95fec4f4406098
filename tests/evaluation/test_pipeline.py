"""The version of the pipeline stands for its outputs: whoever changes one has to raise it."""

import json
from pathlib import Path

import pytest

from srbench.core import image
from srbench.evaluation import pairing
from srbench.evaluation.pipeline import PIPELINE
from tests.evaluation.pipeline_outputs import STEPS, STORED, hash_of


@pytest.mark.parametrize("name", STEPS)
def test_outputs_on_fixed_inputs_are_those_of_this_version(name: str) -> None:
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    assert hash_of(STEPS[name]()) == stored[str(PIPELINE)][name], (
        f"{name} makes other outputs than version {PIPELINE} of the pipeline did. If that is meant, raise "
        "srbench.evaluation.pipeline.PIPELINE and run: python -m tests.evaluation.pipeline_outputs"
    )


def test_a_changed_resampler_or_luma_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stored = json.loads(STORED.read_text(encoding="utf-8"))[str(PIPELINE)]
    with monkeypatch.context() as patched:
        resize = pairing.resize
        patched.setattr(
            pairing, "resize", lambda hr, size, **options: resize(hr, size, **(options | {"edge": "replicate"}))
        )
        assert hash_of(STEPS["pairs"]()) != stored["pairs"]
    with monkeypatch.context() as patched:
        patched.setattr(image, "_STUDIO_Y", (65.481, 128.553, 24.9))
        assert hash_of(STEPS["scoring"]()) != stored["scoring"]
