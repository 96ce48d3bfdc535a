"""Inputs guided by the code they reach: Atheris (libFuzzer), in a process for each target."""

import re
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.fuzz.samples import ROOT

_PROGRESS = re.compile(r"#(\d+)\s.*cov: (\d+).*exec/s: (\d+)")
_REPORT_SECONDS = 10


def fuzz(name: str, *, seconds: float, out: Path, seed: int | None) -> int:
    """Feed a target for some seconds; keep one find of each kind and return how many."""
    command = [sys.executable, "-m", "tests.fuzz.guided", name, str(int(seconds)), str(out), str(seed or 0)]  # fmt: skip
    before, reported, last = _list_finds(out, name), time.monotonic(), ""
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True, errors="replace") as child:  # fmt: skip
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith("find "):
                sys.stdout.write(f"  {line.removeprefix('find ')}")
            elif found := _PROGRESS.search(line):
                last = f"  {name:<14}{int(found[1]):9,} inputs {found[3]:>7}/s {found[2]:>6} branches {len(_list_finds(out, name) - before):3} finds\n"  # fmt: skip
                if time.monotonic() - reported > _REPORT_SECONDS:
                    reported = time.monotonic()
                    sys.stdout.write(last)
                    sys.stdout.flush()
    sys.stdout.write(last or f"  {name:<14}ended with {child.returncode} before its first report\n")  # fmt: skip
    return len(_list_finds(out, name) - before)


def _list_finds(out: Path, name: str) -> set[str]:
    return {path.name for path in out.glob(f"{name}.*") if path.suffix != ".txt"}


def main() -> None:
    """Run one target in this process, which Atheris ends."""
    import atheris  # noqa: PLC0415  # an optional requirement

    name, seconds, out, seed = sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4]
    with atheris.instrument_imports(include=["crawler", "feedparser", "trafilatura"]):
        from tests.fuzz.judging import TARGETS, Find, judge  # noqa: PLC0415
        from tests.fuzz.mutations import mutate  # noqa: PLC0415
    target = TARGETS[name]
    samples = tuple(target.samples())
    best: dict[str, Find] = {}

    def run(data: bytes) -> None:
        find = judge(target, data)
        if find is None or (find.kind in best and len(best[find.kind].data) <= len(data)):
            return
        if find.kind not in best:
            sys.stdout.write(f"find {find.kind}\n")
            sys.stdout.flush()
        best[find.kind] = find
        find.save(out)

    def change(data: bytes, most: int, number: int) -> bytes:
        random = Random(number)
        # libFuzzer's own changes are of bytes, and find short cuts through ours
        if random.random() < 0.2:
            return bytes(atheris.Mutate(data, most))
        return mutate(data, random, others=samples, tokens=target.tokens, most=most)

    with TemporaryDirectory() as folder:
        for number, sample in enumerate(samples):
            Path(folder, str(number)).write_bytes(sample[: target.most])
        options = [f"-max_total_time={seconds}", f"-max_len={target.most}", "-rss_limit_mb=4096", "-timeout=600", f"-artifact_prefix={folder}/", f"-seed={seed}"]  # fmt: skip
        atheris.Setup([sys.argv[0], *options, folder], run, custom_mutator=change)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
