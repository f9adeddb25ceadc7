//! Whose turn it is, so that a company that asks for much leaves the others about as fast as they are without it.
//!
//! One company never has more than half of the connections. What it asks for beyond that waits in its own line, and who waited there
//! steps back: the thread looks first whether somebody else has sent something, requests of companies without a line have a
//! head start, and while there are such companies a line moves on a quarter of the connections.
//! `docs/decisions/0023-turns.md` says why, and what each of it is worth.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use sea_orm::{ConnAcquireErr, DbErr};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use uuid::Uuid;

/// Companies whose lines are kept track of; beyond that those who have none are forgotten.
const LINES: usize = 1_024;
/// So long nothing of a company with a line begins when a request of another, without one, has: longer than most statements
/// take, also on a database that has much to do.
const HEAD_START: Duration = Duration::from_millis(5);
/// Who asked within this time is expected to ask again.
const ASKS: Duration = Duration::from_secs(1);
/// Nobody waits longer for one of the quarter: what takes long there must not hold up a company.
const QUARTER_WAIT: Duration = Duration::from_millis(20);

/// The turns at the connections of one pool.
#[derive(Clone, Debug)]
pub struct Turns {
    lines: Arc<Mutex<HashMap<Uuid, Arc<Line>>>>,
    connections: usize,
    prompt: Arc<Prompt>,
}

/// Where one company waits.
#[derive(Debug)]
struct Line {
    /// As many as it may have.
    half: Arc<Semaphore>,
    /// As many as move on while others ask.
    quarter: Arc<Semaphore>,
}

impl Line {
    fn new(connections: usize) -> Self {
        let part = |of: usize| Arc::new(Semaphore::new((connections / of).max(1)));
        Self {
            half: part(2),
            quarter: part(4),
        }
    }
}

/// A company's turn at a connection, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    _place: OwnedSemaphorePermit,
    _of_quarter: Option<OwnedSemaphorePermit>,
    _prompt: Option<UnderWay>,
}

impl Turns {
    /// Those at so many connections, where requests in `prompt` have a head start.
    pub fn new(connections: usize, prompt: Arc<Prompt>) -> Self {
        Self {
            lines: Arc::default(),
            connections,
            prompt,
        }
    }

    /// Waits for the company's turn; what is no company's has none, and does not wait.
    pub async fn take(&self, tenant: Option<Uuid>) -> Result<Option<Box<Turn>>, DbErr> {
        match tenant {
            Some(tenant) => self.wait(tenant).await.map(Some),
            None => Ok(None),
        }
    }

    /// In a box, because connections are moved with it.
    async fn wait(&self, tenant: Uuid) -> Result<Box<Turn>, DbErr> {
        let line = self.line(tenant);
        if let Ok(place) = Arc::clone(&line.half).try_acquire_owned() {
            return Ok(Box::new(Turn {
                _place: place,
                _of_quarter: None,
                _prompt: Some(self.prompt.begin(tenant)),
            }));
        }
        let place = Arc::clone(&line.half).acquire_owned().await;
        let place = place.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))?;
        let of_quarter = if self.prompt.others_ask(tenant) {
            let one = tokio::time::timeout(QUARTER_WAIT, Arc::clone(&line.quarter).acquire_owned());
            one.await.ok().and_then(Result::ok)
        } else {
            None
        };
        self.let_others_go(tenant).await;
        Ok(Box::new(Turn {
            _place: place,
            _of_quarter: of_quarter,
            _prompt: None,
        }))
    }

    /// What whoever stood in a line does before he goes on, be it here or elsewhere. Whether others ask: then he asks for little.
    pub async fn let_others_go(&self, tenant: Uuid) -> bool {
        // What the database answers at once is read at once: without this, the thread would go through the whole line before it
        // looked whether anybody else has sent something.
        tokio::task::yield_now().await;
        self.prompt.let_others_go(tenant).await;
        self.prompt.others_ask(tenant)
    }

    fn line(&self, tenant: Uuid) -> Arc<Line> {
        let mut lines = self.lines.lock();
        if lines.len() >= LINES {
            lines.retain(|_, line| Arc::strong_count(line) > 1 || Arc::strong_count(&line.half) > 1);
        }
        let line = lines
            .entry(tenant)
            .or_insert_with(|| Arc::new(Line::new(self.connections)));
        Arc::clone(line)
    }
}

/// What is asked for by companies that do not have to wait in their own line.
#[derive(Debug)]
pub struct Prompt {
    begun: Mutex<Begun>,
    one_ended: Notify,
    head_start: Duration,
}

#[derive(Debug, Default)]
struct Begun {
    under_way: HashMap<Uuid, Company>,
    /// The company that asked last, and the last other before it: whoever looks for another finds it among them.
    latest: [Option<(Uuid, Instant)>; 2],
}

#[derive(Debug)]
struct Company {
    under_way: usize,
    /// When the last of it began.
    last: Instant,
}

impl Default for Prompt {
    fn default() -> Self {
        Self::with(HEAD_START)
    }
}

impl Prompt {
    fn with(head_start: Duration) -> Self {
        Self {
            begun: Mutex::default(),
            one_ended: Notify::new(),
            head_start,
        }
    }

    fn begin(self: &Arc<Self>, tenant: Uuid) -> UnderWay {
        let last = Instant::now();
        let mut begun = self.begun.lock();
        let company = begun.under_way.entry(tenant).or_insert(Company { under_way: 0, last });
        company.under_way += 1;
        company.last = last;
        if begun.latest[0].is_some_and(|(latest, _)| latest != tenant) {
            begun.latest[1] = begun.latest[0];
        }
        begun.latest[0] = Some((tenant, last));
        UnderWay {
            prompt: Arc::clone(self),
            tenant,
        }
    }

    /// Waits as long as something of another company has its head start, and for no longer than that takes.
    async fn let_others_go(&self, tenant: Uuid) {
        let at_most = Instant::now() + self.head_start;
        loop {
            let one_ended = self.one_ended.notified();
            let Some(until) = self.head_start_of_others(tenant) else {
                return;
            };
            if tokio::time::timeout_at(until.min(at_most), one_ended).await.is_err() {
                return;
            }
        }
    }

    /// Whether others than this company have asked for something just now.
    fn others_ask(&self, tenant: Uuid) -> bool {
        let latest = self.begun.lock().latest;
        let mut others = latest.into_iter().flatten().filter(|(company, _)| *company != tenant);
        others.any(|(_, at)| at.elapsed() < ASKS)
    }

    /// Until when others than this company have theirs.
    fn head_start_of_others(&self, tenant: Uuid) -> Option<Instant> {
        let begun = self.begun.lock();
        let others = begun.under_way.iter().filter(|(company, _)| **company != tenant);
        let last = others.map(|(_, company)| company.last).max()?;
        let until = last + self.head_start;
        (until > Instant::now()).then_some(until)
    }
}

/// Something of a company that did not have to wait in its line, until it is dropped.
#[derive(Debug)]
struct UnderWay {
    prompt: Arc<Prompt>,
    tenant: Uuid,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut begun = self.prompt.begun.lock();
        if let Some(company) = begun.under_way.get_mut(&self.tenant) {
            company.under_way -= 1;
            if company.under_way == 0 {
                begun.under_way.remove(&self.tenant);
            }
        }
        drop(begun);
        self.prompt.one_ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use std::io::Write as _;
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::stream::FuturesUnordered;
    use futures::{FutureExt, StreamExt as _};
    use tokio::io::AsyncReadExt as _;
    use tokio::net::UnixStream;
    use tokio::task::LocalSet;

    use super::*;

    const LOUD: Uuid = Uuid::from_u128(1);
    const QUIET: Uuid = Uuid::from_u128(2);

    #[tokio::test]
    async fn one_company_has_at_most_half() {
        let turns = Turns::new(5, Arc::default());
        let first = turns.wait(LOUD).now_or_never().unwrap().unwrap();
        let _second = turns.wait(LOUD).now_or_never().unwrap().unwrap();
        assert!(turns.wait(LOUD).now_or_never().is_none());
        assert!(turns.wait(QUIET).now_or_never().is_some());
        drop(first);
        turns.wait(LOUD).await.unwrap();
        // Even of one there is one.
        let turns = Turns::new(1, Arc::default());
        assert!(turns.wait(LOUD).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_line_moves_on_a_quarter_while_others_ask() {
        for (others_ask, moves) in [(false, 4), (true, 2)] {
            let turns = Turns::new(8, Arc::default());
            let held = futures::future::join_all((0..4).map(|_| turns.wait(LOUD))).await;
            if others_ask {
                turns.wait(QUIET).await.unwrap();
            }
            let mut line = (0..8).map(|_| turns.wait(LOUD)).collect::<FuturesUnordered<_>>();
            assert!(line.next().now_or_never().is_none());
            drop(held);
            let mut moved = Vec::new();
            for _ in 0..10 {
                tokio::task::yield_now().await;
                while let Some(Some(turn)) = line.next().now_or_never() {
                    moved.push(turn.unwrap());
                }
            }
            assert_eq!(moved.len(), moves);
            // What takes long there holds up nobody for good: the half has its turns.
            while let Ok(Some(turn)) = tokio::time::timeout(2 * QUARTER_WAIT, line.next()).await {
                moved.push(turn.unwrap());
            }
            assert_eq!(moved.len(), 4);
        }
    }

    #[tokio::test]
    async fn the_others_are_those_who_asked_last() {
        let prompt = Arc::new(Prompt::with(SHORT));
        assert!(!prompt.others_ask(LOUD));
        for asking in [LOUD, LOUD] {
            drop(prompt.begin(asking));
            assert!(!prompt.others_ask(LOUD));
            assert!(prompt.others_ask(QUIET));
        }
        for asking in [QUIET, LOUD, LOUD] {
            drop(prompt.begin(asking));
            assert!(prompt.others_ask(LOUD));
        }
    }

    /// The turns of two threads, with this head start.
    fn threads(head_start: Duration) -> (Turns, Turns) {
        let prompt = Arc::new(Prompt::with(head_start));
        (Turns::new(2, Arc::clone(&prompt)), Turns::new(2, prompt))
    }

    const LONG: Duration = Duration::from_secs(600);
    const SHORT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn whoever_stood_in_line_lets_others_go_first() {
        let (here, there) = threads(LONG);
        let other = there.wait(QUIET).await.unwrap();
        let first = here.wait(LOUD).await.unwrap();
        let mut next = pin!(here.wait(LOUD));
        assert!(futures::poll!(&mut next).is_pending());
        drop(first);
        for _ in 0..10 {
            tokio::task::yield_now().await;
            assert!(futures::poll!(&mut next).is_pending(), "the other goes first");
        }
        drop(other);
        next.await.unwrap();
    }

    #[tokio::test]
    async fn requests_of_one_company_have_no_head_start_before_each_other() {
        let (here, there) = threads(LONG);
        let _own = there.wait(LOUD).await.unwrap();
        let first = here.wait(LOUD).await.unwrap();
        let end = async { drop(first) };
        let next = tokio::time::timeout(LONG / 100, here.wait(LOUD));
        tokio::join!(next, end).0.unwrap().unwrap();
    }

    #[tokio::test]
    async fn what_takes_longer_than_its_head_start_is_not_waited_for() {
        let (here, there) = threads(SHORT);
        let _other = there.wait(QUIET).await.unwrap();
        assert!(here.prompt.begun.lock().under_way.contains_key(&QUIET));
        let first = here.wait(LOUD).await.unwrap();
        let end = async { drop(first) };
        tokio::join!(here.wait(LOUD), end).0.unwrap();
        tokio::time::sleep(SHORT).await;
        assert_eq!(here.prompt.head_start_of_others(LOUD), None);
    }

    #[tokio::test]
    async fn a_line_moves_however_many_others_come() {
        let (here, there) = threads(SHORT);
        let first = here.wait(LOUD).await.unwrap();
        let others = async {
            for other in 10..1_000 {
                let _under_way = there.prompt.begin(Uuid::from_u128(other));
                tokio::time::sleep(SHORT / 4).await;
            }
        };
        let end = async { drop(first) };
        tokio::select! {
            () = others => panic!("the line does not move"),
            (turn, ()) = async { tokio::join!(here.wait(LOUD), end) } => drop(turn.unwrap()),
        }
    }

    #[tokio::test]
    async fn a_thread_looks_for_others_before_it_goes_on_with_a_line() {
        let turns = Turns::new(2, Arc::default());
        let (client, mut server) = UnixStream::pair().unwrap();
        let mut client = client.into_std().unwrap();
        let answered = Arc::new(AtomicUsize::new(0));
        let thread = LocalSet::new();
        let first = turns.wait(LOUD).await.unwrap();
        for _ in 0..30 {
            let (turns, answered) = (turns.clone(), Arc::clone(&answered));
            thread.spawn_local(async move {
                // Answered at once.
                let _turn = turns.wait(LOUD).await.unwrap();
                answered.fetch_add(1, Ordering::Relaxed);
            });
        }
        let answered_before = thread
            .run_until(async {
                tokio::task::yield_now().await;
                client.write_all(b"?").unwrap();
                drop(first);
                server.read_u8().await.unwrap();
                answered.load(Ordering::Relaxed)
            })
            .await;
        assert!(answered_before <= 2, "{answered_before} of the line");
        thread.await;
        assert_eq!(answered.load(Ordering::Relaxed), 30);
    }
}
