"""Every example of the page about rating files is read by the command beneath it."""

import shlex
from pathlib import Path

from tests.cli.conftest import Call, call
from tests.docs.pages import ROOT, fences

__all__ = ["call"]


def test_every_example_of_the_page_is_read(tmp_path: Path, call: Call) -> None:
    blocks = fences(ROOT / "docs/your-ratings.md")
    examples = {block.title: block.text for block in blocks if block.title}
    for name, text in examples.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    commands = [line for block in blocks if block.language == "sh" for line in block.text.splitlines()]
    used = set()
    for line in commands:
        words = shlex.split(line)
        assert words[:3] == ["srbench", "survey", "analyze"]
        named = [word for word in words[3:] if word in examples]
        options = [word for word in words[3:] if word not in examples]
        code, _, err = call("survey", "convert", *named, "out.csv", *options)
        assert code == 0, err
        assert err.startswith("read "), err
        used |= {*named}
        if named == ["votes.csv"]:
            page = " ".join((ROOT / "docs/your-ratings.md").read_text(encoding="utf-8").split())
            assert err.splitlines()[0] in page
    assert used == examples.keys()
