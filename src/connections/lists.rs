//! What a server lists: page by page, definition by definition, so that one bad definition hides no other.

use std::collections::HashSet;

use rmcp::model::{
    ClientRequest, ErrorCode, ListPromptsRequest, ListResourceTemplatesRequest, ListResourcesRequest, ListToolsRequest,
    PaginatedRequestParams,
};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use super::Listing;
use super::message::{Items, read};
use super::session::{Ask, Limits, Session};
use super::traffic::cut;
use crate::types::limits::{LIST_BYTES, LIST_PAGES, NOTE_BYTES, TOOLS_PER_SERVER};
use crate::types::{Failure, FailureKind, ToolSpec};

/// One of the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tools,
    Resources,
    Templates,
    Prompts,
}

/// The definitions of one list, unread, and why it may be incomplete.
#[derive(Default)]
struct Pages {
    items: Vec<Box<RawValue>>,
    bytes: usize,
    /// Definitions beyond the bounds.
    surplus: usize,
    cut: Option<String>,
}

/// The result of one list request, unread.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
    #[serde(borrow)]
    resources: Option<&'a RawValue>,
    #[serde(borrow, rename = "resourceTemplates")]
    templates: Option<&'a RawValue>,
    #[serde(borrow)]
    prompts: Option<&'a RawValue>,
    #[serde(borrow, rename = "nextCursor")]
    next: Option<&'a RawValue>,
}

impl Pages {
    /// Why the list is not whole.
    fn cuts(&self, kind: Kind) -> Vec<String> {
        let left_out = || format!("{} {} beyond the bounds were left out", self.surplus, kind.key());
        self.cut.iter().cloned().chain((self.surplus > 0).then(left_out)).collect()
    }
}

impl Kind {
    fn method(self) -> &'static str {
        match self {
            Self::Tools => "tools/list",
            Self::Resources => "resources/list",
            Self::Templates => "resources/templates/list",
            Self::Prompts => "prompts/list",
        }
    }

    /// The key of the list in a result.
    fn key(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Resources => "resources",
            Self::Templates => "resourceTemplates",
            Self::Prompts => "prompts",
        }
    }

    fn request(self, cursor: Option<String>) -> ClientRequest {
        let page = PaginatedRequestParams::default().with_cursor(cursor);
        match self {
            Self::Tools => ClientRequest::ListToolsRequest(ListToolsRequest::with_param(page)),
            Self::Resources => ClientRequest::ListResourcesRequest(ListResourcesRequest::with_param(page)),
            Self::Templates => ClientRequest::ListResourceTemplatesRequest(ListResourceTemplatesRequest::with_param(page)),
            Self::Prompts => ClientRequest::ListPromptsRequest(ListPromptsRequest::with_param(page)),
        }
    }
}

/// Asks for all lists that the server declared. A failing tool list is a failure; a failing other list is noted.
pub(super) async fn list(session: &Session, limits: Limits) -> Result<Listing, Failure> {
    let declared = |name: &str| session.info.capabilities.get(name).is_some_and(Value::is_object);
    let wanted =
        |kind, capability| async move { if declared(capability) { Some(pages(session, kind, limits).await) } else { None } };
    let (tools, resources, templates, prompts) = tokio::join!(
        wanted(Kind::Tools, "tools"),
        wanted(Kind::Resources, "resources"),
        wanted(Kind::Templates, "resources"),
        wanted(Kind::Prompts, "prompts"),
    );
    let mut listing = Listing::default();
    keep_tools(session, &mut listing, &tools.transpose()?.unwrap_or_default());
    listing.resources = others(&mut listing.rejected, Kind::Resources, resources);
    listing.resource_templates = others(&mut listing.rejected, Kind::Templates, templates);
    listing.prompts = others(&mut listing.rejected, Kind::Prompts, prompts);
    if !listing.rejected.is_empty() {
        session.wire.tap().trouble(&format!("{} of its definitions were refused", listing.rejected.len()));
    }
    Ok(listing)
}

/// Follows the cursors, within the bound on pages and on time.
async fn pages(session: &Session, kind: Kind, limits: Limits) -> Result<Pages, Failure> {
    let mut found = Pages::default();
    let mut cursors = HashSet::new();
    let mut cursor = None;
    let ask = Ask {
        what: kind.method().to_owned(),
        limits,
        cancel: CancellationToken::new(),
        on_progress: None,
        traceparent: None,
        on_sent: None,
    };
    let end = tokio::time::Instant::now() + limits.total;
    for _ in 0..LIST_PAGES {
        let Ok(page) = tokio::time::timeout_at(end, session.request(kind.request(cursor.clone()), &ask)).await else {
            let why = format!("{} went on for more than {} s", kind.method(), limits.total.as_secs_f64());
            return Err(session.failure(FailureKind::Timeout, why));
        };
        cursor = add_page(&mut found, kind, &page?).map_err(|why| session.failure(FailureKind::Connection, why))?;
        let Some(next) = &cursor else { return Ok(found) };
        if !cursors.insert(next.clone()) {
            found.cut =
                Some(format!("{} repeats the cursor {}; it was cut there", kind.method(), cut(next.as_bytes(), NOTE_BYTES)));
            return Ok(found);
        }
        if found.surplus > 0 {
            return Ok(found);
        }
    }
    found.cut = Some(format!("{} has more than {LIST_PAGES} pages; it was cut there", kind.method()));
    Ok(found)
}

/// Adds the definitions of one page; answers the cursor of the next.
fn add_page(found: &mut Pages, kind: Kind, page: &RawValue) -> Result<Option<String>, String> {
    let unusable = || format!("{} answered without a list of {}", kind.method(), kind.key());
    let page: Page<'_> = serde_json::from_str(page.get()).map_err(|_| unusable())?;
    let items = match kind {
        Kind::Tools => page.tools,
        Kind::Resources => page.resources,
        Kind::Templates => page.templates,
        Kind::Prompts => page.prompts,
    };
    let items: Items<'_> = serde_json::from_str(items.ok_or_else(unusable)?.get()).map_err(|_| unusable())?;
    found.surplus += items.surplus;
    for item in items.kept {
        if found.items.len() < TOOLS_PER_SERVER && found.bytes + item.get().len() <= LIST_BYTES {
            found.bytes += item.get().len();
            found.items.push(item.to_owned());
        } else {
            found.surplus += 1;
        }
    }
    let next = page.next.and_then(|cursor| serde_json::from_str::<String>(cursor.get()).ok());
    Ok(next.filter(|cursor| !cursor.is_empty()))
}

fn keep_tools(session: &Session, listing: &mut Listing, pages: &Pages) {
    let mut names = HashSet::new();
    listing.rejected.extend(pages.cuts(Kind::Tools));
    for (index, raw) in pages.items.iter().enumerate() {
        let read = read(raw).and_then(|definition| ToolSpec::from_wire(&session.server, definition));
        match read {
            Ok(tool) if names.insert(tool.id.tool.clone()) => listing.tools.push(tool),
            Ok(tool) => listing.rejected.push(format!("tool \"{}\" is defined twice; the first definition holds", tool.id.tool)),
            Err(why) => listing.rejected.push(format!("{}: {why}", label(index, raw))),
        }
    }
}

/// The definitions of a list other than tools.
fn others(rejected: &mut Vec<String>, kind: Kind, pages: Option<Result<Pages, Failure>>) -> Vec<Value> {
    let pages = match pages {
        None => return Vec::new(),
        Some(Ok(pages)) => pages,
        Some(Err(failure)) => {
            if !is_unknown_method(&failure) {
                rejected.push(failure.message);
            }
            return Vec::new();
        }
    };
    rejected.extend(pages.cuts(kind));
    let mut kept = Vec::with_capacity(pages.items.len());
    for (index, raw) in pages.items.iter().enumerate() {
        match read(raw) {
            Ok(definition) => kept.push(definition),
            Err(why) => rejected.push(format!("{} {}: {why}", kind.key(), index + 1)),
        }
    }
    kept
}

/// Servers with resources need not have templates.
fn is_unknown_method(failure: &Failure) -> bool {
    let code = ErrorCode::METHOD_NOT_FOUND.0.to_string();
    failure.notes.iter().any(|(label, text)| label == "code" && *text == code)
}

/// How a definition that cannot be read is called.
fn label(index: usize, raw: &RawValue) -> String {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    match serde_json::from_str::<Named>(raw.get()) {
        Ok(named) => format!("tool \"{}\"", cut(named.name.as_bytes(), NOTE_BYTES)),
        Err(_) => format!("tool {}", index + 1),
    }
}
