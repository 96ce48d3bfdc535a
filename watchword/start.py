"""The entry point of the command ``watchword``: it runs our code whatever the working folder and PYTHONPATH are.

Only ``sys`` and ``os`` are imported before the import path is clean: PYTHONPATH comes before everything else, and a
``crawler/`` or ``json.py`` in one of its folders would be imported in place of ours.
"""

import os
import sys


def main() -> None:
    """Clean the import path, then run the command line."""
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  # pathlib is not safe yet
    stated = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    # our code comes first until the next import is done; the imported module then decides what stays
    sys.path[:] = [own, *(entry for entry in sys.path if entry not in stated)]
    from crawler.machine.processes.python_child import clean_import_path  # noqa: PLC0415

    sys.path[:] = [*sys.path[1:], *(entry for entry in stated if entry)]
    clean_import_path()
    from crawler.machine.processes.first_process import stand_below_first_process  # noqa: PLC0415

    stand_below_first_process()
    from watchword.cli.main import main as run  # noqa: PLC0415

    run()


if __name__ == "__main__":
    main()
