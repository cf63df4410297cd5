//! Bundles: a SKU that consumes units of others.

use zerocopy::little_endian::{U16, U32, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::counted;
use crate::item::{BodyReader, Malformed, zero};
use crate::{COMPONENTS_PER_BUNDLE_MAX, CommandId, Sku};

/// Units of one SKU that each unit of a bundle consumes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct Component {
    sku: U32,
    units: U32,
}

impl Component {
    /// `units` of `sku` go into each unit of the bundle.
    #[must_use]
    pub fn new(sku: Sku, units: u32) -> Self {
        Self { sku: sku.get().into(), units: units.into() }
    }

    /// The component's SKU.
    #[must_use]
    pub fn sku(&self) -> Sku {
        Sku::new(self.sku.get())
    }

    /// Units for each unit of the bundle.
    #[must_use]
    pub fn units(&self) -> u32 {
        self.units.get()
    }
}

/// What a SKU is made of from now on.
#[derive(Clone, Copy, Debug)]
pub struct SetBundle<'a> {
    /// This command's own id.
    pub id: CommandId,
    /// The bundle; its own stock is not counted.
    pub sku: Sku,
    /// Rising by SKU; none = it is a bundle no longer.
    pub components: &'a [Component],
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct SetBundleFixed {
    pub(crate) id: U128,
    pub(crate) sku: U32,
    pub(crate) component_count: U16,
    pub(crate) reserved: [u8; 2],
}
const _: () = assert!(size_of::<SetBundleFixed>() == 24);

impl<'a> SetBundle<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &SetBundleFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        let field = "component_count";
        let count = counted(field, fixed.component_count, COMPONENTS_PER_BUNDLE_MAX)?;
        let components = reader.list(count)?;
        reader.end()?;
        let (id, sku) = (CommandId::new(fixed.id.get()), Sku::new(fixed.sku.get()));
        Ok(Self { id, sku, components })
    }
}
