//! `search` and `get-tool`: finding tools without reading all of them.

use std::sync::Arc;

use crate::calls::unknown;
use super::studio::Studio;
