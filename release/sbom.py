# SPDX-License-Identifier: Apache-2.0
"""Write a bill of materials for a wheel: CycloneDX JSON, beside the wheel.

It names what the lock of ``make demo`` installs with it, on every Python that it is for. Equal
wheels and locks give equal bytes: its time is the commit's, its number made of both.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import sys
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote
from uuid import UUID
from zipfile import ZipFile

from artefacts import DIST
from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    Property,
    XsUri,
)
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from licences import licence
from locked import DEMO, Locked, read_lock
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

SUFFIX = ".cdx.json"
LICENCE = "Apache-2.0"


class InvalidSbomError(Exception):
    """What was written is not CycloneDX."""


def main() -> int:
    """Write a bill of materials for each wheel in ``dist/``."""
    wheels = sorted(DIST.glob("*.whl"))
    if not wheels:
        print("no wheel in dist/: make dist", file=sys.stderr)
        return 1
    for wheel in wheels:
        path = wheel.with_name(wheel.name.partition("-py3")[0] + SUFFIX)
        path.write_text(sbom(wheel), encoding="utf-8")
        print(path.relative_to(DIST.parent))
    return 0


def sbom(wheel: Path) -> str:
    """Return the bill of materials of a wheel.

    Raises:
        InvalidSbomError: The schema of CycloneDX 1.6 refuses it.
    """
    root = wheel_component(wheel)
    identity = wheel.read_bytes() + DEMO.read_bytes()
    bom = Bom(serial_number=UUID(bytes=hashlib.sha256(identity).digest()[:16], version=4))
    bom.metadata.component = root
    bom.metadata.timestamp = commit_time(wheel)
    components = {package: component(package) for package in read_lock(DEMO)}
    bom.components.update(components.values())
    bom.register_dependency(root, components.values())
    for package, one in components.items():
        names = needs(package.name)
        bom.register_dependency(one, (c for p, c in components.items() if p.name in names))
    text = JsonV1Dot6(bom).output_as_string(indent=2)
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if problem:
        raise InvalidSbomError(str(problem))
    return text + "\n"


def commit_time(wheel: Path) -> datetime:
    """Return the time of the commit, which all files of a wheel have."""
    with ZipFile(wheel) as archive:
        return datetime(*archive.infolist()[0].date_time, tzinfo=timezone.utc)


def wheel_component(wheel: Path) -> Component:
    """Return the wheel as the thing that the bill is for."""
    name, version, _, _ = parse_wheel_filename(wheel.name)
    return Component(
        type=ComponentType.APPLICATION,
        name=name,
        version=str(version),
        bom_ref="root",
        purl=PackageURL("pypi", name=name, version=str(version)),
        hashes=[sha256(hashlib.sha256(wheel.read_bytes()).hexdigest())],
        licenses=[LicenseExpression(LICENCE)],
    )


def component(package: Locked) -> Component:
    """Return a locked package with its licence and the hashes that pip accepts for it."""
    url = f"https://pypi.org/project/{quote(package.name)}/{quote(package.version)}/"
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(url),
        comment="the files of this version, one for each Python and system",
        hashes=map(sha256, package.hashes),
    )
    purl = PackageURL("pypi", name=package.name, version=package.version)
    return Component(
        type=ComponentType.LIBRARY,
        name=package.name,
        version=package.version,
        bom_ref=str(purl),
        purl=purl,
        licenses=[LicenseExpression(licence(package.name))],
        external_references=[files],
        properties=[Property(name="pip:marker", value=package.marker)] if package.marker else [],
    )


def sha256(digest: str) -> HashType:
    """Return a hash as CycloneDX writes it."""
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)


def needs(name: str) -> Iterable[str]:
    """Return what an installed package requires; nothing for one of another Python."""
    try:
        required = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return set()
    parsed = map(Requirement, required)
    return {
        canonicalize_name(one.name)
        for one in parsed
        if one.marker is None or "extra" not in str(one.marker)
    }


if __name__ == "__main__":
    raise SystemExit(main())
