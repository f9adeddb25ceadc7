//! GraphQL over server-sent events, in distinct connections mode
//! (<https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>).

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, rt};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tracing::Instrument;
use uuid::Uuid;

use super::negotiate::MediaType;
use super::reply;
use crate::app::App;
use crate::error::Error;
use crate::platform::operation::{Answer, Subscription};

/// A quiet stream says something after so long, so that what stands in between keeps it open.
const HEARTBEAT: Duration = Duration::from_secs(12);

/// One message with an answer.
pub fn message(answer: &Answer) -> Vec<u8> {
    let mut bytes = b"event: next\ndata: ".to_vec();
    // JSON has no line breaks outside strings, and inside they are escaped.
    bytes.extend(answer.to_json());
    bytes.extend_from_slice(b"\n\n");
    bytes
}

/// Says that there is nothing more to come.
pub const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";

/// Streams a subscription until the client leaves, the caller is no longer who he was, or the server stops.
pub fn stream(
    app: &Arc<App>,
    subscription: Subscription,
    permit: OwnedSemaphorePermit,
    request_id: Uuid,
) -> HttpResponse {
    let state = Stream {
        ended: Box::pin({
            let caller = subscription.caller();
            async move { caller.ended().await }
        }),
        answers: pump(subscription),
        app: Arc::clone(app),
        is_over: false,
        _permit: permit,
    };
    let bytes = futures::stream::unfold(state, |mut state| async move {
        let bytes = state.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(bytes)), state))
    });
    reply::builder(StatusCode::OK, request_id)
        .insert_header((CONTENT_TYPE, MediaType::EventStream.content_type()))
        // Proxies that gather an answer before they pass it on are asked not to.
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(bytes)
}

/// Runs the subscription beside the stream: a delivery under way is not thrown away for a heartbeat. One answer waits
/// at most; the next is made when the client has taken it.
fn pump(mut subscription: Subscription) -> mpsc::Receiver<Answer> {
    let (sender, receiver) = mpsc::channel(1);
    let pumping = async move {
        loop {
            let answer = tokio::select! {
                answer = subscription.next() => answer,
                () = sender.closed() => return,
            };
            let Some(answer) = answer else { return };
            if sender.send(answer).await.is_err() {
                return;
            }
        }
    };
    rt::spawn(pumping.in_current_span());
    receiver
}

struct Stream {
    answers: mpsc::Receiver<Answer>,
    ended: Pin<Box<dyn Future<Output = Error>>>,
    app: Arc<App>,
    is_over: bool,
    _permit: OwnedSemaphorePermit,
}

impl Stream {
    async fn next(&mut self) -> Option<Vec<u8>> {
        if self.is_over {
            return None;
        }
        tokio::select! {
            answer = self.answers.recv() => Some(match answer {
                Some(answer) => message(&answer),
                None => self.complete(Vec::new()),
            }),
            why = &mut self.ended => {
                let info = crate::platform::ctx::RequestInfo::internal();
                let last = message(&Answer::refused(&why.into(), info.lang, info.id));
                Some(self.complete(last))
            }
            // Without `complete` the client knows that it is to come back.
            () = self.app.closing.begun() => None,
            () = tokio::time::sleep(HEARTBEAT) => Some(b":\n\n".to_vec()),
        }
    }

    fn complete(&mut self, mut last: Vec<u8>) -> Vec<u8> {
        self.is_over = true;
        last.extend_from_slice(COMPLETE);
        last
    }
}
