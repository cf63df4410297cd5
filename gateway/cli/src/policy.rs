//! Sourcing policies: the file that tells one, and the commands that bring it into force.

mod commands;
mod error;
mod file;
mod server;

pub(crate) use error::PolicyError;
pub(crate) use file::PolicyFile;
pub(crate) use server::run;
