//! The direct children of a process.

/// Direct children of the process `id`, those of all its threads; empty where the system does not tell.
#[cfg(target_os = "linux")]
pub fn children(id: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_ascii_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>()).collect()
}

/// Not told here.
#[cfg(not(target_os = "linux"))]
pub fn children(_id: u32) -> Vec<u32> {
    Vec::new()
}
