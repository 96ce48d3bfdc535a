"""Being the first process of a container that has no init of its own: signals are heard, and orphans are reaped.

The kernel gives process 1 no default actions: SIGTERM does nothing to a command that does not ask for it, and a container
is killed at the end of its grace period. So process 1 starts the command as a child, for which signals are what they are
everywhere, hands signals on, and ends as the command did. The image has tini for that; `docker run --entrypoint
watchword` and a pod that states a `command` have not.
"""

import os
import signal

# what somebody may send to end a command, or to have it look at something
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
# the terminal's Ctrl-C (SI_KERNEL) reached the child already: it is of the same group
_BY_KERNEL = 0x80


def stand_below_first_process() -> None:
    """Return at once, unless this is process 1: then return in a child of it, and end with that child.

    Nothing may have been started before: threads do not come along.
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
    """Hand signals on to the child until it has ended, and return the exit code that says how."""
    while True:
        told = signal.sigwaitinfo(_HANDED_ON | {signal.SIGCHLD})
        if told.si_signo == signal.SIGCHLD:
            code = _reap(child)
            if code is not None:
                return code
        elif told.si_code != _BY_KERNEL:
            os.kill(child, told.si_signo)


def _reap(child: int) -> int | None:
    """Take note of every process that has ended; return the exit code of the child if it is among them."""
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
            code = found if found >= 0 else 128 - found  # as shells write the end by a signal
