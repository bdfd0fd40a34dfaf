# SPDX-License-Identifier: Apache-2.0
"""Journals survive any death of their writer, and tell whose they are."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from unet_perception.carla.journal import ActorNote, Journal, Record, read_records, state_folder
from unet_perception.carla.owner import Owner, owner_of, this_process
from unet_perception.errors import ConfigError

RECORD = Record("127.0.0.1:2000", 5, original={"synchronous_mode": False})


def dead_process() -> Owner:
    """A process of this machine that has ended."""
    code = "from unet_perception.carla.owner import *; o = this_process(); print(o.pid, o.start)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    pid, start = map(int, done.stdout.split())
    return Owner(this_process().host, pid, start)


def test_what_is_written_is_read(journals: Path) -> None:
    journal = Journal(RECORD)
    journal.write()
    journal.expect("vehicle.tesla.model3", "ego_vehicle")
    (record,) = read_records().values()
    assert record.actors == (ActorNote(None, "vehicle.tesla.model3", "ego_vehicle"),)
    journal.add([ActorNote(7, "vehicle.tesla.model3", "ego_vehicle"), ActorNote(8, "s", "t")])
    (record,) = read_records().values()
    assert [note.id for note in record.actors] == [7, 8]
    assert record == journal.record
    journal.forget(lambda note: note.id == 7)
    assert [note.id for note in journal.record.actors] == [8]
    assert journals.stat().st_mode & 0o777 == 0o700
    journal.remove()
    journal.remove()
    assert list(journals.iterdir()) == []


def test_the_oldest_comes_first_and_strangers_are_left_alone(journals: Path) -> None:
    for created in (3.0, 1.0, 2.0):
        Journal(replace(RECORD, created=created)).write()
    for number, text in enumerate(('{"format": 9}', "[]", "{", '{"format": 1}', "")):
        (journals / f"carla-{number}.json").write_text(text)
    assert [record.created for record in read_records().values()] == [1.0, 2.0, 3.0]
    assert len(list(journals.iterdir())) == 8


def test_a_journal_is_orphaned_when_its_process_is_dead_or_gave_up() -> None:
    assert not RECORD.orphaned
    assert replace(RECORD, abandoned=True).orphaned
    assert replace(RECORD, owner=dead_process()).orphaned


def test_who_lives() -> None:
    me = this_process()
    assert not me.dead()
    assert replace(me, start=me.start - 1).dead(), "an earlier process with the same number"
    assert dead_process().dead()
    assert not replace(dead_process(), host="elsewhere").dead(), "nothing is known of it"
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert replace(me, pid=child, start=0).dead(), "a zombie holds nothing"
    os.waitpid(child, 0)


def test_tags_tell_their_owner() -> None:
    me = this_process()
    assert owner_of(me.tag("rgb_front")) == me
    assert owner_of(me.tag("a/b")) == me
    for role in ("ego_vehicle", "", "unet_perception/x", "unet_perception/h:1/x"):
        assert owner_of(role) is None


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(ConfigError, match="XDG_STATE_HOME"):
        Journal(RECORD).write()


def test_where_journals_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert state_folder() == Path("/home/somebody/.local/state/unet_perception")
