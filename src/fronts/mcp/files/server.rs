//! The face of the file server: tools, schemas, annotations, progress and cancellation over rmcp.

use std::path::Path;
use std::sync::Arc;

use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{Implementation, ProgressNotificationParam, ProgressToken, ServerCapabilities, ServerConfig};
use rmcp::service::{Peer, RequestContext};
use rmcp::{Json, RoleServer, ServerHandler, tool, tool_handler, tool_router};
use tokio::sync::watch;

use super::pace::{Pace, Progress};
use super::shapes::{
    CountReply, CountRequest, Entry, InfoRequest, ListReply, ListRequest, ReadReply, ReadRequest, SearchReply, SearchRequest,
};
use super::{list, read, search};
use crate::fronts::mcp::serve_on_streams;
use crate::ops::beneath::Beneath;
use crate::types::Failure;

/// Serves the embedded file server on stdin and stdout until end of file. `root` is the folder it is confined to.
pub async fn serve_files(root: &Path) -> Result<(), Failure> {
    serve_on_streams(FileServer { files: Arc::new(Beneath::open(root)?), tools: FileServer::tool_router() }).await
}

#[derive(Debug, Clone)]
struct FileServer {
    files: Arc<Beneath>,
    tools: ToolRouter<Self>,
}

type Context = RequestContext<RoleServer>;

#[tool_router]
impl FileServer {
    #[tool(
        title = "List a directory",
        description = "Lists the entries of a directory with kind, size and time of last change; recursively if asked.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn list_directory(
        &self,
        Parameters(request): Parameters<ListRequest>,
        context: Context,
    ) -> Result<Json<ListReply>, String> {
        self.work(context, move |files, pace| list::list_directory(files, &request, pace)).await
    }

    #[tool(
        title = "Read text",
        description = "Reads a text file, or the part of it that offset and limit say, counted in lines or bytes.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn read_text(&self, Parameters(request): Parameters<ReadRequest>, context: Context) -> Result<Json<ReadReply>, String> {
        self.work(context, move |files, pace| read::read_text(files, &request, pace)).await
    }

    #[tool(
        title = "Search text",
        description = "Finds the lines of text files that hold a text or match a regular expression.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn search_text(
        &self,
        Parameters(request): Parameters<SearchRequest>,
        context: Context,
    ) -> Result<Json<SearchReply>, String> {
        self.work(context, move |files, pace| search::search_text(files, &request, pace)).await
    }

    #[tool(
        title = "File information",
        description = "Says kind, size, time of last change and permissions of a file, directory or link.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn file_info(&self, Parameters(request): Parameters<InfoRequest>, context: Context) -> Result<Json<Entry>, String> {
        self.work(context, move |files, _| list::file_info(files, &request)).await
    }

    #[tool(
        title = "Count",
        description = "Counts files, lines and bytes below a directory, and the lines that match a pattern. Reports progress by file.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn count(&self, Parameters(request): Parameters<CountRequest>, context: Context) -> Result<Json<CountReply>, String> {
        self.work(context, move |files, pace| search::count(files, &request, pace)).await
    }
}

#[tool_handler(router = self.tools)]
impl ServerHandler for FileServer {
    fn get_info(&self) -> ServerConfig {
        let identity = Implementation::new("mcp-studio-files", env!("CARGO_PKG_VERSION"));
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(identity)
            .with_instructions("Reads files below one directory. Paths are relative to it; nothing can be changed.")
    }
}

impl FileServer {
    /// Does file work on a thread of its own, telling the client how far it is if it asked.
    async fn work<T: Send + 'static>(
        &self,
        context: Context,
        operation: impl FnOnce(&Beneath, &Pace) -> Result<T, Failure> + Send + 'static,
    ) -> Result<Json<T>, String> {
        let (sender, receiver) = watch::channel(Progress::default());
        let pace = Pace::new(context.ct.clone(), sender);
        let files = Arc::clone(&self.files);
        let work = tokio::task::spawn_blocking(move || operation(&files, &pace));
        if let Some(token) = context.meta.get_progress_token() {
            report(&context.peer, &token, receiver).await;
        }
        match work.await {
            Ok(Ok(reply)) => Ok(Json(reply)),
            Ok(Err(failure)) => Err(one_line(failure)),
            Err(error) => Err(format!("the operation broke: {error}")),
        }
    }
}

/// Message and remedy in one line, which is how clients show it.
fn one_line(failure: Failure) -> String {
    match failure.hint {
        Some(hint) => format!("{}: {hint}", failure.message),
        None => failure.message,
    }
}

/// Sends each progress that is not overtaken by a later one, until the operation has dropped its sender.
async fn report(peer: &Peer<RoleServer>, token: &ProgressToken, mut progress: watch::Receiver<Progress>) {
    while progress.changed().await.is_ok() {
        let latest = *progress.borrow_and_update();
        send(peer, token, latest).await;
    }
}

async fn send(peer: &Peer<RoleServer>, token: &ProgressToken, latest: Progress) {
    let notification = ProgressNotificationParam::new(token.clone(), latest.done as f64)
        .with_total(latest.total as f64)
        .with_message(format!("{} of {} files", latest.done, latest.total));
    // A client that has gone away notices by itself.
    let _ = peer.notify_progress(notification).await;
}
