//! All of a stream that is too long to be kept, in a file: named with its size and SHA-256, so that it can be proved.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use super::source::hexadecimal;
use crate::types::limits::CAPTURE_HEAD_BYTES;

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
    head: Vec<u8>,
    file: Option<io::Result<File>>,
    bytes: u64,
    digest: Sha256,
}

impl FullCopy {
    /// Of `stream`, in `folder`, which is made when it is needed.
    pub(super) fn new(stream: &'static str, folder: &Path) -> Self {
        let path = folder.join(format!("{stream}.txt"));
        Self { stream, path, head: Vec::new(), file: None, bytes: 0, digest: Sha256::new() }
    }

    /// Takes what came next.
    pub(super) async fn add(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        if self.file.is_none() {
            self.head.extend_from_slice(bytes);
            if self.head.len() > CAPTURE_HEAD_BYTES {
                let head = std::mem::take(&mut self.head);
                self.file = Some(create(&self.path).await);
                self.write(&head).await;
            }
        } else {
            self.write(bytes).await;
        }
    }

    /// The file, if the stream was long; or why it could not be written.
    pub(super) async fn finish(self) -> io::Result<Option<OutputFile>> {
        let Some(file) = self.file else { return Ok(None) };
        file?.flush().await?;
        let sha256 = hexadecimal(&self.digest.finalize());
        Ok(Some(OutputFile { stream: self.stream, path: self.path, bytes: self.bytes, sha256 }))
    }

    async fn write(&mut self, bytes: &[u8]) {
        let Some(Ok(file)) = &mut self.file else { return };
        self.digest.update(bytes);
        if let Err(error) = file.write_all(bytes).await {
            self.file = Some(Err(error));
        }
    }
}

async fn create(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await?;
    }
    tokio::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).await
}
