//! A row of the list as the page gets it.

use crate::archive::{self, Ending, RunRow};
use crate::model::{EndKind, Load, RunEnd, RunSummary};

/// A row of the list.
pub fn run_summary(row: &RunRow) -> RunSummary {
    RunSummary {
        id: u64::try_from(row.id).unwrap_or(0),
        name: row.name.clone(),
        host: row.host.clone(),
        file_hash: row.file_sha256.clone(),
        started_at: row.started,
        end: row.ending.as_ref().map(run_end),
        length_seconds: row.length_seconds(),
        load: Some(load(row)),
        peak_users: row.peak_users,
        workers: row.workers,
        requests: row.requests,
        failures: row.failures,
        rps: row.rps(),
        failed_ratio: row.failed_ratio(),
        p50_ms: row.p50_ms,
        p95_ms: row.p95_ms,
        p99_ms: row.p99_ms,
        note: row.note.clone(),
        is_baseline: row.is_baseline,
        is_pinned: row.is_pinned,
        is_imported: row.is_imported,
    }
}

/// What was asked for.
pub fn load(row: &RunRow) -> Load {
    Load {
        users: row.users,
        spawn_rate: row.spawn_rate,
        run_time_seconds: row.run_time_seconds,
        shape: row.shape.clone(),
    }
}

fn run_end(ending: &Ending) -> RunEnd {
    RunEnd {
        kind: match ending.kind {
            archive::EndKind::Finished => EndKind::Finished,
            archive::EndKind::Stopped => EndKind::Stopped,
            archive::EndKind::WorkersLost => EndKind::WorkersLost,
            archive::EndKind::Error => EndKind::Error,
            archive::EndKind::CutOff => EndKind::CutOff,
        },
        time: ending.time,
        by: ending.by.clone(),
        reason: ending.reason.clone(),
    }
}
