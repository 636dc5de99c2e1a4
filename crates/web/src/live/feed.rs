//! The board, and who is told when it has changed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::cloud::CloudWatch;
use crate::model::{Snapshot, Topic};
use crate::seam::Seam;
use crate::server::Store;

use super::board::LOG_LINES;
use super::state::lasts;
use super::{Board, Slot, Topics};

/// Numbers of the stream that a second has: views come once a second, and a few more when something
/// happens. So numbers of an earlier process are never above those of this.
const SEQ_PER_SECOND: u64 = 16;

/// The board that all viewers look at.
#[derive(Debug)]
pub struct Feed {
    seam: Arc<Seam>,
    board: Mutex<Board>,
    cloud: Option<CloudWatch>,
    store: Option<Store>,
    seq: watch::Sender<u64>,
}

impl Feed {
    /// A feed of what is published on this seam, with what is known of a cloud and of the store of
    /// runs. It begins at this moment.
    pub fn new(seam: Arc<Seam>, cloud: Option<CloudWatch>, store: Option<Store>, now: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "seconds since 1970"
        )]
        let first = now as u64 * SEQ_PER_SECOND;
        Self {
            seam,
            cloud,
            store,
            board: Mutex::new(Board::new(first, now)),
            seq: watch::Sender::new(first),
        }
    }

    /// The watch over the cloud; `None` where there is none.
    pub fn cloud(&self) -> Option<&CloudWatch> {
        self.cloud.as_ref()
    }

    /// Looks at what is known of the cloud, for ever.
    pub async fn follow_cloud(&self) {
        match &self.cloud {
            Some(cloud) => cloud.follow().await,
            None => std::future::pending().await,
        }
    }

    /// Takes in every view that is published, until nobody can publish any more.
    pub async fn follow(&self) {
        let mut views = self.seam.views();
        loop {
            drop(self.board());
            if views.changed().await.is_err() {
                return;
            }
            views.borrow_and_update();
        }
    }

    /// The board, with what was published last. To be held for a moment only.
    pub fn board(&self) -> MutexGuard<'_, Board> {
        let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(view) = self.seam.view().filter(|view| board.lacks(view)) {
            // Copied before the board is changed: the test's thread may want to write to the log.
            let (lines, _) = self.seam.log().since(board.log_seq(), LOG_LINES, None);
            if let Some(cloud) = &self.cloud {
                board.set_cloud(cloud.line(view.figures.time, lasts(&view)));
            }
            board.set_storage_problem(self.store.as_ref().and_then(Store::trouble));
            let slot = board.advance(&view, lines);
            self.seq.send_replace(slot.seq());
        }
        board
    }

    /// Tells of each second from here on.
    pub fn seconds(&self) -> watch::Receiver<u64> {
        self.seq.subscribe()
    }

    /// The whole picture; `None` before the first view.
    pub fn snapshot(&self, topics: Topics) -> Option<Snapshot> {
        let board = self.board();
        let lines = if topics.has(Topic::Log) {
            self.seam.log().since(0, LOG_LINES, None).0
        } else {
            Vec::new()
        };
        board.snapshot(topics, lines)
    }

    /// The seconds after this one, or `None` if the whole picture is needed.
    pub fn since(&self, seq: u64) -> Option<Vec<Arc<Slot>>> {
        self.board().since(seq)
    }
}
