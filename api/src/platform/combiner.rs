//! What many ask for at the same moment, done once for all of them: one works, for himself and for those who came while the
//! one before him worked. Nobody waits for company: who finds nobody at work begins at once.
//!
//! Known as flat combining (Hendler, Incze, Shavit, Tzafrir: *Flat Combining and the Synchronization-Parallelism Tradeoff*,
//! SPAA 2010), and to databases as group commit.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use sea_orm::{ConnAcquireErr, DbErr};
use tokio::sync::oneshot;
use tracing::Instrument;
use uuid::Uuid;

use crate::error::{Error, Result};

/// Nobody waits longer for somebody to begin with what he asked for: then the service says that it is busy.
const WAIT: Duration = Duration::from_millis(1_500);
/// As much is done at once; who came later is done next.
const MOST: usize = 64;
/// As much when others need the processors too: `docs/decisions/0023-turns.md` says what it is worth.
const FEWER: usize = 12;
/// So many are answered before the thread looks whether anybody else has sent something.
const A_FEW: usize = 8;
/// What takes longer is given up, so that a database that does not answer holds up nobody for good.
const LONGEST: Duration = Duration::from_secs(10);

/// Whose turn it is, in each lane. What is asked is a `T`, what comes of it an `R`.
pub struct Combiner<T, R> {
    lanes: Arc<Lanes<T, R>>,
}

/// Those who wait, in each lane in which somebody is at work.
type Lanes<T, R> = Mutex<HashMap<Uuid, Vec<Waiting<T, R>>>>;

/// One who waits.
struct Waiting<T, R> {
    asked: T,
    /// Set by whoever begins with it, or by him who gives up: the first of them has it.
    is_taken: Arc<AtomicBool>,
    answer: oneshot::Sender<Joined<T, R>>,
}

/// What came of waiting.
pub enum Joined<T, R> {
    /// It is the caller's turn: this is what he asked for.
    Turn(Turn<T, R>, T),
    /// Another did it.
    Done(R),
}

/// The right to work in a lane, until it is dropped; and those who wait for it to be done.
pub struct Turn<T, R> {
    lanes: Arc<Lanes<T, R>>,
    lane: Uuid,
    others: Vec<Waiting<T, R>>,
}

impl<T, R> Default for Combiner<T, R> {
    fn default() -> Self {
        Self { lanes: Arc::default() }
    }
}

impl<T, R> Combiner<T, R> {
    /// The turn, when nobody is at work in the lane.
    pub fn begin(&self, lane: Uuid) -> Option<Turn<T, R>> {
        match self.lanes.lock().entry(lane) {
            Entry::Occupied(_) => None,
            Entry::Vacant(free) => {
                free.insert(Vec::new());
                Some(self.turn(lane))
            }
        }
    }

    /// How many wait in the lane.
    pub fn waiting(&self, lane: Uuid) -> usize {
        self.lanes.lock().get(&lane).map_or(0, Vec::len)
    }

    fn turn(&self, lane: Uuid) -> Turn<T, R> {
        Turn {
            lanes: Arc::clone(&self.lanes),
            lane,
            others: Vec::new(),
        }
    }

    /// Waits until it is done, or is the caller's turn to do it. Whoever waits must hold nothing that those at work need.
    ///
    /// `UNAVAILABLE` when nobody began with it in time, `INTERNAL` when whoever had begun was lost.
    pub async fn wait(&self, lane: Uuid, asked: T) -> Result<Joined<T, R>> {
        let (answer, mut answered) = oneshot::channel();
        let is_taken = Arc::new(AtomicBool::new(false));
        match self.lanes.lock().entry(lane) {
            Entry::Occupied(mut waiting) => waiting.get_mut().push(Waiting {
                asked,
                is_taken: Arc::clone(&is_taken),
                answer,
            }),
            Entry::Vacant(free) => {
                free.insert(Vec::new());
                return Ok(Joined::Turn(self.turn(lane), asked));
            }
        }
        let lost = |_| lost();
        match tokio::time::timeout(WAIT, &mut answered).await {
            Ok(answered) => answered.map_err(lost),
            Err(_) if !is_taken.swap(true, Ordering::AcqRel) => {
                Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout).into())
            }
            Err(_) => answered.await.map_err(lost),
        }
    }
}

fn lost() -> Error {
    Error::internal("what was done together with others was lost")
}

impl<T, R> Turn<T, R> {
    /// Leaves to the next turn all but a few: whoever is not in this lane gets at the processors sooner.
    pub fn keep_few(&mut self) {
        let mut later = self.others.split_off(self.others.len().min(FEWER - 1));
        // They were there before those who came since.
        if let Some(waiting) = self.lanes.lock().get_mut(&self.lane) {
            later.append(waiting);
            *waiting = later;
        }
    }
}

impl<T: Send + 'static, R: Send + 'static> Turn<T, R> {
    /// Does what the caller asked for together with what others did: `work` gives what came of each, in their order. It is
    /// not given up when the caller is.
    pub async fn work<F>(mut self, asked: T, work: impl FnOnce(Vec<T>) -> F) -> Result<R>
    where
        F: Future<Output = Vec<R>> + Send + 'static,
    {
        let (mut all, mut answers) = (vec![asked], Vec::new());
        for other in mem::take(&mut self.others) {
            if !other.answer.is_closed() && !other.is_taken.swap(true, Ordering::AcqRel) {
                all.push(other.asked);
                answers.push(other.answer);
            }
        }
        // Elsewhere, because it is large, and what is spawned is moved several times.
        let working = Box::pin(work(all));
        let working = async move {
            // Given up, all learn that it was lost: it may have been done.
            let done = tokio::time::timeout(LONGEST, working).await;
            let mut done = done.unwrap_or_default().into_iter();
            let own = done.next();
            for (count, (answer, done)) in answers.into_iter().zip(done).enumerate() {
                if count > 0 && count % A_FEW == 0 {
                    tokio::task::yield_now().await;
                }
                // Who has left misses nothing.
                let _ = answer.send(Joined::Done(done));
            }
            drop(self);
            own
        };
        let own = tokio::spawn(working.in_current_span()).await.map_err(Error::internal)?;
        own.ok_or_else(lost)
    }
}

impl<T, R> Drop for Turn<T, R> {
    /// The one who waits longest is next, with those behind him.
    fn drop(&mut self) {
        let mut lanes = self.lanes.lock();
        let Some(waiting) = lanes.get_mut(&self.lane) else {
            return;
        };
        // Those for whom nothing was begun were there first.
        let mut all = mem::take(&mut self.others);
        all.append(waiting);
        let mut all = all.into_iter();
        // Dropped behind the lock: what they hold is not this one's business.
        let mut gone = Vec::new();
        while let Some(first) = all.next() {
            if first.answer.is_closed() || first.is_taken.swap(true, Ordering::AcqRel) {
                gone.push(first);
                continue;
            }
            let mut others: Vec<_> = all.collect();
            *waiting = others.split_off(others.len().min(MOST - 1));
            let turn = Self {
                lanes: Arc::clone(&self.lanes),
                lane: self.lane,
                others,
            };
            drop(lanes);
            // Who has left since passes it on, as this does.
            drop(first.answer.send(Joined::Turn(turn, first.asked)));
            return;
        }
        lanes.remove(&self.lane);
        drop(lanes);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::io::Write as _;
    use std::sync::atomic::AtomicUsize;

    use futures::FutureExt;
    use tokio::io::AsyncReadExt as _;
    use tokio::net::UnixStream;

    use super::*;

    const LANE: Uuid = Uuid::nil();
    type Doubling = Combiner<u32, u32>;

    /// What came of it, and how much was done at once.
    async fn doubled(doubling: &Doubling, n: u32) -> Result<(u32, usize)> {
        let joined = match doubling.begin(LANE) {
            Some(turn) => Joined::Turn(turn, n),
            None => doubling.wait(LANE, n).await?,
        };
        match joined {
            Joined::Turn(turn, n) => {
                let count = turn.others.len() + 1;
                let done = turn.work(n, |all| async move { all.into_iter().map(|n| 2 * n).collect() });
                Ok((done.await?, count))
            }
            Joined::Done(done) => Ok((done, 0)),
        }
    }

    #[tokio::test]
    async fn who_comes_while_another_works_is_served_with_the_others() {
        let doubling = Doubling::default();
        let turn = doubling.begin(LANE).unwrap();
        assert!(doubling.begin(LANE).is_none() && turn.others.is_empty());
        // Another lane is free.
        assert!(doubling.begin(Uuid::max()).is_some());
        let release = async { drop(turn) };
        let (first, second, third, ()) = tokio::join!(
            doubled(&doubling, 1),
            doubled(&doubling, 2),
            doubled(&doubling, 3),
            release
        );
        assert_eq!(
            (first.unwrap(), second.unwrap(), third.unwrap()),
            ((2, 3), (4, 0), (6, 0))
        );
        assert!(doubling.lanes.lock().is_empty());
    }

    #[tokio::test]
    async fn what_is_left_to_the_next_turn_is_done_in_its_order() {
        let doubling = Doubling::default();
        let turn = doubling.begin(LANE).unwrap();
        let first = async {
            let Joined::Turn(mut turn, n) = doubling.wait(LANE, 0).await.unwrap() else {
                panic!("nobody else is at work");
            };
            turn.keep_few();
            let late = doubled(&doubling, 100);
            let work = turn.work(n, |all| async move {
                assert_eq!(all, (0..u32::try_from(FEWER).unwrap()).collect::<Vec<_>>());
                all
            });
            tokio::join!(late, work)
        };
        let others = futures::future::join_all((1..20).map(|n| doubled(&doubling, n)));
        let release = async { drop(turn) };
        let ((late, _), others, ()) = tokio::join!(first, others, release);
        let counts: Vec<_> = others.into_iter().map(|other| other.unwrap().1).collect();
        assert_eq!(
            counts.iter().position(|count| *count > 0),
            Some(FEWER - 1),
            "{counts:?}"
        );
        assert_eq!(counts.iter().sum::<usize>() + FEWER, 21, "{counts:?}");
        assert_eq!(late.unwrap(), (200, 0));
        assert!(doubling.lanes.lock().is_empty());
    }

    #[tokio::test]
    async fn who_leaves_holds_nobody_up() {
        let doubling = Doubling::default();
        let turn = doubling.begin(LANE).unwrap();
        let mut leaves = Box::pin(doubling.wait(LANE, 1));
        let mut leaves_with_the_turn = Box::pin(doubling.wait(LANE, 2));
        let mut stays = Box::pin(doubled(&doubling, 3));
        assert!(leaves.as_mut().now_or_never().is_none());
        assert!(leaves_with_the_turn.as_mut().now_or_never().is_none());
        assert!(stays.as_mut().now_or_never().is_none());
        drop(leaves);
        // The turn is sent to the second, who never takes it.
        drop(turn);
        drop(leaves_with_the_turn);
        assert_eq!(stays.await.unwrap(), (6, 1));
        assert!(doubling.lanes.lock().is_empty());
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let doubling = Doubling::default();
        let turn = doubling.begin(LANE).unwrap();
        let waited = doubled(&doubling, 1).await;
        assert!(matches!(waited, Err(Error::Unavailable(_))), "{waited:?}");
        drop(turn);
        assert_eq!(doubled(&doubling, 2).await.unwrap(), (4, 1));
    }

    #[tokio::test]
    async fn who_is_lost_at_work_leaves_the_lane_free() {
        let doubling = Doubling::default();
        let turn = doubling.begin(LANE).unwrap();
        let lost = async {
            let Joined::Turn(turn, n) = doubling.wait(LANE, 1).await? else {
                return Ok(0);
            };
            turn.work(n, |_| async { panic!("lost") }).await
        };
        let release = async { drop(turn) };
        let (first, second, ()) = tokio::join!(lost, doubled(&doubling, 2), release);
        assert!(matches!(first, Err(Error::Internal(_))), "{first:?}");
        assert!(matches!(second, Err(Error::Internal(_))), "{second:?}");
        assert_eq!(doubled(&doubling, 3).await.unwrap(), (6, 1));
    }

    #[tokio::test]
    async fn a_thread_looks_for_others_between_those_that_are_answered() {
        let doubling = Arc::new(Doubling::default());
        let turn = doubling.begin(LANE).unwrap();
        let answered = Arc::new(AtomicUsize::new(0));
        let waiting: Vec<_> = (0..30)
            .map(|n| {
                let (doubling, answered) = (Arc::clone(&doubling), Arc::clone(&answered));
                tokio::spawn(async move {
                    doubled(&doubling, n).await.unwrap();
                    answered.fetch_add(1, Ordering::Relaxed);
                })
            })
            .collect();
        tokio::task::yield_now().await;
        let (client, mut server) = UnixStream::pair().unwrap();
        client.into_std().unwrap().write_all(b"?").unwrap();
        drop(turn);
        server.read_u8().await.unwrap();
        let answered_before = answered.load(Ordering::Relaxed);
        for one in waiting {
            one.await.unwrap();
        }
        assert!(answered_before <= 2 * A_FEW, "{answered_before} of 30");
        assert_eq!(answered.load(Ordering::Relaxed), 30);
    }
}
