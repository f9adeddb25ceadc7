//! Whose turn it is, so that a company that asks for much leaves the others about as fast as they are without it.
//!
//! One company never has more than half of the connections. What it asks for beyond that waits in its own line, and who waited there
//! steps back twice: the thread looks first whether somebody else has sent something, and requests of companies without a
//! line have a head start. `docs/decisions/0023-turns.md` says why, and what each of it is worth.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{AcquireError, Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use uuid::Uuid;

/// Companies whose lines are kept track of; beyond that those who have none are forgotten.
const LINES: usize = 1_024;
/// So long nothing of a company with a line begins when a request of another, without one, has: longer than most statements
/// take, also on a database that has much to do.
const HEAD_START: Duration = Duration::from_millis(5);

/// The turns at the connections of one pool.
#[derive(Clone, Debug)]
pub struct Turns {
    lines: Arc<Mutex<HashMap<Uuid, Arc<Semaphore>>>>,
    /// As many connections as one company may have.
    most: usize,
    prompt: Arc<Prompt>,
}

/// A company's turn at a connection, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    _place: OwnedSemaphorePermit,
    _prompt: Option<UnderWay>,
}

impl Turns {
    /// Those at so many connections, where requests in `prompt` have a head start.
    pub fn new(connections: usize, prompt: Arc<Prompt>) -> Self {
        Self {
            lines: Arc::default(),
            most: (connections / 2).max(1),
            prompt,
        }
    }

    /// Waits for the company's turn.
    pub async fn wait(&self, tenant: Uuid) -> Result<Turn, AcquireError> {
        let line = self.line(tenant);
        if let Ok(place) = Arc::clone(&line).try_acquire_owned() {
            return Ok(Turn {
                _place: place,
                _prompt: Some(Prompt::begin(&self.prompt, tenant)),
            });
        }
        let place = line.acquire_owned().await?;
        // What the database answers at once is read at once: without this, the thread would go through the whole line before it
        // looked whether anybody else has sent something.
        tokio::task::yield_now().await;
        self.prompt.let_others_go(tenant).await;
        Ok(Turn {
            _place: place,
            _prompt: None,
        })
    }

    fn line(&self, tenant: Uuid) -> Arc<Semaphore> {
        let mut lines = self.lines.lock();
        if lines.len() >= LINES {
            lines.retain(|_, line| Arc::strong_count(line) > 1);
        }
        let line = lines
            .entry(tenant)
            .or_insert_with(|| Arc::new(Semaphore::new(self.most)));
        Arc::clone(line)
    }
}

/// Companies for which something is under way that did not have to wait in their own line.
#[derive(Debug)]
pub struct Prompt {
    companies: Mutex<HashMap<Uuid, Company>>,
    one_ended: Notify,
    head_start: Duration,
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
            companies: Mutex::default(),
            one_ended: Notify::new(),
            head_start,
        }
    }

    fn begin(prompt: &Arc<Self>, tenant: Uuid) -> UnderWay {
        let last = Instant::now();
        let mut companies = prompt.companies.lock();
        let company = companies.entry(tenant).or_insert(Company { under_way: 0, last });
        company.under_way += 1;
        company.last = last;
        UnderWay {
            prompt: Arc::clone(prompt),
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

    /// Until when others than this company have theirs.
    fn head_start_of_others(&self, tenant: Uuid) -> Option<Instant> {
        let companies = self.companies.lock();
        let others = companies.iter().filter(|(company, _)| **company != tenant);
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
        let mut companies = self.prompt.companies.lock();
        if let Some(company) = companies.get_mut(&self.tenant) {
            company.under_way -= 1;
            if company.under_way == 0 {
                companies.remove(&self.tenant);
            }
        }
        drop(companies);
        self.prompt.one_ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use std::io::Write as _;
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::FutureExt;
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
        assert!(here.prompt.companies.lock().contains_key(&QUIET));
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
                let _under_way = Prompt::begin(&there.prompt, Uuid::from_u128(other));
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
