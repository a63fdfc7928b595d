//! A private socket to a process we start, which can also carry descriptors.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
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

/// Receives one byte, and the descriptor that came with it; further descriptors are closed. The end of the stream is an error.
pub async fn receive_with_descriptor(socket: &UnixStream) -> io::Result<(u8, Option<OwnedFd>)> {
    loop {
        socket.readable().await?;
        match socket.try_io(tokio::io::Interest::READABLE, || receive(socket.as_fd())) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            done => return done,
        }
    }
}

fn receive(socket: BorrowedFd<'_>) -> io::Result<(u8, Option<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_AT_ONCE))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let received = recvmsg(socket, &mut [IoSliceMut::new(&mut byte)], &mut control, closed_on_exec())?;
    let descriptors = control.drain().filter_map(|message| {
        let RecvAncillaryMessage::ScmRights(descriptors) = message else { return None };
        Some(descriptors)
    });
    let descriptor = descriptors.flatten().next();
    if received.bytes == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok((byte[0], descriptor)) }
}

/// What is received must not leak into servers and scripts.
fn closed_on_exec() -> RecvFlags {
    #[cfg(target_os = "linux")]
    return RecvFlags::CMSG_CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    return RecvFlags::empty();
}

/// A peer that is gone is an error, not a SIGPIPE. macOS has no such flag; the runtime of Rust ignores SIGPIPE there as here.
fn no_signal() -> SendFlags {
    #[cfg(target_os = "linux")]
    return SendFlags::NOSIGNAL;
    #[cfg(not(target_os = "linux"))]
    return SendFlags::empty();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[tokio::test]
    async fn a_descriptor_arrives_with_its_byte() {
        let (ours, theirs) = pair().unwrap();
        let theirs = std::os::unix::net::UnixStream::from(theirs);
        theirs.set_nonblocking(true).unwrap();
        let theirs = UnixStream::from_std(theirs).unwrap();
        let (reader, writer) = std::io::pipe().unwrap();
        send_with_descriptors(&ours, b"ab", &[reader.as_fd()]).await.unwrap();
        drop((reader, ours));
        let (byte, descriptor) = receive_with_descriptor(&theirs).await.unwrap();
        drop(writer);
        let read = std::fs::File::from(descriptor.unwrap()).read(&mut [0; 1]).unwrap();
        assert_eq!((byte, read), (b'a', 0), "the pipe itself, at its end");
        let (byte, none) = receive_with_descriptor(&theirs).await.unwrap();
        assert!(byte == b'b' && none.is_none());
        assert_eq!(receive_with_descriptor(&theirs).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
