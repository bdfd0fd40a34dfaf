# SPDX-License-Identifier: Apache-2.0
"""A folder that is there as a whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from unet_perception.errors import DatasetError
from unet_perception.files.atomic import sync_folder


@contextmanager
def new_folder(out: Path, sources: Sequence[Path]) -> Iterator[Path]:
    """Give a folder to write into, which becomes ``out`` when the block ends well.

    Until then it is called ``OUT.partial``; it is removed when the block fails.

    Args:
        out: Must not exist yet, or be empty.
        sources: Folders that are read; ``out`` must not lie in one of them.

    Raises:
        DatasetError: ``out`` is taken, or cannot be written.
    """
    out = Path(out).resolve()
    for source in sources:
        if source.resolve() in (out, *out.parents):
            raise DatasetError(f"{out}: is inside {source}, which is read; choose another folder")
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise DatasetError(f"{out}: is there already; choose a new or empty folder")
    partial = out.with_name(f"{out.name}.partial")
    try:
        partial.mkdir(parents=True)
    except FileExistsError as error:
        raise DatasetError(
            f"{partial}: is there already, left by a run that was killed or is still going on; "
            "remove it, or choose another folder"
        ) from error
    except OSError as error:
        raise DatasetError(f"{partial}: cannot be made: {error.strerror}") from error
    try:
        yield partial
        # One call for thousands of files: syncing each would take most of the time.
        os.sync()
        os.replace(partial, out)
        sync_folder(out.parent)
    except BaseException as error:
        shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, OSError):
            where = error.filename or out
            raise DatasetError(f"{where}: cannot be written: {error.strerror}") from error
        raise
