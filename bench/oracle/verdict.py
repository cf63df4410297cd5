"""One case judged: is the plan permitted, are its figures right, and is its proof true?"""

from dataclasses import dataclass, field

from problem import GREEDY
from program import EXCLUDED, Program

# The level at which a proof leaves a gap.
GAPS = {"gap_in_units": "units", "gap_in_objective": "objective", "gap_in_cost": "cost"}
# How it was settled that nothing is better: by a sum of what there is; by bounds in exact integers;
# by the word of HiGHS, whose search found nothing better; not at all.
SUM, EXACT, SEARCH, UNSETTLED = "sum", "exact", "search", "not settled"
METHODS = [SUM, EXACT, SEARCH, UNSETTLED]


@dataclass(frozen=True)
class Effort:
    seconds: float  # of one search of HiGHS
    branches: int  # of one exact proof


@dataclass
class Verdict:
    lines: int
    sources: int
    objective: str
    proof: str
    gap_share: float = 0.0  # the gap that the product leaves, as a share of its value there
    true_share: float = 0.0  # how much better the best plan known is, as a share too
    methods: list = field(default_factory=list)  # how each level was settled
    wrong: list = field(default_factory=list)
    doubts: list = field(default_factory=list)  # where the oracle itself fell short

    @property
    def hardest(self):
        return max(self.methods, key=METHODS.index, default=UNSETTLED)


def judge(case, effort):
    verdict = Verdict(len(case.wanted), len(case.sources), case.objective, case.proof)
    verdict.wrong = case.broken_rules(case.takes)
    if not verdict.wrong:
        verdict.wrong = case.wrong_figures()
    if not verdict.wrong:
        verdict.wrong = _wrong_words(case)
    if not verdict.wrong and case.objective != GREEDY:
        _judge_levels(case, effort, verdict)
    return verdict


def _wrong_words(case):
    """What is wrong with the proof as it is worded."""
    if case.objective == GREEDY:
        return [] if case.proof is None else [f"the greedy rule proves nothing, not {case.proof}"]
    has_gap = case.proof in GAPS
    if case.proof != "optimal" and not has_gap:
        return [f"the proof is {case.proof}"]
    if (case.gap > 0) != has_gap:
        return [f"{case.proof} with a gap of {case.gap}"]
    if has_gap and GAPS[case.proof] not in [level.name for level in case.levels()]:
        return [f"{case.proof}, but {case.objective} has no such level"]
    return []


def _judge_levels(case, effort, verdict):
    """Level by level, up to the first at which the product leaves a gap or a better plan exists."""
    program = Program(case)
    left_open = GAPS.get(case.proof)
    reached = []  # levels settled and the plan's values there
    for level in case.levels():
        if left_open == "units" != level.name or (left_open, level.name) == ("objective", "cost"):
            return
        value = case.value(level, case.takes)
        # `priority` has many levels of that name. The gap is that of the first that may be better.
        gap = case.gap if level.name == left_open else 0
        best = _best(case, program, level, value - gap, reached, effort, verdict)
        if best < value - gap:
            verdict.wrong.append(f"{level.name}: {value} with a gap of {gap}, but {best} is there")
        if gap:
            verdict.gap_share = gap / max(1, abs(value))
            verdict.true_share = (value - best) / max(1, abs(value))
        if best < value:
            return
        reached.append((level, value))
        fix(case, program, level, value)


def fix(case, program, level, value):
    """Has the program keep to plans as good as `value` at a level."""
    targets = _targets(case)
    if level.name == "units" and -value == sum(targets):
        program.fix_units(targets)
    else:
        program.fix(level, value)


def _targets(case):
    """Units that each demand could have, were it alone."""
    sources = range(len(case.sources))
    reach = lambda demand: sum(case.cap(demand, source) for source in sources)
    return [min(wanted, reach(demand)) for demand, wanted in enumerate(case.wanted)]


def _best(case, program, level, claim, reached, effort, verdict):
    """The best value at a level that is known, the product's own among them.

    If it cannot be settled that nothing is better, then perhaps that nothing is below `claim`.
    """
    value = case.value(level, case.takes)
    if not program.cells or (level.name == "units" and -value == sum(_targets(case))):
        verdict.methods.append(SUM)
        return value

    def known(takes):
        broken = case.broken_rules(takes)
        broken += [old.name for old, least in reached if case.value(old, takes) > least]
        if broken:
            verdict.doubts.append(f"{level.name}: a solution that is none: {broken}")
        return value if broken else case.value(level, takes)

    takes, is_settled = program.best(level, effort.seconds)
    found = known(takes)
    if is_settled and found > value:
        verdict.doubts.append(f"{level.name}: {value}, but the search ends with {found}")
    best = min(value, found)
    excluded = program.exclude(level, best if is_settled else claim, effort.branches)
    if isinstance(excluded, list) and known(excluded) < best:
        verdict.doubts.append(f"{level.name}: the search overlooks {known(excluded)}")
        best = known(excluded)
    method = EXACT if excluded == EXCLUDED else SEARCH if is_settled else UNSETTLED
    verdict.methods.append(method)
    return best
