//! Pieces of the conversation, each with its kind and its length before it.

use std::io;

use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What is asked, as JSON.
    Ask,
    /// The studio does it; its status, as JSON.
    Accepted,
    /// It does not; the reason.
    Declined,
    /// Bytes of standard output.
    Output,
    /// Bytes of standard error.
    Error,
    /// The exit code, one byte. Nothing follows.
    Exit,
}

impl Kind {
    const ALL: [Self; 6] = [Self::Ask, Self::Accepted, Self::Declined, Self::Output, Self::Error, Self::Exit];
}

/// Reads one piece. Fails at the end of the stream, and on one of more than `most` bytes.
pub(super) async fn read(reader: &mut (impl AsyncRead + Unpin), most: usize) -> io::Result<(Kind, Vec<u8>)> {
    let number = reader.read_u8().await?;
    let kind = Kind::ALL.get(usize::from(number)).copied().ok_or(io::ErrorKind::InvalidData)?;
    let length = usize::try_from(reader.read_u32().await?).unwrap_or(usize::MAX);
    if length > most {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).await?;
    Ok((kind, bytes))
}

/// Writes one piece.
pub(super) async fn write(writer: &mut (impl AsyncWrite + Unpin), kind: Kind, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let mut whole = Vec::with_capacity(bytes.len() + 5);
    whole.push(kind as u8);
    whole.extend_from_slice(&length.to_be_bytes());
    whole.extend_from_slice(bytes);
    writer.write_all(&whole).await
}

/// Writes a piece of JSON.
pub(super) async fn write_json(writer: &mut (impl AsyncWrite + Unpin), kind: Kind, value: &impl Serialize) -> io::Result<()> {
    write(writer, kind, &serde_json::to_vec(value)?).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pieces_arrive_as_they_were_sent() {
        let mut bytes = Vec::new();
        for kind in Kind::ALL {
            write(&mut bytes, kind, b"abc").await.unwrap();
        }
        let mut reader = bytes.as_slice();
        for kind in Kind::ALL {
            assert_eq!(read(&mut reader, 3).await.unwrap(), (kind, b"abc".to_vec()));
        }
        assert_eq!(read(&mut reader, 3).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[tokio::test]
    async fn what_is_no_piece_or_too_long_is_refused() {
        for mut bytes in [&b"\xff\0\0\0\0"[..], b"\0\0\0\0\x04abcd", b"\0\xff\xff\xff\xff"] {
            assert_eq!(read(&mut bytes, 3).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
        }
    }
}
