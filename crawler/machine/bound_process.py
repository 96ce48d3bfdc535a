"""A Python module run as a program that ends with whoever started it, kill -9 included.

``python -m crawler.machine.bound_process MODULE ARGUMENT...`` with a pipe on standard input that its parent holds: the
kernel closes it when the parent ends, however that happens. Not PR_SET_PDEATHSIG, which is for Linux alone and goes off
when the *thread* that started the process ends.
"""

import os
import runpy
import signal
import sys
import threading

_GRACE_SECONDS = 3.0


def _end_with_parent() -> None:
    """Wait for the end of standard input, then end this process: in order if it can, else at once."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(_GRACE_SECONDS)
    os._exit(1)


def main() -> None:
    """Run the module as ``python -m`` would."""
    threading.Thread(target=_end_with_parent, name="parent watch", daemon=True).start()
    module, sys.argv = sys.argv[1], sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
