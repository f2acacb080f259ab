"""What Ctrl-C does to work that takes a while."""

import signal

import pytest

from stonks_tui.interruptions import cancellable, interruptible


def test_the_first_ctrl_c_asks_and_the_second_insists() -> None:
    before = signal.getsignal(signal.SIGINT)
    with cancellable() as cancelled:
        assert not cancelled.is_set()
        signal.raise_signal(signal.SIGINT)
        assert cancelled.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_work_that_can_be_interrupted_is_ended_at_once_whatever_waits_outside() -> None:
    def never(*_: object) -> None:
        pytest.fail("the one outside was asked")

    before = signal.signal(signal.SIGINT, never)
    try:
        with interruptible(), pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is never
    finally:
        signal.signal(signal.SIGINT, before)
