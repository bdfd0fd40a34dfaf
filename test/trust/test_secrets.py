# SPDX-License-Identifier: Apache-2.0
"""No key, token or password is in the repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent.parent
MAX_BYTES = 1 << 20
"""Larger files are networks and pictures."""

NAMES = re.compile(
    r"\.(pem|key|p12|pfx|p7s|jks|keystore|kdbx|netrc)$|(^|/)(id_(rsa|dsa|ecdsa|ed25519)|\.env|\.netrc)$"
)
CONTENTS = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    rb"|\b(AKIA|ASIA)[0-9A-Z]{16}\b"  # Amazon
    rb"|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{50}|\bglpat-[\w-]{20}\b"
    rb"|\bpypi-AgE[\w-]{50}|\bnpm_[A-Za-z0-9]{36}\b|\bhf_[A-Za-z]{34}\b"
    rb"|\bxox[abprs]-[\w-]{10}|\bAIza[\w-]{35}\b|\bsk-[A-Za-z0-9_-]{32}"
    rb"|://[^/\s:@{}$]+:[^/\s:@{}$]+@"  # A password in an address
    rb"|(?i:\b(password|passwd|secret|token|api_?key)\b\s*[:=]\s*[\"'][\w+/=-]{16,}[\"'])"
)
HARMLESS = {"test/view/test_access.py", "test/view/test_security.py"}
"""Tests of the live page's token, which show it one of their own."""


def tracked() -> list[str]:
    try:
        listing = subprocess.run(
            ["git", "-c", f"safe.directory={REPO}", "ls-files", "-z"],
            cwd=REPO,
            capture_output=True,
            check=True,
            text=True,
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no git checkout: nothing tells which files belong to the repository")
    return [name for name in listing.stdout.split("\0") if (REPO / name).is_file()]


def secrets(data: bytes) -> list[bytes]:
    return [match[0] for match in CONTENTS.finditer(data)]


def test_no_file_has_one() -> None:
    files = tracked()
    assert len(files) > 500
    assert [name for name in files if NAMES.search(name)] == []
    found = {}
    for name in files:
        path = REPO / name
        if path.stat().st_size <= MAX_BYTES and name not in HARMLESS:
            found[name] = secrets(path.read_bytes())
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN " + "PRIVATE KEY-----",
        "-----BEGIN EC " + "PRIVATE KEY-----",
        "AKIA" + "A1B2" * 4,
        "ghp_" + "a1" * 18,
        "pypi-AgE" + "x" * 50,
        "https://me:" + "word@example.org/x",
        "password = " + "'correct-horse-battery'",
        'API_KEY: "' + "0123456789abcdef" + '"',
    ],
)
def test_one_would_be_seen(text: str) -> None:
    assert secrets(f"# a line\n{text}\n".encode())


def test_names_of_key_files_would_be_seen() -> None:
    for name in ("keys/ca.key.pem", ".env", "a/id_rsa", "x.p12"):
        assert NAMES.search(name)
    for name in ("keys.py", "environment.yaml", "test/cache_key.py"):
        assert not NAMES.search(name)
