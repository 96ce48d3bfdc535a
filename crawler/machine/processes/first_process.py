"""Running as process 1 of a container without an init: pass signals on and reap orphans.

The kernel gives process 1 no default actions: SIGTERM does nothing to a command without a handler, and the container is
killed at the end of its grace period. So process 1 starts the command as a child, for which signals work as usual, passes
signals on, and ends with the child's exit code. The image has tini for that; `docker run --entrypoint watchword` and a
pod with a `command` of its own do not.
"""

import os
import signal

# the signals people and container engines send to a command
_HANDED_ON = frozenset(
    {
        signal.SIGTERM,
        signal.SIGINT,
        signal.SIGHUP,
        signal.SIGQUIT,
        signal.SIGUSR1,
        signal.SIGUSR2,
    }
)
# SI_KERNEL: the terminal's Ctrl-C has already reached the child, which is in the same process group
_BY_KERNEL = 0x80


def stand_below_first_process() -> None:
    """Return at once, or as process 1: fork, return in the child, and end the parent when the child ends.

    Must be called before any thread is started, because fork copies none.
    """
    if os.getpid() != 1:
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDED_ON | {signal.SIGCHLD})
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        return
    os._exit(_stand_over(child))


def _stand_over(child: int) -> int:
    """Pass signals on to the child until it has ended, and return its exit code."""
    while True:
        received = signal.sigwaitinfo(_HANDED_ON | {signal.SIGCHLD})
        if received.si_signo == signal.SIGCHLD:
            code = _reap(child)
            if code is not None:
                return code
        elif received.si_code != _BY_KERNEL:
            os.kill(child, received.si_signo)


def _reap(child: int) -> int | None:
    """Reap every process that has ended; return the exit code of the child if it is among them, else None."""
    code = None
    while True:
        try:
            ended, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if ended == 0:
            return code
        if ended == child:
            found = os.waitstatus_to_exitcode(status)
            code = found if found >= 0 else 128 - found  # as shells report an end by a signal
