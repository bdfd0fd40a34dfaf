# SPDX-License-Identifier: Apache-2.0
"""Whether a folder and its files are the user's own: what is in them may become machine code."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import stat
from pathlib import Path

WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
ROOT = 0


def who_else_writes(folder: Path) -> str:
    """Return who else can change what is found under a folder's name; empty if nobody can.

    The folder must be the user's, and nobody else's to write. The folders above it must be the
    user's or root's; others may write into these only where nobody can take away what is not his
    own (``/tmp``), or where they are the user's own group, which has no other members.

    Raises:
        OSError: A folder cannot be looked at.
    """
    status = folder.stat()
    if status.st_uid != os.geteuid():
        return "it belongs to another user"
    if status.st_mode & WRITABLE_BY_OTHERS:
        return "others may write into it"
    # By its name, and where links in the name lead to.
    for above in sorted({*folder.absolute().parents, *folder.resolve().parents}):
        status = above.stat()
        if status.st_uid not in (ROOT, os.geteuid()):
            return f"{above} above it belongs to another user"
        if status.st_mode & stat.S_ISVTX:
            continue
        foreign_group = status.st_mode & stat.S_IWGRP and not _is_private(status.st_gid)
        if status.st_mode & stat.S_IWOTH or foreign_group:
            return f"others may write into {above} above it"
    return ""


def read_own(path: Path, limit: int) -> bytes:
    """Return a file's bytes, if it is the user's own; what was looked at is what is read.

    Args:
        path: The file; no link to one.
        limit: Most bytes that are believed.

    Raises:
        OSError: It cannot be read.
        ValueError: It is not the user's own, or too large; says which.
    """
    try:
        # Not to wait for the other end of a pipe.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ValueError("is a link to another file") from error
        raise
    try:
        _check(os.fstat(handle), limit)
        with open(handle, "rb", closefd=False) as file:
            return file.read(limit)
    finally:
        os.close(handle)


def _check(status: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("is no plain file")
    if status.st_uid != os.geteuid():
        raise ValueError("belongs to another user")
    if status.st_mode & (WRITABLE_BY_OTHERS | stat.S_ISUID | stat.S_ISGID):
        raise ValueError(f"has mode {stat.S_IMODE(status.st_mode):o}, which we never set")
    if status.st_size > limit:
        raise ValueError(f"has {status.st_size} bytes, more than any engine")


def _is_private(group: int) -> bool:
    """Return whether a group is the one that a user has alone, as most distributions make it."""
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
        entry = grp.getgrgid(group)
    except KeyError:
        return False
    return entry.gr_name == name and set(entry.gr_mem) <= {name}
