"""Where the published ratings lie, with the values that other software computes for them."""

import os
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).parents[2]


def _given() -> Path | None:
    """The folder `ratings` in SRBENCH_MIRROR, beside it, or in a `shared` folder beside the checkout."""
    mirror = os.environ.get("SRBENCH_MIRROR")
    places = [Path(mirror), Path(mirror).parent] if mirror else []
    folders = [place / "ratings" for place in [*places, _CHECKOUT.parent / "shared" / "data"]]
    return next((folder for folder in folders if (folder / "nflx_public.csv").is_file()), None)


# Read before a fixture takes the caller's variables away.
RATINGS = _given()


@pytest.fixture(scope="session")
def ratings() -> Path:
    """Folder of published ratings; skips without it."""
    if RATINGS is None:
        pytest.skip(
            "needs the published ratings: set SRBENCH_MIRROR to a folder with a folder 'ratings' in or beside it"
        )
    return RATINGS
