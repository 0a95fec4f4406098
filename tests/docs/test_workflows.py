"""What runs elsewhere: the workflow takes README's commands, and git's hooks check what tox checks."""

import re
import subprocess
from typing import Any

import yaml

from tests.docs.pages import ROOT


def _steps() -> dict[str, list[dict[str, Any]]]:
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]
    return {name: job["steps"] for name, job in jobs.items()}


def test_the_workflow_runs_the_two_commands_of_the_readme() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line.startswith("python3 -m venv")]
    asked = [match[1] for step in _steps()["readme"] if (match := re.search(r"\$\((.+)\)", step.get("run", "")))]
    printed = [
        subprocess.run(["bash", "-ec", line], cwd=ROOT, check=True, capture_output=True, text=True) for line in asked
    ]
    assert [done.stdout.strip() for done in printed] == commands
    assert len(commands) == 2


def test_the_workflow_builds_the_site_and_the_wheel() -> None:
    commands = [step["run"] for step in _steps()["build"] if "run" in step]
    assert {"tox -e docs", "python -m build"} <= set(commands)


def test_the_hooks_of_git_check_what_tox_checks() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    entries = [hook["entry"].replace(" --force-exclude", "") for hook in hooks]
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    checks = [line.strip() for line in tox.splitlines() if re.fullmatch(r"\s+(ruff|mypy)\b.*", line)]
    assert len(checks) == 3
    assert set(checks) <= set(entries)
