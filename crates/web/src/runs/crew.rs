//! The workers of a run that is kept, as the page lists workers.

use crate::archive::{Member, StoredRun};
use crate::model::{WorkerColumns, WorkerName, WorkerState};
use crate::picture::machine_of;

/// Names and rows of the workers; `None` in a run of one process. Users are those that run still.
pub(super) fn crew(run: &StoredRun) -> Option<(Vec<WorkerName>, WorkerColumns)> {
    let members = members(run)?;
    let mut names = Vec::with_capacity(members.len());
    let mut columns = WorkerColumns::default();
    for (index, member) in (0..).zip(&members) {
        names.push(name(index, member));
        columns.index.push(index);
        columns.state.push(state(member));
        columns.users.push(0);
        columns.cpu_percent.push(None);
        columns.cpu_peak_percent.push(member.cpu_peak_percent);
        columns.memory_bytes.push(member.memory_bytes);
        columns.lag_ms.push(member.lag_peak_ms);
        columns.network_errors.push(member.network_errors);
        columns.clock_offset_ms.push(None);
        columns.last_seen.push(None);
    }
    Some((names, columns))
}

/// The workers as they were at last, or, if nobody has said, those at the start.
pub(super) fn members(run: &StoredRun) -> Option<Vec<Member>> {
    if let Some(crew) = &run.crew {
        return Some(crew.clone());
    }
    let workers = run.setup.workers.as_ref()?;
    let member = |worker: &crate::archive::Worker| Member {
        id: worker.id.clone(),
        ..Member::default()
    };
    Some(workers.iter().map(member).collect())
}

pub(super) fn name(index: u32, member: &Member) -> WorkerName {
    WorkerName {
        index,
        id: member.id.clone(),
        host: machine_of(&member.id).map(str::to_owned),
        zone: member.zone.clone(),
        version: member.version.clone(),
        is_gregaria: member.is_gregaria,
    }
}

/// What a worker was doing at last. Where nobody has said, its users have stopped with the run.
fn state(member: &Member) -> WorkerState {
    match member.state.as_str() {
        "missing" => WorkerState::Missing,
        "gone" => WorkerState::Gone,
        "ready" => WorkerState::Ready,
        _ => WorkerState::Stopped,
    }
}
