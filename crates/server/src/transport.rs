//! What carries a connection's bytes: a TCP socket, TLS over one, or a socket of this machine.
//!
//! Nearly all are plain TCP, and a pass over thousands of them writes straight to the kernel: what is rare is boxed, so
//! that a connection is no larger for it. None of the methods but [`goodbye`](Transport::goodbye) waits.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use gate::Secured;
use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, SendFlags};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

/// What carries a connection's bytes.
#[derive(Debug)]
pub(crate) enum Transport {
    /// A TCP socket.
    Tcp(TcpStream),
    /// TLS over one.
    Tls(Box<Secured<TcpStream>>),
    /// A socket of this machine.
    Unix(Box<UnixStream>),
}

impl Transport {
    /// Takes what can be sent, or kept to be sent, at once.
    ///
    /// Of plain TCP the runtime is asked only when the socket takes nothing, so that it knows what to wait for: whether
    /// it thinks the socket writable is in memory that a pass over many connections would otherwise have to fetch for
    /// each.
    pub(crate) fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let stream = match self {
            Self::Tcp(stream) => stream,
            Self::Tls(stream) => return stream.try_write(slices),
            Self::Unix(stream) => return stream.try_write_vectored(slices),
        };
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        let written = match slices {
            [one] => rustix::net::send(stream, one, flags),
            many => rustix::net::sendmsg(stream, many, &mut SendAncillaryBuffer::default(), flags),
        };
        match written {
            Ok(n) => Ok(n),
            Err(Errno::AGAIN) => stream.try_write_vectored(slices),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends what was taken and kept; `WouldBlock` when the socket does not take it now.
    pub(crate) fn try_flush(&self) -> io::Result<()> {
        match self {
            Self::Tls(stream) => stream.flush(),
            Self::Tcp(_) | Self::Unix(_) => Ok(()),
        }
    }

    /// Reads what is there; 0 at the end, `WouldBlock` when there is nothing now.
    pub(crate) fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_read(buf),
            Self::Tls(stream) => stream.try_read(buf),
            Self::Unix(stream) => stream.try_read(buf),
        }
    }

    /// Whether there is something to be read; the task is woken when there is.
    pub(crate) fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => stream.poll_read_ready(cx),
            Self::Tls(stream) => stream.poll_read_ready(cx),
            Self::Unix(stream) => stream.poll_read_ready(cx),
        }
    }

    /// Whether more can be sent; the task is woken when it can.
    pub(crate) fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => stream.poll_write_ready(cx),
            Self::Tls(stream) => stream.poll_write_ready(cx),
            Self::Unix(stream) => stream.poll_write_ready(cx),
        }
    }

    /// Says that nothing more is coming; in TLS in its own words first, as soon as the socket takes them.
    pub(crate) async fn goodbye(&self) {
        if let Self::Tls(stream) = self {
            stream.end();
            let sent = std::future::poll_fn(|cx| {
                loop {
                    match stream.flush() {
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                            ready!(stream.poll_write_ready(cx))?;
                        }
                        done => return Poll::Ready(done),
                    }
                }
            });
            // Whoever is gone needs none.
            let _: io::Result<()> = sent.await;
        }
        let socket = match self {
            Self::Tcp(stream) => SockRef::from(stream),
            Self::Tls(stream) => SockRef::from(stream.get_ref()),
            Self::Unix(stream) => SockRef::from(&**stream),
        };
        let _ = socket.shutdown(Shutdown::Write);
    }

    /// Takes whatever bytes come out of the socket, which nobody will read.
    pub(crate) fn try_drain(&self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_read(buf),
            Self::Tls(stream) => stream.get_ref().try_read(buf),
            Self::Unix(stream) => stream.try_read(buf),
        }
    }

    /// Waits for [such bytes](Self::try_drain).
    pub(crate) async fn drainable(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.readable().await,
            Self::Tls(stream) => stream.get_ref().readable().await,
            Self::Unix(stream) => stream.readable().await,
        }
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut dyn Stream> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream),
            Self::Tls(stream) => Pin::new(&mut **stream),
            Self::Unix(stream) => Pin::new(&mut **stream),
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_read(cx, buf)
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.stream().poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rare_makes_no_connection_larger() {
        assert_eq!(size_of::<Transport>(), size_of::<TcpStream>());
    }
}
