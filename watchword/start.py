"""The command ``watchword``: where it is started, and what PYTHONPATH says, decides nothing about whose code runs.

Nothing but ``sys`` and ``os`` is imported before the import path is clean: PYTHONPATH comes before everything, and a
folder of it that holds a ``crawler/`` or a ``json.py`` would be taken for ours.
"""

import os
import sys


def main() -> None:
    """Run the command line."""
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  # pathlib is not safe yet
    stated = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    # ours must be found first for a moment; what stays is decided by the module imported then
    sys.path[:] = [own, *(entry for entry in sys.path if entry not in stated)]
    from crawler.machine.python_child import clean_import_path  # noqa: PLC0415

    sys.path[:] = [*sys.path[1:], *(entry for entry in stated if entry)]
    clean_import_path()
    from crawler.machine.first_process import stand_below_first_process  # noqa: PLC0415

    stand_below_first_process()
    from watchword.cli.main import main as run  # noqa: PLC0415

    run()


if __name__ == "__main__":
    main()
