# SPDX-License-Identifier: Apache-2.0
"""Signals come between steps, and their handlers go back to who had them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from unet_perception.carla.interrupts import SIGNALS, Interrupted, Interrupts


def shielded(interrupts: Interrupts) -> None:
    signal.raise_signal(signal.SIGTERM)
    _deeper()
    assert interrupts.pending


def _deeper() -> None:
    signal.raise_signal(signal.SIGINT)


@pytest.fixture
def interrupts() -> Iterator[Interrupts]:
    before = [signal.getsignal(number) for number in SIGNALS]
    taken = Interrupts(shielded.__code__)
    taken.install()
    taken.release()
    yield taken
    taken.restore()
    assert [signal.getsignal(number) for number in SIGNALS] == before


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_raises_at_once(interrupts: Interrupts, number: signal.Signals) -> None:
    with pytest.raises(Interrupted, match=number.name) as raised:
        os.kill(os.getpid(), number)
    assert raised.value.signum == number
    assert isinstance(raised.value, KeyboardInterrupt)


def test_a_critical_section_ends_first(interrupts: Interrupts) -> None:
    done = []
    with pytest.raises(Interrupted), interrupts.critical():
        with interrupts.critical():
            signal.raise_signal(signal.SIGTERM)
            done.append("inner")
        done.append("outer")
    assert done == ["inner", "outer"]
    assert not interrupts.pending


def test_a_shielded_function_is_never_interrupted(interrupts: Interrupts) -> None:
    shielded(interrupts)
    taken = interrupts.take_pending()
    assert taken is not None
    assert interrupts.take_pending() is None


def test_an_error_in_a_critical_section_stays_visible(interrupts: Interrupts) -> None:
    with pytest.raises(Interrupted) as raised, interrupts.critical():
        signal.raise_signal(signal.SIGTERM)
        raise ValueError("lost?")
    assert isinstance(raised.value.__context__, ValueError)


def _untouched() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    interrupts = Interrupts()
    interrupts.install()
    assert [signal.getsignal(number) for number in SIGNALS] == before
    interrupts.restore()


def test_no_handlers_off_the_main_thread() -> None:
    failed: list[BaseException] = []

    def run() -> None:
        try:
            _untouched()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert not failed


def test_no_handlers_for_blocked_signals() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        _untouched()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    interrupts = Interrupts()
    try:
        interrupts.install()
        interrupts.release()
        signal.raise_signal(signal.SIGINT)
        interrupts.restore()
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
