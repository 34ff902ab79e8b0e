//! Deterministic simulation: the engine on a disk with faults, in virtual time, killed again and again.
//!
//! A world is one seed: what clients ask, when the log is written, what the disk does, when the process dies. After each
//! death everything that was acknowledged must be there, nothing twice, and every execution must be able to go on.
//! `STATES_SIM_WORLDS=N` runs more worlds per test, `STATES_SIM_SEED=S` one world alone.

mod book;
mod clients;
mod disk;
mod flood;
mod world;

use world::{Kind, World};

/// Worlds of each test. A world has about 6,000 transitions, and there are four tests.
const WORLDS: u64 = 44;
/// Transitions that the worlds of one test have at least.
const LEAST_TRANSITIONS: u64 = 250_000;

fn worlds(kind: Kind, base: u64) {
    if let Some(seed) = number("STATES_SIM_SEED") {
        let transitions = World::new(seed, kind).run();
        println!("{kind:?}, seed {seed}: {transitions} transitions");
        return;
    }
    let count = number("STATES_SIM_WORLDS").unwrap_or(WORLDS);
    let mut transitions = 0;
    for seed in base..base + count {
        // Told before the world runs: the last line of a failure names its seed.
        println!("{kind:?}: STATES_SIM_SEED={seed}");
        transitions += World::new(seed, kind).run();
    }
    println!("{kind:?}: {count} worlds, {transitions} transitions");
    assert!(
        transitions >= LEAST_TRANSITIONS.min(count * 5_000),
        "the worlds are too small: {transitions} transitions"
    );
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
