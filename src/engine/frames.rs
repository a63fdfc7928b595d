//! Frames on the tool channel: four bytes of length (big-endian), then one JSON text.

use std::io;

use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;

use super::message::FromScript;
use crate::types::limits::{CHANNEL_BATCH_BYTES, CHANNEL_MESSAGE_BYTES};

/// The bytes of one message.
pub(super) fn frame(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, message)?;
    let length = u32::try_from(bytes.len() - 4).ok().filter(|length| *length as usize <= CHANNEL_MESSAGE_BYTES);
    let length = length.ok_or_else(|| io::Error::other("a message is over the limit of the tool channel"))?;
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    Ok(bytes)
}

/// The next message; none at the end. A script that does not keep to the form has ended its channel.
pub(super) async fn read(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<FromScript>> {
    let length = match reader.read_u32().await {
        Ok(length) => length as usize,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    if length > CHANNEL_MESSAGE_BYTES {
        return Err(io::Error::other("the script sent a message over the limit of the tool channel"));
    }
    let mut bytes = Vec::new();
    reader.take(length as u64).read_to_end(&mut bytes).await?;
    if bytes.len() < length {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&bytes)?))
}

/// Writes frames until all senders are gone or the script is. Frames that wait are written together.
pub(super) async fn write_all(mut frames: mpsc::Receiver<Vec<u8>>, mut writer: impl AsyncWrite + Unpin) {
    while let Some(mut batch) = frames.recv().await {
        while batch.len() < CHANNEL_BATCH_BYTES {
            match frames.try_recv() {
                Ok(frame) => batch.extend_from_slice(&frame),
                Err(_) => break,
            }
        }
        if writer.write_all(&batch).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_are_cut_at_their_lengths_and_an_end_within_one_is_an_end() {
        let mut bytes = frame(&serde_json::json!({"cancel": {"id": 7}})).unwrap();
        bytes.extend_from_slice(&frame(&serde_json::json!({"result": {"value": null}})).unwrap());
        bytes.extend_from_slice(&[0, 0, 0, 9, b'{']);
        let mut reader = bytes.as_slice();
        assert!(matches!(read(&mut reader).await.unwrap(), Some(FromScript::Cancel { id: 7 })));
        assert!(matches!(read(&mut reader).await.unwrap(), Some(FromScript::Result { .. })));
        assert!(read(&mut reader).await.unwrap().is_none());
        assert!(read(&mut [255, 255, 255, 255].as_slice()).await.is_err());
    }
}
