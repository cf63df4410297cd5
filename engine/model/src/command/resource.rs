//! Deciding again from where an order's units come.

use zerocopy::little_endian::U128;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::item::{BodyReader, Malformed};
use crate::{CommandId, OrderId};

/// Lets an order's allocated units, as far as they have not shipped, come from better places, if
/// there are any now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceOrder {
    /// This command's own id.
    pub id: CommandId,
    /// The order.
    pub order: OrderId,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ResourceOrderFixed {
    id: U128,
    order: U128,
}
const _: () = assert!(size_of::<ResourceOrderFixed>() == 32);

impl ResourceOrder {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &ResourceOrderFixed = reader.fixed()?;
        reader.end()?;
        Ok(Self { id: CommandId::new(fixed.id.get()), order: OrderId::new(fixed.order.get()) })
    }

    pub(crate) fn fixed(&self) -> ResourceOrderFixed {
        ResourceOrderFixed { id: self.id.get().into(), order: self.order.get().into() }
    }
}
