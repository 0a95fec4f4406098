"""Freed memory stays with the process: in processes of their own, since it holds for a whole process."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from srbench import heap

STATUS = Path("/proc/self/status")
_SCRIPT = """
import json, re, sys, torch
from pathlib import Path
from srbench import heap

def resident_mib():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

torch.ones(8).sum()
found = {"before": heap.kept()}
found["understood"] = heap.keep_freed() if sys.argv[1] == "keep" else None
found["after"] = heap.kept()
found["start"] = resident_mib()
large = torch.ones(200 * 2**18)
found["full"] = resident_mib()
del large
found["freed"] = resident_mib()
heap.give_back()
found["given back"] = resident_mib()
print(json.dumps(found))
"""


@pytest.mark.skipif(not STATUS.exists() or heap._glibc() is None, reason="needs Linux with glibc")
@pytest.mark.parametrize("asked", ["keep", "leave"])
def test_freed_memory_is_kept_when_asked_and_given_back_when_asked(asked: str) -> None:
    done = subprocess.run([sys.executable, "-c", _SCRIPT, asked], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    keep = asked == "keep"
    assert found["before"] is False
    assert found["understood"] is (True if keep else None)
    assert found["after"] is keep
    assert found["full"] - found["start"] == pytest.approx(200, abs=20)
    assert found["freed"] - found["start"] == pytest.approx(200 if keep else 0, abs=20)
    assert found["given back"] - found["start"] == pytest.approx(0, abs=20)


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "_state", {"kept": False})
    monkeypatch.setattr(heap.sys, "platform", "win32")
    assert heap.keep_freed() is False
    assert heap.kept() is False
    heap.give_back()
