"""One commit for several transactions of a thread, so that those who wait for the disk wait together, once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError


class GroupCommit:
    """SQLite's transaction around the transactions of a thread, each of which is a savepoint of it.

    It begins with the first of them that writes. Until it ends nothing of them is stored.

    Args:
        engine: The database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = threading.local()

    @contextmanager
    def group(self) -> Iterator[None]:
        """Store at the end of the block what this thread writes in it, all of it or, after an exception, nothing.

        Raises:
            OperationalError: It cannot be stored.
        """
        thread = self._thread
        try:
            with ExitStack() as thread.afterwards, ExitStack() as thread.group:
                yield
                self._require_transaction()
        finally:
            thread.group = thread.connection = None

    def _require_transaction(self) -> None:
        # A full disk makes SQLite undo a whole transaction; the driver then takes a commit of nothing for one that is.
        place = self.connection and self.connection.connection.driver_connection
        if place and not place.in_transaction:
            raise OperationalError("COMMIT", None, Exception("the transaction was undone"))

    @property
    def connection(self) -> Connection | None:
        """Connection of the group, where something was written in it; else None."""
        return getattr(self._thread, "connection", None)

    def writing(self) -> Connection | None:
        """Return the connection of the group, which begins with this; None where this thread has no group."""
        group: ExitStack | None = getattr(self._thread, "group", None)
        if group is not None and self.connection is None:
            self._thread.connection = group.enter_context(self._engine.begin())
        return self.connection

    def afterwards(self, function: Callable[[], None]) -> None:
        """Call a function once the group is stored; at once where nothing is to be stored."""
        if self.connection is None:
            function()
        else:
            self._thread.afterwards.callback(function)
