//! A private socket to a process we start, which can also carry descriptors.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tokio::net::UnixStream;

use crate::types::limits::DESCRIPTORS_AT_ONCE;

/// A connected pair of stream sockets: ours, and the end to hand to a child. Must be called within a tokio runtime.
pub fn pair() -> io::Result<(UnixStream, OwnedFd)> {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    Ok((UnixStream::from_std(ours)?, theirs.into()))
}

/// Sends all of `bytes`; the receiver gets `descriptors` with the first of them. At least one byte must be sent, and
/// descriptors are limited to [`DESCRIPTORS_AT_ONCE`].
pub async fn send_with_descriptors(socket: &UnixStream, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
    if bytes.is_empty() || descriptors.len() > DESCRIPTORS_AT_ONCE {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut sent = write(socket, bytes, descriptors).await?;
    while sent < bytes.len() {
        sent += write(socket, &bytes[sent..], &[]).await?;
    }
    Ok(())
}

async fn write(socket: &UnixStream, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<usize> {
    loop {
        socket.writable().await?;
        let attempt = socket.try_io(tokio::io::Interest::WRITABLE, || send(socket.as_fd(), bytes, descriptors));
        match attempt {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            done => return done,
        }
    }
}

fn send(socket: BorrowedFd<'_>, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_AT_ONCE))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(sendmsg(socket, &[IoSlice::new(bytes)], &mut control, no_signal())?)
}

/// A peer that is gone is an error, not a SIGPIPE. macOS has no such flag; the runtime of Rust ignores SIGPIPE there as here.
fn no_signal() -> SendFlags {
    #[cfg(target_os = "linux")]
    return SendFlags::NOSIGNAL;
    #[cfg(not(target_os = "linux"))]
    return SendFlags::empty();
}
