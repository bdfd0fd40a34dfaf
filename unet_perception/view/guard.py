# SPDX-License-Identifier: Apache-2.0
"""What every request must pass before it is answered, and what every answer carries."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import HttpVersion10, HttpVersion11, hdrs, web
from aiohttp.typedefs import Handler

from unet_perception.view.access import Access
from unet_perception.view.gate import Passage
from unet_perception.view.metrics import Traffic
from unet_perception.view.site import HEADERS

OPEN = ("/healthz",)
"""Answered without a token: it tells nothing but that the server is there."""

OPEN_FILES = tuple(f"/page/{name}" for name in ("login.html", "login.js", "style.css", "icon.svg"))
"""What asks for the token."""

YEAR_S = 365 * 24 * 3600


class Guard:
    """Host, origin, method, size and token."""

    def __init__(self, access: Access, port: int, traffic: Traffic) -> None:
        """Keep the rules.

        Args:
            access: The rules.
            port: Port of the server; browsers keep cookies by host alone.
            traffic: Where refusals are counted.
        """
        self._access = access
        self._cookie = f"unet_perception_{port}"
        self._traffic = traffic

    def count(self) -> None:
        """Count a refusal."""
        self._traffic.refused += 1

    @web.middleware
    async def guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request, or refuse it; what ``web.Application`` takes."""
        passage = request.transport.get_protocol() if request.transport is not None else None
        if isinstance(passage, Passage):
            passage.begin_request()
        try:
            refusal = self._refusal(request)
            # Not by its truth: a response without values of its own is false in aiohttp 3.9.
            return await handler(request) if refusal is None else refusal
        finally:
            if isinstance(passage, Passage):
                passage.end_request()

    async def dress(self, request: web.Request, response: web.StreamResponse) -> None:
        """Give an answer the headers that each one has."""
        del request
        for name, value in HEADERS.items():
            response.headers[name] = value
        response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")

    def _refusal(self, request: web.Request) -> web.StreamResponse | None:
        if request.version not in (HttpVersion10, HttpVersion11):
            return self._refuse(
                HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "HTTP/1.0 and 1.1 are spoken"
            )
        hosts = request.headers.getall(hdrs.HOST, [])
        if len(hosts) != 1 or not self._access.knows_host(hosts[0]):
            return self._refuse(HTTPStatus.MISDIRECTED_REQUEST, "this is not the host you ask for")
        if not self._access.is_own_page(request.headers):
            return self._refuse(HTTPStatus.FORBIDDEN, "another page may not ask for this")
        if request.method not in (hdrs.METH_GET, hdrs.METH_HEAD):
            return self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, "there is only something to get")
        if request.body_exists:
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "a request has no body here")
        return self._ask_for_token(request)

    def _ask_for_token(self, request: web.Request) -> web.StreamResponse | None:
        if not self._access.token or request.path in OPEN:
            return None
        given = request.query.get("token", "")
        if given and self._access.admits(given):
            return self._let_in() if request.path == "/" else None
        if self._is_admitted(request):
            return None
        if request.path == "/":
            self.count()
            return _elsewhere("/page/login.html" + ("?wrong" if given else ""))
        response = self._refuse(HTTPStatus.UNAUTHORIZED, "a token is needed, as ?token= or Bearer")
        response.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
        return response

    def _is_admitted(self, request: web.Request) -> bool:
        return (
            request.path in OPEN_FILES
            or self._access.admits_headers(request.headers)
            or self._access.admits_cookie(request.cookies.get(self._cookie, ""))
        )

    def _let_in(self) -> web.StreamResponse:
        # The address with the token goes out of the browser's history and off the screen.
        response = _elsewhere("/")
        response.set_cookie(
            self._cookie,
            self._access.cookie,
            max_age=YEAR_S,
            httponly=True,
            samesite="Lax",
        )
        return response

    def _refuse(self, status: HTTPStatus, words: str) -> web.StreamResponse:
        self.count()
        response = web.Response(status=status, text=f"{words}\n")
        # Whatever else the connection brings is not wanted either.
        response.force_close()
        return response


def _elsewhere(path: str) -> web.Response:
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={hdrs.LOCATION: path})
