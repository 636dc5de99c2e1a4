//! What workers have counted.

use std::sync::Arc;

use super::action::MasterAction;
use super::leader::Master;
use crate::dialect::{self, CountedException, ReportNumber};
use crate::exchange::sane;
use crate::ledger::Verdict;
use crate::moment::Level;
use crate::packing;
use crate::wire::{ExceptionReport, StatsReport};
use crate::{Peer, State};

impl Master {
    /// Merges a report, unless it has been merged before or one before it is missing.
    pub(super) fn report(&mut self, from: &Arc<str>, mut report: Box<StatsReport>) {
        let mut is_stale = false;
        if let Some(number) = ReportNumber::take(&mut report) {
            let (verdict, merged) = self.ledger.note(from, &number);
            self.send(from, merged.to_message());
            if verdict != Verdict::Merge {
                return;
            }
            is_stale = number.run != self.run_number;
        }
        if let Err(error) = packing::unpack(&mut report) {
            self.complain(Level::Error, format!("report of worker {from}: {error}"));
            return;
        }
        let exceptions = dialect::take_exceptions(&mut report);
        for CountedException { exception, count } in exceptions {
            if !is_stale {
                self.exception(from, exception, sane(count));
            }
        }
        if !is_stale {
            let network_errors = dialect::network_errors(&report.extra);
            self.peers.set_network_errors(from, network_errors);
        }
        // As in Locust, what a worker that is not known has counted still counts; only its users do
        // not. Those of a missing one have been given to the others.
        let peer = self.peers.get(from);
        let clock_offset = peer.map_or(0.0, Peer::clock_offset);
        if peer.is_some_and(|peer| peer.state != State::Missing) {
            self.peers
                .set_users(from, report.user_classes_count.clone());
        }
        self.act(MasterAction::Report {
            from: Arc::clone(from),
            report,
            is_stale,
            clock_offset,
        });
    }

    /// Tasks have ended in an exception: of a worker of Locust, each comes by itself.
    pub(super) fn exception(&mut self, from: &Arc<str>, exception: ExceptionReport, count: u64) {
        self.act(MasterAction::Exception {
            from: Arc::clone(from),
            exception,
            count,
        });
    }
}
