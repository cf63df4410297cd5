//! What a client asks of its machine: streams of bytes to an address, and chance.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A stream of bytes in both directions.
pub struct Stream {
    /// What comes from the server; no byte at all is the end.
    pub inlet: Box<dyn AsyncRead + Send + Unpin>,
    /// What goes to the server; dropping it ends the stream in that direction.
    pub outlet: Box<dyn AsyncWrite + Send + Unpin>,
}

/// A connection that is being made.
pub type Dialling<'a> = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send + 'a>>;

/// Makes connections. The real one is [`TcpNetwork`]; a simulator has its own.
pub trait Network: Send + Sync + fmt::Debug {
    /// Connects to `address`, resolved anew.
    fn dial<'a>(&'a self, address: &'a str) -> Dialling<'a>;

    /// A random number, which decides how long to wait before another try.
    fn random(&self) -> u64;
}

/// TCP, and the chance of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct TcpNetwork;

impl Network for TcpNetwork {
    fn dial<'a>(&'a self, address: &'a str) -> Dialling<'a> {
        Box::pin(async move { TcpStream::connect(address).await.and_then(Stream::from_tcp) })
    }

    fn random(&self) -> u64 {
        // A fresh `RandomState` is the standard library's only source of randomness.
        RandomState::new().hash_one(0u8)
    }
}

impl Stream {
    /// What waits to be sent is sent at once: frames are written whole.
    pub(crate) fn from_tcp(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let (inlet, outlet) = stream.into_split();
        Ok(Self { inlet: Box::new(inlet), outlet: Box::new(outlet) })
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}
