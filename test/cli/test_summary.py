# SPDX-License-Identifier: Apache-2.0
"""The verb ``summary``."""

from __future__ import annotations

import argparse

import pytest

from unet_perception.cli import summary
from unet_perception.errors import BundleError, ConfigError

pytest.importorskip("torch", reason="PyTorch is not installed")


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    summary.add_parser(parser.add_subparsers())
    options = parser.parse_args(["summary", *arguments])
    return int(options.run(options))


def test_defaults_are_the_reference_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    text = capsys.readouterr().out
    assert "8,640,471" in text
    assert "(N, 96, 128, 23)" in text


def test_counts_and_size_are_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--classes", "13", "--filters", "64", "--size", "50x70") == 0
    text = capsys.readouterr().out
    assert text.startswith("U-Net, 64 filters, 13 classes\n")
    assert "(N, 64, 80, 64)" in text
    assert "(N, 50, 70, 13)" in text


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ConfigError, match="n_classes is 0"):
        run("--classes", "0")


@pytest.mark.parametrize("size", ["96", "96x", "0x128", "96x99999", "96 x 128", "-1x5"])
def test_bad_sizes_are_wrong_usage(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(f"--size={size}")
    assert caught.value.code == 2
    assert "write ROWSxCOLUMNS" in capsys.readouterr().err


def test_a_model_shows_where_it_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--model", "carla_unet_hd") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "shipped with this package as carla_unet_hd; trained on carla_drive" in lines[0]
    assert lines[1].split()[-1].startswith("8a667b8bfc51")
    assert lines[3] == "label set carla-0.8"
    assert any("(N, 240, 320, 13)" in line for line in lines)


def test_a_model_has_its_own_counts() -> None:
    with pytest.raises(ConfigError, match="--size was given"):
        run("--model", "carla_unet", "--size", "50x70")


def test_a_model_that_is_not_there_is_named() -> None:
    with pytest.raises(BundleError, match="'no_such'"):
        run("--model", "no_such")
