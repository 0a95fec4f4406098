"""The environment that is stored with every run."""

import pytest
import torch

from srbench.core import environment
from tests.conftest import ROOT


def test_facts_name_the_machine_and_the_versions() -> None:
    facts = environment.describe(torch.device("cpu"))
    assert facts["device"] == "cpu"
    assert facts["packages"]["torch"].startswith(torch.__version__.split("+", maxsplit=1)[0])
    assert facts["cpu"] in facts["machine"]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")
def test_a_checkout_names_its_commit() -> None:
    assert environment.describe(torch.device("cpu"))["commit"]
