import os
import signal

import pytest

from streamer_site.local.interrupt import hurried_by_signal, interruptible

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("signum", SIGNALS, ids=lambda signum: signum.name)
def test_each_signal_interrupts(signum: int) -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        os.kill(os.getpid(), signum)


@pytest.mark.parametrize("signum", SIGNALS, ids=lambda signum: signum.name)
def test_while_stopping_a_signal_hurries(signum: int) -> None:
    hurried = []
    with hurried_by_signal(lambda: hurried.append(True)):
        os.kill(os.getpid(), signum)
    assert hurried == [True]


def test_what_was_there_before_comes_back() -> None:
    before = [signal.getsignal(signum) for signum in SIGNALS]
    with interruptible(), hurried_by_signal(lambda: None):
        pass
    assert [signal.getsignal(signum) for signum in SIGNALS] == before


def test_nohup_is_respected() -> None:
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, former)
