# SPDX-License-Identifier: Apache-2.0
"""Plans: every combination once, under names that stay; what is wrong is named."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.carla.weather import FIELDS, PRESETS, TIMES
from unet_perception.errors import ConfigError, DatasetError
from unet_perception.recording.plan import Plan
from unet_perception.recording.plan_file import load_plan, settle_plan

TOWNS = [f"Town{number:02d}" for number in range(1, 8)]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    def some(items: list[Any], least: int) -> list[Any]:
        return draw(st.lists(st.sampled_from(items), min_size=least, max_size=4, unique=True))

    return Plan(
        pairs=draw(st.integers(1, 5)),
        towns=some(TOWNS, 0),
        weathers=some(sorted(PRESETS), 1),
        times=some([*TIMES, -3, 10.5, 60], 0),
        routes=draw(st.integers(1, 3)),
    )


@given(plan=plans())
def test_every_combination_comes_once(plan: Plan) -> None:
    found = Counter(
        (drive.town, drive.name.split("-")[1], drive.weather["sun_altitude_angle"], drive.route)
        for drive in plan.sets
    )
    suns = [TIMES.get(str(time), time) for time in plan.times]
    assert found == Counter(
        (town, weather, sun, route)
        for town in plan.towns or [""]
        for weather in plan.weathers
        for sun in suns or [PRESETS[str(weather)]["sun_altitude_angle"]]
        for route in range(plan.routes)
    )
    assert len({drive.name for drive in plan.sets}) == len(plan.sets)


@given(plan=plans(), data=st.data())
def test_a_plan_that_is_stopped_and_resumed_records_each_pair_once(
    plan: Plan, data: st.DataObject
) -> None:
    done: Counter[str] = Counter()
    while remaining := plan.remaining(done):
        # A run records in order and stops after any pair.
        left = data.draw(st.integers(1, 20))
        for drive, missing in remaining:
            done[drive.name] += min(missing, left)
            left -= min(missing, left)
    assert done == {drive.name: plan.pairs for drive in plan.sets}


@given(plan=plans())
def test_more_of_everything_keeps_the_sets_that_there_are(plan: Plan) -> None:
    more = Plan(
        pairs=plan.pairs,
        towns=[*plan.towns, "Town10HD"] if plan.towns else [],
        weathers=[{"name": "Mine", "cloudiness": 3}, *plan.weathers],
        times=[*plan.times, 33] if plan.times else [],
        routes=plan.routes + 1,
    )
    bigger = {drive.name: drive for drive in more.sets}
    for drive in plan.sets:
        assert bigger[drive.name] == drive


def test_names_and_seeds_stay_as_they_are() -> None:
    """They are in the folders of users: this test may never be changed."""
    plan = Plan(towns=["Carla/Maps/Town01"], times=["sunset", -7.5], routes=2, seed=3)
    assert [(drive.name, drive.seed) for drive in plan.sets] == [
        ("Town01-ClearNoon-sunset-r0", SEEDS[0]),
        ("Town01-ClearNoon-sunset-r1", SEEDS[1]),
        ("Town01-ClearNoon-sunm7.5-r0", SEEDS[0]),
        ("Town01-ClearNoon-sunm7.5-r1", SEEDS[1]),
    ]
    assert [drive.name for drive in Plan().sets] == ["loaded-ClearNoon-r0"]


SEEDS = (1839827482, 447658636)


def test_a_weather_of_ones_own() -> None:
    fog = {"name": "Fog", "base": "CloudyNight", "fog_density": 80}
    (drive,) = Plan(weathers=[fog], times=["noon"]).sets
    wanted = {**PRESETS["CloudyNight"], "fog_density": 80.0, "sun_altitude_angle": 45.0}
    assert drive.weather == wanted
    assert list(drive.weather) == list(FIELDS)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"pairs": 0}, "pairs is 0; it must be 1 to"),
        ({"pairs": "many"}, "pairs is 'many'"),
        ({"pairs": True}, "pairs is True"),
        ({"routes": 0}, "routes is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"vehicles": 1.5}, "vehicles is 1.5"),
        ({"walkers": -1}, "walkers is -1"),
        ({"vehicle": ""}, "vehicle is ''"),
        ({"min_distance": float("nan")}, "min_distance is nan"),
        ({"min_distance": True}, "min_distance is True"),
        ({"keep_standing": "no"}, "keep_standing is 'no'; it must be true or false"),
        ({"towns": "Town01"}, "towns is 'Town01'; it must be a list"),
        ({"towns": ["Town 1"]}, "towns is .*such as Town01"),
        ({"towns": [1]}, "towns is"),
        ({"towns": ["Town01", "Maps/Town01"]}, "set Town01-ClearNoon-r0 comes twice"),
        ({"weathers": []}, "weathers is .* at least one"),
        ({"weathers": ["ClearMoon"]}, "weather 'ClearMoon' is not known.*ClearNoon"),
        ({"weathers": ["ClearNoon", "ClearNoon"]}, "comes twice"),
        ({"weathers": [{"fog_density": 3}]}, "a mapping with a name"),
        ({"weathers": [{"name": "A-B"}]}, "weather 'A-B' must have letters"),
        ({"weathers": [{"name": "A", "base": "B"}]}, "weather A: weather 'B' is not known"),
        ({"weathers": [{"name": "A", "base": []}]}, "weather A: weather"),
        ({"weathers": [{"name": "A", "fog": 1}]}, "weather A: weather field 'fog' is not known"),
        ({"weathers": [{"name": "A", "wetness": 101}]}, "wetness is 101; it must be 0 to 100"),
        ({"weathers": [{"name": "A", "wetness": "x"}]}, "wetness is 'x'; it must be a number"),
        ({"times": ["midday"]}, "times has 'midday'; it must be noon, sunset, night, or degrees"),
        ({"times": [91]}, "times has 91"),
        ({"times": [True]}, "times has True"),
        ({"towns": ["Town01"], "val": ["Town02"]}, "val has 'Town02', which is no town"),
        ({"val": ["loaded-WetNoon-r0"]}, "val has 'loaded-WetNoon-r0'"),
        ({"val": "Town01"}, "val is 'Town01'; it must be a list"),
    ],
)
def test_what_is_not_allowed_is_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Plan(**values)


def test_towns_and_sets_to_validate_on() -> None:
    Plan(towns=["Town01", "Maps/Town05"], val=["Town05"])
    Plan(towns=["Town01"], routes=2, val=["Town01-ClearNoon-r1"])
    Plan(val=["Town05"])  # the town that is loaded is known only later


def test_pairs_that_the_plan_does_not_have() -> None:
    with pytest.raises(DatasetError, match="of set x, which the plan does not have"):
        Plan().remaining({"x": 1})
    with pytest.raises(DatasetError, match="set loaded-ClearNoon-r0 has 9 pairs; the plan has 5"):
        Plan(pairs=5).remaining({"loaded-ClearNoon-r0": 9})


def test_the_shipped_plan_is_a_plan(repo: Path) -> None:
    assert len(load_plan(repo / "config" / "recorder.yaml", {}).sets) == 6


def test_a_file_and_what_counts_instead(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("towns: [Town01]\npairs: 7\n")
    plan = load_plan(path, {"pairs": 9, "val": ["Town01"]})
    assert (plan.towns, plan.pairs, plan.val) == (("Town01",), 9, ("Town01",))
    path.write_text("")
    assert load_plan(path, {}) == Plan()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"town: x", "key town is not known; known are pairs, towns"),
        (b"1: x", "key 1 is not known"),
        (b"- x", "must be a mapping"),
        (b"pairs: 1\npairs: 2", "key pairs comes twice"),
        (b"weathers: [{name: A, wetness: 1, wetness: 2}]", "key wetness comes twice"),
        (b"pairs: [", "not valid YAML"),
        (b"pairs: 2000-13-45", "not valid YAML"),
        (b"\xff\xfe\x00", "not a text file"),
        (b"pairs: 0", r"plan\.yaml: pairs is 0"),
    ],
)
def test_a_file_that_is_no_plan(tmp_path: Path, text: bytes, message: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_bytes(text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_plan(path, {})
    assert "plan.yaml" in str(caught.value)
    with pytest.raises(ConfigError, match="cannot read the plan .*No such file"):
        load_plan(tmp_path / "none.yaml", {})


def test_a_folders_plan_may_only_grow(tmp_path: Path) -> None:
    plan = {"pairs": 5, "towns": ["Town01", "Town02"]}
    settle_plan(tmp_path, Plan(**plan))
    settle_plan(tmp_path, Plan(**plan))
    bigger = {"pairs": 5, "towns": ["Town03", "Town02", "Town01"], "val": ["Town03"]}
    settle_plan(tmp_path, Plan(**bigger))
    for change, message in (
        ({"towns": ["Town01", "Town03"]}, "the set Town02-ClearNoon-r0, the new one has not"),
        ({"pairs": 6}, "pairs 5 for set Town03-ClearNoon-r0, the new one 6"),
        ({"seed": 1}, "has seed 0, the new one 1"),
        ({"min_distance": 2.5}, r"min_distance 1\.0, the new one 2\.5"),
        ({"keep_standing": True}, "keep_standing False, the new one True"),
    ):
        with pytest.raises(DatasetError, match=message):
            settle_plan(tmp_path, Plan(**{**bigger, "val": (), **change}))
    settle_plan(tmp_path, Plan(**bigger))
    for text in ("{", "[]", "{}"):
        (tmp_path / "plan.json").write_text(text)
        with pytest.raises(DatasetError, match=r"plan\.json"):
            settle_plan(tmp_path, Plan(**bigger))
