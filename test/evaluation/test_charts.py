# SPDX-License-Identifier: Apache-2.0
"""Learning curves of histories that are whole, and of those that are not."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.evaluation.charts import HEIGHT, WIDTH, learning_curves

ROWS = [
    {"epoch": i + 1, "loss": 2 / (i + 1), "accuracy": 0.5 + i / 20, "val_miou": i / 10}
    for i in range(8)
]


def points(svg: str) -> list[list[tuple[float, float]]]:
    root = ElementTree.fromstring(f"<div>{svg}</div>")
    lines = [line.get("points", "").split() for line in root.iter("polyline")]
    return [[tuple(map(float, pair.split(","))) for pair in line] for line in lines]


def test_each_epoch_is_a_point() -> None:
    loss, miou, accuracy = points(learning_curves(ROWS))
    assert len(loss) == len(miou) == len(accuracy) == 8
    assert [x for x, _ in loss] == sorted(x for x, _ in loss)
    # Up is less: the loss falls on the screen, the scores rise.
    assert [y for _, y in loss] == sorted(y for _, y in loss)
    assert [y for _, y in miou] == sorted((y for _, y in miou), reverse=True)
    assert accuracy[0][1] < miou[0][1]


@pytest.mark.parametrize("history", [[], [None, "x"], ROWS[:1], [{"epoch": 1}, {"epoch": 2}]])
def test_too_little_to_draw_is_no_chart(history: list[object]) -> None:
    assert learning_curves(history) == ""


def test_gaps_are_left_out() -> None:
    history = [*ROWS[:4], {"epoch": 5, "loss": None, "val_miou": "high"}, *ROWS[5:]]
    loss, miou, _ = points(learning_curves(history))
    assert len(loss) == len(miou) == 7


@given(
    st.lists(
        st.fixed_dictionaries(
            {"epoch": st.integers(0, 10**6), "loss": st.floats(-1e6, 1e6), "accuracy": st.floats()}
        ),
        max_size=12,
    )
)
def test_nothing_is_drawn_outside(history: list[object]) -> None:
    svg = learning_curves(history)
    assert "nan" not in svg
    assert "inf" not in svg
    for line in points(svg):
        for x, y in line:
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT
