//! Sparse rows of SKU × warehouse (× channel): ring-fences and shadow prices.

use std::collections::BTreeMap;

use gantry_model::{Channel, Sku, Warehouse};

/// A figure at a place. Ring-fences name the channel they are for; prices name none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaceRow {
    /// Where.
    pub warehouse: Warehouse,
    /// For whom.
    pub channel: Channel,
    /// Units set aside, or minor units.
    pub value: u32,
}

impl PlaceRow {
    fn key(&self) -> (Warehouse, Channel) {
        (self.warehouse, self.channel)
    }
}

/// Rows by SKU, each list rising by warehouse and channel. A value of zero is no row.
#[derive(Debug, Default)]
pub struct BySku {
    rows: BTreeMap<Sku, Vec<PlaceRow>>,
}

impl BySku {
    /// The rows of one SKU.
    #[must_use]
    pub fn of(&self, sku: Sku) -> &[PlaceRow] {
        if self.rows.is_empty() { &[] } else { self.rows.get(&sku).map_or(&[], Vec::as_slice) }
    }

    /// Every row, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Sku, PlaceRow)> {
        self.rows.iter().flat_map(|(sku, rows)| rows.iter().map(|row| (*sku, *row)))
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Sets or, with a value of zero, removes a row; returns what was there before.
    pub(crate) fn set(&mut self, sku: Sku, row: PlaceRow) -> Option<PlaceRow> {
        let rows = self.rows.entry(sku).or_default();
        let place = rows.binary_search_by_key(&row.key(), PlaceRow::key);
        let before = match (place, row.value) {
            (Ok(at), 0) => Some(rows.remove(at)),
            (Ok(at), _) => Some(std::mem::replace(&mut rows[at], row)),
            (Err(_), 0) => None,
            (Err(at), _) => {
                rows.insert(at, row);
                None
            }
        };
        if rows.is_empty() {
            self.rows.remove(&sku);
        }
        before
    }

    pub(crate) fn clear(&mut self) {
        self.rows.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_rise_and_zero_is_no_row() {
        let mut rows = BySku::default();
        let row = |warehouse, value| PlaceRow {
            warehouse: Warehouse::new(warehouse),
            channel: Channel::NONE,
            value,
        };
        let sku = Sku::new(4);
        assert_eq!(rows.set(sku, row(2, 7)), None);
        assert_eq!(rows.set(sku, row(1, 5)), None);
        assert_eq!(rows.set(sku, row(2, 8)), Some(row(2, 7)));
        assert_eq!(rows.of(sku), [row(1, 5), row(2, 8)]);
        assert_eq!(rows.set(sku, row(1, 0)), Some(row(1, 5)));
        assert_eq!(rows.set(sku, row(2, 0)), Some(row(2, 8)));
        assert!(rows.is_empty() && rows.of(sku).is_empty());
    }
}
