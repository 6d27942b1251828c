"""
Counts every boundary that a process passes, and dies at the one it was told to.

A boundary is the end of a commit (or of a statement that commits itself), of a write or read on a socket, and of a
write or flush of a file by ``os``. Between two of them nothing lasting happens, so a process killed after each in
turn has been killed everywhere that counts.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

READING = ("SELECT", "PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "WITH RECURSIVE")


class Tripwire:
    """Counts boundaries in this process, and kills it after the ``fatal``-th; 0: never."""

    def __init__(self, fatal: int) -> None:
        self.fatal = fatal
        self.passed = 0
        self.names: list[str] = []

    def cross(self, name: str) -> None:
        """Pass a boundary."""
        self.passed += 1
        self.names.append(name)
        if self.passed == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def after(self, owner: Any, name: str) -> None:
        """Count every return of a function."""
        inner = getattr(owner, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            found = inner(*args, **kwargs)
            self.cross(name)
            return found

        setattr(owner, name, counted)

    def install(self) -> None:
        """Count from here on, in this process alone."""
        self.after(BaseDatabaseWrapper, "_commit")
        for name in ("send", "sendall", "recv", "connect"):
            self.after(socket.socket, name)
        for name in ("write", "fdatasync", "fsync"):
            self.after(os, name)
        self.watch_connection()

    def watch_connection(self) -> None:
        from django.db import connection

        def statement(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
            found = execute(sql, params, many, context)
            wrapper = context["connection"]
            if not wrapper.in_atomic_block and not sql.lstrip().upper().startswith(READING):
                self.cross("statement")
            return found

        connection.execute_wrappers.append(statement)
