//! What of a request's body nobody reads.
//!
//! A request that is refused early (too large, no token, no such route) is answered before its body has arrived. If the
//! connection closed then, a client that is still sending would see a broken pipe and often not the answer (RFC 9112
//! section 9.6). So the rest is read and thrown away, within limits.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

/// The most that is read for nothing, in bytes; after it the connection closes.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// The longest that it is waited for.
const LONGEST: Duration = Duration::from_secs(10);

/// Lets each request's body be read to its end, whatever is done with it.
pub async fn is_read_to_its_end(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let has_body = headers.contains_key(header::CONTENT_LENGTH)
        || headers.contains_key(header::TRANSFER_ENCODING);
    if !has_body {
        return next.run(request).await;
    }
    let request = request.map(|body| {
        let rest = Some(body.into_data_stream());
        Body::from_stream(Watched { rest })
    });
    next.run(request).await
}

struct Watched {
    /// What has not been read; `None` at the end.
    rest: Option<BodyDataStream>,
}

impl Stream for Watched {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(rest) = &mut self.rest else {
            return Poll::Ready(None);
        };
        let next = rest.poll_next_unpin(context);
        if matches!(next, Poll::Ready(None | Some(Err(_)))) {
            self.rest = None;
        }
        next
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let (Some(rest), Ok(runtime)) = (self.rest.take(), tokio::runtime::Handle::try_current())
        {
            runtime.spawn(tokio::time::timeout(LONGEST, throw_away(rest)));
        }
    }
}

async fn throw_away(mut rest: BodyDataStream) {
    let mut read_bytes = 0;
    while let Some(Ok(chunk)) = rest.next().await {
        read_bytes += chunk.len();
        if read_bytes > MOST_BYTES {
            return;
        }
    }
}
