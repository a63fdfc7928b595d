//! What a screen shows of one tool's wrapper and of what was discovered of its replies.
//!
//! Both are made once for each definition and kept: asked again they cost a few reads of file times.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde_json::Value;

use super::package::{self, difference, is_ours, read};
use super::studio::Studio;
use crate::catalog::Offer;
use crate::codegen::{self, Wrapper};
use crate::discovery::Observation;
use crate::types::limits::SHOWN_KEPT;
use crate::types::{Failure, ServerName, TOKEN_ESTIMATOR, ToolId, estimate_tokens};

/// The wrapper of one tool, as it would be generated now, beside the file of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownWrapper {
    /// The wrapper.
    pub wrapper: Wrapper,
    /// Where its module is, or would be.
    pub path: PathBuf,
    /// What is there.
    pub state: WrapperState,
    /// Estimated tokens of the signature alone.
    pub signature_tokens: u64,
    /// Estimated tokens of the whole module.
    pub module_tokens: u64,
    /// Estimated tokens of the definition as the server sent it.
    pub schema_tokens: u64,
    /// How tokens are counted.
    pub estimator: &'static str,
}

/// The file of a wrapper, compared with what would be generated now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WrapperState {
    /// Never generated.
    Absent,
    /// The same.
    Current,
    /// Another one: the definition or what was discovered has changed since.
    Outdated {
        /// From the file to what would be generated.
        diff: String,
    },
    /// The file is the user's own; generating leaves it alone.
    Foreign,
}

/// What was discovered of one tool's replies.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownModel {
    /// The name to import.
    pub name: String,
    /// Its part of `discovered_types.py`.
    pub source: String,
    /// Where that module is.
    pub path: PathBuf,
    /// The day of the last reply, as `2026-01-31`.
    pub date: String,
    /// Replies seen.
    pub samples: u64,
    /// The masked arguments they were asked with, each once; the first few.
    pub arguments: Vec<Value>,
    /// Whether the wrapper returns it: an output schema of the server goes before it.
    pub returned: bool,
}

/// When a file was written and how long it is; none where it is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp(Option<(SystemTime, u64)>);

impl Stamp {
    pub(super) fn of(path: &Path) -> Self {
        let facts = std::fs::metadata(path).ok();
        Self(facts.and_then(|facts| Some((facts.modified().ok()?, facts.len()))))
    }
}

/// What was shown last.
#[derive(Debug, Default)]
pub(super) struct Shown {
    wrappers: Mutex<VecDeque<Kept<ShownWrapper>>>,
    models: Mutex<VecDeque<Kept<Option<ShownModel>>>>,
}

/// Something shown, and what it was made from.
#[derive(Debug)]
struct Kept<T> {
    tool: ToolId,
    offer: Arc<Offer>,
    files: Vec<(PathBuf, Stamp)>,
    shown: Arc<T>,
}

impl<T> Kept<T> {
    fn is_current(&self, tool: &ToolId, offer: &Arc<Offer>) -> bool {
        self.tool == *tool && Arc::ptr_eq(&self.offer, offer) && self.files.iter().all(|(path, stamp)| Stamp::of(path) == *stamp)
    }
}

fn find<T>(kept: &Mutex<VecDeque<Kept<T>>>, tool: &ToolId, offer: &Arc<Offer>) -> Option<Arc<T>> {
    let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    kept.iter().find(|one| one.is_current(tool, offer)).map(|one| Arc::clone(&one.shown))
}

fn keep<T>(kept: &Mutex<VecDeque<Kept<T>>>, one: Kept<T>) -> Arc<T> {
    let shown = Arc::clone(&one.shown);
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    kept.retain(|other| other.tool != one.tool);
    kept.push_front(one);
    kept.truncate(SHOWN_KEPT);
    shown
}

impl Studio {
    /// The wrapper of a known tool as it would be generated now, and how its file compares. Reads files and never waits
    /// for a server; without a change since the last look it is answered from memory.
    pub fn shown_wrapper(&self, tool: &ToolId) -> Option<Arc<ShownWrapper>> {
        let offer = self.offers().get(&tool.server).cloned()?;
        let kept = &self.shown().wrappers;
        find(kept, tool, &offer).or_else(|| Some(keep(kept, self.make_wrapper(tool, offer)?)))
    }

    /// Whether the generated package of a server is not what would be generated from `offer`; not where there is none.
    /// Reads files and makes the package, which takes milliseconds for a hundred tools.
    pub fn wrappers_are_outdated(&self, server: &ServerName, offer: &Offer) -> bool {
        let (folder, package) = (self.wrappers_folder(), self.package_name(server));
        if !folder.join(&package).join("__init__.py").is_file() {
            return false;
        }
        let making = self.making(server.clone(), package.clone(), offer.tools.to_vec(), Vec::new(), &folder);
        let files = codegen::generate(&making.recipe()).files;
        changes_anything(&folder.join(&package), &files)
    }

    /// Where the generated package of a server is, or would be.
    pub fn package_folder(&self, server: &ServerName) -> PathBuf {
        self.wrappers_folder().join(self.package_name(server))
    }

    fn make_wrapper(&self, tool: &ToolId, offer: Arc<Offer>) -> Option<Kept<ShownWrapper>> {
        let folder = self.wrappers_folder();
        let package = self.package_name(&tool.server);
        let path_in = |file: &str| folder.join(&package).join(file);
        let stamped = |path: PathBuf| (path.clone(), Stamp::of(&path));
        let mut files = vec![stamped(self.calls().discoveries().path(&tool.server)), stamped(path_in("discovered_types.py"))];
        let making = self.making(tool.server.clone(), package.clone(), offer.tools.to_vec(), Vec::new(), &folder);
        let wrapper = codegen::wrapper(&making.recipe(), tool)?;
        let path = path_in(&wrapper.file);
        files.push(stamped(path.clone()));
        let shown = ShownWrapper {
            state: compare(&path, &wrapper),
            signature_tokens: estimate_tokens(wrapper.signature.len() as u64),
            module_tokens: estimate_tokens(wrapper.source.len() as u64),
            schema_tokens: offer.tools.named(&tool.tool)?.tokens(),
            estimator: TOKEN_ESTIMATOR,
            wrapper,
            path,
        };
        Some(Kept { tool: tool.clone(), offer, files, shown: Arc::new(shown) })
    }

    /// What was discovered of a known tool's replies; none where nothing was. Fails where that cannot be read.
    pub fn shown_model(&self, tool: &ToolId) -> Result<Option<Arc<ShownModel>>, Failure> {
        let Some(offer) = self.offers().get(&tool.server).cloned() else { return Ok(None) };
        let kept = &self.shown().models;
        let shown = match find(kept, tool, &offer) {
            Some(shown) => shown,
            None => keep(kept, self.make_model(tool, offer)?),
        };
        Ok(Option::clone(&shown).map(Arc::new))
    }

    fn make_model(&self, tool: &ToolId, offer: Arc<Offer>) -> Result<Kept<Option<ShownModel>>, Failure> {
        let kept = self.calls().discoveries().path(&tool.server);
        let stamp = Stamp::of(&kept);
        let book = self.calls().discoveries().book(&tool.server)?;
        let models = book.models(&tool.server);
        let has_schema = offer.tools.named(&tool.tool).is_some_and(|spec| spec.output_schema.is_some());
        let path = self.wrappers_folder().join(self.package_name(&tool.server)).join("discovered_types.py");
        let shown = |observation: &Observation| {
            Some(ShownModel {
                name: models.of(&tool.tool)?.name.clone(),
                source: models.excerpt(&tool.tool)?,
                path,
                date: observation.date.clone(),
                samples: observation.samples,
                arguments: observation.arguments.clone(),
                returned: !has_schema,
            })
        };
        let shown = Arc::new(book.0.get(&*tool.tool).and_then(shown));
        Ok(Kept { tool: tool.clone(), offer, files: vec![(kept, stamp)], shown })
    }
}

/// Whether writing `files` would change what is in `folder`, but for what belongs to the user there.
fn changes_anything(folder: &Path, files: &BTreeMap<String, String>) -> bool {
    package::compare(folder, files).is_ok_and(|changes| !changes.write.is_empty() || !changes.remove.is_empty())
}

/// A file that cannot be read is as good as the user's: nothing of it would be replaced.
fn compare(path: &Path, wrapper: &Wrapper) -> WrapperState {
    match read(path) {
        Ok(None) => WrapperState::Absent,
        Ok(Some(old)) if old == wrapper.source => WrapperState::Current,
        Ok(Some(old)) if is_ours(&old) => WrapperState::Outdated { diff: difference(&wrapper.file, &old, &wrapper.source) },
        Ok(Some(_)) | Err(_) => WrapperState::Foreign,
    }
}
