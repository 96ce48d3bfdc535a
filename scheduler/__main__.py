"""``python -m scheduler`` is ``watchword``."""

from scheduler.cli.main import main

if __name__ == "__main__":
    main()
