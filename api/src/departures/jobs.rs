//! What happens to departures without anybody asking.

use super::{endings, queries};
use crate::error::Result;
use crate::platform::Ctx;

/// Departures looked at in one day; the others wait for the next look.
const MOST: u64 = 1_000;

/// Ends the departures whose last day is over: places on teams go, if that was wanted. Each is a transaction of its own;
/// one that fails does not hold up the others. Safe to run twice and at once.
pub async fn run_day(ctx: &Ctx) -> Result<()> {
    let today = ctx.today()?;
    let db = ctx.read().await?;
    let due = queries::due(&db, today, MOST).await?;
    drop(db);
    ctx.end_read().await?;
    let mut failure = None;
    for departure in due {
        if let Err(error) = endings::end(ctx, departure.id).await {
            tracing::error!(departure = %departure.id, %error, "ending a departure failed");
            failure.get_or_insert(error);
        }
    }
    failure.map_or(Ok(()), Err)
}
