//! What bundles are made of, and that a bundle and its components move together.

use std::collections::{BTreeMap, HashMap};

use gantry_model::{Movement, MovementKind, SetBundle, Sku, Warehouse};

use super::catalogue::Catalogue;
use super::orders::is_of_component;
use super::{Fault, rule};

/// The components of every SKU that is a bundle.
#[derive(Default)]
pub(super) struct Bundles {
    components: HashMap<Sku, Vec<(Sku, i64)>>,
}

/// Units of a component by how they move, line, warehouse and SKU.
type Units = BTreeMap<(u8, u16, Warehouse, Sku), i64>;

impl Bundles {
    /// Takes an accepted command that says what a SKU is made of.
    pub(super) fn take(
        &mut self,
        bundle: &SetBundle<'_>,
        catalogue: &Catalogue,
    ) -> Result<(), Fault> {
        rule(!catalogue.sku(bundle.sku)?, "a bundle's own stock is not counted")?;
        let mut components = Vec::with_capacity(bundle.components.len());
        for part in bundle.components {
            catalogue.sku(part.sku())?;
            rule(part.units() > 0, "a bundle consumes units of each component")?;
            rule(part.sku() != bundle.sku, "a bundle does not contain itself")?;
            rule(!self.components.contains_key(&part.sku()), "no component is a bundle")?;
            components.push((part.sku(), i64::from(part.units())));
        }
        if components.is_empty() {
            self.components.remove(&bundle.sku);
        } else {
            self.components.insert(bundle.sku, components);
        }
        Ok(())
    }

    /// The bundle's components and the units of each that one unit of it consumes.
    pub(super) fn components(&self, sku: Sku) -> Option<&[(Sku, i64)]> {
        self.components.get(&sku).map(Vec::as_slice)
    }

    /// The bundles that consume units of a SKU.
    pub(super) fn using(&self, sku: Sku) -> impl Iterator<Item = Sku> {
        let uses = move |parts: &Vec<(Sku, i64)>| parts.iter().any(|(part, _)| *part == sku);
        self.components.iter().filter(move |(_, parts)| uses(parts)).map(|(bundle, _)| *bundle)
    }

    /// Each bundle that is allocated, released or shipped takes its components with it, and no
    /// component moves alone.
    pub(super) fn check(&self, movements: &[Movement]) -> Result<(), Fault> {
        let mut expected = Units::new();
        let mut moved = Units::new();
        for movement in movements {
            let key = |kind: MovementKind, sku: Sku| {
                (kind.number(), movement.line(), movement.warehouse(), sku)
            };
            let units = i64::from(movement.quantity());
            if is_of_component(movement.kind()) {
                *moved.entry(key(movement.kind(), movement.sku())).or_default() += units;
                continue;
            }
            let Some(kind) = of_component(movement.kind()) else { continue };
            for (sku, units_each) in self.components(movement.sku()).unwrap_or_default() {
                *expected.entry(key(kind, *sku)).or_default() += units * units_each;
            }
        }
        rule(expected == moved, "a bundle moves with its components, and they with it")
    }
}

/// How a component moves when its bundle moves so.
const fn of_component(kind: MovementKind) -> Option<MovementKind> {
    Some(match kind {
        MovementKind::Allocated => MovementKind::ComponentAllocated,
        MovementKind::Released => MovementKind::ComponentReleased,
        MovementKind::Shipped => MovementKind::ComponentShipped,
        _ => return None,
    })
}
