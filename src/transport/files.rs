//! The limit of open files. Every connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Open files besides connections: databases, logs, the data folder, signals, webhooks and hook
/// programs.
const OTHERS: usize = 128;

/// Raises the process's limit of open files as far as the system allows, and warns when it is too
/// low for `connections`.
pub(crate) fn allow_connections(connections: usize) {
    let needed = u64::try_from(connections.saturating_add(OTHERS)).unwrap_or(u64::MAX);
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return;
    }
    let current = Some(limit.maximum.map_or(needed, |maximum| needed.min(maximum)));
    let raised = setrlimit(Resource::Nofile, Rlimit { current, ..limit });
    if raised.is_err() || current < Some(needed) {
        tracing::warn!(
            open_files = getrlimit(Resource::Nofile).current,
            needed,
            max_connections = connections,
            connections = connections_within_limit(connections),
            "the limit of open files is too low for max_connections, so fewer connections are served at once; raise it with ulimit -n or LimitNOFILE"
        );
    }
}

/// Returns how many of `connections` fit in the process's limit of open files.
pub(crate) fn connections_within_limit(connections: usize) -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    let limit = limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    within(connections, limit)
}

/// With a very low limit, a quarter of it is for connections.
fn within(connections: usize, limit: usize) -> usize {
    let most = limit.saturating_sub(OTHERS).max(limit / 4).max(1);
    connections.min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_other_files() {
        for (connections, limit, expected) in [
            (10_000, usize::MAX, 10_000),
            (10_000, 1024, 896),
            (100, 1024, 100),
            (10_000, 40, 10),
            (10_000, 1, 1),
        ] {
            assert_eq!(within(connections, limit), expected, "{limit}");
        }
    }
}
