# SPDX-License-Identifier: Apache-2.0
"""Who may see the page: addresses, tokens, and requests that other pages made.

A page on the loopback is open to every other page in the same browser, unless the server looks:
a foreign name that resolves to 127.0.0.1 (DNS rebinding) comes with that name as ``Host``, and a
foreign page's WebSocket with its own address as ``Origin``.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import re
import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from unet_perception.errors import ConfigError
from unet_perception.options.live_view import TOKEN_VARIABLE, LiveViewConfig

MIN_TOKEN = 16
"""Characters: too many to be guessed through a network."""

LOCAL_NAMES = frozenset({"localhost"})
_HOST = re.compile(r"\[(?P<six>[0-9A-Fa-f:.]+)\](:\d{1,5})?|(?P<name>[A-Za-z0-9._-]+)(:\d{1,5})?")
_BEARER = "Bearer "


def is_loopback(host: str) -> bool:
    """Return whether an address to listen on can be reached from this machine alone."""
    if host in LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def own_names() -> frozenset[str]:
    """Return what this machine calls itself."""
    name = socket.gethostname().lower()
    return frozenset({name, f"{name}.local", socket.getfqdn().lower()})


@dataclass(frozen=True)
class Access:
    """The rules.

    Attributes:
        host: Address that is listened on.
        token: What must be shown; empty if nothing.
        names: Further names under which the server may be asked for.
    """

    host: str
    token: str = field(default="", repr=False)
    names: Collection[str] = ()

    def __post_init__(self) -> None:
        """Refuse what would let everybody in.

        Raises:
            ConfigError: An address that others can reach, without a token, or a short token.
        """
        if self.token and len(self.token) < MIN_TOKEN:
            raise ConfigError(
                f"the page's token has {len(self.token)} characters; it must have {MIN_TOKEN} or "
                "more, such as openssl rand -hex 16 makes"
            )
        if not self.token and not is_loopback(self.host):
            raise ConfigError(
                f"parameter host is {self.host!r}, which others can reach, but there is no token: "
                f"set {TOKEN_VARIABLE}, or token_file, to what openssl rand -hex 16 makes; or "
                "leave host at 127.0.0.1 and come through ssh -L"
            )

    @classmethod
    def of(cls, config: LiveViewConfig, environment: Mapping[str, str] = os.environ) -> Access:
        """Return the rules that a configuration asks for.

        Args:
            config: The page's.
            environment: Where the token may be.

        Raises:
            ConfigError: An address that others can reach, without a token; or the token is bad.
        """
        return cls(config.host, _token(config.token_file, environment), config.names)

    def knows_host(self, host: str) -> bool:
        """Return whether a ``Host`` header is one under which this server is asked for.

        Beyond the loopback any address in figures is: only names can be made to resolve to
        somebody else's machine.
        """
        name = _host_name(host)
        if name is None:
            return False
        if name in LOCAL_NAMES or name in {known.lower() for known in self.names}:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return not is_loopback(self.host) and name in own_names()
        return address.is_loopback or not is_loopback(self.host)

    def is_own_page(self, headers: Mapping[str, str]) -> bool:
        """Return whether a request comes from this server's own page, or from no page at all.

        Following a link to the page from elsewhere is allowed; to embed or to read it is not.
        """
        origin = headers.get("Origin")
        if origin is not None:
            try:
                parts = urlsplit(origin)
            except ValueError:
                return False
            if parts.scheme not in ("http", "https") or parts.netloc != headers.get("Host"):
                return False
        if headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin"):
            return True
        return (
            headers.get("Sec-Fetch-Mode") == "navigate"
            and headers.get("Sec-Fetch-Dest") == "document"
        )

    def admits(self, shown: str) -> bool:
        """Return whether a token is the right one, in a time that does not tell how far it is."""
        return hmac.compare_digest(_bytes(shown), _bytes(self.token))

    def admits_headers(self, headers: Mapping[str, str]) -> bool:
        """Return whether the ``Authorization`` of a request has the token."""
        given = headers.get("Authorization", "")
        return given.startswith(_BEARER) and self.admits(given[len(_BEARER) :].strip())

    def admits_cookie(self, cookie: str) -> bool:
        """Return whether a cookie is what a browser got for the token."""
        return hmac.compare_digest(_bytes(cookie), _bytes(self.cookie))

    @property
    def cookie(self) -> str:
        """What a browser keeps instead of the token."""
        return hmac.new(_bytes(self.token), b"unet_perception view", hashlib.sha256).hexdigest()


def _host_name(host: str) -> str | None:
    match = _HOST.fullmatch(host)
    if match is None:
        return None
    return (match["six"] or match["name"]).lower().rstrip(".")


def _bytes(text: str) -> bytes:
    # What a header had beyond UTF-8 comes as lone surrogates.
    return text.encode("utf-8", "surrogateescape")


def _token(file: str, environment: Mapping[str, str]) -> str:
    if not file:
        return environment.get(TOKEN_VARIABLE, "").strip()
    try:
        lines = Path(file).expanduser().read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise ConfigError(f"token_file {file} cannot be read: {error}") from error
    if not lines or not lines[0].strip():
        raise ConfigError(f"token_file {file} has no token in its first line")
    return lines[0].strip()
