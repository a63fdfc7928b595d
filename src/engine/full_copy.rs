//! All of a stream that is too long to be kept, in a file: named with its size and SHA-256, so that it can be proved. What is
//! masked in records is masked in it, piece by piece at the ends of lines.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use super::kept_output;
use super::source::hexadecimal;
use crate::types::Masker;
use crate::types::limits::{CAPTURE_HEAD_BYTES, FULL_COPY_LINE_BYTES};

/// A file that holds all of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutputFile {
    /// `stdout` or `stderr`.
    pub stream: &'static str,
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of it, hexadecimal.
    pub sha256: String,
}

impl OutputFile {
    /// As people are told of it.
    pub fn words(&self) -> String {
        let Self { stream, path, bytes, sha256 } = self;
        format!("all of {stream}: {bytes} bytes in {}, SHA-256 {sha256}", path.display())
    }
}

/// What a stream has brought so far: in memory while it is short, in the file from then on.
#[derive(Debug)]
pub(super) struct FullCopy {
    stream: &'static str,
    path: PathBuf,
    masker: Arc<Masker>,
    /// What is not in the file yet.
    pending: Vec<u8>,
    file: Option<io::Result<File>>,
    bytes: u64,
    digest: Sha256,
}

impl FullCopy {
    /// Of `stream`, in `folder`, which is made when it is needed.
    pub(super) fn new(stream: &'static str, folder: &Path, masker: Arc<Masker>) -> Self {
        let path = folder.join(format!("{stream}.txt"));
        Self { stream, path, masker, pending: Vec::new(), file: None, bytes: 0, digest: Sha256::new() }
    }

    /// Takes what came next.
    pub(super) async fn add(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        if self.file.is_none() {
            if self.pending.len() <= CAPTURE_HEAD_BYTES {
                return;
            }
            self.file = Some(create(&self.path).await);
        }
        let line_end = self.pending.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        let whole = line_end.or_else(|| (self.pending.len() > FULL_COPY_LINE_BYTES).then_some(self.pending.len()));
        if let Some(whole) = whole {
            let rest = self.pending.split_off(whole);
            let piece = std::mem::replace(&mut self.pending, rest);
            self.write(&piece).await;
        }
    }

    /// The file, if the stream was long; or why it could not be written.
    pub(super) async fn finish(mut self) -> io::Result<Option<OutputFile>> {
        if self.file.is_some() {
            let last = std::mem::take(&mut self.pending);
            self.write(&last).await;
        }
        let Some(file) = self.file else { return Ok(None) };
        file?.flush().await?;
        let sha256 = hexadecimal(&self.digest.finalize());
        Ok(Some(OutputFile { stream: self.stream, path: self.path, bytes: self.bytes, sha256 }))
    }

    async fn write(&mut self, bytes: &[u8]) {
        let Some(Ok(file)) = &mut self.file else { return };
        let bytes = masked(&self.masker, bytes);
        self.bytes += bytes.len() as u64;
        self.digest.update(&bytes);
        if let Err(error) = file.write_all(&bytes).await {
            self.file = Some(Err(error));
        }
    }
}

/// The texts in `bytes` masked; what is no text stays as it is.
fn masked(masker: &Masker, bytes: &[u8]) -> Vec<u8> {
    let mut masked = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        masked.extend_from_slice(masker.text(chunk.valid()).as_bytes());
        masked.extend_from_slice(chunk.invalid());
    }
    masked
}

/// Makes room among older copies, and then the file.
async fn create(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent().map(Path::to_owned) {
        let made = tokio::task::spawn_blocking(move || {
            kept_output::prune(&folder);
            std::fs::create_dir_all(folder)
        });
        made.await.map_err(io::Error::other)??;
    }
    tokio::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_long_stream_is_copied_whole_but_for_its_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("output/session/1");
        let mut copy = FullCopy::new("stdout", &run, Arc::new(Masker::default()));
        let (mut sent, mut expected) = (Vec::new(), Vec::new());
        while sent.len() <= 2 * CAPTURE_HEAD_BYTES {
            sent.extend_from_slice(b"mail to anna@example.org\n\xff raw\n");
            expected.extend_from_slice(b"mail to [masked email]\n\xff raw\n");
        }
        sent.extend_from_slice(b"no end: anna@example.org");
        expected.extend_from_slice(b"no end: [masked email]");
        for piece in sent.chunks(1_000) {
            copy.add(piece).await;
        }
        let file = copy.finish().await.unwrap().unwrap();
        let written = std::fs::read(&file.path).unwrap();
        assert_eq!(written, expected);
        assert_eq!((file.bytes, file.sha256), (written.len() as u64, hexadecimal(&Sha256::digest(&written))));
        let mut short = FullCopy::new("stderr", &run, Arc::new(Masker::default()));
        short.add(b"short").await;
        assert_eq!(short.finish().await.unwrap(), None);
        assert!(!run.join("stderr.txt").exists());
    }
}
