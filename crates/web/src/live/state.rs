//! The header of the page, out of what the runner says.

use crate::model::{ClassCount, Phase, State, UserCounts};
use crate::seam::View;

use super::{marks, workers};

/// Said where a master has nobody to give users to.
const NO_WORKERS: &str = "no workers connected";

/// Said where there is nothing that could run.
const NO_TEST: &str = "there is no test that could be run";

/// The state of everything.
pub(super) fn state_of(view: &View, peak_users: u64) -> State {
    let status = &view.status;
    let workers = view.workers.as_deref();
    let counts = workers.map(|workers| workers::counts(workers, status.expected_workers));
    let lacks_workers = counts.as_ref().is_some_and(|counts| counts.active == 0);
    let phase = match status.state.as_str() {
        "spawning" => Phase::Starting,
        "running" => Phase::Running,
        "cleanup" | "stopping" => Phase::Stopping,
        _ if status.run.is_some() => Phase::Ended,
        _ if lacks_workers => Phase::WaitingForWorkers,
        _ => Phase::Ready,
    };
    let run = status.run.as_ref();
    let is_stopping = phase == Phase::Stopping;
    let cannot_start = match phase {
        _ if status.test_error.is_some() => Some(NO_TEST.to_owned()),
        Phase::Stopping => Some("the last run is being stopped".to_owned()),
        _ if lacks_workers => Some(NO_WORKERS.to_owned()),
        _ => status.cannot_start.clone(),
    };
    let lasts = matches!(phase, Phase::Starting | Phase::Running | Phase::Stopping);
    State {
        phase,
        run: run.map(|run| run.number),
        name: status
            .profile
            .clone()
            .unwrap_or_else(|| status.locustfile.clone()),
        host: status.host.clone(),
        started_at: run.map(|run| run.started_at),
        ends_at: run.and_then(|run| run.ends_at).filter(|_| lasts),
        end: run
            .filter(|_| phase == Phase::Ended)
            .and_then(|run| marks::end_of(&view.figures, run.end_kind, run.ended_by.as_deref())),
        users: UserCounts {
            running: status.user_count,
            target: status.target_users,
            peak: peak_users,
            by_class: status
                .users_by_class
                .iter()
                .map(|(name, users)| ClassCount {
                    name: name.clone(),
                    users: *users,
                })
                .collect(),
        },
        load: run.map(|run| run.load.clone()),
        workers: counts,
        stopping_seconds: status
            .stopping_since
            .filter(|_| is_stopping)
            .map(|since| (view.figures.time - since).max(0.0).round()),
        still_running: workers
            .filter(|_| is_stopping)
            .into_iter()
            .flatten()
            .filter(|worker| worker.user_count > 0)
            .map(|worker| worker.id.to_string())
            .collect(),
        cannot_start,
        test_error: status.test_error.clone(),
        notices: view.figures.notices.clone(),
    }
}

/// Whether users run, start or stop.
pub(super) fn lasts(view: &View) -> bool {
    matches!(
        view.status.state.as_str(),
        "spawning" | "running" | "cleanup" | "stopping"
    )
}
