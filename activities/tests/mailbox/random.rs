//! Long scripts, walked at random.
use crate::laws;
use crate::script::{EventScript, Script, TurnScript};
use crate::world::{Act, World};
use contract::signal::SignalName;
use proptest::prelude::*;
use proptest::sample::subsequence;

const NAMES: [SignalName; 6] = [
    SignalName::ClientAnswer,
    SignalName::ClientHangup,
    SignalName::ClientDigits,
    SignalName::PhoneDigits,
    SignalName::PhoneDone,
    SignalName::PhoneHungup,
];

fn script() -> impl Strategy<Value = Script> {
    let name = || prop::sample::select(NAMES.to_vec());
    let turn = (subsequence(NAMES.to_vec(), 1..=4), any::<bool>());
    let turn = turn.prop_map(|(accepts, moves)| TurnScript { accepts, moves });
    // A hang-up takes the leg's moves with it: as a command it says nothing about the leg.
    let event = prop::option::of(prop::sample::select(vec![
        SignalName::PhoneDigits,
        SignalName::PhoneDone,
    ]));
    let event = event.prop_map(|signal| EventScript { signal });
    (
        prop::collection::vec(name(), 0..10),
        prop::collection::vec(turn, 1..12),
        prop::collection::vec(event, 0..6),
    )
        .prop_map(|(letters, turns, events)| Script {
            letters,
            turns,
            events,
            repeats: 2,
            deaths: 6,
            wakes: 6,
            closes: false,
        })
}

fn hold(path: &[Act], law: Result<(), String>) -> Result<(), TestCaseError> {
    law.map_err(|broken| TestCaseError::fail(format!("{broken}\nafter {path:?}")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever happens in whatever order, the laws hold at each step, and at the end nothing is left undone.
    #[test]
    fn the_laws_hold_on_every_long_walk(script in script(), picks in prop::collection::vec(any::<u16>(), 300)) {
        let mut world = World::new(&script);
        let mut path = Vec::new();
        let mut picks = picks.into_iter().cycle();
        // Every act uses something up, so a walk ends: a few acts per letter, turn and event.
        for _ in 0..10_000 {
            let acts = world.acts();
            let next = if acts.is_empty() {
                let swept = world.sweep();
                if swept.acts().is_empty() {
                    hold(&path, laws::always(&swept))?;
                    hold(&path, laws::finally(&swept))?;
                    return Ok(());
                }
                swept
            } else {
                let act = acts[usize::from(picks.next().unwrap_or(0)) % acts.len()].clone();
                let next = world.after(&act);
                path.push(act);
                next
            };
            hold(&path, laws::always(&next))?;
            world = next;
        }
        prop_assert!(false, "the walk does not end: {path:?}");
    }
}
