//! Append-only, memory-mapped, hash-chained log of opaque records.
