"""Runs as `srbench run` stores them, without pictures and without a network."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from srbench import protocol
from srbench.evaluation.pipeline import PIPELINE
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import Row
from srbench.models.mode import parse

METRICS = {"psnr": ("dB", True, 2), "ssim": ("", True, 4), "lpips": ("", False, 4)}
ENVIRONMENT = {"python": "3.12", "packages": {"torch": "2"}, "device": "cpu", "machine": "a test", "commit": "abc"}


def stored(
    folder: Path, models: dict[str, float], images: int = 8, dataset: str = "set14", name: str = "classical_x4"
) -> RunFolder:
    """Store a run of models that are so many dB better than the first; slower ones are better."""
    run = RunFolder(folder)
    draw = np.random.default_rng(4)
    hard = draw.normal(27, 3, images)
    facts: dict[str, Any] = {
        model: {"arch": "net", "settings": {"scale": 4}, "weights": {f"{model}.pt": "ab" * 32}, "fingerprint": model}
        for model in models
    }
    files = {f"im{i}": {"hr_sha256": f"{i}", "lr_sha256": "", "hr": ""} for i in range(images)}
    call = {
        **{"started": "2026-11-28", "pipeline": PIPELINE, "models": facts, "metrics": list(METRICS)},
        "datasets": {dataset: {"images": images, "of": images, "pinned": True, "content": "c", "files": files}},
        **{"mode": vars(parse("fp32", "cpu", 0)), "notes": [f"{dataset}: a <note>"], "unavailable": {}, "failed": []},
    }
    environment, _ = run.record(protocol.find(name).as_dict(), ENVIRONMENT, call)
    rows = []
    for model, gain in models.items():
        noise = draw.normal(0, 0.1, images)
        values = {"psnr": hard + gain + noise, "ssim": 0.7 + (gain + noise) / 50, "lpips": 0.3 + (gain + noise) / 50}
        values["latency"] = np.full(images, 10.0 + 10 * max(gain, 0))
        for metric, of in values.items():
            unit, higher, digits = METRICS.get(metric, ("ms", False, None))
            for i, value in enumerate(of):
                rows.append(
                    Row(
                        **{"key": hashlib.sha256(f"{name}{model}{dataset}{i}{metric}".encode()).hexdigest()[:16]},
                        **{"protocol": name, "model": model, "identity": model, "dataset": dataset, "image": f"im{i}"},
                        **{"metric": metric, "value": float(value), "unit": unit, "higher_is_better": higher},
                        **{"device": "cpu", "mode": "fp32", "environment": environment, "digits": digits},
                        **{"title": metric.upper() if metric in METRICS else "", "pipeline": PIPELINE, "hr": f"{i}"},
                    )
                )
    run.append(rows)
    return run
