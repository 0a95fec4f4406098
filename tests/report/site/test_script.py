import shutil
import subprocess
from pathlib import Path

import pytest


def test_the_script_passes_its_own_tests() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node: apt-get install nodejs")
    own = Path(__file__).parent / "site.test.cjs"
    done = subprocess.run(
        [node, "--test", "--test-reporter=tap", str(own)], capture_output=True, text=True, check=False
    )
    assert "# fail 0" in done.stdout, done.stdout + done.stderr
