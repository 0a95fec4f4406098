"""Make the pictures of README's example and of docs/paper.md anew: `python -m docs.example`.

They come from one run on the builtin photographs, which are free to publish (see THIRD_PARTY.md): the table as a
terminal shows it, a comparison sheet, and the figure of a paper.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.text import Text

_FOLDER = Path(__file__).parent / "example"
_COLUMNS = 160
_MODELS = "nearest,bicubic,srresnet.srbench,srresnet,srgan"
COMMAND = f"srbench run --models {_MODELS} --datasets builtin --save-images"
"""The command of README, whose result the pictures show."""
FIGURE = (
    "srbench figure runs/classical_x4 --image astronaut --crop 170,60,80,80 --models bicubic,srresnet,srgan,hr "
    "--columns 2 --out face.png"
)
"""The command of docs/paper.md."""
_WIDTH = 1100
"""Width of the figure on the page in pixels."""


def _run(command: str, scratch: Path) -> str:
    """What a command prints in a terminal, with its colours."""
    terminal = os.environ | {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": str(_COLUMNS)}
    terminal["PYTHONPATH"] = str(Path(__file__).parent.parent)
    words = [sys.executable, "-m", *command.split()]
    return subprocess.run(words, env=terminal, cwd=scratch, check=True, capture_output=True, text=True).stdout


def _write_table(printed: str) -> None:
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=_COLUMNS, file=nowhere, force_terminal=True)
        console.print(Text(f"$ {COMMAND}", style="bold"))
        console.print(Text.from_ansi(printed))
        svg = console.export_svg(title="srbench run")
    # The reader's own monospaced font serves; none is fetched from another host.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    (_FOLDER / "table.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    _FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        _write_table(_run(COMMAND, Path(scratch)))
        _run(FIGURE, Path(scratch))
        with Image.open(Path(scratch) / "face.png") as figure:
            small = figure.convert("RGB").resize((_WIDTH, round(figure.height * _WIDTH / figure.width)))
            small.save(_FOLDER / "figure.jpg", quality=90)
        with Image.open(Path(scratch) / "runs/classical_x4/sheets/builtin/coffee.png") as sheet:
            sheet.convert("RGB").save(_FOLDER / "sheet.jpg", quality=88)
