# SPDX-License-Identifier: Apache-2.0
"""New inputs from old ones: bytes that are damaged, and documents that stay whole but mean ill."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import msgpack

ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        255,
        256,
        65536,
        2**31,
        2**32 - 1,
        2**63 - 1,
        -(2**63),
        2**64 - 1,
    ),
    *(0.0, -0.0, 0.5, 1e-300, 1e38, 4e38, 1e300, float("inf"), float("-inf"), float("nan")),
    *(
        "",
        " ",
        "a",
        "0",
        "-1",
        "1e999",
        "none",
        "rest",
        "auto",
        "../x",
        "\0",
        "\udcff",
        "é",
        "a" * 300,
    ),
    *([], {}, [[]], [None], {"": None}, {"name": 1}, [0] * 40, b"", b"\xff\x00"),
)
EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
DEEP = (70, 300, 2000)


def mutate(data: bytes, form: str, random: Random) -> bytes:
    """Return another input.

    Args:
        data: An input.
        form: ``json`` or ``msgpack`` where it is such a document, or a line of one.
        random: Decides all.
    """
    if form and random.random() < 0.7:
        changed = mutate_document(data, form, random)
        if changed is not None:
            return changed
    for _ in range(random.choice((1, 1, 2, 4, 8))):
        data = _mutate_bytes(data, random)
    return data


def mutate_document(data: bytes, form: str, random: Random) -> bytes | None:
    """Return a document with other values in it; None if the input is no document."""
    if form == "msgpack":
        return _mutate_msgpack(data, random)
    head, end, rest = (
        data.partition(b"\n") if data.count(b"\n{") or b"\n\0" in data else (data, b"", b"")
    )
    try:
        value = json.loads(head)
    except (ValueError, RecursionError):
        return None
    try:
        return _json_of(_changed(value, random), random) + end + rest
    except (ValueError, TypeError, RecursionError):
        return None


def _json_of(value: Any, random: Random) -> bytes:
    text = json.dumps(value, default=lambda _: None)
    if random.random() < 0.02:
        deep = random.choice(DEEP)
        text = text.replace("null", "[" * deep + "]" * deep, 1)
    return text.encode("utf-8", "surrogatepass")


def _mutate_msgpack(data: bytes, random: Random) -> bytes | None:
    unpacker = msgpack.Unpacker(raw=False, strict_map_key=False, unicode_errors="surrogateescape")
    unpacker.feed(data)
    try:
        values = list(unpacker)
        for _ in range(random.choice((1, 1, 2))):
            values = _changed(values, random)
        return b"".join(
            msgpack.packb(one, unicode_errors="surrogatepass", default=lambda _: None)
            for one in values
        )
    except (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException):
        return None


def _changed(value: Any, random: Random) -> Any:
    """Return plain data with one node of it replaced, doubled or left out."""
    if isinstance(value, list) and value and random.random() < 0.85:
        return _changed_list(value, random)
    if isinstance(value, dict) and value and random.random() < 0.9:
        return _changed_mapping(value, random)
    if isinstance(value, str) and value and random.random() < 0.3:
        return _mutate_bytes(value.encode("utf-8", "surrogatepass"), random).decode("latin-1")
    if isinstance(value, int) and random.random() < 0.3:
        return value + random.choice((-1, 1, 255, -256, 2**32))
    return random.choice(ODD)


def _changed_list(value: list[Any], random: Random) -> list[Any]:
    at, choice = random.randrange(len(value)), random.random()
    if choice < 0.08:
        middle = []
    elif choice < 0.16:
        middle = [value[at], value[at]]
    else:
        middle = [_changed(value[at], random)]
    return [*value[:at], *middle, *value[at + 1 :]]


def _changed_mapping(value: dict[Any, Any], random: Random) -> dict[Any, Any]:
    key, choice = random.choice(list(value)), random.random()
    if choice < 0.08:
        return {name: one for name, one in value.items() if name != key}
    if choice < 0.12:
        return {**value, str(random.choice(ODD)): value[key]}
    return {**value, key: _changed(value[key], random)}


def _mutate_bytes(data: bytes, random: Random) -> bytes:
    if not data:
        return random.randbytes(random.choice((1, 4, 16)))
    at, edge = random.randrange(len(data)), _edge(random)
    change: Callable[[], bytes] = random.choice(
        (
            lambda: data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :],
            lambda: data[:at] + random.randbytes(1) + data[at + 1 :],
            lambda: data[:at] + edge + data[at:],
            lambda: data[:at] + edge + data[at + len(edge) :],
            lambda: data[:at],
            lambda: data[:at] + data[at + random.choice((1, 2, 8, 64)) :],
            lambda: data[:at] + data[at : at + 64] * random.choice((2, 3, 20)) + data[at + 64 :],
        )
    )
    return change()


def _edge(random: Random) -> bytes:
    size = random.choice((1, 2, 4, 8))
    value = random.choice(EDGES) & ((1 << 8 * size) - 1)
    return value.to_bytes(size, random.choice(("little", "big")))
