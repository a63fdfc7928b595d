//! The catalog itself: what is known now, and asking servers for more.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::join_all;

use super::tools::Tools;
use super::{Hit, Offer, Offers, cache, find, search};
use crate::config::{ServerSettings, Settings};
use crate::connections::{Connections, Listing, State as ServerState};
use crate::sys::clock;
use crate::sys::pulse::Pulse;
use crate::types::limits::LIST_FOLLOW_PAUSE;
use crate::types::{Failure, ServerName, ToolId, ToolSpec};

/// The catalog. Reading never waits; refreshing asks the server.
#[derive(Debug)]
pub struct Catalog {
    folder: PathBuf,
    settings: Arc<Settings>,
    connections: Arc<Connections>,
    pulse: Pulse,
    offers: Mutex<Arc<Offers>>,
    /// Held while a server is asked, so that callers share one answer.
    turns: HashMap<ServerName, tokio::sync::Mutex<()>>,
    warnings: Vec<Failure>,
}

impl Catalog {
    /// Opens the catalog whose cache is in `folder`. Reads one line of the cache files of the configured servers only.
    pub fn open(folder: &Path, settings: Arc<Settings>, connections: Arc<Connections>, pulse: Pulse) -> Arc<Self> {
        let (mut offers, mut warnings) = (Offers::new(), Vec::new());
        for (name, server) in &settings.servers {
            match cache::read(folder, server) {
                Ok(Some(offer)) => drop(offers.insert(name.clone(), Arc::new(offer))),
                Ok(None) => {}
                Err(failure) => warnings.push(failure),
            }
        }
        let turns = settings.servers.keys().map(|name| (name.clone(), tokio::sync::Mutex::default())).collect();
        let offers = Mutex::new(Arc::new(offers));
        Arc::new(Self { folder: folder.to_owned(), settings, connections, pulse, offers, turns, warnings })
    }

    /// What was wrong with the cache on opening. It is as if those files were not there.
    pub fn warnings(&self) -> &[Failure] {
        &self.warnings
    }

    /// What is known now.
    pub fn offers(&self) -> Arc<Offers> {
        Arc::clone(&self.offers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks one server anew and writes its cache.
    pub async fn refresh(&self, server: &ServerName) -> Result<Arc<Offer>, Failure> {
        let (settings, turn) = self.usable(server)?;
        let _turn = turn.lock().await;
        self.ask(settings).await
    }

    /// The offer confirmed in this session, asking the server if need be.
    pub async fn fresh(&self, server: &ServerName) -> Result<Arc<Offer>, Failure> {
        let (settings, turn) = self.usable(server)?;
        if let Some(offer) = self.confirmed(server) {
            return Ok(offer);
        }
        let _turn = turn.lock().await;
        match self.confirmed(server) {
            Some(offer) => Ok(offer),
            None => self.ask(settings).await,
        }
    }

    /// The offer as this connection has listed it, asking it where another has, or where it said that its lists changed.
    pub async fn listed_by(&self, server: &ServerName, connection: u64) -> Result<Arc<Offer>, Failure> {
        let current = |offer: &Arc<Offer>| offer.connection == connection && !self.connections.is_changed(server);
        let (settings, turn) = self.usable(server)?;
        if let Some(offer) = self.confirmed(server).filter(current) {
            return Ok(offer);
        }
        let _turn = turn.lock().await;
        match self.confirmed(server).filter(current) {
            Some(offer) => Ok(offer),
            None => self.ask(settings).await,
        }
    }

    /// All servers' confirmed offers, asked concurrently; a failing server does not hold up or hide the others.
    /// Disabled servers are left out.
    pub async fn fresh_all(&self) -> Vec<(ServerName, Result<Arc<Offer>, Failure>)> {
        let enabled = self.settings.servers.values().filter(|server| !server.disabled);
        join_all(enabled.map(async |server| (server.name.clone(), self.fresh(&server.name).await))).await
    }

    /// Asks the servers that were never listed, concurrently. Those that failed before are not tried again here.
    pub async fn complete(&self) {
        let offers = self.offers();
        let states = self.connections.states();
        let unknown = states.iter().filter(|(name, state)| {
            !offers.contains_key(name) && !matches!(state, ServerState::Disabled | ServerState::Failed { .. })
        });
        // A server that fails says so in its state.
        join_all(unknown.map(|(name, _)| self.fresh(name))).await;
    }

    /// The tool of that name. Fails with `ToolNotFound` and suggestions; never corrects.
    /// A stale cached definition answers at once; a tool missing from it asks the server.
    pub async fn tool(&self, id: &str) -> Result<Arc<ToolSpec>, Failure> {
        let id = find::parse(id, &self.settings, &self.offers())?;
        if let Some(tool) = self.known(&id) {
            return Ok(tool);
        }
        self.fresh(&id.server).await?;
        self.known(&id).ok_or_else(|| find::no_tool(&id, &self.offers()))
    }

    /// The failure of a tool that its server does not offer, with what may have been meant.
    pub fn missing(&self, id: &ToolId) -> Failure {
        find::no_tool(id, &self.offers())
    }

    /// The tool of that id, from what is known now.
    pub fn known(&self, id: &ToolId) -> Option<Arc<ToolSpec>> {
        self.offers().get(&id.server)?.tools.named(&id.tool).cloned()
    }

    /// As [`Catalog::search`], of one server where one is named, once those that were never listed have been asked: nothing
    /// of theirs could be found else. Fails where the server is not in use, or cannot be listed.
    pub async fn search_complete(&self, only: Option<&ServerName>, query: &str, limit: usize) -> Result<Vec<Hit>, Failure> {
        let Some(server) = only else {
            self.complete().await;
            return Ok(self.search(query, limit));
        };
        self.usable(server)?;
        let known = self.offers().get(server).cloned();
        let offer = match known {
            Some(offer) => offer,
            None => self.fresh(server).await?,
        };
        Ok(search::search(&Offers::from_iter([(server.clone(), offer)]), query, limit))
    }

    /// Fuzzy search over names, titles, descriptions of all known tools, best first.
    pub fn search(&self, query: &str, limit: usize) -> Vec<Hit> {
        search::search(&self.offers(), query, limit)
    }

    /// Lists servers again that say that their lists have changed, each on its own: one that keeps saying so is listed
    /// once in [`LIST_FOLLOW_PAUSE`], and one that is not connected is left alone. Runs until it is dropped.
    pub async fn follow_changes(&self) {
        join_all(self.settings.servers.keys().map(|server| self.follow(server))).await;
    }

    async fn follow(&self, server: &ServerName) {
        loop {
            self.connections.change_announced(server).await;
            if !self.connections.is_changed(server) || !self.connections.is_connected(server) {
                continue;
            }
            // A server that fails now says so in its state; the offer known before stays.
            if let Err(failure) = self.refresh(server).await {
                tracing::debug!("changed lists were not followed: {:?}", failure.kind);
            }
            tokio::time::sleep(LIST_FOLLOW_PAUSE).await;
        }
    }

    fn usable(&self, server: &ServerName) -> Result<(&ServerSettings, &tokio::sync::Mutex<()>), Failure> {
        match (self.settings.servers.get(server), self.turns.get(server)) {
            (Some(settings), _) if settings.disabled => Err(find::disabled(server).at(settings.place.clone())),
            (Some(settings), Some(turn)) => Ok((settings, turn)),
            (Some(_) | None, _) => Err(find::unknown_server(server, &self.settings)),
        }
    }

    fn confirmed(&self, server: &ServerName) -> Option<Arc<Offer>> {
        self.offers().get(server).filter(|offer| !offer.stale).cloned()
    }

    async fn ask(&self, server: &ServerSettings) -> Result<Arc<Offer>, Failure> {
        let listing = Box::pin(self.connections.list(&server.name)).await?;
        let announced = listing.announced;
        let offer = Arc::new(offer_of(listing, self.offers().get(&server.name)));
        self.keep(&server.name, &offer);
        self.connections.listed(&server.name, announced);
        let (folder, server, written) = (self.folder.clone(), server.clone(), Arc::clone(&offer));
        let writing = tokio::task::spawn_blocking(move || cache::write(&folder, &server, &written));
        if let Ok(Err(failure)) = writing.await {
            tracing::warn!("{failure}");
        }
        Ok(offer)
    }

    /// Puts an offer in its place in the order of the configuration.
    fn keep(&self, server: &ServerName, offer: &Arc<Offer>) {
        let mut offers = self.offers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |name: &ServerName| if name == server { Some(offer) } else { offers.get(name) };
        let next = self.settings.servers.keys().filter_map(|name| Some((name.clone(), Arc::clone(known(name)?)))).collect();
        *offers = Arc::new(next);
        drop(offers);
        self.pulse.bump();
    }
}

/// The offer that a listing makes. Definitions that did not change stay the same objects, so that what was compiled for
/// them stays good.
fn offer_of(listing: Listing, before: Option<&Arc<Offer>>) -> Offer {
    let same = |tool: &ToolSpec| before?.tools.named(&tool.id.tool).filter(|known| known.raw == tool.raw).cloned();
    let tools = listing.tools.into_iter().map(|tool| same(&tool).unwrap_or_else(|| Arc::new(tool)));
    let (tools, repeated) = Tools::distinct(tools);
    Offer {
        tokens: tools.iter().map(|tool| tool.tokens()).sum(),
        tools,
        resources: listing.resources,
        resource_templates: listing.resource_templates,
        prompts: listing.prompts,
        rejected: [listing.rejected, repeated].concat(),
        listed_at: Some(clock::now()),
        stale: false,
        connection: listing.connection,
    }
}
