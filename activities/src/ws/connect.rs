//! `$connect`: who may open a socket.
//!
//! Browsers set no headers on a WebSocket, so the token travels as the second subprotocol and the device's id as the third:
//! `strowger, <access token>, device.<id>`. Only the first is answered.
use super::event::Event;
use super::status;
use crate::http::is_device;
use crate::people::{Caller, Keys, access};
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::connections::{Connection, Connections, MAX_AGE_S, MAX_PER_PERSON};
use crate::ports::directory::Directory;
use crate::ports::sessions::Sessions;
use contract::DeviceId;
use contract::push::{DEVICE_PREFIX, SUBPROTOCOL};
use serde_json::{Value, json};

const HEADER: &str = "Sec-WebSocket-Protocol";

/// Admits a connection or refuses it: 401 without a good token, 400 for another offer, 429 if the person has too many.
pub(super) async fn connect(
    d: &(impl Clock + Connections + Directory + Sessions),
    keys: &Keys,
    event: &Event,
) -> Result<Value, Unavailable> {
    let now = d.now().as_second();
    let Some((token, device)) = event.header(HEADER).and_then(offer) else {
        return Ok(status(400));
    };
    let Ok(caller) = access::verify(keys, token, now) else {
        return Ok(status(401));
    };
    // Who was removed or has signed out keeps no socket, though the token lasts a little.
    if d.person(&caller.tenant, &caller.person).await?.is_none()
        || d.session(&caller.session).await?.is_none()
    {
        return Ok(status(401));
    }
    let open = d.of_person(&caller.person).await?;
    if open
        .iter()
        .filter(|connection| connection.expires > now)
        .count()
        >= MAX_PER_PERSON
    {
        return Ok(status(429));
    }
    d.add(&connection(event.id(), caller, device, now)).await?;
    Ok(json!({ "statusCode": 200, "headers": { HEADER: SUBPROTOCOL } }))
}

fn connection(id: &str, caller: Caller, device: &str, now: i64) -> Connection {
    Connection {
        id: id.to_owned(),
        tenant: caller.tenant,
        person: caller.person,
        role: caller.role,
        device: DeviceId::from(device),
        session: caller.session,
        since: now,
        expires: now + MAX_AGE_S,
    }
}

/// The token and the device of an offer.
fn offer(header: &str) -> Option<(&str, &str)> {
    let mut offered = header.split(',').map(str::trim);
    let (first, token, device) = (offered.next()?, offered.next()?, offered.next()?);
    let device = device
        .strip_prefix(DEVICE_PREFIX)
        .filter(|device| is_device(device))?;
    (first == SUBPROTOCOL && !token.is_empty() && offered.next().is_none())
        .then_some((token, device))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_has_its_three_parts_in_order() {
        assert_eq!(
            offer("strowger, a.b.c, device.tab-12345"),
            Some(("a.b.c", "tab-12345"))
        );
        assert_eq!(
            offer("strowger,a.b.c,device.tab-12345"),
            Some(("a.b.c", "tab-12345"))
        );
        for bad in [
            "",
            "strowger",
            "strowger, a.b.c",
            "strowger, , device.tab-12345",
            "a.b.c, strowger, device.tab-12345",
            "strowger, a.b.c, tab-12345",
            "strowger, a.b.c, device.short",
            "strowger, a.b.c, device.tab-12345, more",
        ] {
            assert_eq!(offer(bad), None, "{bad}");
        }
    }
}
