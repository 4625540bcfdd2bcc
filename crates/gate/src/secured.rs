//! A stream in TLS, after its handshake.
//!
//! It can be read and written like any other stream, and, over a TCP socket, by several threads without waiting
//! ([`try_read`](Secured::try_read), [`try_write`](Secured::try_write)): whoever writes is told how much was taken, which
//! is then encrypted and sent as far as the socket allows. What it does not take at once is kept, within a limit, and has
//! to be [flushed](Secured::flush) when it takes more again. Nothing is taken while something is kept.

use std::io::{self, IoSlice, Read, Write};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use rustls::server::ServerConnection;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::tls::Handshake;

/// Times that bytes are read in one go without any of them being for the reader, before others have their turn.
const ROUNDS: usize = 8;

/// A stream in TLS.
#[derive(Debug)]
pub struct Secured<S> {
    stream: S,
    tls: Mutex<ServerConnection>,
    /// Whether there is something to be read that is not in the socket any more.
    ready: AtomicBool,
}

impl<S> Secured<S> {
    /// The stream after the handshake.
    pub fn new(stream: S, handshake: Handshake) -> Self {
        // Behind its handshake a client may have sent more in the same packet.
        Self { stream, tls: Mutex::new(handshake.connection), ready: AtomicBool::new(true) }
    }

    /// The stream that carries it.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    fn lock(&self) -> MutexGuard<'_, ServerConnection> {
        self.tls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Secured<TcpStream> {
    /// Waits until there is something to be read, its end included.
    ///
    /// # Errors
    /// As for a TCP stream.
    pub fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.ready.load(Ordering::Acquire) { Poll::Ready(Ok(())) } else { self.stream.poll_read_ready(cx) }
    }

    /// Waits until more can be sent.
    ///
    /// # Errors
    /// As for a TCP stream.
    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_write_ready(cx)
    }

    /// Reads what is there; 0 at the end. What it has to answer by itself may have to be [flushed](Self::flush).
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) when there is nothing now; anything else is the end.
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        match receive(&mut self.lock(), &mut Direct(&self.stream), buf, &self.ready) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(io::ErrorKind::WouldBlock.into()),
            read => read,
        }
    }

    /// Takes as much as may be kept, and sends what the socket takes of it at once.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) when something is kept already and nothing is taken; anything else is the
    /// end.
    pub fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut tls = self.lock();
        send(&mut tls, &mut Direct(&self.stream))?;
        let taken = tls.writer().write_vectored(slices)?;
        match send(&mut tls, &mut Direct(&self.stream)) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(taken),
        }
    }

    /// Sends what is kept.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) when the socket does not take it all now; anything else is the end.
    pub fn flush(&self) -> io::Result<()> {
        send(&mut self.lock(), &mut Direct(&self.stream))
    }

    /// Says that nothing more is coming (`close_notify`), which has to be [flushed](Self::flush).
    pub fn end(&self) {
        self.lock().send_close_notify();
    }
}

/// Reads what is there for the reader, and answers what TLS itself asks for. `Interrupted`: nothing yet, although a lot
/// has come.
fn receive<I>(tls: &mut ServerConnection, io: &mut I, buf: &mut [u8], more: &AtomicBool) -> io::Result<usize>
where
    I: Read + Write,
{
    for _ in 0..ROUNDS {
        match tls.reader().read(buf) {
            Ok(n) => {
                let left = tls.process_new_packets().map_err(invalid)?;
                more.store(left.plaintext_bytes_to_read() > 0 || left.peer_has_closed(), Ordering::Release);
                return Ok(n);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => more.store(false, Ordering::Release),
            // It ended without saying so, as many do. Text that is cut off is a message after a pause anyway.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
            Err(error) => return Err(error),
        }
        tls.read_tls(io)?;
        let processed = tls.process_new_packets();
        match send(tls, io) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
            _ => {}
        }
        processed.map_err(invalid)?;
    }
    Err(io::ErrorKind::Interrupted.into())
}

/// Sends what is kept.
fn send(tls: &mut ServerConnection, io: &mut impl Write) -> io::Result<()> {
    while tls.wants_write() {
        if tls.write_tls(io)? == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
    }
    Ok(())
}

fn invalid(error: rustls::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// A socket that is read and written without waiting.
struct Direct<'a>(&'a TcpStream);

impl Read for Direct<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buf)
    }
}

impl Write for Direct<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.try_write(buf)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream whose task is woken for what it would have to wait for.
struct Polled<'a, 'c, S>(&'a mut S, &'a mut Context<'c>);

fn would_block<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(done) => done,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}

fn or_pending<T>(done: io::Result<T>) -> Poll<io::Result<T>> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        done => Poll::Ready(done),
    }
}

impl<S: AsyncRead + Unpin> Read for Polled<'_, '_, S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut buf = ReadBuf::new(buf);
        would_block(Pin::new(&mut *self.0).poll_read(self.1, &mut buf))?;
        Ok(buf.filled().len())
    }
}

impl<S: AsyncWrite + Unpin> Write for Polled<'_, '_, S> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        would_block(Pin::new(&mut *self.0).poll_write(self.1, buf))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        would_block(Pin::new(&mut *self.0).poll_write_vectored(self.1, slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Secured<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { stream, tls, ready } = &mut *self;
        let tls = tls.get_mut().unwrap_or_else(PoisonError::into_inner);
        match receive(tls, &mut Polled(stream, cx), buf.initialize_unfilled(), ready) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            read => {
                let n = ready!(or_pending(read))?;
                buf.advance(n);
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Secured<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { stream, tls, .. } = &mut *self;
        let tls = tls.get_mut().unwrap_or_else(PoisonError::into_inner);
        ready!(or_pending(send(tls, &mut Polled(stream, cx))))?;
        let taken = tls.writer().write(buf)?;
        match send(tls, &mut Polled(stream, cx)) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(taken)),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, tls, .. } = &mut *self;
        let tls = tls.get_mut().unwrap_or_else(PoisonError::into_inner);
        ready!(or_pending(send(tls, &mut Polled(stream, cx))))?;
        Pin::new(stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, tls, .. } = &mut *self;
        let tls = tls.get_mut().unwrap_or_else(PoisonError::into_inner);
        tls.send_close_notify();
        ready!(or_pending(send(tls, &mut Polled(stream, cx))))?;
        Pin::new(stream).poll_shutdown(cx)
    }
}
