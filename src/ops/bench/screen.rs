//! What a person waits for while typing: search, and frames of the workbench.

use std::time::{Duration, Instant};

use super::figure::Figure;
use super::sample::Turns;
use crate::ops::Studio;
use crate::types::Failure;

/// Hits of a search, as the workbench asks for them.
const HITS: usize = 50;

/// Frames of the workbench without a terminal, timed by the front that draws them.
pub struct Screens {
    /// One with nothing to show.
    pub empty: Box<dyn FnMut() -> Duration>,
    /// One with as many steps as a long session has.
    pub busy: Box<dyn FnMut() -> Duration>,
}

/// Search over the tools that `studio` knows; false where it knows none. The word is one that a tool is called by.
pub(super) async fn search(studio: &Studio, turns: Turns, tell: &dyn Fn(Figure)) -> Result<bool, Failure> {
    let offers = studio.offers();
    let tools: Vec<_> = offers.values().flat_map(|offer| offer.tools.iter()).collect();
    let Some(last) = tools.last() else { return Ok(false) };
    let word = last.id.tool.split(['_', '-']).next().unwrap_or_default().to_lowercase();
    let texts: Vec<String> = tools.iter().map(|tool| tool.raw.to_string().to_lowercase()).collect();
    let plain = async || Ok(timed(|| texts.iter().filter(|text| text.contains(&word)).count()));
    let ours = async || Ok(timed(|| studio.search_tools(&word, HITS).len()));
    let [plain, ours] = turns.of_both(plain, ours).await?;
    let quantity = format!("search over {} tools", tools.len());
    tell(Figure::time(quantity, &ours, ("looking for the word in their text", &plain)));
    Ok(true)
}

/// A frame of a long session against an empty one.
pub(super) async fn frames(mut screens: Screens, turns: Turns, tell: &dyn Fn(Figure)) -> Result<(), Failure> {
    let [empty, busy] = turns.of_both(async || Ok((screens.empty)()), async || Ok((screens.busy)())).await?;
    tell(Figure::time("frame of the workbench, 10,000 steps", &busy, ("an empty frame", &empty)));
    Ok(())
}

fn timed(work: impl FnOnce() -> usize) -> Duration {
    let start = Instant::now();
    std::hint::black_box(work());
    start.elapsed()
}
