"""One run for all tests of this folder."""

import pytest

from srbench.evaluation.results import RunFolder
from tests.report.viewer import made


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """The run of `made.run`; do not write into it."""
    return made.run(tmp_path_factory.mktemp("viewer"))
