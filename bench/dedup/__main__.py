"""Measures how well articles of the same story are recognised: pairs and joined stories, compared with other methods.

    python -m bench.dedup [--data DIR] [--json] [--alone] [--kinds]

A folder holds ``articles.jsonl.gz`` (id, body, fam) and ``pairs.csv`` (id_a, id_b, label, kind; label 1 the same, 0 not, -1 not
judged). "Joined" is what remains when all that are found the same, one by one, are made one story. "Unlabelled" are pairs
that were found the same and have no label: not inside one family of edits of one text.

--alone  only Watchword      --kinds  Watchword's recall, and false merges, by kind of pair
"""

import argparse
import csv
import gzip
import hashlib
import json
import sqlite3
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from bench.extraction.corpora import CORPORA
from crawler.dedup.comparable import comparable_words
from crawler.dedup.fingerprint import fingerprint_words
from crawler.dedup.near import Bounds, Text, compare, make_text
from crawler.dedup.sketch import sketch
from crawler.model.story import Relation
from crawler.storage.news.sketches import find_candidates, save_sketch
from crawler.text.web.urls import host_of

OPEN = CORPORA / "dedup" / "open"
Pair = frozenset[str]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Articles by id, their families, and the labels of pairs; ``heads`` holds headline and publisher."""

    bodies: dict[str, str]
    heads: dict[str, tuple[str, str]]
    families: dict[str, str]
    labels: dict[Pair, tuple[int, str]]


def read_labelled(folder: Path) -> Labelled:
    """Return the labelled articles in a folder."""
    with gzip.open(folder / "articles.jsonl.gz", "rt", encoding="utf-8") as lines:
        articles = [json.loads(line) for line in lines]
    with (folder / "pairs.csv").open(encoding="utf-8") as rows:
        labels = {
            frozenset((row["id_a"], row["id_b"])): (int(row["label"]), row["kind"])
            for row in csv.DictReader(rows)
        }
    return Labelled(
        {item["id"]: item["body"] for item in articles},
        {
            item["id"]: (item["title"] or "", host_of(item["url"]) or item["url"])
            for item in articles
        },
        {item["id"]: item["fam"] for item in articles},
        labels,
    )


def find_ours(labelled: Labelled) -> set[Pair]:
    """Return pairs found as the product finds them, each text as it arrives: index, candidates, comparison."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        return _find_ours(labelled, connection)


def _find_ours(labelled: Labelled, connection: sqlite3.Connection) -> set[Pair]:
    connection.execute(
        "CREATE TABLE shingles (key INTEGER, article_id INTEGER, PRIMARY KEY (key, article_id)) WITHOUT ROWID"
    )
    texts: list[tuple[str, Text]] = []
    by_fingerprint: dict[str, list[tuple[str, Text]]] = defaultdict(list)
    found: set[Pair] = set()
    for key, body in labelled.bodies.items():
        words, (headline, source) = comparable_words(body), labelled.heads[key]
        text = make_text(words, headline=headline, body=body, source=source)
        keys = sketch(words)
        same = by_fingerprint[fingerprint_words(words)]
        found |= {
            frozenset((key, other))
            for other, stored in same
            if compare(text, stored).relation is Relation.SAME
        }
        bounds = Bounds()
        for number in find_candidates(connection, keys, since_id=0):
            other, stored = texts[number]
            # pairs are scored, so each article is a story of its own here
            relation = compare(text, stored).relation
            bounds.note(number, relation)
            if relation is Relation.SAME:
                found.add(frozenset((key, other)))
            if bounds.is_over:
                break
        save_sketch(connection, len(texts), keys)
        texts.append((key, text))
        same.append((key, text))
    return found


def find_exact(bodies: dict[str, str], make_key: Callable[[str], str]) -> set[Pair]:
    """Return pairs of texts with the same key."""
    groups: dict[str, list[str]] = defaultdict(list)
    for key, body in bodies.items():
        groups[make_key(body)].append(key)
    return {frozenset(pair) for group in groups.values() for pair in combinations(group, 2)}


def find_by_simhash(bodies: dict[str, str], most_bits: int) -> set[Pair]:
    """Return pairs whose 64-bit SimHashes differ in few bits; every pair is compared."""
    from simhash import Simhash

    hashes = [(key, Simhash(body).value) for key, body in bodies.items()]
    return {
        frozenset((one, other))
        for (one, a), (other, b) in combinations(hashes, 2)
        if (a ^ b).bit_count() <= most_bits
    }


def find_by_minhash(bodies: dict[str, str], *, words: int, threshold: float) -> set[Pair]:
    """Return pairs whose shingles are similar by MinHash with 128 permutations."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=128)
    hashes = {}
    for key, body in bodies.items():
        tokens = comparable_words(body)
        shingles = {" ".join(tokens[i : i + words]).encode() for i in range(len(tokens))}
        hashes[key] = made = MinHash(num_perm=128)
        made.update_batch(shingles)
    found = set()
    for key, made in hashes.items():
        for other in index.query(made):
            if made.jaccard(hashes[other]) >= threshold:
                found.add(frozenset((key, other)))
        index.insert(key, made)
    return found


def score(labelled: Labelled, found: set[Pair]) -> dict[str, float]:
    """Return the scores of pairs, and of the stories they join to."""
    joined = _join(labelled.bodies, found)
    stories = {pair for pair in labelled.labels if len({joined[key] for key in pair}) == 1}
    unlabelled = [
        pair for pair in found if pair not in labelled.labels and not _is_family(labelled, pair)
    ]
    ours, theirs = _rate(labelled, found), _rate(labelled, stories)
    ambiguous = sum(labelled.labels.get(pair, (0, ""))[0] == -1 for pair in found)
    return {
        **ours,
        **{f"joined_{name}": value for name, value in theirs.items()},
        "unlabelled": len(unlabelled),
        "ambiguous": ambiguous,
    }


def _rate(labelled: Labelled, found: set[Pair]) -> dict[str, float]:
    counts = Counter((label, pair in found) for pair, (label, _) in labelled.labels.items())
    right, wrong, missed = counts[1, True], counts[0, True], counts[1, False]
    precision = right / (right + wrong) if right + wrong else 1.0
    recall = right / (right + missed) if right + missed else 1.0
    both = precision + recall
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / both if both else 0.0,
        "false": wrong,
    }


def _is_family(labelled: Labelled, pair: Pair) -> bool:
    families = {labelled.families[key] for key in pair}
    return len(families) == 1 and bool(next(iter(families)))


def _join(keys: Iterable[str], found: set[Pair]) -> dict[str, str]:
    parents = {key: key for key in keys}

    def root(key: str) -> str:
        while parents[key] != key:
            parents[key] = parents[parents[key]]
            key = parents[key]
        return key

    for one, other in map(sorted, found):
        parents[root(one)] = root(other)
    return {key: root(key) for key in parents}


METHODS: dict[str, Callable[[dict[str, str]], set[Pair]]] = {
    "hash of the body": lambda bodies: find_exact(
        bodies, lambda body: hashlib.blake2b(body.encode(), digest_size=16).hexdigest()
    ),
    "hash of its words (our fingerprint)": lambda bodies: find_exact(
        bodies, lambda body: fingerprint_words(comparable_words(body))
    ),
    "SimHash-64, up to 3 bits": lambda bodies: find_by_simhash(bodies, 3),
    "SimHash-64, up to 8 bits": lambda bodies: find_by_simhash(bodies, 8),
    **{
        f"MinHash-LSH, {words}-grams, J >= {threshold}": (
            lambda bodies, words=words, threshold=threshold: find_by_minhash(  # type: ignore[misc]  # defaults bind
                bodies, words=words, threshold=threshold
            )
        )
        for words, threshold in ((3, 0.5), (3, 0.6), (5, 0.3), (5, 0.4), (5, 0.5))
    },
}


def _print_kinds(labelled: Labelled, found: set[Pair]) -> None:
    counts = Counter(
        (label, kind, pair in found) for pair, (label, kind) in labelled.labels.items()
    )
    for label, kind in sorted({(label, kind) for label, kind, _ in counts}):
        hit = counts[label, kind, True]
        print(f"  {label:>2} {kind:32} {hit:5} / {hit + counts[label, kind, False]}")


def main() -> int:
    """Score and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=OPEN)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--alone", action="store_true", help="only Watchword")
    parser.add_argument("--kinds", action="store_true", help="Watchword's results by kind of pair")
    options = parser.parse_args()
    labelled = read_labelled(options.data)
    figures: dict[str, dict[str, float]] = {}
    others = {} if options.alone else METHODS
    for name in ("Watchword", *others):
        started = time.process_time()
        try:
            found = find_ours(labelled) if name == "Watchword" else others[name](labelled.bodies)
        except ModuleNotFoundError as error:
            print(f"{name} is left out: {error.name} is not installed", file=sys.stderr)
            continue
        figures[name] = {**score(labelled, found), "seconds": time.process_time() - started}
        if options.kinds and name == "Watchword":
            _print_kinds(labelled, found)
    if options.json:
        print(json.dumps(figures, indent=1))
        return 0
    names = list(figures["Watchword"])
    print(f"| method | {' | '.join(names)} |\n| --- |{' --- |' * len(names)}")
    for name, row in figures.items():
        cells = (f"{row[key]:.4f}" if isinstance(row[key], float) else row[key] for key in names)
        print(f"| {name} | {' | '.join(map(str, cells))} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
