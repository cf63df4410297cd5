//! Sourcing policies: the file that tells one, and the commands that bring it into force.

mod commands;
mod error;
mod file;
mod local;
mod server;

pub(crate) use error::PolicyError;
pub(crate) use file::PolicyFile;
pub(crate) use local::{bring_into_force, handle};
pub(crate) use server::run;
