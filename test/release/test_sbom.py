# SPDX-License-Identifier: Apache-2.0
"""The bill of materials is valid, whole, and the same each time."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import sbom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from locked import DEMO, read_lock

import unet_perception


@pytest.fixture(scope="module")
def text(built: tuple[Path, Path]) -> str:
    return sbom.sbom(built[1])


@pytest.fixture(scope="module")
def bill(text: str) -> Any:
    return json.loads(text)


def test_it_is_cyclonedx(text: str) -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(text) is None
    # The validator is one that sees: hashes of a wrong length are refused.
    broken = text.replace(read_lock(DEMO)[0].hashes[0], "abc")
    assert validator.validate_str(broken) is not None


def test_it_is_of_this_wheel_and_its_commit(bill: Any, built: tuple[Path, Path]) -> None:
    root = bill["metadata"]["component"]
    assert (root["name"], root["version"]) == ("unet-perception", unet_perception.__version__)
    digest = hashlib.sha256(built[1].read_bytes()).hexdigest()
    assert root["hashes"] == [{"alg": "SHA-256", "content": digest}]
    assert bill["metadata"]["timestamp"].startswith("2026-01-02T03:04:06")


def test_it_names_what_the_lock_installs(bill: Any) -> None:
    found = {(one["name"], one["version"]): one for one in bill["components"]}
    pinned = read_lock(DEMO)
    assert set(found) == {(one.name, one.version) for one in pinned}
    for one in pinned:
        component = found[one.name, one.version]
        assert component["purl"] == f"pkg:pypi/{one.name}@{one.version}"
        assert component["licenses"][0]["expression"]
        (files,) = component["externalReferences"]
        assert {entry["content"] for entry in files["hashes"]} == set(one.hashes)


def test_it_knows_what_needs_what(bill: Any) -> None:
    needs = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    assert len(needs["root"]) == len(bill["components"])
    (aiohttp,) = [ref for ref in needs if ref.startswith("pkg:pypi/aiohttp@")]
    assert any(ref.startswith("pkg:pypi/yarl@") for ref in needs[aiohttp])


def test_it_is_the_same_each_time(text: str, built: tuple[Path, Path]) -> None:
    assert sbom.sbom(built[1]) == text
