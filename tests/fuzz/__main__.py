"""`make fuzz`: feed the parsers with changed samples for some minutes, and keep what they should not have done.

    python -m tests.fuzz [--minutes 10] [--targets feed,mail] [--plain]
    python -m tests.fuzz --replay build/fuzz/feed.1f3a...

The minutes are divided among the targets. With Atheris installed (pip install atheris; Linux on x86-64) inputs are guided by
the code they reach, else Hypothesis draws them. Finds are files in build/fuzz, each with a text beside it; one of a kind is
kept, the smallest. Exit code 1 if there is a find.
"""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.judging import TARGETS, judge
from tests.fuzz.plain import fuzz as fuzz_plainly
from tests.fuzz.samples import ROOT

OUT = ROOT / "build" / "fuzz"


def main() -> None:
    """Fuzz or replay, as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--minutes", type=float, default=10.0, help="of all targets together")
    parser.add_argument("--targets", default=",".join(TARGETS), help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--seed", type=int, default=None, help="for the same inputs again")
    parser.add_argument("--plain", action="store_true", help="Hypothesis, though Atheris is there")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="one input again")
    options = parser.parse_args()
    if options.replay:
        sys.exit(replay(options.replay))
    names = [name.strip() for name in options.targets.split(",") if name.strip()]
    if unknown := [name for name in names if name not in TARGETS]:
        parser.error(f"no target is called {', '.join(unknown)}; there are {', '.join(TARGETS)}")
    seconds = options.minutes * 60 / len(names)
    is_guided = find_spec("atheris") is not None and not options.plain
    how = "guided by Atheris" if is_guided else "drawn by Hypothesis"
    sys.stdout.write(f"{len(names)} targets, {seconds:.0f} seconds each, inputs {how}\n")
    finds = 0
    for name in names:
        if is_guided:
            from tests.fuzz.guided import fuzz as fuzz_guided  # noqa: PLC0415  # needs Atheris

            finds += fuzz_guided(name, seconds=seconds, out=OUT, seed=options.seed)
        else:
            finds += fuzz_plainly(TARGETS[name], seconds=seconds, out=OUT, seed=options.seed)
    sys.stdout.write(f"{finds} finds{f' in {OUT.relative_to(ROOT)}' if finds else ''}\n")
    sys.exit(bool(finds))


def replay(path: Path) -> int:
    """Run one input again; print what it does and return 1 if it should not."""
    target = TARGETS.get(path.name.partition(".")[0])
    if target is None:
        sys.stderr.write(f"{path.name} does not begin with the name of a target; there are {', '.join(TARGETS)}\n")  # fmt: skip
        return 2
    try:
        data = path.read_bytes()
    except OSError as error:
        sys.stderr.write(f"{path}: {error.strerror}\n")
        return 2
    find = judge(target, data)
    sys.stdout.write(f"{find.kind}\n\n{find.details}\n" if find else f"{path.name}: nothing wrong any more\n")  # fmt: skip
    return int(find is not None)


if __name__ == "__main__":
    main()
