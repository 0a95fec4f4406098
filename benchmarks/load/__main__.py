"""The command line."""

import argparse
import sys
from pathlib import Path

from benchmarks.load import report, study
from benchmarks.load.course import measured
from benchmarks.load.raters import EVERY_S
from srbench.errors import UserError
from srbench.survey import methods

LONGEST_MINUTES = study.TRIALS * EVERY_S / 60


def main() -> int:
    arguments = _arguments()
    try:
        content = measured(
            arguments.raters,
            arguments.minutes * 60,
            arguments.method,
            arguments.database,
            kill=arguments.kill,
            workers=arguments.workers,
        )
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(report.markdown(content))
    if arguments.out:
        report.write(content, arguments.out)
    return 0 if report.right(content) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks.load", description="Put a served study under load.")
    parser.add_argument("--raters", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=5.0, help=f"of rating, at most {LONGEST_MINUTES:g}")
    parser.add_argument("--kill", action="store_true", help="kill the server in the middle and start it again")
    parser.add_argument("--method", choices=methods.names(), default="acr")
    parser.add_argument("--database", default="", help="SQLAlchemy's URL of an empty database; SQLite by default")
    parser.add_argument("--workers", type=int, default=1, help="processes that serve; two need PostgreSQL")
    parser.add_argument("--out", type=Path, help="folder for load.md and load.json")
    arguments = parser.parse_args()
    if arguments.raters < 1 or not EVERY_S / 60 <= arguments.minutes <= LONGEST_MINUTES:
        parser.error(f"expected a rater, and from {EVERY_S / 60:.2f} to {LONGEST_MINUTES:g} minutes")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
