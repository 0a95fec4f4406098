"""What a forked server runs; its modules are loaded before the fork."""

import sys
from collections.abc import Sequence

import srbench.survey.web.app
import srbench.survey.web.server
from srbench.cli.app import main

__all__ = ["serve", "srbench"]


def serve(command: Sequence[str]) -> None:
    """Run `srbench` with these words, the program's name first."""
    sys.argv = list(command)
    main()
