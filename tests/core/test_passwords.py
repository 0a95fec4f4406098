import pytest

from srbench.core.passwords import hidden


@pytest.mark.parametrize(
    "url",
    [
        "http://alice:s3cret@host/a.png",
        "postgresql+psycopg://alice:s3cret@db.example:5432/votes",
        "postgresql://alice:s3cret/with/slashes@host/votes",
        "postgresql://host/votes?user=alice&password=s3cret&sslmode=require",
        "https://s3cret@host",
        "http://alice:s3cret@with@signs@host/a",
    ],
)
def test_no_password_is_left(url: str) -> None:
    shown = hidden(f"{url} could not be reached")
    assert "s3cret" not in shown
    assert "signs" not in shown
    assert shown.endswith(" could not be reached")


@pytest.mark.parametrize("text", ["http://host:80/a@b.png", "mail me@host", "runs/x: Permission denied", ""])
def test_what_is_no_password_stays(text: str) -> None:
    assert hidden(text) == text or "@" in text
