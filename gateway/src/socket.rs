//! A connection's stream of bytes, as two halves; TCP is one sort of them.

use std::fmt;
use std::io;
use std::task::{Context, Poll};

use rustix::net::Shutdown;
use tokio::io::AsyncRead;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;

/// The half that is read from; no byte at all is the end of the stream.
pub type Inlet = Box<dyn AsyncRead + Send + Unpin>;

/// The half that is written to, by one at a time.
pub trait Outlet: Send + Sync + fmt::Debug {
    /// Writes what there is room for; `WouldBlock` if there is none.
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Ready when there may be room again.
    fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Tells the other side that nothing more comes.
    fn shut_down(&self);
}

impl Outlet for OwnedWriteHalf {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        Self::try_write(self, bytes)
    }

    fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.as_ref().poll_write_ready(context)
    }

    fn shut_down(&self) {
        // A socket that is already gone needs no goodbye.
        let _ = rustix::net::shutdown(self.as_ref(), Shutdown::Write);
    }
}

/// Both halves of a TCP connection.
pub(crate) fn halves(stream: TcpStream) -> (Inlet, Box<dyn Outlet>) {
    let (inlet, outlet) = stream.into_split();
    (Box::new(inlet), Box::new(outlet))
}
