//! A dialog (RFC 3261 section 12): what is needed to send a request within it, also after a restart.

use super::flow::{Flow, Proto};
use super::message::{Message, Method, Start};
use super::uri::{NameAddr, Uri};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};

/// A confirmed dialog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialog {
    /// Call-ID.
    pub call_id: String,
    /// Our From (or To) value with its tag.
    pub local: String,
    /// The peer's value with its tag.
    pub remote: String,
    /// Remote target: the peer's Contact URI.
    pub target: String,
    /// Route set, in the order to be used.
    pub routes: Vec<String>,
    /// Our last CSeq number.
    pub local_cseq: u32,
    /// The peer's last CSeq number.
    pub remote_cseq: Option<u32>,
    /// Next hop.
    pub flow: Flow,
}

impl Dialog {
    /// The dialog that our 2xx to `invite` makes; `local_tag` is in that 2xx.
    #[must_use]
    pub fn as_server(invite: &Message, local_tag: &str, source: Flow) -> Option<Self> {
        let target = match invite.list("Contact").next() {
            Some(contact) => NameAddr::parse(contact)?.uri,
            // A client of RFC 2543 is where its From header says.
            None => invite.from()?.uri,
        };
        let routes: Vec<String> = invite.list("Record-Route").map(str::to_owned).collect();
        let to = invite.header("To")?;
        let local = if invite.to()?.tag().is_some() {
            to.to_owned()
        } else {
            format!("{to};tag={local_tag}")
        };
        Some(Self {
            call_id: invite.call_id()?.to_owned(),
            local,
            remote: invite.header("From")?.to_owned(),
            flow: next_hop(&routes, &target, source),
            target,
            routes,
            local_cseq: 0,
            remote_cseq: invite.cseq().map(|(number, _)| number),
        })
    }

    /// The dialog that a response with a To tag makes for our `invite`.
    #[must_use]
    pub fn as_client(invite: &Message, answer: &Message, source: Flow) -> Option<Self> {
        let contact = answer
            .list("Contact")
            .next()
            .and_then(NameAddr::parse)
            .map(|c| c.uri);
        let target = match (contact, &invite.start) {
            (Some(contact), _) => contact,
            (None, Start::Request { uri, .. }) => uri.clone(),
            (None, Start::Response { .. }) => return None,
        };
        let mut routes: Vec<String> = answer.list("Record-Route").map(str::to_owned).collect();
        routes.reverse();
        Some(Self {
            call_id: invite.call_id()?.to_owned(),
            local: invite.header("From")?.to_owned(),
            remote: answer.header("To")?.to_owned(),
            flow: next_hop(&routes, &target, source),
            target,
            routes,
            local_cseq: invite.cseq().map_or(1, |(number, _)| number),
            remote_cseq: None,
        })
    }

    /// The tag of our side.
    #[must_use]
    pub fn local_tag(&self) -> String {
        tag_of(&self.local)
    }

    /// The tag of the peer's side; empty for an RFC 2543 peer.
    #[must_use]
    pub fn remote_tag(&self) -> String {
        tag_of(&self.remote)
    }

    /// A new request within the dialog. ACK takes the CSeq number of its INVITE; all others the next one.
    pub fn request(&mut self, method: &Method, via: String, contact: &str) -> Message {
        if *method != Method::Ack {
            self.local_cseq += 1;
        }
        let mut routes = self.routes.clone();
        let mut uri = self.target.clone();
        let first = routes
            .first()
            .and_then(|r| NameAddr::parse(r))
            .map(|r| r.uri);
        if let Some(first) = first
            && Uri::parse(&first).is_ok_and(|u| u.param("lr").is_none())
        {
            // Section 12.2.1.1: a strict router wants itself in the Request-URI and the target last.
            routes.remove(0);
            routes.push(format!("<{uri}>"));
            uri = first;
        }
        let start = Start::Request {
            method: method.clone(),
            uri,
        };
        let mut message = Message {
            start,
            headers: Vec::new(),
            body: Vec::new(),
        };
        message.push("Via", via);
        message.push("Max-Forwards", "70");
        routes
            .into_iter()
            .for_each(|route| message.push("Route", route));
        message.push("From", self.local.clone());
        message.push("To", self.remote.clone());
        message.push("Call-ID", self.call_id.clone());
        message.push("CSeq", format!("{} {method}", self.local_cseq));
        message.push("Contact", contact);
        message
    }

    /// Takes a target refresh (re-INVITE): a new Contact of the peer.
    pub fn refresh_target(&mut self, request: &Message, source: Flow) {
        if let Some(contact) = request.list("Contact").next().and_then(NameAddr::parse) {
            self.flow = next_hop(&self.routes, &contact.uri, source);
            self.target = contact.uri;
        }
    }

    /// Whether a request of the peer is in order: its CSeq number must grow (section 12.2.2).
    pub fn in_order(&mut self, request: &Message) -> bool {
        let Some((number, _)) = request.cseq() else {
            return false;
        };
        if self.remote_cseq.is_some_and(|last| number < last) {
            return false;
        }
        self.remote_cseq = Some(number);
        true
    }
}

fn tag_of(value: &str) -> String {
    NameAddr::parse(value)
        .and_then(|n| n.tag().map(str::to_owned))
        .unwrap_or_default()
}

/// Where the next request goes: the first route or the target, when that is an address that the message itself could
/// have come from; behind NAT, and for names, the way the message came.
fn next_hop(routes: &[String], target: &str, source: Flow) -> Flow {
    if source.proto == Proto::Tcp {
        return source;
    }
    let first = routes
        .first()
        .and_then(|r| NameAddr::parse(r))
        .map(|r| r.uri);
    let Ok(uri) = Uri::parse(first.as_deref().unwrap_or(target)) else {
        return source;
    };
    let Ok(ip) = uri.host.trim_matches(['[', ']']).parse::<IpAddr>() else {
        return source;
    };
    let peer = SocketAddr::new(ip, uri.port.unwrap_or(5060));
    let tcp = uri
        .param("transport")
        .is_some_and(|t| t.eq_ignore_ascii_case("tcp"));
    if first.is_none() && ip != source.peer.ip() {
        return source;
    }
    if tcp {
        Flow::tcp(peer)
    } else {
        Flow::udp(peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite(extra: &str) -> Message {
        let text = format!(
            "INVITE sip:+41@host SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=f\r\n\
             To: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 7 INVITE\r\n{extra}\r\n"
        );
        Message::parse(text.as_bytes()).unwrap().message
    }

    fn source() -> Flow {
        Flow::udp("10.0.0.1:5060".parse().unwrap())
    }

    #[test]
    fn a_loose_route_goes_into_route_and_the_target_stays_the_uri() {
        let invite = invite(
            "Record-Route: <sip:10.0.0.9;lr>, <sip:10.0.0.8;lr>\r\nContact: <sip:a@10.0.0.1>\r\n",
        );
        let mut dialog = Dialog::as_server(&invite, "t", source()).unwrap();
        let bye = dialog.request(&Method::Bye, "v".into(), "<sip:s@h>");
        assert_eq!(
            bye.start,
            Start::Request {
                method: Method::Bye,
                uri: "sip:a@10.0.0.1".into()
            }
        );
        assert_eq!(
            bye.all("Route").collect::<Vec<_>>(),
            ["<sip:10.0.0.9;lr>", "<sip:10.0.0.8;lr>"]
        );
        assert_eq!(bye.header("From"), Some("<sip:b@h>;tag=t"));
        assert_eq!(bye.header("CSeq"), Some("1 BYE"));
        assert_eq!(dialog.flow.peer, "10.0.0.9:5060".parse().unwrap());
    }

    #[test]
    fn a_strict_route_becomes_the_uri() {
        let invite = invite("Record-Route: <sip:10.0.0.9>\r\nContact: <sip:a@10.0.0.1>\r\n");
        let mut dialog = Dialog::as_server(&invite, "t", source()).unwrap();
        let bye = dialog.request(&Method::Bye, "v".into(), "<sip:s@h>");
        assert_eq!(
            bye.start,
            Start::Request {
                method: Method::Bye,
                uri: "sip:10.0.0.9".into()
            }
        );
        assert_eq!(bye.all("Route").collect::<Vec<_>>(), ["<sip:a@10.0.0.1>"]);
    }

    #[test]
    fn a_contact_behind_nat_is_reached_the_way_it_came() {
        let dialog = Dialog::as_server(
            &invite("Contact: <sip:a@192.168.1.5:5070>\r\n"),
            "t",
            source(),
        )
        .unwrap();
        assert_eq!(dialog.flow, source());
        let dialog =
            Dialog::as_server(&invite("Contact: <sip:a@10.0.0.1:5070>\r\n"), "t", source())
                .unwrap();
        assert_eq!(dialog.flow.peer.port(), 5070);
    }

    #[test]
    fn requests_of_the_peer_must_come_in_order() {
        let mut dialog =
            Dialog::as_server(&invite("Contact: <sip:a@10.0.0.1>\r\n"), "t", source()).unwrap();
        let mut old = invite("");
        old.headers
            .iter_mut()
            .filter(|(n, _)| n == "CSeq")
            .for_each(|(_, v)| *v = "6 INVITE".into());
        assert!(!dialog.in_order(&old));
        assert!(dialog.in_order(&invite("")));
    }
}
