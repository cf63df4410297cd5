"""A case as the product wrote it: the problem, the plan, and what the plan comes to.

Everything here is exact integers and written from the meaning of the problem, not from the product's
code: whether a plan keeps the rules, and what it is measured by, level by level.
"""

import json
from dataclasses import dataclass

PRICED = "least_cost_with_shadow_prices"
# A rule, not an objective: nothing of its plans is proven.
GREEDY = "greedy"
# What is measured by cost and by nothing before it.
BY_COST = ("least_cost", GREEDY)


@dataclass(frozen=True)
class Level:
    """One level of the lexicographic comparison; the lower value is better.

    A plan's value is the weight of its units plus the weight of the parcels it opens.
    """

    name: str  # units, objective or cost
    units: list  # weight of a unit, by demand and source
    parcels: list  # weight of a parcel that is opened, by source


@dataclass(frozen=True)
class Case:
    id: str
    objective: str
    parcels_max: int
    sources: list
    wanted: list  # units, by demand
    available: list  # units, by demand and source
    prices: list  # minor units, by demand and source
    parts: list  # (demand, component, units_each)
    left: list  # units, by component and source
    takes: list  # (demand, source, units)
    proof: str
    gap: int
    measure: dict  # what the product says its plan is measured by
    cost_minor: int
    opened: list

    @staticmethod
    def parse(line):
        case = json.loads(line)
        problem, plan = case["problem"], case["plan"]
        width = len(problem["sources"])
        table = lambda flat: [flat[at : at + width] for at in range(0, len(flat), width)]
        wanted = [demand["units"] for demand in problem["demands"]]
        none = [[0] * width for _ in wanted]
        return Case(
            id=case["id"],
            objective=problem["objective"],
            parcels_max=problem["parcels_max"],
            sources=problem["sources"],
            wanted=wanted,
            available=table(problem["available"]) if width else [[] for _ in wanted],
            prices=table(problem["prices"]) if problem["prices"] else none,
            parts=[tuple(part) for part in problem["parts"]],
            left=table(problem["left"]) if problem["left"] else [],
            takes=[tuple(take) for take in plan["takes"]],
            proof=plan["proof"],
            gap=plan["gap"],
            measure=case["measure"],
            cost_minor=plan["cost_minor"],
            opened=plan["opened"],
        )

    def cap(self, demand, source):
        """Units of a demand that a source could send, were it asked for nothing else."""
        cap = min(self.wanted[demand], self.available[demand][source])
        units_max = self.sources[source]["units_max"]
        if units_max is not None:
            cap = min(cap, units_max)
        for of, component, each in self.parts:
            if of == demand:
                cap = min(cap, self.left[component][source] // each)
        return cap

    def newly_opened(self, takes):
        """Sources that send a parcel which they did not send before."""
        used = {source for _, source, _ in takes}
        return sorted(source for source in used if not self.sources[source]["is_open"])

    def broken_rules(self, takes):
        """Every rule that a plan breaks, in words."""
        broken = []
        demands, sources = len(self.wanted), len(self.sources)
        for demand, source, units in takes:
            if not (0 <= demand < demands and 0 <= source < sources and units >= 1):
                return [f"no such take: {demand}, {source}, {units}"]
            if units > self.available[demand][source]:
                broken.append(f"{units} units of {demand} from {source}, which has fewer")
        if len({take[:2] for take in takes}) != len(takes):
            broken.append("two takes of one demand from one source")
        for demand, wanted in enumerate(self.wanted):
            if sum(units for of, _, units in takes if of == demand) > wanted:
                broken.append(f"more of {demand} than wanted")
        if len(self.newly_opened(takes)) > self.parcels_max:
            broken.append("more parcels than permitted")
        for at, source in enumerate(self.sources):
            sent = sum(units for _, of, units in takes if of == at)
            if source["units_max"] is not None and sent > source["units_max"]:
                broken.append(f"more from {at} than it can work off")
            for component, left in enumerate(self.left):
                each = {demand: each for demand, of, each in self.parts if of == component}
                used = sum(u * each.get(demand, 0) for demand, of, u in takes if of == at)
                if used > left[at]:
                    broken.append(f"component {component} is used up at {at}")
        return broken

    def levels(self):
        """What plans are compared by, the first that counts first."""
        demands = range(len(self.wanted))
        by_source = lambda weight: [[weight(source) for source in self.sources] for _ in demands]
        nothing = [0] * len(self.sources)
        parcel_cost = [source["parcel_cost"] for source in self.sources]
        units = Level("units", by_source(lambda _: -1), nothing)
        cost = Level("cost", by_source(lambda source: source["unit_cost"]), parcel_cost)
        if self.objective in BY_COST:
            objective = []
        elif self.objective == PRICED:
            priced = [
                [unit + price for unit, price in zip(*rows)] for rows in zip(cost.units, self.prices)
            ]
            objective = [Level("objective", priced, parcel_cost)]
        elif self.objective == "fewest_parcels":
            objective = [Level("objective", by_source(lambda _: 0), [1] * len(self.sources))]
        elif self.objective == "priority":
            ranks = sorted({source["priority"] for source in self.sources})
            from_rank = lambda rank: lambda source: -1 if source["priority"] == rank else 0
            objective = [
                Level("objective", by_source(from_rank(rank)), nothing) for rank in ranks
            ]
        else:
            weight = {"nearest": "days", "balance": "load_per_mille"}[self.objective]
            objective = [Level("objective", by_source(lambda source: source[weight]), nothing)]
        return [units, *objective, cost]

    def value(self, level, takes):
        """What a plan comes to at a level."""
        units = sum(units * level.units[demand][source] for demand, source, units in takes)
        return units + sum(level.parcels[source] for source in self.newly_opened(takes))

    def figures(self, takes):
        """What the product should say that a plan is measured by."""
        levels, opened = self.levels(), self.newly_opened(takes)
        cost = self.value(levels[-1], takes)
        objective = [self.value(level, takes) for level in levels if level.name == "objective"]
        days = [self.sources[source]["days"] for _, source, _ in takes]
        return {
            "units_short": sum(self.wanted) + self.value(levels[0], takes),
            "objective": [cost] if self.objective in BY_COST else objective,
            "cost_minor": cost,
            "parcels": len(opened),
            "days": max(days, default=0),
            "priorities": sum(self.sources[source]["priority"] for source in opened),
        }

    def wrong_figures(self):
        """Where the product's own figures differ from those of its takes."""
        figures = self.figures(self.takes)
        said = {**self.measure, "plan's cost": self.cost_minor, "opened": self.opened}
        expected = {
            **figures,
            "plan's cost": figures["cost_minor"],
            "opened": self.newly_opened(self.takes),
        }
        names = [name for name in expected if said.get(name) != expected[name]]
        return [f"{name} is {expected[name]}, not {said.get(name)}" for name in names]
