# SPDX-License-Identifier: Apache-2.0
"""What is told of nodes, as plain data and as metrics."""

from __future__ import annotations

import json
import re

import pytest
from still_clock import StillClock

from unet_perception.labels import LabelClass, LabelSet
from unet_perception.options.diagnostics import OK, WARN, Status
from unet_perception.view.metrics import Traffic, metrics_text
from unet_perception.view.state import GONE_S, MOST_LATENCIES, Board, figure

LABELS = LabelSet("two", (LabelClass(0, "None", (0, 0, 0)), LabelClass(7, "Roads", (1, 2, 3))))
VALUES = {
    "rate_hz": "19.90",
    "latency_p50_ms": "12.50",
    "latency_p99_ms": "nan",
    "dropped": "3",
    "input_topic": "/cam",
    "engine": "openvino",
    "model": "/home/somebody/secret/carla_unet",
}
SAMPLE = re.compile(r'[a-z_0-9]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? [-+.\deE]+')


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def board(clock: StillClock) -> Board:
    return Board("/car1/perception", clock)


def test_at_first_nothing_is_known(board: Board) -> None:
    state = board.as_dict()
    assert (state["node"], state["is_there"], state["cameras"]) == ("/car1/perception", False, [])
    assert state["label_set"] is state["network"] is state["recorder"] is None


def test_a_camera_is_told_in_figures(board: Board) -> None:
    board.tell_label_set(LABELS)
    board.tell_cameras({"front": Status(WARN, "slow", VALUES)})
    board.tell_shares("front", {7: 30, 9: 10})
    state = json.loads(json.dumps(board.as_dict(), allow_nan=False))
    (camera,) = state["cameras"]
    assert (camera["name"], camera["level"], camera["message"]) == ("front", 1, "slow")
    assert (camera["rate_hz"], camera["latency_p50_ms"], camera["dropped"]) == (19.9, 12.5, 3)
    assert camera["latency_p99_ms"] is None
    assert camera["received"] is None
    assert camera["shares"] == {"Roads": 0.75, "9": 0.25}
    assert state["label_set"]["name"] == "two"


def test_paths_of_the_machine_stay_there(board: Board) -> None:
    board.tell_cameras({"front": Status(OK, "", VALUES)})
    assert board.as_dict()["network"]["model"] == "carla_unet"
    assert "secret" not in json.dumps(board.as_dict())


def test_a_node_that_tells_nothing_any_more_is_gone_and_its_cameras_are_remembered(
    board: Board, clock: StillClock
) -> None:
    board.tell_cameras({"front": Status(OK, "", VALUES)})
    board.tell_recorder(Status(OK, "recording, 3 pairs", {"pairs": "3"}))
    assert board.is_there
    assert board.as_dict()["recorder"]["message"] == "recording, 3 pairs"
    clock.now += GONE_S
    assert not board.as_dict()["is_there"]
    assert board.as_dict()["recorder"] is None
    assert board.camera_names() == ["front"]
    assert board.input_topic("front") == "/cam"
    assert board.input_topic("rear") == ""


def test_latencies_are_taken_once_and_do_not_pile_up(board: Board) -> None:
    for number in range(2 * MOST_LATENCIES):
        board.tell_latency("front", float(number))
    taken = board.take_latencies("front")
    assert len(taken) == MOST_LATENCIES
    assert taken[-1] == 2 * MOST_LATENCIES - 1
    assert board.take_latencies("front") == []


@pytest.mark.parametrize(
    ("text", "value"), [("1.5", 1.5), ("nan", None), ("inf", None), ("", None), (None, None)]
)
def test_figures(text: str | None, value: float | None) -> None:
    assert figure(text) == value


def test_metrics_are_prometheus_text(board: Board) -> None:
    board.tell_label_set(LABELS)
    odd = {**VALUES, "model": 'a"b\\c\nd'}
    board.tell_cameras({"front": Status(OK, "", odd), 'r"': Status(WARN, "", VALUES)})
    board.tell_shares("front", {7: 1})
    text = metrics_text(board.as_dict(), Traffic(viewers=2, sent_bytes=10**12))
    assert text.endswith("\n")
    for line in text.splitlines():
        assert line.startswith(("# HELP ", "# TYPE ")) or SAMPLE.fullmatch(
            line.replace('\\"', "").replace("\\\\", "").replace("\\n", "")
        ), line
    assert "unet_perception_up 1\n" in text
    assert 'unet_perception_rate_hertz{camera="front"} 19.9\n' in text
    assert 'unet_perception_latency_p50_seconds{camera="front"} 0.0125\n' in text
    assert "latency_p99" not in text
    assert 'unet_perception_frames_dropped_total{camera="r\\""} 3\n' in text
    assert 'unet_perception_class_share{camera="front",label="Roads"} 1\n' in text
    assert "unet_perception_view_viewers 2\n" in text
    assert "unet_perception_view_sent_bytes_total 1e+12\n" in text


def test_metrics_of_nothing_are_the_servers_own(board: Board) -> None:
    text = metrics_text(board.as_dict(), Traffic())
    assert "unet_perception_up 0\n" in text
    assert "rate_hertz" not in text
