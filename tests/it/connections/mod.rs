//! Tests of connections, against real servers that behave badly. (`cfg(test)` tells clippy that helpers are tests too.)

#[cfg(test)]
pub(crate) mod bench;
#[cfg(test)]
mod calls;
#[cfg(test)]
mod eras;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod remote;
