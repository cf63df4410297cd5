//! Prices against a solver of another kind: augmenting paths over whole numbers, which knows
//! nothing of duals.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use super::*;

/// How random networks are drawn.
struct Random(u64);

/// The cheapest plan: units from each source to each demand, and its cost with the dummy's.
struct Plan {
    flows: Vec<Vec<i64>>,
    cost: i128,
}

/// An edge of the residual network; its reverse is the next or the one before.
#[derive(Clone, Copy)]
struct Edge {
    from: usize,
    to: usize,
    room: i64,
    cost: i64,
}

impl Random {
    /// Below `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) % bound
    }

    fn cost(&mut self, cost_max: u32) -> u32 {
        u32::try_from(self.below(u64::from(cost_max) + 1)).unwrap()
    }

    fn transport(&mut self, units_max: u64, cost_max: u32) -> Transport {
        let (sources, demands) = (1 + self.below(5), 1 + self.below(7));
        let stock: Vec<u64> = (0..sources).map(|_| 1 + self.below(units_max)).collect();
        let share = 2 * sources * units_max / demands;
        let demands = (0..demands).map(|_| self.demand(stock.len(), share, cost_max)).collect();
        Transport { stock, demands, dummy_cost: cost_max + 1 }
    }

    fn demand(&mut self, sources: usize, units_max: u64, cost_max: u32) -> Demand {
        let mut costs: Vec<_> =
            (0..sources).map(|_| (self.below(4) > 0).then(|| self.cost(cost_max))).collect();
        if costs.iter().all(Option::is_none) {
            costs[0] = Some(self.cost(cost_max));
        }
        Demand { units: 1 + self.below(units_max.max(1)), costs }
    }
}

/// The cheapest plan, one cheapest augmenting path after another.
fn solve(transport: &Transport) -> Plan {
    let (sources, demands) = (transport.stock.len(), transport.demands.len());
    let (start, end) = (sources + demands, sources + demands + 1);
    let mut edges = Vec::new();
    let mut add = |from, to, room: u64, cost: u32| {
        let (room, cost) = (i64::try_from(room).unwrap(), i64::from(cost));
        edges.push(Edge { from, to, room, cost });
        edges.push(Edge { from: to, to: from, room: 0, cost: -cost });
    };
    for (index, demand) in transport.demands.iter().enumerate() {
        let node = sources + index;
        add(start, node, demand.units, 0);
        add(node, end, demand.units, transport.dummy_cost);
        for (source, cost) in demand.costs.iter().enumerate() {
            if let Some(cost) = cost {
                add(node, source, demand.units, *cost);
            }
        }
    }
    for (source, units) in transport.stock.iter().enumerate() {
        add(source, end, *units, 0);
    }
    let mut cost = 0;
    while let Some((path, units, unit_cost)) = cheapest_path(&edges, start, end) {
        cost += i128::from(units) * i128::from(unit_cost);
        for index in path {
            edges[index].room -= units;
            edges[index ^ 1].room += units;
        }
    }
    let mut flows = vec![vec![0; demands]; sources];
    for pair in edges.chunks(2) {
        if pair[0].to < sources {
            flows[pair[0].to][pair[0].from - sources] = pair[1].room;
        }
    }
    Plan { flows, cost }
}

/// Bellman-Ford; `None` where no path has room.
fn cheapest_path(edges: &[Edge], start: usize, end: usize) -> Option<(Vec<usize>, i64, i64)> {
    let mut reached: Vec<Option<(i64, usize)>> = vec![None; end + 1];
    reached[start] = Some((0, usize::MAX));
    let mut changed = true;
    while changed {
        changed = false;
        for (index, edge) in edges.iter().enumerate() {
            let Some((so_far, _)) = reached[edge.from] else { continue };
            let cost = so_far + edge.cost;
            if edge.room > 0 && reached[edge.to].is_none_or(|(before, _)| cost < before) {
                reached[edge.to] = Some((cost, index));
                changed = true;
            }
        }
    }
    let (cost, _) = reached[end]?;
    let mut path = Vec::new();
    let mut node = end;
    while node != start {
        let (_, index) = reached[node].unwrap();
        path.push(index);
        node = edges[index].from;
    }
    let units = path.iter().map(|index| edges[*index].room).min().unwrap();
    Some((path, units, cost))
}

/// Duals that prove the plan: equal objectives, and no flow or price where there is slack.
fn check_proves(transport: &Transport, prices: &[u32], plan: &Plan, about: &str) {
    let about = format!("{about}: {transport:?} at {prices:?}");
    assert_eq!(transport.dual_objective(prices), plan.cost, "strong duality, {about}");
    for (source, price) in prices.iter().enumerate() {
        let shipped: i64 = plan.flows[source].iter().sum();
        let left = transport.stock[source] - u64::try_from(shipped).unwrap();
        assert!(*price == 0 || left == 0, "a unit left over is worth nothing, {about}");
        for (demand, units) in transport.demands.iter().zip(&plan.flows[source]) {
            let worth = transport.worth(demand, prices);
            let cost = demand.costs[source].map(|cost| u64::from(cost) + u64::from(*price));
            assert!(*units == 0 || cost == Some(worth), "a plan uses the cheapest, {about}");
        }
    }
    for (index, demand) in transport.demands.iter().enumerate() {
        let served: i64 = plan.flows.iter().map(|flows| flows[index]).sum();
        let short = demand.units - u64::try_from(served).unwrap();
        let worth = transport.worth(demand, prices);
        let dummy_cost = u64::from(transport.dummy_cost);
        assert!(short == 0 || worth == dummy_cost, "a unit short is worth the dummy, {about}");
    }
}

/// `stock` and rows of `(units, costs)`.
fn transport<const SOURCES: usize>(
    stock: [u64; SOURCES],
    demands: &[(u64, [Option<u32>; SOURCES])],
) -> Transport {
    let demands =
        demands.iter().map(|(units, costs)| Demand { units: *units, costs: costs.to_vec() });
    Transport { stock: stock.to_vec(), demands: demands.collect(), dummy_cost: 1_000 }
}

fn prices(transport: &Transport) -> Vec<u32> {
    transport.prices().unwrap().minor
}

/// Two sources, two demands. The near demand can have either source, the far one hardly the
/// second: units of the first belong to the far one.
#[test]
fn a_scarce_source_is_worth_what_it_saves_the_farther_demand() {
    let near = [Some(110), Some(220)];
    let far = [Some(120), Some(530)];
    // With a unit less of the first, a far unit comes for 530 instead of 120. With a unit more, a
    // near one comes for 110 instead of 220. Halfway between 410 and 110.
    let tight = transport([3, 5], &[(3, near), (3, far)]);
    assert_eq!(tight.duals(End::Largest).unwrap(), [410, 0]);
    assert_eq!(tight.duals(End::Smallest).unwrap(), [110, 0]);
    assert_eq!(prices(&tight), [260, 0]);
    // Between whole units there is one price only.
    assert_eq!(prices(&transport([4, 5], &[(3, near), (3, far)])), [110, 0]);
    assert_eq!(prices(&transport([2, 5], &[(3, near), (3, far)])), [410, 0]);
    // Enough of the first for both.
    assert_eq!(prices(&transport([7, 5], &[(3, near), (3, far)])), [0, 0]);
}

#[test]
fn stock_that_cannot_serve_all_is_worth_the_dummy_less_what_it_costs() {
    // Two far units go without: 1,000 each, and 120 from the first. A near one comes for 110 from
    // the first, which makes it worth 990, or for 220 from the second.
    let short = transport([2, 2], &[(3, [Some(110), Some(220)]), (3, [Some(120), Some(530)])]);
    assert_eq!(prices(&short), [880, 770]);
    check_proves(&short, &[880, 770], &solve(&short), "by hand");
}

#[test]
fn without_competition_nothing_is_solved() {
    let plenty = transport([3, 5], &[(2, [Some(10), Some(20)]), (1, [None, Some(5)])]);
    assert_eq!(plenty.prices().unwrap(), Prices { minor: vec![0, 0], size: None });
    let last = transport([2, 5], &[(2, [Some(10), Some(20)])]);
    let size = Some(Size { variables: 3, constraints: 2 });
    assert_eq!(last.prices().unwrap(), Prices { minor: vec![5, 0], size });
}

#[test]
fn one_source_is_priced_too() {
    assert_eq!(prices(&transport([5], &[(4, [Some(300)])])), [0]);
    assert_eq!(prices(&transport([5], &[(6, [Some(300)])])), [700]);
    assert_eq!(prices(&transport([5], &[(5, [Some(300)])])), [350]);
}

#[test]
fn a_source_that_serves_nobody_is_worth_nothing() {
    assert_eq!(prices(&transport([5, 5], &[(6, [Some(300), None])])), [700, 0]);
}

#[test]
fn equal_costs_price_equal_sources_alike() {
    let same = transport([2, 2], &[(3, [Some(7), Some(7)]), (3, [Some(7), Some(7)])]);
    assert_eq!(prices(&same), [993, 993]);
}

#[test]
fn random_networks_are_proven_by_their_prices() {
    let seed = 0x0067_616e_7472_7902;
    let mut random = Random(seed);
    let mut solved = 0;
    for round in 0..2_000 {
        let units_max = [2, 12, 3_000, 1_000_000_000][round % 4];
        let cost_max = [4, 90, 5_000, 2_000_000_000][round / 4 % 4];
        let transport = random.transport(units_max, cost_max);
        let about = format!("seed {seed:#x}, round {round}");
        let plan = solve(&transport);
        let prices = transport.prices().unwrap_or_else(|error| panic!("{about}: {error}"));
        solved += u64::from(prices.size.is_some());
        check_proves(&transport, &prices.minor, &plan, &about);
        check_ends(&transport, &plan, &about);
    }
    assert!(solved > 1_000, "only {solved} networks were contested");
}

/// The largest price is what a unit less costs, the smallest what a unit more saves.
fn check_ends(transport: &Transport, plan: &Plan, about: &str) {
    let (largest, smallest) =
        (transport.duals(End::Largest).unwrap(), transport.duals(End::Smallest).unwrap());
    check_proves(transport, &largest, plan, about);
    check_proves(transport, &smallest, plan, about);
    for source in 0..transport.stock.len() {
        let mut other = transport.clone();
        other.stock[source] -= 1;
        let lost = solve(&other).cost - plan.cost;
        assert_eq!(i128::from(largest[source]), lost, "a unit less, {about}: {transport:?}");
        other.stock[source] += 2;
        let saved = plan.cost - solve(&other).cost;
        assert_eq!(i128::from(smallest[source]), saved, "a unit more, {about}: {transport:?}");
    }
}
