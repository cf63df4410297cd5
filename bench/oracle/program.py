"""A case as a mixed-integer program for HiGHS.

A column for each parcel that may be opened (0 or 1) and one for each cell that has units. HiGHS
counts in floating point, so nothing that it says is taken as it is:

- a solution is rounded and judged by `problem.py` in exact integers;
- that nothing is better is shown by branching, where each branch ends by a bound made of HiGHS's
  multipliers and computed again in exact integers. Weak duality holds for any multipliers, so a
  wrong one can only make the bound worse.

Only where that takes too many branches the word of HiGHS stands alone: its search, with no gap
allowed, ended as "optimal".
"""

import highspy
import numpy as np

INFINITE = highspy.kHighsInf
# Multipliers of the exact bound are rounded to this fraction.
SCALE = 1 << 60
EXCLUDED = "excluded"
ENDS = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible)
CONTINUOUS = np.uint8(highspy.HighsVarType.kContinuous.value)
INTEGER = np.uint8(highspy.HighsVarType.kInteger.value)

_highs = None


def solver():
    """One HiGHS for a process: to make one costs more than to solve a small program."""
    global _highs
    if _highs is None:
        _highs = highspy.Highs()
        options = {
            "output_flag": False,
            "threads": 1,
            "mip_rel_gap": 0.0,
            "mip_abs_gap": 0.0,
            "mip_feasibility_tolerance": 1e-9,
            "primal_feasibility_tolerance": 1e-9,
        }
        for name, value in options.items():
            _highs.setOptionValue(name, value)
    return _highs


class Program:
    """Columns, rows and what was fixed so far."""

    def __init__(self, case):
        self.case = case
        self.cells = []  # (demand, source) of each cell's column
        self.parcel = {}  # source: its parcel's column
        self.upper = []
        self.rows = []  # ([(column, factor)], lowest or None, highest or None)
        self._columns()
        self._rules()

    def _columns(self):
        case = self.case
        sources, demands = range(len(case.sources)), range(len(case.wanted))
        caps = [[case.cap(demand, source) for source in sources] for demand in demands]
        for source in sources:
            if not case.sources[source]["is_open"] and any(row[source] for row in caps):
                self.parcel[source] = len(self.upper)
                self.upper.append(1)
        self.first_cell = len(self.upper)
        for demand in demands:
            for source in sources:
                if caps[demand][source]:
                    self.cells.append((demand, source))
                    self.upper.append(caps[demand][source])

    def _rules(self):
        case = self.case
        column = {cell: self.first_cell + at for at, cell in enumerate(self.cells)}
        for demand, wanted in enumerate(case.wanted):
            self._add([(at, 1) for cell, at in column.items() if cell[0] == demand], None, wanted)
        for (_, source), at in column.items():
            if source in self.parcel:
                self._add([(at, 1), (self.parcel[source], -self.upper[at])], None, 0)
        for source, facts in enumerate(case.sources):
            here = [(cell[0], at) for cell, at in column.items() if cell[1] == source]
            if facts["units_max"] is not None:
                self._at_most([(at, 1) for _, at in here], source, facts["units_max"])
            for component, left in enumerate(case.left):
                each = {demand: each for demand, of, each in case.parts if of == component}
                used = [(at, each[demand]) for demand, at in here if demand in each]
                self._at_most(used, source, left[source])
        if case.parcels_max < len(self.parcel):
            self._add([(at, 1) for at in self.parcel.values()], None, case.parcels_max)

    def _at_most(self, factors, source, most):
        """What a source may give at most; nothing if it sends no parcel."""
        if sum(factor * self.upper[at] for at, factor in factors) <= most:
            return
        if source in self.parcel:
            self._add([*factors, (self.parcel[source], -most)], None, 0)
        else:
            self._add(factors, None, most)

    def _add(self, factors, lowest, highest):
        if factors:
            self.rows.append((factors, lowest, highest))

    def weights(self, level):
        """The weight of each column at a level."""
        weights = [0] * len(self.upper)
        for source, at in self.parcel.items():
            weights[at] = level.parcels[source]
        for at, (demand, source) in enumerate(self.cells, self.first_cell):
            weights[at] = level.units[demand][source]
        return weights

    def fix(self, level, value):
        """Keeps to plans that are no worse than `value` at a level."""
        self._add(self._weighed(level), None, value)

    def at_least(self, level, value):
        """Keeps to plans that are no better than `value` at a level."""
        self._add(self._weighed(level), value, None)
        # Else a parcel of nothing would be a way to cost more.
        for source, parcel in self.parcel.items():
            cells = enumerate(self.cells, self.first_cell)
            self._add([(parcel, -1), *((at, 1) for at, cell in cells if cell[1] == source)], 0, None)

    def _weighed(self, level):
        return [(at, weight) for at, weight in enumerate(self.weights(level)) if weight]

    def fix_units(self, targets):
        """Keeps to plans that have every one of these units, by demand."""
        for demand, target in enumerate(targets):
            cells = enumerate(self.cells, self.first_cell)
            self._add([(at, 1) for at, cell in cells if cell[0] == demand], target, target)

    def _pass(self, weights, column_type):
        columns, rows = len(self.upper), len(self.rows)
        starts, indices, factors = [0], [], []
        for row, _, _ in self.rows:
            indices.extend(at for at, _ in row)
            factors.extend(factor for _, factor in row)
            starts.append(len(indices))
        lowest = [-INFINITE if low is None else low for _, low, _ in self.rows]
        highest = [INFINITE if high is None else high for _, _, high in self.rows]
        highs = solver()
        highs.passModel(
            columns,
            rows,
            len(indices),
            int(highspy.MatrixFormat.kRowwise),
            int(highspy.ObjSense.kMinimize),
            0.0,
            np.array(weights, np.double),
            np.zeros(columns),
            np.array(self.upper, np.double),
            np.array(lowest, np.double),
            np.array(highest, np.double),
            np.array(starts[:-1], np.int32),
            np.array(indices, np.int32),
            np.array(factors, np.double),
            np.full(columns, column_type, np.int32),
        )
        return highs

    def exclude(self, level, value, nodes):
        """Looks for a plan below `value` by branching, every branch ended by an exact bound.

        Returns `EXCLUDED` if there is none, else the takes of one, or `None` if more than `nodes`
        branches would be needed or HiGHS has no multipliers.
        """
        weights = self.weights(level)
        highs = self._pass(weights, CONTINUOUS)
        highs.setOptionValue("presolve", "off")
        highs.setOptionValue("time_limit", INFINITE)
        columns = np.arange(len(self.upper), dtype=np.int32)
        branches = [([0] * len(self.upper), list(self.upper))]
        for _ in range(nodes):
            lower, upper = branches.pop()
            bounds = np.array(lower, np.double), np.array(upper, np.double)
            highs.changeColsBounds(len(columns), columns, *bounds)
            if not self._relax(highs):
                return None
            if not self._is_ended(highs, weights, value, lower, upper):
                values = np.array(highs.getSolution().col_value)
                split = self._most_fractional(values)
                if split is None:
                    return self._takes(values)
                floor = int(values[split])
                branches.append((lower, [*upper[:split], floor, *upper[split + 1 :]]))
                branches.append(([*lower[:split], floor + 1, *lower[split + 1 :]], upper))
            if not branches:
                return EXCLUDED
        return None

    def _relax(self, highs):
        """Solves the relaxation of a branch, from where the last one ended if HiGHS can."""
        highs.run()
        if highs.getModelStatus() not in ENDS:
            highs.clearSolver()
            highs.run()
        return highs.getModelStatus() in ENDS

    def _is_ended(self, highs, weights, value, lower, upper):
        """Whether exact integers show that no plan of a branch is below `value`."""
        status = highs.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            multipliers = highs.getSolution().row_dual
            return self._exact(weights, multipliers, lower, upper) > (value - 1) * SCALE
        if status == highspy.HighsModelStatus.kInfeasible:
            _, is_there, ray = highs.getDualRay()
            # Multipliers that make even the weight of nothing positive.
            return is_there and self._exact([0] * len(weights), ray, lower, upper) > 0
        return False

    def _exact(self, weights, multipliers, lower, upper):
        """The bound that multipliers give, in exact integers, `SCALE` times."""
        reduced = [weight * SCALE for weight in weights]
        total = 0
        for (factors, lowest, highest), multiplier in zip(self.rows, multipliers):
            scaled = round(multiplier * SCALE)
            side = lowest if scaled > 0 else highest
            if scaled == 0 or side is None:
                continue
            total += scaled * side
            for at, factor in factors:
                reduced[at] -= scaled * factor
        for rest, low, high in zip(reduced, lower, upper):
            total += rest * (low if rest > 0 else high)
        return total

    def _most_fractional(self, values):
        """The column to branch on, parcels first; `None` if all are whole."""
        away = np.abs(values - np.round(values))
        for first, last in ((0, self.first_cell), (self.first_cell, len(values))):
            columns = away[first:last]
            if len(columns) and columns.max() > 1e-6:
                return first + int(columns.argmax())
        return None

    def best(self, level, seconds):
        """The takes of the best plan at a level, and whether HiGHS calls it optimal."""
        highs = self._pass(self.weights(level), INTEGER)
        highs.setOptionValue("presolve", "choose")
        # HiGHS counts the time of all its runs.
        highs.setOptionValue("time_limit", highs.getRunTime() + seconds)
        highs.run()
        is_optimal = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return self._takes(highs.getSolution().col_value), is_optimal

    def _takes(self, values):
        rounded = [round(value) for value in values[self.first_cell :]]
        return [(*cell, units) for cell, units in zip(self.cells, rounded) if units > 0]
