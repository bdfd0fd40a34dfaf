# SPDX-License-Identifier: Apache-2.0
"""What a node says of its engine before there is one."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from unet_perception.engines import EngineInfo
from unet_perception.engines.cache import EngineCache
from unet_perception.engines.cache_entry import Entry
from unet_perception.engines.progress import Report
from unet_perception.errors import EngineError
from unet_perception.labels import load_label_set
from unet_perception.model.bundle import ModelBundle
from unet_perception.model.spec import ModelSpec
from unet_perception.nodes.perception.opening import EngineOpening

INFO = EngineInfo("tensorrt", "10.16.1", "fp16", "GPU", "asked for", "27 of 28 layers half")
SPEC = ModelSpec(2, (48, 64), load_label_set("carla-0.8"), {"imported_from": "mine.h5"})
BUNDLE = ModelBundle(Path("models/mine"), SPEC, b"", "ab" * 32)


def test_a_build_shows_in_the_state_while_it_lasts(tmp_path: Path) -> None:
    building, finish = threading.Event(), threading.Event()
    said: list[str] = []

    def opener(report: Report) -> Any:
        def build() -> tuple[Any, Entry]:
            building.set()
            assert finish.wait(30)
            return SimpleNamespace(engine=SimpleNamespace(info=INFO)), Entry({})

        def load(entry: Entry) -> Any:
            raise AssertionError("there is none yet")

        return EngineCache(tmp_path / "engines", report).obtain({}, build, load).engine

    opening = EngineOpening(BUNDLE, opener, said.append)
    assert opening.state() == "opening the engine, 0 s"
    thread = threading.Thread(target=opening.open)
    thread.start()
    assert building.wait(30)
    assert opening.state().startswith("building, ")
    assert opening.info is None
    assert opening.facts()["engine"] == ""
    assert opening.facts()["model"] == "models/mine"
    assert opening.facts()["model_sha256"] == "ab" * 32
    assert "imported from the Keras file mine.h5" in opening.facts()["model_origin"]
    finish.set()
    thread.join()
    assert opening.info == INFO
    assert opening.facts()["engine_detail"] == "27 of 28 layers half"
    assert said == ["building the engine"]


def test_an_engine_that_cannot_run_is_the_openers_error() -> None:
    def opener(report: Report) -> Any:
        raise EngineError("engine tensorrt cannot run: no")

    opening = EngineOpening(BUNDLE, opener, lambda line: None)
    with pytest.raises(EngineError, match="cannot run: no"):
        opening.open()
    assert opening.info is None
