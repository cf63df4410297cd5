#!/usr/bin/env python3
"""Checks sourcing decisions from outside, with HiGHS: are they permitted, and are they the best?

    pip install -r bench/oracle/requirements.txt
    cargo run --release -p gantry-bench --bin sourcing_cases -- --random 2000 > cases.jsonl
    python3 bench/oracle/check.py cases.jsonl

For each case the mixed-integer program is solved level by level: the most units, then the policy's
objective (for `priority` rank by rank), then the least cost, each with those before it kept. A plan
called optimal must come to the same at every level; one with a gap may be worse by the gap at its
level, and not worse at those before. HiGHS starts from nothing, allows no gap, and knows nothing of
the product's plan. As it counts in floating point, its plan is judged in exact integers, and that
nothing is better is proven once more in exact integers, where that takes no more than so many
branches. The table says how each level was settled:

    sum     the plan has every unit that there is
    exact   nothing is better, in exact integers
    search  nothing is better, by the word of HiGHS alone

Plans of the greedy rule need only keep the rules; they prove nothing and are called not settled.

`cases/hard.jsonl` has problems at which the work limit ended the search with a plan far from the
best; `sourcing_cases --again FILE` has today's product solve them.

Ends with 1 if any case is wrong. With --spoil every case is spoiled first, and it ends with 1 if
one of them passes.
"""

import argparse
import multiprocessing
import sys
import time
from collections import Counter, defaultdict

sys.dont_write_bytecode = True

from problem import Case
from spoil import spoil
from verdict import METHODS, UNSETTLED, Effort, judge

LINES = (2, 5, 14, 128)
SOURCES = (8, 16, 32, 64)
TOLD_MAX = 20
# A line of progress each so many cases.
PROGRESS_CASES = 10_000


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", help="a file of cases, one a line; - is standard input")
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--seconds", type=float, default=60, help="of one search (60)")
    parser.add_argument("--branches", type=int, default=2000, help="of one exact proof (2000)")
    parser.add_argument("--spoil", action="store_true", help="spoil each case, which must show")
    parser.add_argument("--keep", help="a file to write the wrong cases to")
    return parser.parse_args()


def look(task):
    """One case judged, spoiled before if that is asked for."""
    number, line, effort, is_spoiled = task
    case, how = Case.parse(line), None
    if is_spoiled:
        spoiled = spoil(case, number, effort)
        if spoiled is None:
            return line, case.id, None, None
        case, how = spoiled
    return line, case.id, judge(case, effort), how


def judged(options):
    effort = Effort(options.seconds, options.branches)
    file = sys.stdin if options.cases == "-" else open(options.cases, encoding="utf-8")
    tasks = ((number, line, effort, options.spoil) for number, line in enumerate(file))
    with file, multiprocessing.Pool(options.processes) as pool:
        yield from pool.imap_unordered(look, tasks, chunksize=16)


def size_class(verdict):
    """The class of a case by its size, as the highest of each."""
    highest = lambda size, classes: next(high for high in classes if size <= high)
    return highest(verdict.lines, LINES), highest(verdict.sources, SOURCES)


def per_cent(part, whole):
    return f"{100 * part / max(1, whole):.2f}%"


def print_sizes(by_size):
    columns = "lines sources    cases   optimal  worst gap  truly  " + "  ".join(METHODS)
    print(f"by size, up to\n{columns}")
    for (lines, sources), verdicts in sorted(by_size.items()):
        count = len(verdicts)
        optimal = sum(verdict.proof == "optimal" for verdict in verdicts)
        hardest = Counter(verdict.hardest for verdict in verdicts)
        gap = max(verdict.gap_share for verdict in verdicts)
        true = max(verdict.true_share for verdict in verdicts)
        settled = "  ".join(f"{hardest[method]:>{len(method)}}" for method in METHODS)
        print(
            f"{lines:>5} {sources:>7} {count:>8} {per_cent(optimal, count):>9}"
            f" {100 * gap:>9.2f}% {100 * true:>5.2f}%  {settled}"
        )


def print_objectives(verdicts):
    print("by objective         cases   optimal  gap in units  objective  cost")
    for objective in sorted({verdict.objective for verdict in verdicts}):
        proofs = Counter(each.proof for each in verdicts if each.objective == objective)
        count = sum(proofs.values())
        print(
            f"{objective[:18]:<18} {count:>7} {per_cent(proofs['optimal'], count):>9}"
            f" {proofs['gap_in_units']:>13} {proofs['gap_in_objective']:>10}"
            f" {proofs['gap_in_cost']:>5}"
        )


def check(options):
    """Judges every case and reports; returns whether all were right."""
    started, verdicts, wrong, doubts = time.monotonic(), [], [], []
    by_size = defaultdict(list)
    for line, name, verdict, _ in judged(options):
        verdicts.append(verdict)
        by_size[size_class(verdict)].append(verdict)
        if verdict.wrong:
            wrong.append(line)
            if len(wrong) <= TOLD_MAX:
                print(f"WRONG {name} ({verdict.objective}): {'; '.join(verdict.wrong)}")
        doubts.extend(f"{name} ({verdict.objective}): {doubt}" for doubt in verdict.doubts)
        if len(verdicts) % PROGRESS_CASES == 0:
            seconds = time.monotonic() - started
            print(f"{len(verdicts)} cases, {len(wrong)} wrong, {seconds:.0f} s", file=sys.stderr)
    if options.keep and wrong:
        with open(options.keep, "w", encoding="utf-8") as kept:
            kept.writelines(wrong)
    print_sizes(by_size)
    print_objectives(verdicts)
    for doubt in doubts[:TOLD_MAX]:
        print(f"the oracle itself: {doubt}")
    levels = Counter(method for verdict in verdicts for method in verdict.methods)
    print("levels settled:", ", ".join(f"{method} {levels[method]}" for method in METHODS))
    optimal = sum(verdict.proof == "optimal" for verdict in verdicts)
    unsettled = sum(verdict.hardest == UNSETTLED for verdict in verdicts)
    print(
        f"{len(verdicts)} cases, {per_cent(optimal, len(verdicts))} optimal, {len(wrong)} wrong,"
        f" {unsettled} not settled, {len(doubts)} doubts, {time.monotonic() - started:.0f} s"
    )
    return not wrong and bool(verdicts)


def check_spoiled(options):
    """Spoils every case; returns whether each was noticed."""
    noticed, missed = Counter(), Counter()
    for _, name, verdict, how in judged(options):
        if verdict is None:
            continue
        (noticed if verdict.wrong else missed)[how] += 1
        if not verdict.wrong:
            print(f"MISSED {name}: {how}")
    for how in sorted(noticed | missed):
        print(f"{how:<16} {noticed[how]:>6} noticed, {missed[how]} missed")
    return not missed and bool(noticed)


def main():
    options = arguments()
    is_right = check_spoiled(options) if options.spoil else check(options)
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()
