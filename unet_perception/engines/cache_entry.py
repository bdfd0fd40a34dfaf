# SPDX-License-Identifier: Apache-2.0
"""The file format of a stored engine: a line of JSON, then the bytes that it describes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from unet_perception.files.documents import DocumentError, parse_json

FORMAT = "unet_perception engine"
VERSION = 1
MAX_HEADER_BYTES = 1 << 20

Key = Mapping[str, Any]
"""All that a built engine depends on, as JSON values under plain names."""


@dataclass(frozen=True)
class Entry:
    """What is kept of a built engine.

    Attributes:
        parts: Its bytes, by name: the plan, say, and the mask that it gave.
        facts: What else is to be known, as JSON values.
    """

    parts: Mapping[str, bytes]
    facts: Mapping[str, Any] = field(default_factory=dict)


def key_digest(key: Key) -> str:
    """Return the sha256 of a key: equal for equal values in any order, else another.

    Raises:
        TypeError: A value is no JSON value.
    """
    return hashlib.sha256(_canonical({"version": VERSION, "key": dict(key)})).hexdigest()


def pack(key: Key, entry: Entry) -> bytes:
    """Return the bytes of a file for an entry."""
    parts = [
        {"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in entry.parts.items()
    ]
    header: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "key": dict(key),
        "facts": dict(entry.facts),
        "parts": parts,
    }
    header["checksum"] = hashlib.sha256(_canonical(header)).hexdigest()
    return b"".join([_canonical(header), b"\n", *entry.parts.values()])


def unpack(data: bytes, key: Key) -> Entry:
    """Read the bytes of a file.

    Args:
        data: The file.
        key: What the engine must have been built for.

    Raises:
        ValueError: The file is damaged, of another format, or of another key; the message goes
            on from the file's name.
    """
    end = data.find(b"\n", 0, MAX_HEADER_BYTES)
    try:
        header = parse_json(data[:end], finite=True) if end > 0 else None
    except DocumentError as error:
        raise ValueError("is damaged: its header cannot be read") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError("is damaged, or no stored engine: it has no header")
    if header.get("version") != VERSION:
        raise ValueError(f"has format version {header.get('version')!r} instead of {VERSION}")
    checksum = header.pop("checksum", None)
    if checksum != hashlib.sha256(_canonical(header)).hexdigest():
        raise ValueError("is damaged: its header's checksum is another")
    # Whoever wrote it can have reckoned the sum: it tells damage from what was meant, no more.
    if not _is_complete(header):
        raise ValueError("is no stored engine: its header lacks what one has")
    if (difference := _difference(header["key"], key)) is not None:
        raise ValueError(f"was built for something else: {difference}")
    parts: dict[str, bytes] = {}
    at = end + 1
    for part in header["parts"]:
        chunk = data[at : at + part["bytes"]]
        at += part["bytes"]
        if len(chunk) != part["bytes"]:
            raise ValueError(f"is truncated: {part['name']} has {len(chunk)} of {part['bytes']} B")
        if hashlib.sha256(chunk).hexdigest() != part["sha256"]:
            raise ValueError(f"is damaged: the sha256 of its {part['name']} is another")
        parts[part["name"]] = chunk
    if at != len(data):
        raise ValueError(f"is damaged: {len(data) - at} bytes too many")
    return Entry(parts, header["facts"])


def _is_complete(header: Mapping[str, Any]) -> bool:
    parts = header.get("parts")
    return (
        isinstance(header.get("key"), dict)
        and isinstance(header.get("facts"), dict)
        and isinstance(parts, list)
        and all(isinstance(part, dict) and _is_part(part) for part in parts)
    )


def _is_part(part: Mapping[str, Any]) -> bool:
    kinds = {"name": str, "bytes": int, "sha256": str}
    fits = all(type(part.get(name)) is kind for name, kind in kinds.items())
    return fits and part["bytes"] >= 0


def _difference(stored: Mapping[str, Any], wanted: Key) -> str | None:
    # As JSON sees them: a tuple and a list are the same.
    expected = json.loads(_canonical(dict(wanted)))
    for name in sorted({*stored, *expected}):
        if stored.get(name) != expected.get(name):
            return f"{name} is {stored.get(name)!r} instead of {expected.get(name)!r}"
    return None


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
