//! Bundles: SKUs that are made of others.

use std::collections::BTreeMap;

use gantry_model::{Component, Sku};

/// What each bundle is made of, and which SKUs are components.
#[derive(Debug, Default)]
pub struct Bundles {
    components: BTreeMap<Sku, Vec<Component>>,
    /// Bundles that each component is part of.
    uses: BTreeMap<Sku, u32>,
}

impl Bundles {
    /// The components of a SKU, rising; none of one that is no bundle.
    #[must_use]
    pub fn components(&self, sku: Sku) -> &[Component] {
        if self.components.is_empty() {
            return &[];
        }
        self.components.get(&sku).map_or(&[], Vec::as_slice)
    }

    /// Whether there is no bundle at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.components.is_empty()
    }

    /// Whether some bundle is made of `sku`.
    #[must_use]
    pub fn is_component(&self, sku: Sku) -> bool {
        self.uses.contains_key(&sku)
    }

    /// Every bundle, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Sku, &[Component])> {
        self.components.iter().map(|(sku, components)| (*sku, components.as_slice()))
    }

    /// Sets what a SKU is made of; nothing makes it a bundle no longer.
    pub(crate) fn set(&mut self, sku: Sku, components: &[Component]) {
        for component in components {
            *self.uses.entry(component.sku()).or_default() += 1;
        }
        let before = if components.is_empty() {
            self.components.remove(&sku)
        } else {
            self.components.insert(sku, components.to_vec())
        };
        for component in before.iter().flatten() {
            let uses = self.uses.get_mut(&component.sku()).expect("invariant: counted when set");
            *uses -= 1;
            if *uses == 0 {
                self.uses.remove(&component.sku());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_one_as_long_as_a_bundle_has_it() {
        let mut bundles = Bundles::default();
        let [first, second, part] = [1, 2, 3].map(Sku::new);
        bundles.set(first, &[Component::new(part, 2)]);
        bundles.set(second, &[Component::new(part, 1)]);
        bundles.set(first, &[Component::new(part, 5)]);
        assert_eq!(bundles.components(first)[0].units(), 5);
        bundles.set(first, &[]);
        assert!(bundles.is_component(part) && bundles.components(first).is_empty());
        bundles.set(second, &[]);
        assert!(!bundles.is_component(part) && bundles.is_empty());
    }
}
