//! The way from clients to the server, which listens elsewhere after each start.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use gantry_client::{Dialling, Network, TcpNetwork};

/// TCP to wherever the server listens now; clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Door {
    address: Arc<Mutex<Option<String>>>,
}

impl Door {
    /// The server listens there.
    pub(super) fn open(&self, address: &str) {
        self.set(Some(address.to_owned()));
    }

    /// Nobody is let in.
    pub(super) fn close(&self) {
        self.set(None);
    }

    fn set(&self, address: Option<String>) {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }
}

impl Network for Door {
    fn dial<'a>(&'a self, _: &'a str) -> Dialling<'a> {
        let address = self.address.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move {
            match address {
                Some(address) => TcpNetwork.dial(&address).await,
                None => Err(io::ErrorKind::ConnectionRefused.into()),
            }
        })
    }

    fn random(&self) -> u64 {
        TcpNetwork.random()
    }
}
