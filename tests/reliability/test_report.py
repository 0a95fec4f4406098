"""The page of reliability says first what was aimed at and what was found."""

from pathlib import Path

from benchmarks.reliability import report


def test_the_page_begins_with_aims_and_findings(tmp_path: Path) -> None:
    run = {"run / a": 0, "run / b": 2, "run / c": 2}
    report.write("matrix", {"run": {"commit": "c", "cells": 4, "run": run, "bad": {"run / b": ["why"]}}}, tmp_path)
    mistake = {"file": "f", "old": "a", "new": "b", "kind": "k", "reason": "", "commit": "c"}
    once = {**mistake, "killed": True, "once_unnoticed": "the key lacks a part"}
    report.write("mutations", {"x": once, "y": {**mistake, "killed": False}}, tmp_path)
    counts = {"value": 1, "refused": 9_998, "other": {"hang of a": 1}}
    few = {"commit": "c", "inputs": 2_000, "value": 0, "refused": 2_000, "other": {}}
    report.write("fuzz", {"rows": {"commit": "c", "inputs": 10_000, **counts}, "image": few}, tmp_path)
    page = (tmp_path / "README.md").read_text(encoding="utf-8")
    for words in (
        "| 3 of 4 cells run, 1 bad |",
        "| 1 of 2 noticed (50.0%) |",
        "1 of 2 readers had so many, the others 2,000 or more; of all 12,000 inputs 1 ended otherwise |",
        "by number of cells: 0 in 1, 2 in 2.",
        "- run / b: why",
        "- the key lacks a part: noticed now",
        '- f: "a" became "b"',
        "- rows: 1 times hang of a",
    ):
        assert words in page
