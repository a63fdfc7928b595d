//! Tests of the catalog, against a real server whose tools are in a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mcp_studio::catalog::{Catalog, Offer};
use mcp_studio::config::{JudgingSettings, Paths, ServerSettings, Settings};
use mcp_studio::connections::{Connections, State};
use mcp_studio::environment::Environment;
use mcp_studio::sys::pulse::Pulse;
use mcp_studio::sys::sandbox::Level;
use mcp_studio::types::limits::LIST_FOLLOW_PAUSE;
use mcp_studio::types::{FailureKind, Fallback, Placed, Policy};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::connections::bench::{hostile, name, server, stdio};

/// A project in a folder of its own, with servers called `s`, `t`, ... of `tests/servers/listed.py`.
pub(crate) struct Project {
    pub(crate) folder: TempDir,
    pub(crate) connections: Arc<Connections>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) pulse: Pulse,
    pub(crate) settings: Arc<Settings>,
}

impl Project {
    /// A project whose policy allows everything.
    pub(crate) fn new(folder: TempDir, servers: Vec<ServerSettings>) -> Self {
        let policy = Policy { default: Placed::built_in(Fallback::Allow), ..Policy::default() };
        Self::under(policy, folder, servers)
    }

    /// A project with a policy of its own.
    pub(crate) fn under(policy: Policy, folder: TempDir, servers: Vec<ServerSettings>) -> Self {
        Self::configured(policy, JudgingSettings::default(), folder, servers)
    }

    /// A project with policy and guardrails of its own.
    pub(crate) fn configured(policy: Policy, judging: JudgingSettings, folder: TempDir, servers: Vec<ServerSettings>) -> Self {
        let project = folder.path().to_owned();
        let paths = Paths {
            config: project.join("mcp_config.json"),
            workspace: project.join("workspace"),
            state: project.join("state"),
            project,
        };
        let settings = Arc::new(Settings {
            servers: servers.into_iter().map(|server| (server.name.clone(), server)).collect(),
            sandbox: Some(Level::Off),
            policy: Arc::new(policy),
            judging: Arc::new(judging),
            ..Settings::bare(paths)
        });
        let (state, pulse) = (settings.paths.state.clone(), Pulse::default());
        let environment = Arc::new(Environment::new(Arc::clone(&settings), pulse.clone()));
        let connections = Connections::new(Arc::clone(&settings), environment, pulse.clone());
        let catalog = Catalog::open(&state, Arc::clone(&settings), Arc::clone(&connections), pulse.clone());
        Self { folder, connections, catalog, pulse, settings }
    }

    /// A project with the server `s`, which offers `tools`.
    pub(crate) fn with_tools(tools: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listed = listed(folder.path(), "s", tools);
        Self::new(folder, vec![listed])
    }

    /// The same project opened again.
    fn reopened(self, servers: Vec<ServerSettings>) -> Self {
        Self::new(self.folder, servers)
    }

    pub(crate) fn contacted(&self) -> bool {
        !matches!(self.connections.states()[0].1, State::Idle)
    }
}

/// A server that offers `tools`, from a file that [`offer_now`] replaces.
pub(crate) fn listed(folder: &Path, called: &str, tools: &Value) -> ServerSettings {
    let file = offer_now(folder, called, tools).display().to_string();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/listed.py");
    server(called, stdio("python3", &[&script.display().to_string(), &file]))
}

pub(crate) fn offer_now(folder: &Path, called: &str, tools: &Value) -> PathBuf {
    let file = folder.join(format!("{called}-tools.json"));
    std::fs::write(&file, tools.to_string()).unwrap();
    file
}

fn names(offer: &Offer) -> Vec<&str> {
    offer.tools.iter().map(|tool| &*tool.id.tool).collect()
}

#[tokio::test]
async fn a_cached_offer_is_there_at_once_and_answers_without_a_server() {
    let tools = json!([{"name": "echo", "description": "Says it again", "inputSchema": {"type": "object"}}, {"name": "seen"}]);
    let project = Project::with_tools(&tools);
    assert!(project.catalog.offers().is_empty());
    let offer = project.catalog.fresh(&name("s")).await.unwrap();
    assert_eq!((names(&offer), offer.stale), (vec!["echo", "seen"], false));
    project.connections.shutdown().await;

    let again = listed(project.folder.path(), "s", &tools);
    let project = project.reopened(vec![again]);
    let offers = project.catalog.offers();
    let cached = &offers[&name("s")];
    assert_eq!(
        (names(cached), cached.stale, cached.tokens, cached.listed_at),
        (vec!["echo", "seen"], true, offer.tokens, offer.listed_at)
    );
    assert_eq!(project.catalog.tool("s__echo").await.unwrap(), offer.tools[0]);
    assert_eq!(project.catalog.search("again", 5).len(), 1);
    assert!(project.catalog.warnings().is_empty() && !project.contacted());
}

#[tokio::test]
async fn a_tool_that_the_cache_lacks_is_asked_for() {
    let project = Project::with_tools(&json!([{"name": "old"}]));
    let old = project.catalog.fresh(&name("s")).await.unwrap();
    project.connections.shutdown().await;
    let newer = listed(project.folder.path(), "s", &json!([{"name": "new"}, {"name": "old"}]));
    let project = project.reopened(vec![newer]);
    assert_eq!(&*project.catalog.tool("s__new").await.unwrap().id.tool, "new");
    assert!(project.contacted());
    assert_eq!(project.catalog.tool("s__old").await.unwrap().raw, old.tools[0].raw);
    let failure = project.catalog.tool("s__nwe").await.unwrap_err();
    assert_eq!((failure.kind, failure.hint.as_deref()), (FailureKind::ToolNotFound, Some("did you mean s__new?")));
    project.connections.shutdown().await;
}

#[tokio::test]
async fn servers_are_asked_together_and_a_failing_one_hides_none() {
    let folder = tempfile::tempdir().unwrap();
    let [first, last] = ["a", "z"].map(|called| listed(folder.path(), called, &json!([{"name": called}])));
    let off = ServerSettings { disabled: true, ..listed(folder.path(), "off", &json!([])) };
    let project = Project::new(folder, vec![last, hostile("dies"), off, first]);
    let answers = project.catalog.fresh_all().await;
    let summary: Vec<(&str, Result<Vec<&str>, FailureKind>)> = answers
        .iter()
        .map(|(server, answer)| (server.as_str(), answer.as_ref().map(|offer| names(offer)).map_err(|failure| failure.kind)))
        .collect();
    assert_eq!(summary, [("z", Ok(vec!["z"])), ("s", Err(FailureKind::Connection)), ("a", Ok(vec!["a"]))]);
    let offers = project.catalog.offers();
    assert_eq!(offers.keys().map(mcp_studio::types::ServerName::as_str).collect::<Vec<_>>(), ["z", "a"]);
    let off = project.catalog.tool("off__x").await.unwrap_err();
    assert_eq!(
        off.to_string(),
        "mcp_config.json:7: server \"off\" is disabled\nhint: remove \"disabled\" from \"off\" to use it"
    );
    let unknown = project.catalog.tool("aa__a").await.unwrap_err();
    assert_eq!(unknown.to_string(), "no server \"aa\" is configured, so there is no tool aa__a\nhint: did you mean a__a?");
    project.connections.shutdown().await;
}

#[tokio::test]
async fn callers_share_one_answer_and_equal_definitions_stay_the_same() {
    let tools = json!([{"name": "seen"}, {"name": "twice", "description": "1"}, {"name": "twice", "description": "2"}]);
    let project = Project::with_tools(&tools);
    let server = name("s");
    let answers = futures::future::join_all((0..20).map(|_| project.catalog.fresh(&server))).await;
    let first = answers[0].as_ref().unwrap();
    assert!(answers.iter().all(|answer| Arc::ptr_eq(answer.as_ref().unwrap(), first)));
    assert_eq!(names(first), ["seen", "twice"]);
    assert_eq!(first.tools[1].description.as_deref(), Some("1"));
    assert_eq!(first.rejected.len(), 1);
    assert!(first.rejected[0].contains("twice"), "{:?}", first.rejected);

    offer_now(project.folder.path(), "s", &json!([{"name": "seen"}, {"name": "twice", "description": "3"}]));
    let second = project.catalog.refresh(&server).await.unwrap();
    assert!(Arc::ptr_eq(&first.tools[0], &second.tools[0]));
    assert_eq!(second.tools[1].description.as_deref(), Some("3"));
    let seen = project
        .connections
        .call(&first.tools[0].id, serde_json::Map::new(), mcp_studio::connections::CallOptions::default())
        .await
        .unwrap();
    assert_eq!(seen["structuredContent"]["lists"], json!(2));
    project.connections.shutdown().await;
}

#[tokio::test]
async fn a_changed_list_is_followed() {
    let project = Project::with_tools(&json!([{"name": "change"}]));
    let change = project.catalog.tool("s__change").await.unwrap();
    offer_now(project.folder.path(), "s", &json!([{"name": "change"}, {"name": "fresh"}]));
    let following = tokio::spawn({
        let catalog = Arc::clone(&project.catalog);
        async move { catalog.follow_changes().await }
    });
    project.connections.call(&change.id, serde_json::Map::new(), mcp_studio::connections::CallOptions::default()).await.unwrap();
    let mut seen = project.pulse.revision();
    while project.catalog.offers()[&name("s")].tools.len() < 2 {
        seen = project.pulse.changed_since(seen).await;
    }
    following.abort();
    project.connections.shutdown().await;
}

#[tokio::test]
async fn a_server_that_keeps_announcing_changes_is_listed_at_a_walking_pace() {
    let project = Project::with_tools(&json!([{"name": "flood"}, {"name": "seen"}]));
    let flood = project.catalog.tool("s__flood").await.unwrap();
    let following = tokio::spawn({
        let catalog = Arc::clone(&project.catalog);
        async move { catalog.follow_changes().await }
    });
    let call = async |tool: &str| {
        let id = mcp_studio::types::ToolId { tool: tool.into(), ..flood.id.clone() };
        let options = mcp_studio::connections::CallOptions::default();
        project.connections.call(&id, serde_json::Map::new(), options).await.unwrap()["structuredContent"].clone()
    };
    call("flood").await;
    let mut listings = project.catalog.offers()[&name("s")].listed_at;
    for _ in 0..2 {
        let mut seen = project.pulse.revision();
        while project.catalog.offers()[&name("s")].listed_at == listings {
            seen = project.pulse.changed_since(seen).await;
        }
        listings = project.catalog.offers()[&name("s")].listed_at;
    }
    let seen = call("seen").await;
    let pause = seen["seconds_between_lists"][1].as_f64().unwrap();
    assert!(seen["lists"] == 3 && pause >= LIST_FOLLOW_PAUSE.as_secs_f64(), "{seen}");
    following.abort();
    project.connections.shutdown().await;
}

#[tokio::test]
async fn a_server_that_was_closed_is_not_started_to_be_followed() {
    let project = Project::with_tools(&json!([{"name": "change"}]));
    let change = project.catalog.tool("s__change").await.unwrap();
    let options = mcp_studio::connections::CallOptions::default();
    project.connections.call(&change.id, serde_json::Map::new(), options).await.unwrap();
    project.connections.disconnect(&name("s")).await;
    let mut seen = project.pulse.revision();
    while !project.connections.is_changed(&name("s")) {
        seen = project.pulse.changed_since(seen).await;
    }
    let waited = tokio::time::timeout(LIST_FOLLOW_PAUSE, project.catalog.follow_changes()).await;
    assert!(waited.is_err() && matches!(project.connections.states()[0].1, State::Idle));
    project.connections.shutdown().await;
}
