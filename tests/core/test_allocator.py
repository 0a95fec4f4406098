"""Freed memory stays with the process: in processes of their own, since it holds for a whole process."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from srbench.core import allocator

STATUS = Path("/proc/self/status")
_SCRIPT = """
import json, re, sys, torch
from pathlib import Path
from srbench.core import allocator

def resident_mib():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

torch.ones(8).sum()
found = {"before": allocator.kept()}
found["understood"] = allocator.keep_freed_memory() if sys.argv[1] == "keep" else None
found["after"] = allocator.kept()
found["start"] = resident_mib()
large = torch.ones(200 * 2**18)
found["full"] = resident_mib()
del large
found["freed"] = resident_mib()
allocator.release_freed_memory()
found["given back"] = resident_mib()
print(json.dumps(found))
"""


@pytest.mark.skipif(not STATUS.exists() or allocator._glibc() is None, reason="needs Linux with glibc")
@pytest.mark.parametrize("asked", ["keep", pytest.param("leave", marks=pytest.mark.slow)])
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
    monkeypatch.setattr(allocator, "_state", {"kept": False})
    monkeypatch.setattr(allocator.sys, "platform", "win32")
    assert allocator.keep_freed_memory() is False
    assert allocator.kept() is False
    allocator.release_freed_memory()
