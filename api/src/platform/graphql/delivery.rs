//! Subscriptions as resolvers see them.
//!
//! A subscription is executed anew for each delivery, as a query over the events that are delivered: with a context of
//! its own, so that what it reads and what the caller may see are of that moment. Before the first one it is executed
//! once without events: then its field says whether the caller may follow at all, and what.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;

use async_graphql::registry::Registry;
use async_graphql::{Context, ObjectType, Response, SubscriptionType};
use entity::event;
use futures::Stream;
use parking_lot::Mutex;

use super::{BigInt, cx};
use crate::error::{Error, Result};
use crate::platform::events::reader;

/// What a subscription follows.
pub struct Interest {
    /// Only events behind this number; from now on when there is none.
    pub after: Option<i64>,
    /// At most so many events in one delivery.
    pub most: usize,
    /// The events that it follows.
    pub matches: Box<dyn Fn(&event::Model) -> bool + Send + Sync>,
}

/// Why the fields of the subscription root are executed.
pub enum Delivery {
    /// To say what they follow.
    Start(Mutex<Option<Interest>>),
    /// To answer these events.
    Events(Vec<event::Model>),
}

/// Inside a field of the subscription root: the events to answer. None at the start, when `interest` is taken instead.
pub fn delivered<'a>(gql: &Context<'a>, interest: impl FnOnce() -> Interest) -> Option<&'a [event::Model]> {
    match gql.data_unchecked::<Arc<Delivery>>().as_ref() {
        Delivery::Start(slot) => {
            *slot.lock() = Some(interest());
            None
        }
        Delivery::Events(events) => Some(events),
    }
}

/// The number a subscription starts behind: one that the log has reached.
pub async fn check_start(gql: &Context<'_>, after: Option<&BigInt>) -> Result<Option<i64>> {
    let (Some(after), Delivery::Start(_)) = (after, gql.data_unchecked::<Arc<Delivery>>().as_ref()) else {
        return Ok(None);
    };
    let ctx = cx(gql);
    if after.0 < 0 || after.0 > reader::end(&ctx.app, ctx.tenant()?.id).await? {
        return Err(Error::bad_input(
            "afterSequence is not a number that the log has reached.",
            "afterSequenceがイベントログの範囲外です。",
        ));
    }
    Ok(Some(after.0))
}

/// The subscription root of the schema: tells of its fields and runs none, because deliveries are run one by one.
pub struct Deliveries<T>(std::marker::PhantomData<fn() -> T>);

impl<T> Default for Deliveries<T> {
    fn default() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<T: ObjectType> SubscriptionType for Deliveries<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    fn create_field_stream<'a>(
        &'a self,
        _: &'a Context<'_>,
    ) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>> {
        None
    }
}
