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
        connection: 0,
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
    let digest = hexadecimal(server.as_str());
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
    hexadecimal(&parts.to_string())
}

fn hexadecimal(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Place;
    use crate::types::limits::{CALL_TIMEOUT, CONNECT_TIMEOUT, IDLE_TIMEOUT, MESSAGE_BYTES};
    use serde_json::json;
    use std::sync::Arc;

    fn server(name: &str, argument: &str) -> ServerSettings {
        ServerSettings {
            name: ServerName::new(name).unwrap(),
            place: Place { file: "mcp_config.json".into(), line: 3 },
            transport: TransportSettings::Stdio {
                command: "uvx".to_owned(),
                arguments: vec![argument.to_owned()],
                environment: indexmap::IndexMap::new(),
                folder: "/".into(),
            },
            disabled: false,
            call_timeout: CALL_TIMEOUT,
            idle_timeout: IDLE_TIMEOUT,
            connect_timeout: CONNECT_TIMEOUT,
            message_bytes: MESSAGE_BYTES,
        }
    }

    fn offer(server: &ServerSettings) -> Offer {
        let raw = json!({"name": "a\nb", "inputSchema": {"type": "object", "properties": {"n": {"maximum": 1}}}, "x": [1.50]});
        let tools = [raw, json!({"name": "two"})].map(|raw| Arc::new(ToolSpec::from_wire(&server.name, raw).unwrap()));
        Offer {
            tools: tools.into_iter().collect(),
            prompts: vec![json!({"name": "p"})],
            rejected: vec!["why".to_owned()],
            tokens: 41,
            listed_at: Some("2026-11-21T20:00:00Z".parse().unwrap()),
            ..Offer::default()
        }
    }

    #[test]
    fn an_offer_comes_back_stale_and_unread_until_it_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let git = server("git", "mcp-server-git");
        let written = offer(&git);
        write(folder.path(), &git, &written).unwrap();
        let cached = read(folder.path(), &git).unwrap().unwrap();
        assert_eq!((cached.tools.len(), cached.tokens, cached.stale, cached.listed_at), (2, 41, true, written.listed_at));
        assert_eq!((&cached.prompts, &cached.rejected), (&written.prompts, &written.rejected));
        assert!(format!("{:?}", cached.tools).contains("read: OnceLock(<uninit>)"), "counting reads nothing");
        assert_eq!(cached.tools.to_vec(), written.tools.to_vec());
        assert_eq!(cached.tools.named("two"), written.tools.get(1));
    }

    #[test]
    fn a_file_of_another_launch_is_void_and_a_broken_one_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let git = server("git", "mcp-server-git");
        assert!(matches!(read(folder.path(), &git), Ok(None)));
        write(folder.path(), &git, &offer(&git)).unwrap();
        assert!(matches!(read(folder.path(), &server("git", "other")), Ok(None)));
        assert!(matches!(read(folder.path(), &server("Git", "mcp-server-git")), Ok(None)));

        let path = path_of(folder.path(), &git.name);
        let whole = std::fs::read(&path).unwrap();
        let cached = read(folder.path(), &git).unwrap().unwrap();
        for damage in [b"".to_vec(), b"not json\n".to_vec(), whole[..whole.len() - 1].to_vec(), whole[..40].to_vec()] {
            std::fs::write(&path, damage).unwrap();
            assert_eq!(read(folder.path(), &git).unwrap_err().kind, FailureKind::Storage);
        }
        assert_eq!((cached.tools.len(), cached.tools.iter().count(), cached.tools.len()), (2, 0, 0), "it vanished meanwhile");
    }

    #[test]
    fn any_server_name_makes_a_file_name_of_its_own() {
        let names = ["Azure DevOps", "azure devops", "..", ".", "größe", "COM1", &"字".repeat(64)];
        let files: std::collections::BTreeSet<PathBuf> =
            names.iter().map(|name| path_of(Path::new("c"), &ServerName::new(name).unwrap())).collect();
        assert_eq!(files.len(), names.len());
        for file in &files {
            let name = file.file_name().unwrap().to_str().unwrap();
            assert!(name.len() < 100 && name.is_ascii() && file.parent() == Some(Path::new("c")), "{name}");
        }
    }
}
