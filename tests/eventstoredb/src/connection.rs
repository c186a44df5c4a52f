//! Connections that can be cut in the middle of a call.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;

/// A client's connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    info: ConnectionInfo,
    is_cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

/// What a call knows of its connection; it is in the request's extensions.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionInfo {
    /// Where the client is.
    pub(crate) peer: SocketAddr,
    cut: CancellationToken,
}

impl ConnectionInfo {
    /// Cuts the connection: what was not sent yet never is.
    pub(crate) fn cut(&self) {
        self.cut.cancel();
    }
}

impl Connection {
    /// The connection that was accepted from `peer`; it is cut at the latest when `server` is.
    ///
    /// # Errors
    ///
    /// If the socket refuses TCP_NODELAY.
    pub(crate) fn accepted(
        stream: TcpStream,
        peer: SocketAddr,
        server: &CancellationToken,
    ) -> io::Result<Self> {
        // Small replies must not wait for the acknowledgement of those before them.
        stream.set_nodelay(true)?;
        let cut = server.child_token();
        let is_cut = Box::pin(cut.clone().cancelled_owned());
        Ok(Self { stream, info: ConnectionInfo { peer, cut }, is_cut })
    }

    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        use std::future::Future;
        match self.is_cut.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionReset.into()),
            Poll::Pending => Ok(()),
        }
    }
}

/// Closes a connection that was just accepted, so that its client sees a reset.
pub(crate) fn refuse(stream: TcpStream) {
    let _ = stream.set_zero_linger();
    drop(stream);
}

impl Connected for Connection {
    type ConnectInfo = ConnectionInfo;

    fn connect_info(&self) -> ConnectionInfo {
        self.info.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
