//! What runs by itself: timers, notices, routes. Everything it does is in the desk's file first, so that a desk that
//! was killed goes on where it was.

use crate::core::Input;
use crate::core::event::{Delivery, RouteNotice};
use crate::core::table::Row;
use crate::desk::{Desk, now};
use crate::routes::{NumberRoute, NumberRoutes};
use crate::sender::Sender;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Most notices on their way at once.
const MAX_SENDING: usize = 16;
/// Longest sleep: a step of the wall clock is noticed within this.
const MAX_SLEEP: Duration = Duration::from_secs(30);
/// Wait after a route that the platform did not take.
const ROUTE_WAIT: Duration = Duration::from_millis(500);

/// What came back.
enum Done {
    Notice {
        key: String,
        taken: bool,
    },
    Route {
        number: String,
        seq: u64,
        taken: bool,
    },
}

/// Runs until told to stop.
pub(crate) async fn run(
    desk: Arc<Desk>,
    sender: Arc<Sender>,
    routes: Arc<dyn NumberRoutes>,
    stop: CancellationToken,
) {
    let mut under_way: JoinSet<Done> = JoinSet::new();
    let mut busy: BTreeSet<String> = BTreeSet::new();
    loop {
        let due = desk.read(|state| state.next_wake().is_some_and(|at| at <= now()));
        if due && desk.step(Input::Tick, |_, _| ()).is_err() {
            tokio::time::sleep(ROUTE_WAIT).await;
        }
        let (notices, told, next) = desk.read(|state| {
            let at = now();
            let free = MAX_SENDING.saturating_sub(busy.len());
            let notices: Vec<(Delivery, Option<String>)> = state
                .deliveries
                .iter()
                .take_while(|delivery| delivery.due <= at)
                .filter(|delivery| !busy.contains(&delivery.key()))
                .take(free)
                .map(|delivery| {
                    let event = state.events.get(&delivery.event);
                    let body = event
                        .map(|event| event.envelope(delivery.attempt, &delivery.url).to_string());
                    (delivery.clone(), body)
                })
                .collect();
            let told: Vec<RouteNotice> = state
                .routes
                .iter()
                .filter(|route| !busy.contains(&route.key()))
                .take(free)
                .cloned()
                .collect();
            let later = state
                .deliveries
                .iter()
                .map(|delivery| delivery.due)
                .find(|due| *due > at);
            let next = state.next_wake().into_iter().chain(later).min();
            (notices, told, next)
        });
        for (delivery, body) in notices {
            busy.insert(delivery.key());
            let (sender, desk) = (sender.clone(), desk.clone());
            under_way.spawn(async move {
                let key = delivery.key();
                // A forgotten event has nothing to tell any more.
                let Some(body) = body else {
                    return Done::Notice { key, taken: true };
                };
                let taken = sender.send(&desk.signer, &delivery.url, body).await;
                Done::Notice { key, taken }
            });
        }
        for route in told {
            busy.insert(route.key());
            let routes = routes.clone();
            under_way.spawn(async move { tell(&*routes, route).await });
        }
        let sleep = next.map_or(MAX_SLEEP, |at| {
            Duration::from_millis(u64::try_from(at.0 - now().0).unwrap_or(0)).min(MAX_SLEEP)
        });
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(done) = under_way.join_next() => {
                if let Ok(done) = done {
                    finish(&desk, &mut busy, done);
                } else {
                    busy.clear();
                }
            }
            () = desk.changed.notified() => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
    // What was on its way is tried again at the next start.
    under_way.shutdown().await;
}

async fn tell(routes: &dyn NumberRoutes, notice: RouteNotice) -> Done {
    let RouteNotice {
        number,
        country,
        seq,
        here,
        connection_id,
    } = notice;
    let number = number.as_str().to_owned();
    let route = if here {
        NumberRoute::Here {
            number: number.clone(),
            country,
            connection_id,
        }
    } else {
        NumberRoute::Gone {
            number: number.clone(),
        }
    };
    let taken = routes.set(route).await.is_ok();
    if !taken {
        tokio::time::sleep(ROUTE_WAIT).await;
    }
    Done::Route { number, seq, taken }
}

fn finish(desk: &Desk, busy: &mut BTreeSet<String>, done: Done) {
    let input = match done {
        Done::Notice { key, taken } => {
            busy.remove(&key);
            Input::NoticeSent { key, taken }
        }
        Done::Route { number, seq, taken } => {
            busy.remove(&number);
            if !taken {
                return;
            }
            Input::RouteHeard { number, seq }
        }
    };
    if let Err(refusal) = desk.step(input, |_, _| ()) {
        tracing::warn!(%refusal, "a notice is told again");
    }
}
