# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace

from unet_perception.ros.transport.problem_log import LASTING, ProblemLog


def test_a_problem_is_told_once_when_it_lasts_and_again_when_it_comes_back() -> None:
    told: list[str] = []
    log = ProblemLog(SimpleNamespace(get_logger=lambda: SimpleNamespace(warning=told.append)))
    for look in range(LASTING - 1):
        log.tell({"a": f"nameless {look}"})
    assert told == []
    for look in range(10):
        log.tell({"a": f"a for {look} s", "b": "b"} if look > 2 else {"a": f"a for {look} s"})
    assert told == ["a for 0 s", "b"]
    log.tell({"b": "b"})
    for _ in range(LASTING):
        log.tell({"a": "a again", "b": "b"})
    assert told == ["a for 0 s", "b", "a again"]
