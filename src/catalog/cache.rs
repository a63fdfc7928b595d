//! One file for each server: a line that says everything but the tools, and a line with the tools as sent.
//! A file belongs to the exact launch data of its server; a changed command or URL makes it void.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Offer;
use super::tools::{Cached, Tools};
use crate::config::{ServerSettings, TransportSettings};
use crate::sys::clock::Timestamp;
use crate::sys::files::{storage, write_atomic};
use crate::types::limits::{CACHE_HEADER_BYTES, CACHE_TOOLS_BYTES};
use crate::types::{Failure, FailureKind, ServerName, ToolSpec};

/// Raised when the format changes: older files are void.
const VERSION: u32 = 1;

/// The first line.
#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    /// Digest of the launch data.
    launch: String,
    listed_at: Option<Timestamp>,
    tools: usize,
    /// Bytes of the second line, its newline included.
    tools_bytes: u64,
    tokens: u64,
    resources: Vec<Value>,
    resource_templates: Vec<Value>,
    prompts: Vec<Value>,
    rejected: Vec<String>,
}

/// The cached offer of `server`, if there is one for its launch data. Fails where there is a file that is not whole.
pub(super) fn read(folder: &Path, server: &ServerSettings) -> Result<Option<Offer>, Failure> {
    let path = path_of(folder, &server.name);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(storage("read", &path, &error)),
    };
    let length = file.metadata().map_err(|error| storage("read", &path, &error))?.len();
    let (header, bytes) = read_header(&mut BufReader::new(file)).map_err(|reason| broken(&path, &reason))?;
    let launch = launch_digest(&server.transport);
    if header.version != VERSION || header.launch != launch {
        return Ok(None);
    }
    if bytes + header.tools_bytes != length {
        return Err(broken(&path, "it is not as long as it says"));
    }
    Ok(Some(Offer {
        tools: Tools::cached(Cached { server: server.name.clone(), path, launch, count: header.tools }),
        resources: header.resources,
        resource_templates: header.resource_templates,
        prompts: header.prompts,
        rejected: header.rejected,
        tokens: header.tokens,
        listed_at: header.listed_at,
        stale: true,
    }))
}

/// The tools of a cached offer. They may be newer than the offer, if another studio has written them since.
pub(super) fn read_tools(cached: &Cached) -> Result<Vec<ToolSpec>, Failure> {
    let path = &cached.path;
    let mut reader = BufReader::new(File::open(path).map_err(|error| storage("read", path, &error))?);
    let (header, _) = read_header(&mut reader).map_err(|reason| broken(path, &reason))?;
    if header.launch != cached.launch {
        return Err(broken(path, "it belongs to another configuration of its server"));
    }
    let mut line = Vec::new();
    reader.take(CACHE_TOOLS_BYTES).read_to_end(&mut line).map_err(|error| storage("read", path, &error))?;
    let tools: Vec<Value> = serde_json::from_slice(&line).map_err(|error| broken(path, &error.to_string()))?;
    let tools = tools.into_iter().map(|raw| ToolSpec::from_wire(&cached.server, raw));
    tools.collect::<Result<_, _>>().map_err(|reason| broken(path, &reason))
}

/// Writes the offer of `server`, atomically.
pub(super) fn write(folder: &Path, server: &ServerSettings, offer: &Offer) -> Result<(), Failure> {
    let path = path_of(folder, &server.name);
    let raws: Vec<&Value> = offer.tools.iter().map(|tool| &tool.raw).collect();
    let written = || {
        let mut tools = serde_json::to_vec(&raws)?;
        tools.push(b'\n');
        let header = Header {
            version: VERSION,
            launch: launch_digest(&server.transport),
            listed_at: offer.listed_at,
            tools: raws.len(),
            tools_bytes: tools.len() as u64,
            tokens: offer.tokens,
            resources: offer.resources.clone(),
            resource_templates: offer.resource_templates.clone(),
            prompts: offer.prompts.clone(),
            rejected: offer.rejected.clone(),
        };
        let mut bytes = serde_json::to_vec(&header)?;
        bytes.push(b'\n');
        bytes.append(&mut tools);
        Ok(bytes)
    };
    let bytes = written().map_err(|error: serde_json::Error| broken(&path, &error.to_string()))?;
    write_atomic(&path, &bytes)
}

fn read_header(reader: &mut BufReader<File>) -> Result<(Header, u64), String> {
    let mut line = Vec::new();
    reader.take(CACHE_HEADER_BYTES).read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
    let header = serde_json::from_slice(&line).map_err(|error| error.to_string())?;
    Ok((header, line.len() as u64))
}

fn broken(path: &Path, reason: &str) -> Failure {
    Failure::new(FailureKind::Storage, format!("the catalog file {} is not usable: {reason}", path.display()))
        .hint("it is written anew when its server is connected")
}

/// A name that any file system takes and that differs where the servers' names differ.
fn path_of(folder: &Path, server: &ServerName) -> PathBuf {
    let readable: String = server.as_str().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let digest = hexadecimal(&Sha256::digest(server.as_str()));
    folder.join(format!("{readable}-{}.json", &digest[..8]))
}

fn launch_digest(transport: &TransportSettings) -> String {
    let parts: Value = match transport {
        TransportSettings::Stdio { command, arguments, environment, folder } => {
            serde_json::json!(["stdio", command, arguments, environment, folder])
        }
        TransportSettings::Http { url, headers } => serde_json::json!(["http", url, headers]),
        TransportSettings::WebSocket { url, headers } => serde_json::json!(["websocket", url, headers]),
    };
    hexadecimal(&Sha256::digest(parts.to_string()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
