//! What becomes of a batch of records that a function does not take: pure.
//!
//! It is tried again as often as declared; then it is cut in two, so that the records before and after a
//! poisonous one still arrive, and in order; a single record that still fails is given up.

use std::collections::VecDeque;

use serde::Deserialize;
use serde_json::Value;

/// The records that are still to be delivered.
pub(super) struct Queue {
    parts: VecDeque<Vec<Value>>,
    attempts: u32,
    attempt_limit: u32,
}

/// What to do next.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// Invoke the function with these.
    Send(Vec<Value>),
    /// Give up the record with this sequence number.
    Drop(String),
    /// Nothing is left.
    Done,
}

/// What the function said about a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All of it was taken.
    Taken,
    /// It was taken up to this sequence number, exclusive (`ReportBatchItemFailures`).
    FailedFrom(String),
    /// None of it counts as taken.
    Failed,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Report {
    #[serde(default)]
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

impl Verdict {
    /// Reads a function's answer: without a list of failures, the batch was taken.
    pub(super) fn read(answer: &[u8]) -> Self {
        let report: Report = serde_json::from_slice(answer).unwrap_or_default();
        let first = report
            .batch_item_failures
            .into_iter()
            .map(|failure| failure.item_identifier)
            .min();
        first.map_or(Self::Taken, Self::FailedFrom)
    }
}

impl Queue {
    pub(super) fn new(records: Vec<Value>, retries: u32) -> Self {
        let parts = if records.is_empty() {
            VecDeque::new()
        } else {
            VecDeque::from([records])
        };
        Self {
            parts,
            attempts: 0,
            attempt_limit: retries.saturating_add(1),
        }
    }

    pub(super) fn next(&mut self) -> Next {
        let Some(part) = self.parts.front() else {
            return Next::Done;
        };
        if self.attempts < self.attempt_limit {
            return Next::Send(part.clone());
        }
        self.attempts = 0;
        let mut part = self.parts.pop_front().unwrap_or_default();
        if part.len() == 1 {
            return Next::Drop(sequence_number(&part[0]).to_owned());
        }
        let second = part.split_off(part.len() / 2);
        self.parts.push_front(second);
        self.parts.push_front(part.clone());
        Next::Send(part)
    }

    /// Notes what the function said; the sequence number up to which all is delivered now, if that moved.
    pub(super) fn judge(&mut self, verdict: Verdict) -> Option<String> {
        let part = self.parts.front_mut()?;
        match verdict {
            Verdict::Taken => {
                let reached = part.last().map(|record| sequence_number(record).to_owned());
                self.parts.pop_front();
                self.attempts = 0;
                reached
            }
            Verdict::FailedFrom(first) => {
                self.attempts += 1;
                let failed = part
                    .iter()
                    .position(|record| sequence_number(record) == first)
                    .unwrap_or(0);
                let taken: Vec<Value> = part.drain(..failed).collect();
                if !taken.is_empty() {
                    self.attempts = 1;
                }
                taken
                    .last()
                    .map(|record| sequence_number(record).to_owned())
            }
            Verdict::Failed => {
                self.attempts += 1;
                None
            }
        }
    }
}

fn sequence_number(record: &Value) -> &str {
    record["dynamodb"]["SequenceNumber"]
        .as_str()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn records(range: std::ops::Range<u32>) -> Vec<Value> {
        range
            .map(|n| json!({ "dynamodb": { "SequenceNumber": format!("{n:021}") } }))
            .collect()
    }

    /// Runs a queue against a function; what it took, in order, and what was given up.
    fn run(
        mut queue: Queue,
        mut function: impl FnMut(&[Value]) -> Verdict,
    ) -> (Vec<u32>, Vec<u32>) {
        let number = |text: &str| text.parse::<u32>().expect("a number");
        let (mut taken, mut dropped) = (Vec::new(), Vec::new());
        loop {
            match queue.next() {
                Next::Done => return (taken, dropped),
                Next::Drop(sequence) => dropped.push(number(&sequence)),
                Next::Send(sent) => {
                    let verdict = function(&sent);
                    if let Some(reached) = queue.judge(verdict) {
                        let upto = number(&reached);
                        taken.extend(
                            sent.iter()
                                .map(|r| number(sequence_number(r)))
                                .filter(|n| *n <= upto),
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_poisonous_record_is_given_up_and_all_others_arrive_in_order() {
        let poisonous = |sent: &[Value]| {
            if sent
                .iter()
                .any(|record| sequence_number(record).ends_with('5'))
            {
                Verdict::Failed
            } else {
                Verdict::Taken
            }
        };
        let (taken, dropped) = run(Queue::new(records(0..9), 2), poisonous);
        assert_eq!(taken, [0, 1, 2, 3, 4, 6, 7, 8]);
        assert_eq!(dropped, [5]);
    }

    #[test]
    fn a_failure_that_passes_loses_nothing() {
        let mut left = 3;
        let shaky = |_: &[Value]| {
            left -= 1;
            if left > 0 {
                Verdict::Failed
            } else {
                Verdict::Taken
            }
        };
        let (taken, dropped) = run(Queue::new(records(0..4), 8), shaky);
        assert_eq!((taken, dropped), (vec![0, 1, 2, 3], vec![]));
    }

    #[test]
    fn reported_failures_start_again_from_the_first_failed_record() {
        let mut calls = 0;
        let reporting = |sent: &[Value]| {
            calls += 1;
            if calls == 1 {
                Verdict::FailedFrom(sequence_number(&sent[2]).to_owned())
            } else {
                Verdict::Taken
            }
        };
        let (taken, dropped) = run(Queue::new(records(0..5), 2), reporting);
        assert_eq!((taken, dropped), (vec![0, 1, 2, 3, 4], vec![]));
    }

    #[test]
    fn an_answer_without_a_report_takes_the_batch() {
        assert_eq!(Verdict::read(b"null"), Verdict::Taken);
        assert_eq!(
            Verdict::read(br#"{"batchItemFailures":[]}"#),
            Verdict::Taken
        );
        let reported = Verdict::read(
            br#"{"batchItemFailures":[{"itemIdentifier":"2"},{"itemIdentifier":"1"}]}"#,
        );
        assert_eq!(reported, Verdict::FailedFrom("1".to_owned()));
    }
}
