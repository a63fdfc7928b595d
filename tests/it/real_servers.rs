//! Tests of real_servers.
