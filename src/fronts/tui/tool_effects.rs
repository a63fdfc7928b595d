//! What the model asks for about tools and what else servers offer, and how it is done.

use serde_json::{Map, Value};

use super::discovered::Subject;
use super::effects::Effects;
use super::message::Reply;
use super::veil;
use crate::ops::{DiscoverRequest, PinRow};
use crate::types::{Caller, Failure, FailureKind, RunId, ServerName, ToolId};

/// Something to be done about tools and what else servers offer.
#[derive(Debug, Clone, PartialEq)]
pub enum ToolEffect {
    /// Fetch what is known of a tool's replies.
    Discovered(ToolId),
    /// Ask a tool, or the tools of a server that are listed, and write models of what they answer.
    Discover(Subject),
    /// Fetch what is in force, with what a run has used of it.
    Policy(Option<RunId>),
    /// Compare what is known of all servers with their pins.
    Pins,
    /// Accept a changed server or tool as it was shown.
    ApprovePin(Box<PinRow>),
    /// Forget what a server or tool was.
    ForgetPin(String),
    /// Read a resource of a server.
    ReadResource(ServerName, String),
    /// Fill in a prompt of a server.
    GetPrompt(ServerName, String, Map<String, Value>),
    /// Judge the arguments of a form by the tool's schema.
    Judge(ToolId, Value),
    /// Save a call under a name.
    SaveCall(String, ToolId, Value),
}

impl Effects {
    /// Begins to do it. Returns at once.
    pub(super) fn begin_tool(&self, effect: ToolEffect) {
        match effect {
            ToolEffect::Discovered(tool) => self.look(move |studio| {
                let model = studio.shown_model(&tool);
                Reply::Discovered(tool, model)
            }),
            ToolEffect::ReadResource(server, uri) => {
                let studio = self.studio.clone();
                self.reply(async move {
                    let read = Box::pin(studio.read_resource(&server, &uri)).await;
                    Reply::Content(uri, veil::content(studio.veil(), read))
                });
            }
            ToolEffect::GetPrompt(server, name, arguments) => {
                let studio = self.studio.clone();
                self.reply(async move {
                    let got = Box::pin(studio.get_prompt(&server, &name, arguments)).await;
                    Reply::Content(name, veil::content(studio.veil(), got))
                });
            }
            ToolEffect::Judge(tool, arguments) => self.look(move |studio| {
                let misfit = studio.schema_fault(&tool, &arguments);
                Reply::Judged(tool, misfit)
            }),
            ToolEffect::SaveCall(name, tool, arguments) => {
                self.look(move |studio| Reply::CallSaved(studio.save_call(&name, &tool, &arguments)));
            }
            ToolEffect::Discover(subject) => self.discover(subject),
            ToolEffect::Policy(run) => self.look(move |studio| Reply::Policy(Box::new(studio.policy_view(run)))),
            ToolEffect::Pins => self.look(|studio| Reply::Pins(studio.known_pins())),
            ToolEffect::ApprovePin(row) => {
                let studio = self.studio.clone();
                self.reply(async move {
                    let result = Box::pin(studio.approve_pin(&row)).await;
                    Reply::PinApproved(row.target, result)
                });
            }
            ToolEffect::ForgetPin(target) => self.look(move |studio| {
                let result = studio.forget_pins(std::slice::from_ref(&target));
                Reply::PinForgotten(target, result)
            }),
        }
    }

    fn discover(&self, subject: Subject) {
        let (studio, replies) = (self.studio.clone(), self.replies.clone());
        self.reply(async move {
            let server = subject.server().clone();
            let progress = move |progress| replies.send(Reply::Discovering(progress));
            let result = match subject {
                Subject::Tool(tool, sample) => Box::pin(studio.discover_tool(&tool, sample, Caller::Form, &progress)).await,
                Subject::Server(server) => {
                    let request = DiscoverRequest { servers: vec![server] };
                    let found = Box::pin(studio.discover(&request, Caller::Form, &progress)).await;
                    let missing = || Failure::new(FailureKind::Internal, "the discovery answered nothing");
                    found.and_then(|found| found.into_iter().next().ok_or_else(missing))
                }
            };
            let veiled = result.map_err(|failed| veil::failure(studio.veil(), failed));
            Reply::Discovery(server, veiled.map(Box::new))
        });
    }
}
