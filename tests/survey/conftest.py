"""Studies are made as their owners make them: by the command line."""

from tests.cli.conftest import call

__all__ = ["call"]
