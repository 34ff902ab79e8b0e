//! Deterministic simulation: the engine on a disk with faults, in virtual time, killed again and again.
//!
//! A world is one seed: what clients ask, when the log is written, what the disk does, when the process dies. After each
//! death everything that was acknowledged must be there, nothing twice, every execution must be able to go on, and what
//! `laws` says must hold of every history. Everything runs on one thread, what else blocks a thread too, as late as the seed says:
//! so a seed fixes every byte that is written and every answer, and a test holds it to that.
//! `STATES_SIM_WORLDS=N` runs more worlds per test, `STATES_SIM_SEED=S` one world alone.

mod book;
mod clients;
mod crowd;
mod disk;
mod endless;
mod express;
mod flood;
mod folders;
mod given_up;
mod hand;
mod handed;
mod kept;
mod large;
mod laws;
mod load;
mod machines;
mod past;
mod promised;
mod redriven;
mod sparse;
mod told;
mod trials;
mod world;

use world::{Kind, Outcome, World};

/// Worlds of each test; there are four tests.
const WORLDS: u64 = 60;
/// Transitions that the worlds of one test have at least: a million in all four.
const LEAST_TRANSITIONS: u64 = 250_000;
/// Share of executions that must end as they would without faults, so that a world is not all failures.
const LEAST_RIGHT_PERCENT: u64 = 20;

/// Express executions that a world acknowledges at least, on average. As many as there are worlds begin again after a death.
const LEAST_EXPRESS: u64 = 5;

fn worlds(kind: Kind, base: u64) {
    if let Some(seed) = number("STATES_SIM_SEED") {
        let outcome = World::new(seed, kind).run();
        println!("{kind:?}, seed {seed}: {outcome:?}");
        return;
    }
    let count = number("STATES_SIM_WORLDS").unwrap_or(WORLDS);
    let mut sum = Outcome::default();
    for seed in base..base + count {
        // Told before the world runs: the last line of a failure names its seed.
        println!("{kind:?}: STATES_SIM_SEED={seed}");
        let outcome = World::new(seed, kind).run();
        sum.transitions += outcome.transitions;
        sum.executions += outcome.executions;
        sum.right += outcome.right;
        sum.deleted += outcome.deleted;
        sum.express += outcome.express;
        sum.again += outcome.again;
    }
    println!("{kind:?}: {count} worlds, {sum:?}");
    assert!(
        sum.transitions >= LEAST_TRANSITIONS.min(count * LEAST_TRANSITIONS / WORLDS),
        "the worlds are too small: {sum:?}"
    );
    assert!(
        sum.right * 100 >= sum.executions * LEAST_RIGHT_PERCENT,
        "too little succeeds: {sum:?}"
    );
    assert!(
        count < WORLDS || sum.express >= LEAST_EXPRESS * count && sum.again >= count,
        "too few Express executions: {sum:?}"
    );
    assert!(
        count < WORLDS || sum.deleted > 0,
        "no execution ended with its machine: {sum:?}"
    );
}

/// Worlds of each kind that are run twice.
const TWICE: u64 = 6;

#[test]
fn a_seed_gives_the_same_world_twice() {
    for (kind, base) in [
        (Kind::Kills, 1_000),
        (Kind::Faults, 2_000),
        (Kind::Flips, 3_000),
        (Kind::Retention, 4_000),
    ] {
        for seed in base..base + TWICE {
            let (one, other) = (World::new(seed, kind).run(), World::new(seed, kind).run());
            let mut both = one.trace.iter().zip(&other.trace);
            let parted = both.position(|(one, other)| one != other);
            assert_eq!(parted, None, "{kind:?}, seed {seed}: they part there");
            assert_eq!(one.trace.len(), other.trace.len(), "{kind:?}, seed {seed}");
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn kills_alone_lose_nothing_that_was_acknowledged() {
    worlds(Kind::Kills, 1_000);
}

#[test]
fn torn_failed_and_full_disks_lose_nothing_that_was_acknowledged() {
    worlds(Kind::Faults, 2_000);
}

#[test]
fn a_flipped_bit_costs_one_execution_and_its_name_is_told() {
    worlds(Kind::Flips, 3_000);
}

#[test]
fn retention_and_snapshots_lose_nothing_that_is_kept() {
    worlds(Kind::Retention, 4_000);
}
