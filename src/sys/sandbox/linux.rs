//! The levels on Linux: Landlock and seccomp, then namespaces.

use std::io;
use std::os::fd::OwnedFd;

use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::BpfProgram;

use super::namespaces::Namespaces;
use super::{Level, Offer, Policy, Role, Seal, files, namespaces, privileges, refused, system_calls};
use crate::types::Failure;

/// Rules made ready before the fork, so that nothing is allocated between fork and exec.
#[derive(Debug)]
pub struct Prepared {
    limits: Vec<(Resource, Rlimit)>,
    namespaces: Option<Namespaces>,
    ruleset: Option<OwnedFd>,
    filters: Vec<BpfProgram>,
}

impl Prepared {
    /// Confines the calling process; for use between fork and exec.
    pub(in crate::sys) fn apply(&self) -> io::Result<()> {
        for (resource, limit) in &self.limits {
            setrlimit(*resource, *limit)?;
        }
        let Some(ruleset) = &self.ruleset else { return Ok(()) };
        if let Some(namespaces) = &self.namespaces {
            namespaces.enter()?;
            files::allow_shared_memory(ruleset)?;
        }
        privileges::give_up()?;
        files::restrict(ruleset)?;
        self.filters.iter().try_for_each(system_calls::install)
    }
}

pub(super) fn probe() -> Offer {
    let (level, reasons) = match standard_reasons() {
        Err(why) => (Level::Off, vec![why]),
        Ok(lacks) => match namespaces::try_out() {
            Ok(()) => (Level::Strict, lacks),
            Err(error) => {
                let why = format!("strict needs user namespaces, which this system refuses: {error}");
                (Level::Standard, lacks.into_iter().chain([why]).collect())
            }
        },
    };
    Offer { level, reasons }
}

pub(super) fn usual() -> Level {
    if standard_reasons().is_ok() { Level::Standard } else { Level::Off }
}

/// What the level `Standard` lacks here, or why it cannot be had.
fn standard_reasons() -> Result<Vec<String>, String> {
    if !system_calls::available() {
        return Err("the kernel has no seccomp filters".to_owned());
    }
    match files::abi() {
        0 => Err("the kernel has no Landlock (Linux 5.13 or newer, listed in lsm=)".to_owned()),
        abi @ ..6 => Ok(vec![format!("Landlock {abi} does not confine signals to other processes (6 does: Linux 6.12)")]),
        _ => Ok(Vec::new()),
    }
}

pub(super) fn prepare(policy: &Policy, level: Level) -> Result<Prepared, Failure> {
    let limits = limits(policy);
    if level == Level::Off {
        return Ok(Prepared { limits, namespaces: None, ruleset: None, filters: Vec::new() });
    }
    standard_reasons().map_err(|why| refused(level, &why))?;
    let strict = level == Level::Strict;
    if strict {
        namespaces::try_out().map_err(|error| refused(level, &format!("user namespaces are refused: {error}")))?;
    }
    let ruleset = files::ruleset(policy, strict).map_err(|error| refused(level, &error))?;
    let filters = match policy.role {
        Role::Script => system_calls::for_script(),
        Role::ForkServer => system_calls::for_fork_server(),
    };
    let filters = filters.map_err(|error| refused(level, &error.to_string()))?;
    Ok(Prepared { limits, namespaces: strict.then(Namespaces::of_this_user), ruleset: Some(ruleset), filters })
}

fn limits(policy: &Policy) -> Vec<(Resource, Rlimit)> {
    let wanted = [
        (Resource::Core, Some(0)),
        (Resource::As, policy.memory_bytes),
        (Resource::Nofile, policy.open_files),
        (Resource::Fsize, policy.file_bytes),
    ];
    let set = wanted.into_iter().filter_map(|(resource, limit)| {
        let allowed = rustix::process::getrlimit(resource).maximum;
        let limit = limit.map(|limit| allowed.map_or(limit, |allowed| limit.min(allowed)));
        limit.map(|limit| (resource, Rlimit { current: Some(limit), maximum: Some(limit) }))
    });
    set.collect()
}

pub(super) fn seal() -> Option<Seal> {
    let program = system_calls::seal().ok()?;
    Some(Seal { filter: system_calls::bytes(&program), scope: files::scope() })
}
