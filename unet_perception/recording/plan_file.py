# SPDX-License-Identifier: Apache-2.0
"""Plans as files: the YAML that a user writes, and what a folder keeps of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from unet_perception.errors import ConfigError, DatasetError
from unet_perception.files.atomic import replace_text
from unet_perception.files.documents import DocumentError, parse_json, parse_yaml, read_text
from unet_perception.recording.plan import Plan

PLAN_FILE = "plan.json"
FORMAT = 1

_FIXED = ("min_distance", "keep_standing", "vehicle", "vehicles", "walkers", "seed")


def load_plan(path: Path, overrides: Mapping[str, Any]) -> Plan:
    """Read a plan from a YAML file.

    Args:
        path: The file; an empty one is the default plan.
        overrides: Values by key that count instead of the file's.

    Raises:
        ConfigError: The file cannot be read or something in it is not allowed; the message
            names the file, the key, its value, and what is allowed.
    """
    path = Path(path)
    try:
        data = parse_yaml(read_text(path))
    except OSError as error:
        raise ConfigError(f"cannot read the plan {path}: {error.strerror}") from error
    except DocumentError as error:
        raise ConfigError(f"{path}: {error}") from error
    data = {} if data is None else data
    if not isinstance(data, dict):
        raise ConfigError(f"{path} must be a mapping of keys to values")
    known = [item.name for item in fields(Plan)]
    for key in [*data, *overrides]:
        if key not in known:
            raise ConfigError(f"{path}: key {key} is not known; known are {', '.join(known)}")
    try:
        return Plan(**{**data, **overrides})
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def settle_plan(root: Path, plan: Plan) -> None:
    """Write a folder's ``plan.json``; where there is one, the new plan may only add to it.

    It may have more sets, and other sets for validation. All else must be as it was.

    Raises:
        DatasetError: The plan differs otherwise, or the file cannot be read or written.
    """
    path = Path(root) / PLAN_FILE
    new = _as_json(plan)
    if path.exists():
        try:
            old = parse_json(read_text(path))
        except (OSError, DocumentError) as error:
            raise DatasetError(f"{path}: cannot be read: {error}") from error
        difference = _difference(old, new)
        if difference:
            raise DatasetError(
                f"{path}: the plan of this folder has {difference}; a plan can get more sets, "
                "else choose another folder"
            )
        if old == new:
            return
    replace_text(path, json.dumps(new, indent=1) + "\n")


def _as_json(plan: Plan) -> dict[str, Any]:
    sets = [{**vars(drive), "weather": dict(drive.weather)} for drive in plan.sets]
    options = {key: getattr(plan, key) for key in _FIXED}
    return {"format": FORMAT, **options, "val": list(plan.val), "sets": sets}


def _difference(old: Any, new: dict[str, Any]) -> str:
    """Return the first thing of an old plan that a new one has not, in words."""
    if not isinstance(old, dict) or not isinstance(old.get("sets"), list):
        return "no sets, so that it is none"
    for key in ("format", *_FIXED):
        if old.get(key) != new[key]:
            return f"{key} {old.get(key)!r}, the new one {new[key]!r}"
    sets = {drive["name"]: drive for drive in new["sets"]}
    for drive in old["sets"]:
        name = drive.get("name") if isinstance(drive, dict) else None
        if not isinstance(name, str):
            return "a set without a name, so that it is none"
        if name not in sets:
            return f"the set {name}, the new one has not"
        for key, value in sets[name].items():
            if drive.get(key) != value:
                return f"{key} {drive.get(key)!r} for set {name}, the new one {value!r}"
    return ""
