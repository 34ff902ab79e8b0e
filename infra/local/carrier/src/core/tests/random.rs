//! Whatever is asked in whatever order: no illegal step, no number in two hands, every submitted order ends.

use super::*;
use crate::core::port::donor;
use crate::core::port::status::PortEvent;
use crate::core::portout::{NewPortOut, PortOutAnswer};
use proptest::prelude::*;

/// Something that somebody does.
#[derive(Debug, Clone)]
enum Deed {
    Draft(usize),
    Order(u8),
    Confirm(usize),
    Cancel(usize),
    Activate(usize),
    Correct(usize),
    Answer(usize, u8),
    Release(usize),
    PortOut(usize),
    AnswerOut(usize, bool),
    Manual(bool),
    Pass(u16),
}

const ACCOUNTS: [&str; 8] = [
    "CH-1000", "CH-1003", "CH-1004", "CH-1005", "US-1000", "US-1006", "US-1007", "SG-1001",
];

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (0..ACCOUNTS.len()).prop_map(Deed::Draft),
        2 => (0..100_u8).prop_map(Deed::Order),
        4 => (0..6_usize).prop_map(Deed::Confirm),
        2 => (0..6_usize).prop_map(Deed::Cancel),
        1 => (0..6_usize).prop_map(Deed::Activate),
        1 => (0..6_usize).prop_map(Deed::Correct),
        2 => (0..6_usize, 0..3_u8).prop_map(|(port, kind)| Deed::Answer(port, kind)),
        1 => (0..8_usize).prop_map(Deed::Release),
        2 => (0..8_usize).prop_map(Deed::PortOut),
        1 => (0..4_usize, any::<bool>()).prop_map(|(out, yes)| Deed::AnswerOut(out, yes)),
        1 => any::<bool>().prop_map(Deed::Manual),
        4 => (1..200_u16).prop_map(Deed::Pass),
    ]
}

fn nth<T: super::super::table::Row>(
    table: &super::super::table::Table<T>,
    index: usize,
) -> Option<String> {
    table
        .iter()
        .nth(index % table.len().max(1))
        .map(super::super::table::Row::key)
}

fn done(bench: &mut Bench, deed: &Deed) {
    let input = match *deed {
        Deed::Draft(index) => {
            let record = bench.record(ACCOUNTS[index]);
            // Any of them may rest after a release.
            let is_free = |offset| {
                let number = record.first.further(offset);
                bench.state.portability(&number).reason.is_empty()
            };
            if (0..3).all(is_free) {
                bench.draft(ACCOUNTS[index], 3);
            }
            return;
        }
        Deed::Order(offset) => {
            let numbers = vec![format!("+121255501{offset:02}")];
            Some(Input::Order(NewOrder {
                numbers,
                ..NewOrder::default()
            }))
        }
        Deed::Confirm(index) => nth(&bench.state.ports, index).map(Input::ConfirmPort),
        Deed::Cancel(index) => nth(&bench.state.ports, index).map(Input::CancelPort),
        Deed::Activate(index) => nth(&bench.state.ports, index).map(Input::ActivatePort),
        Deed::Correct(index) => nth(&bench.state.ports, index).map(|id| Input::EditPort {
            id,
            body: json!({ "end_user": { "admin": { "tax_identifier": "1" } } }),
        }),
        Deed::Answer(index, kind) => nth(&bench.state.ports, index).map(|id| {
            let answer = match kind {
                0 => donor::Answer::Accept(None),
                1 => donor::Answer::Reject(vec![ExceptionCode::Other], None),
                _ => donor::Answer::Silent,
            };
            Input::DonorAnswers { id, answer }
        }),
        Deed::Release(index) => nth(&bench.state.owned, index).map(Input::ReleaseNumber),
        Deed::PortOut(index) => nth(&bench.state.owned, index)
            .and_then(|id| bench.state.owned.get(&id))
            .map(|owned| {
                let phone_numbers = vec![owned.number.as_str().to_owned()];
                Input::StartPortOut(NewPortOut {
                    phone_numbers,
                    ..NewPortOut::default()
                })
            }),
        Deed::AnswerOut(index, yes) => nth(&bench.state.portouts, index).map(|id| {
            let answer = if yes {
                PortOutAnswer::Authorized
            } else {
                PortOutAnswer::RejectedPending
            };
            Input::AnswerPortOut {
                id,
                answer,
                reason: "1002".to_owned(),
                host_messaging: None,
            }
        }),
        Deed::Manual(on) => Some(Input::Practice {
            manual_donor: Some(on),
            reliable: None,
        }),
        Deed::Pass(hours) => {
            bench.pass_hours(i64::from(hours));
            return;
        }
    };
    if let Some(input) = input {
        // Refused or not: `step` holds that a refusal changes nothing.
        let _ = bench.step(input);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn nothing_illegal_ever_happens(deeds in prop::collection::vec(deed(), 1..40)) {
        let mut bench = Bench::new(Faults::NOW_AND_THEN);
        for deed in &deeds {
            done(&mut bench, deed);
        }
        // The donors' limits end what no person answered.
        bench.pass_hours(24 * 120);
        let ids: Vec<String> = bench.state.ports.iter().map(|port| port.id.clone()).collect();
        for id in ids {
            let told = bench.told(&id);
            let mut at = PortStatus::Draft;
            for name in &told {
                let next = PortEvent::ALL.iter().filter_map(|event| at.next(*event)).find(|next| next.as_str() == name);
                prop_assert!(next.is_some(), "{at:?} to {name} in {told:?}");
                at = next.unwrap_or(at);
            }
            prop_assert_eq!(at, bench.status(&id));
            prop_assert!(at.is_over() || at == PortStatus::Exception, "{:?} never ended: {:?}", at, told);
        }
        let open = bench.state.portouts.iter().filter(|out| out.status == crate::core::portout::PortOutStatus::Pending).count();
        prop_assert_eq!(open, 0);
    }
}
