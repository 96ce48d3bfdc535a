"""Figures as a Markdown table: a row for each thing measured, a column for each size, and how much it grew."""

from collections.abc import Mapping


def print_table(name: str, by_size: Mapping[str, Mapping[str, float]]) -> None:
    """Print the figures of one kind of size."""
    sizes = sorted(by_size, key=int)
    print(f"\n| {name} | {' | '.join(f'{int(size):,}' for size in sizes)} | last / first |")
    print("| --- " * (len(sizes) + 2) + "|")
    for row in dict.fromkeys(row for size in sizes for row in by_size[size]):
        cells = [by_size[size].get(row) for size in sizes]
        growth = cells[-1] / cells[0] if cells[0] and cells[-1] is not None else None
        shown = "" if growth is None else f"{growth:.1f}"
        print(f"| {row} | {' | '.join(map(_write, cells))} | {shown} |")


def _write(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
