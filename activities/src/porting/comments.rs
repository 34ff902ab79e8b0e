//! What the carrier's people say about an order, taken over into the timeline of its port, each comment once.
use super::desk;
use super::record::Port;
use crate::ports::clock::Clock;
use crate::ports::porting::{CarrierComment, Desks, Porting as _};
use crate::ports::requests::Requests;
use crate::request::RequestRecord;
use contract::RequestId;
use contract::port::PortError;
use contract::request::{Kind, Party};
use jiff::Timestamp;

/// Most comments that are taken over, the newest: a timeline keeps no more.
const COMMENTS_MAX: usize = 200;
/// Longest text of one, in characters: the item that holds it has an end.
const TEXT_MAX: usize = 2_000;

/// A notice tells of a comment: the timeline has it at once, whatever the port waits for.
///
/// # Errors
/// [`PortError`]. Hearing it again writes nothing twice.
pub async fn heard(
    d: &(impl Requests + Clock + Desks),
    request: &RequestId,
) -> Result<(), PortError> {
    let record = d.get(request).await?;
    let Some(record) = record.filter(|record| record.view.kind == Kind::PortIn) else {
        return Ok(());
    };
    let port = Port::of(&record)?;
    let Some(id) = port.view.external_id.as_deref() else {
        return Ok(());
    };
    let (_, desk) = desk(d, &port)?;
    let told = desk.comments(id).await?;
    take_over(d, request, &port, &told).await
}

/// Writes down those that are new.
///
/// # Errors
/// [`PortError`].
pub(super) async fn take_over(
    d: &(impl Requests + Clock),
    request: &RequestId,
    port: &Port,
    told: &[CarrierComment],
) -> Result<(), PortError> {
    if fresh(port, told).next().is_none() {
        return Ok(());
    }
    let now = d.now();
    let put = |record: &mut RequestRecord| write(record, told, now);
    let Some((done, _)) = d.update(request, put).await? else {
        return Ok(());
    };
    done
}

/// The newest of them that are not written down yet, oldest first.
fn fresh<'c>(port: &Port, told: &'c [CarrierComment]) -> impl Iterator<Item = &'c CarrierComment> {
    let first = told.len().saturating_sub(COMMENTS_MAX);
    let known = port.hidden.comments.clone();
    let newest = told.iter().skip(first);
    newest.filter(move |comment| !known.contains(&comment.id))
}

/// Pure.
fn write(
    record: &mut RequestRecord,
    told: &[CarrierComment],
    now: Timestamp,
) -> Result<(), PortError> {
    let mut port = Port::of(record)?;
    for comment in fresh(&port.clone(), told) {
        let text: String = comment.text.trim().chars().take(TEXT_MAX).collect();
        record.comment(Party::Carrier, None, &text, now);
        port.hidden.comments.push(comment.id.clone());
    }
    let many = port.hidden.comments.len().saturating_sub(COMMENTS_MAX);
    port.hidden.comments.drain(..many);
    port.put(record);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Begun;
    use contract::TenantId;
    use contract::port::{PortForm, PortView};
    use serde_json::{Value, json};

    fn record() -> RequestRecord {
        let begun = Begun {
            id: RequestId::from("pi-7"),
            kind: Kind::PortIn,
            tenant: TenantId::from("t-1"),
            person: None,
            title: "A port".to_owned(),
            details: json!(PortView::draft(PortForm::default())),
            numbers: Vec::new(),
            hidden: Value::Null,
        };
        RequestRecord::new(begun, Timestamp::UNIX_EPOCH)
    }

    fn said(ids: std::ops::Range<usize>) -> Vec<CarrierComment> {
        let comment = |id: usize| CarrierComment {
            id: format!("c-{id}"),
            text: format!("comment {id}"),
        };
        ids.map(comment).collect()
    }

    fn comments(record: &RequestRecord) -> Vec<(Party, String)> {
        let lines = record.view.timeline.iter();
        let lines = lines.filter(|line| line.is_comment);
        lines.map(|line| (line.by, line.text.clone())).collect()
    }

    #[test]
    fn what_the_carrier_says_is_in_the_timeline_once() {
        let mut record = record();
        for told in [said(0..2), said(0..2), said(0..3)] {
            write(&mut record, &told, Timestamp::UNIX_EPOCH).unwrap();
        }
        let known = comments(&record);
        assert_eq!(
            known
                .iter()
                .map(|(_, text)| text.as_str())
                .collect::<Vec<_>>(),
            ["comment 0", "comment 1", "comment 2"]
        );
        assert!(known.iter().all(|(by, _)| *by == Party::Carrier));
    }

    #[test]
    fn of_very_many_the_newest_are_kept_and_none_comes_back() {
        let mut record = record();
        write(&mut record, &said(0..450), Timestamp::UNIX_EPOCH).unwrap();
        let before = comments(&record);
        write(&mut record, &said(0..450), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(comments(&record), before);
        assert_eq!(before.last().unwrap().1, "comment 449");
    }
}
