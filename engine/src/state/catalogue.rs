//! The catalogue: SKUs, warehouses, zones and channels, and the handles of their codes.

use std::collections::BTreeMap;

use gantry_model::{Channel, Code, Handle, Namespace, Policy, Sku, Warehouse, Zone};

use super::hash::code_hash;

/// Codes in order of first upsert; a handle is a position here and is never given twice.
#[derive(Debug)]
pub struct CodeTable<H> {
    codes: Vec<Code>,
    /// What stands for each code in state hashes.
    hashes: Vec<u64>,
    handles: BTreeMap<Code, H>,
}

impl<H: Handle> CodeTable<H> {
    const fn new() -> Self {
        Self { codes: Vec::new(), hashes: Vec::new(), handles: BTreeMap::new() }
    }

    /// Rows defined.
    #[must_use]
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether nothing is defined.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// Whether `handle` was given.
    #[must_use]
    pub fn contains(&self, handle: H) -> bool {
        handle.index() < self.codes.len()
    }

    /// The code of a handle that was given.
    #[must_use]
    pub fn code(&self, handle: H) -> &Code {
        &self.codes[handle.index()]
    }

    /// What stands for the code of a handle that was given in state hashes.
    pub(crate) fn hash(&self, handle: H) -> u64 {
        self.hashes[handle.index()]
    }

    /// As [`CodeTable::hash`], of every handle in order.
    pub(crate) fn hashes(&self) -> &[u64] {
        &self.hashes
    }

    /// The handle of a code.
    #[must_use]
    pub fn handle(&self, code: &str) -> Option<H> {
        self.handles.get(&Code::new(code).ok()?).copied()
    }

    /// Every handle, in order.
    pub fn handles(&self) -> impl Iterator<Item = H> + use<H> {
        (0..self.codes.len()).map(H::from_index)
    }

    /// The handle that `code` has or would get.
    #[must_use]
    pub fn handle_or_next(&self, code: &str) -> H {
        self.handle(code).unwrap_or_else(|| H::from_index(self.codes.len()))
    }

    /// Gives `code` its handle; returns it and whether it is new.
    pub(crate) fn upsert(&mut self, code: &str) -> (H, bool) {
        let code = Code::new(code).expect("invariant: texts are bounded when parsed");
        if let Some(handle) = self.handles.get(&code) {
            return (*handle, false);
        }
        let handle = H::from_index(self.codes.len());
        self.codes.push(code);
        self.hashes.push(code_hash(code.as_str()));
        self.handles.insert(code, handle);
        (handle, true)
    }
}

/// How a SKU may be sold.
#[derive(Clone, Copy, Debug)]
pub struct SkuRow {
    /// Units that one order may have; 0 = no limit of its own.
    pub order_max: u32,
    /// Whether stock is counted.
    pub tracked: bool,
    /// Whether units may wait for stock.
    pub backorder: bool,
    /// Whether new orders may have it.
    pub active: bool,
}

/// A warehouse and its place in the order of preference.
#[derive(Clone, Copy, Debug)]
pub struct WarehouseRow {
    /// 1 is preferred to 2.
    pub priority: u16,
    /// Whether new orders may be sourced from it.
    pub active: bool,
}

/// Everything that has a code.
#[derive(Debug)]
pub struct Catalogue {
    /// Codes of SKUs.
    pub skus: CodeTable<Sku>,
    /// Codes of warehouses.
    pub warehouses: CodeTable<Warehouse>,
    /// Codes of destination zones.
    pub zones: CodeTable<Zone>,
    /// Codes of channels.
    pub channels: CodeTable<Channel>,
    /// Codes of sourcing policies.
    pub policies: CodeTable<Policy>,
    pub(crate) sku_rows: Vec<SkuRow>,
    pub(crate) warehouse_rows: Vec<WarehouseRow>,
}

impl Catalogue {
    pub(crate) const fn new() -> Self {
        Self {
            skus: CodeTable::new(),
            warehouses: CodeTable::new(),
            zones: CodeTable::new(),
            channels: CodeTable::new(),
            policies: CodeTable::new(),
            sku_rows: Vec::new(),
            warehouse_rows: Vec::new(),
        }
    }

    /// How `sku` may be sold, if it is known.
    #[must_use]
    pub fn sku(&self, sku: Sku) -> Option<&SkuRow> {
        self.sku_rows.get(sku.index())
    }

    /// The warehouse, if it is known.
    #[must_use]
    pub fn warehouse(&self, warehouse: Warehouse) -> Option<&WarehouseRow> {
        self.warehouse_rows.get(warehouse.index())
    }

    /// The handle of a code, whatever it names.
    #[must_use]
    pub fn resolve(&self, namespace: Namespace, code: &str) -> Option<u32> {
        match namespace {
            Namespace::Sku => self.skus.handle(code).map(Sku::get),
            Namespace::Warehouse => self.warehouses.handle(code).map(|h| h.get().into()),
            Namespace::Zone => self.zones.handle(code).map(|h| h.get().into()),
            Namespace::Channel => self.channels.handle(code).map(|h| h.get().into()),
            Namespace::Policy => self.policies.handle(code).map(|h| h.get().into()),
        }
    }

    /// The code of a handle, whatever it names.
    #[must_use]
    pub fn name(&self, namespace: Namespace, handle: u32) -> Option<&Code> {
        let index = handle as usize;
        match namespace {
            Namespace::Sku => self.skus.codes.get(index),
            Namespace::Warehouse => self.warehouses.codes.get(index),
            Namespace::Zone => self.zones.codes.get(index),
            Namespace::Channel => self.channels.codes.get(index),
            Namespace::Policy => self.policies.codes.get(index),
        }
    }
}
