//! A port that begins: its request, whoever begins it.
use super::record::Port;
use crate::request::Begun;
use contract::request::{Kind, NumberLine};
use contract::{E164, PersonId, RequestId, TenantId};
use serde_json::json;

/// What lists call a port.
pub fn title(lines: &[NumberLine]) -> String {
    match lines {
        [] => "A port".to_owned(),
        [one] => one.number.to_string(),
        [first, more @ ..] => format!("{} and {} more", first.number, more.len()),
    }
}

/// A number of a port that nobody has asked about yet.
pub fn line(number: &E164) -> NumberLine {
    NumberLine {
        number: number.clone(),
        status: "waiting".to_owned(),
        reason: None,
    }
}

/// A port as its request begins: a draft until it is submitted.
pub fn drafted(id: RequestId, tenant: TenantId, person: Option<PersonId>, port: &Port) -> Begun {
    Begun {
        id,
        kind: Kind::PortIn,
        tenant,
        person,
        title: title(&port.lines),
        details: json!(port.view),
        numbers: port.lines.clone(),
        hidden: json!(port.hidden),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_called_by_its_numbers() {
        let line = |number: &str| line(&E164::parse(number).unwrap());
        let lines = ["+41445552000", "+41445552001", "+41445552002"].map(line);
        assert_eq!(title(&lines[..0]), "A port");
        assert_eq!(title(&lines[..1]), "+41445552000");
        assert_eq!(title(&lines), "+41445552000 and 2 more");
    }
}
