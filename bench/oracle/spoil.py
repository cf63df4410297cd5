"""Cases spoiled on purpose: a check that notices nothing here proves nothing elsewhere."""

from dataclasses import replace

from program import Program
from verdict import fix


def spoil(case, number, effort):
    """The case with one thing wrong and what that is; `None` if nothing could be spoiled.

    The case must be right as it is.
    """
    kinds = [_next_best, _gap_too_small, _unit_forgotten, _unit_too_many, _wrong_figure]
    for offset in range(len(kinds)):
        kind = kinds[(number + offset) % len(kinds)]
        spoiled = kind(case, effort)
        if spoiled is not None:
            return spoiled, kind.__name__.strip("_").replace("_", " ")
    return None


def _told(case, takes):
    """The case with another plan, its figures right."""
    figures, opened = case.figures(takes), case.newly_opened(takes)
    return replace(
        case, takes=takes, measure=figures, cost_minor=figures["cost_minor"], opened=opened
    )


def _worse(case, effort):
    """A plan that is as good but for the cost, and of those the next best."""
    program = Program(case)
    levels = case.levels()
    for level in levels[:-1]:
        fix(case, program, level, case.value(level, case.takes))
    program.at_least(levels[-1], case.value(levels[-1], case.takes) + 1)
    takes, is_optimal = program.best(levels[-1], effort.seconds)
    is_worse = lambda: case.value(levels[-1], takes) > case.cost_minor
    is_same = lambda level: case.value(level, takes) == case.value(level, case.takes)
    if not is_optimal or case.broken_rules(takes) or not is_worse():
        return None
    return takes if all(map(is_same, levels[:-1])) else None


def _next_best(case, effort):
    takes = None if case.proof != "optimal" else _worse(case, effort)
    return None if takes is None else _told(case, takes)


def _gap_too_small(case, effort):
    takes = None if case.proof != "optimal" else _worse(case, effort)
    if takes is None:
        return None
    spoiled = _told(case, takes)
    gap = spoiled.cost_minor - case.cost_minor - 1
    return replace(spoiled, proof="gap_in_cost", gap=gap) if gap else None


def _unit_forgotten(case, _):
    if case.proof != "optimal" or not case.takes:
        return None
    *takes, (demand, source, units) = case.takes
    return _told(case, [*takes, (demand, source, units - 1)] if units > 1 else takes)


def _unit_too_many(case, _):
    if not case.takes:
        return None
    demand, source, _ = case.takes[0]
    units = min(case.wanted[demand], case.available[demand][source]) + 1
    return _told(case, [(demand, source, units), *case.takes[1:]])


def _wrong_figure(case, _):
    return replace(case, measure={**case.measure, "cost_minor": case.cost_minor + 1})
