# SPDX-License-Identifier: Apache-2.0
"""``dataset.json``: what the ids in a dataset mean and where its pictures come from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from unet_perception.errors import DatasetError

INFO_FILE = "dataset.json"


@dataclass(frozen=True)
class DatasetInfo:
    """Facts about a dataset.

    Attributes:
        label_set: Name of the label set of its masks.
        source: Where the pictures come from, in words.
        carla_version: Version of the CARLA server, where there was one.
        town: CARLA map, where there was one.
    """

    label_set: str
    source: str = ""
    carla_version: str = ""
    town: str = ""


def read_info(root: Path) -> DatasetInfo | None:
    """Return what ``dataset.json`` says, or None where there is no such file.

    Raises:
        DatasetError: The file cannot be read or lacks the label set.
    """
    path = Path(root) / INFO_FILE
    if not path.exists():
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetError(f"{path}: cannot be read: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("label_set"), str):
        raise DatasetError(f"{path}: must be a JSON object with a label_set, such as 'carla-0.8'")
    # A recorder may know more than this reader; what is not read here is not refused.
    known = {key: data[key] for key in asdict(DatasetInfo("")) if key in data}
    for key, value in known.items():
        if not isinstance(value, str):
            raise DatasetError(f"{path}: {key} is {value!r}; it must be a string")
    return DatasetInfo(**known)


def write_info(root: Path, info: DatasetInfo) -> None:
    """Write ``dataset.json``.

    Raises:
        DatasetError: The folder cannot be written.
    """
    path = Path(root) / INFO_FILE
    facts = {key: value for key, value in asdict(info).items() if value}
    try:
        path.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise DatasetError(f"{path}: cannot be written: {error}") from error
