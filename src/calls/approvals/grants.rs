//! Approvals that hold for more than one call: until a run is over, or for always in a file.
//!
//! A grant means one tool with one definition, asked by one rule, with exactly some arguments or with any. Anything that
//! differs asks anew. Arguments are kept as a hash, as they may hold secrets.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{Question, Reach, arguments_hash};
use crate::sys::files::{storage, write_atomic};
use crate::types::limits::GRANTS_KEPT;
use crate::types::{Failure, FailureKind, RunId, ToolId, content_hash};

/// What one answer covers.
#[derive(Debug, Clone)]
pub(in crate::calls) struct Scope {
    tool: ToolId,
    definition: String,
    rules: Vec<Arc<str>>,
    arguments: Option<String>,
}

impl Scope {
    /// What the question is about, as far as `reach` says.
    pub(super) fn of(question: &Question, reach: Reach) -> Self {
        Self {
            tool: question.tool.id.clone(),
            definition: content_hash(&question.tool.raw),
            rules: question.rules.iter().map(|rule| Arc::clone(&rule.id)).collect(),
            arguments: match reach {
                Reach::TheseArguments => Some(arguments_hash(question)),
                Reach::AnyArguments => None,
            },
        }
    }

    fn grants(&self) -> impl Iterator<Item = Grant> + '_ {
        self.rules.iter().map(|rule| Grant {
            tool: self.tool.clone(),
            definition: self.definition.clone(),
            rule: rule.to_string(),
            arguments: self.arguments.clone(),
        })
    }
}

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Grant {
    tool: ToolId,
    /// SHA-256 of its definition.
    definition: String,
    /// The rule that asked.
    rule: String,
    /// SHA-256 of the arguments; absent where any will do.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    arguments: Option<String>,
}

/// Which approvals count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// Also those of this session.
    Session,
    /// Those for always.
    Always,
}

#[derive(Debug)]
pub(super) struct Grants {
    file: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Read when first needed.
    always: Option<HashSet<Grant>>,
    /// By run; none is the session outside of runs.
    for_run: HashSet<(Option<RunId>, Grant)>,
}

impl Grants {
    pub(super) fn new(file: &Path) -> Self {
        Self { file: file.to_owned(), state: Mutex::default() }
    }

    /// How the call was approved before, if every rule that asks was answered for it.
    pub(super) fn granted(&self, question: &Question, span: Span) -> Option<&'static str> {
        let mut state = self.lock();
        let always = state.always.take().unwrap_or_else(|| read(&self.file).unwrap_or_default());
        let scopes = [Scope::of(question, Reach::TheseArguments), Scope::of(question, Reach::AnyArguments)];
        let run = question.caller.run();
        let covered = |holds: &dyn Fn(&Grant) -> bool| {
            let wanted = scopes[0].grants().zip(scopes[1].grants());
            wanted.into_iter().all(|(these, any)| holds(&these) || holds(&any))
        };
        let by_file = covered(&|grant| always.contains(grant));
        let of_run = |grant: &Grant| span == Span::Session && state.for_run.contains(&(run, grant.clone()));
        let by_run = by_file || covered(&|grant| always.contains(grant) || of_run(grant));
        state.always = Some(always);
        match (by_file, by_run) {
            (true, _) => Some("approved for always before"),
            (false, true) => Some("approved for this run before"),
            (false, false) => None,
        }
    }

    /// Holds until the run is over. Beyond [`GRANTS_KEPT`] the person is asked again.
    pub(super) fn for_this_run(&self, scope: &Scope, run: Option<RunId>) {
        let mut state = self.lock();
        for grant in scope.grants() {
            if state.for_run.len() < GRANTS_KEPT {
                state.for_run.insert((run, grant));
            }
        }
    }

    /// Adds to what the file says now, which another studio may have written.
    pub(super) fn for_always(&self, scope: &Scope) -> Result<(), Failure> {
        let mut state = self.lock();
        let known = read(&self.file);
        let mut all = known.clone().unwrap_or_default();
        all.extend(scope.grants());
        let mut sorted: Vec<&Grant> = all.iter().collect();
        sorted.sort_by_cached_key(|grant| (grant.tool.to_string(), grant.rule.clone(), grant.arguments.clone()));
        let text = serde_json::to_vec_pretty(&sorted);
        state.always = Some(all.clone());
        drop(state);
        known?;
        let text = text.map_err(|error| Failure::new(FailureKind::Internal, format!("approvals are no JSON: {error}")))?;
        write_atomic(&self.file, &text)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that is not there approves nothing; one that cannot be read neither, and is never overwritten.
fn read(path: &Path) -> Result<HashSet<Grant>, Failure> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(HashSet::new()),
        Err(error) => return Err(storage("read", path, &error)),
    };
    serde_json::from_slice(&text).map_err(|error| {
        Failure::new(FailureKind::Storage, format!("{} is no list of approvals: {error}", path.display()))
            .hint("repair or remove it")
    })
}
