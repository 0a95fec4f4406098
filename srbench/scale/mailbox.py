"""Messages between processes that share nothing but a disk, also one of a network.

A box is a file that one process appends to and another one reads. It is opened anew for each message, since a network
disk promises only then that one side sees what the other one wrote, and it is there before the other side starts.
"""

import base64
import pickle
from pathlib import Path
from typing import Any


class Box:
    """Messages in one direction, in their order.

    Args:
        path: File of the box.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = 0

    def make(self) -> None:
        """Make the file, without messages."""
        self.path.touch()

    def post(self, message: object) -> None:
        """Add a message.

        Raises:
            OSError: It could not be written, or the box is gone.
        """
        with self.path.open("r+b") as file:
            file.seek(0, 2)
            file.write(base64.b64encode(pickle.dumps(message)) + b"\n")

    def take(self) -> list[Any]:
        """Return the messages that came since the last time; half a message is left for the next time.

        Raises:
            OSError: It could not be read, or the box is gone.
        """
        with self.path.open("rb") as file:
            file.seek(self._read)
            lines = file.read().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        self._read += sum(map(len, whole))
        return [pickle.loads(base64.b64decode(line)) for line in whole]
