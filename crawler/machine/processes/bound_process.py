"""Run a Python module as a program that ends with its parent, even if the parent is killed by kill -9.

``python -m crawler.machine.processes.bound_process MODULE ARGUMENT...`` has a pipe on standard input whose other end its parent
holds: the kernel closes it when the parent ends, however that happens. PR_SET_PDEATHSIG is not enough: it exists on Linux
only, and the signal comes when the *thread* that started the process ends. Needed because Datasette went on serving
after SIGTERM to `watchword browse`: two such processes were found still running, one of them on 0.0.0.0.
"""

import os
import runpy
import signal
import sys
import threading

_GRACE_SECONDS = 3.0  # for an orderly end after SIGTERM; nobody is left who could wait for more


def _end_with_parent() -> None:
    """Wait for the end of standard input, then end this process: by SIGTERM, and after three seconds by force."""
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
