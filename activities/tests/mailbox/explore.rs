//! Walks every interleaving of a script.
use crate::laws;
use crate::script::Script;
use crate::world::{Act, World};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How much was walked: a test that walked nothing has shown nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Walked {
    /// Different worlds.
    pub(crate) worlds: usize,
    /// Worlds in which nothing more could happen.
    pub(crate) ends: usize,
    /// Ends in which the workflow had received every signal of the script.
    pub(crate) complete: usize,
}

/// Walks everything that can happen and holds it against the laws.
///
/// # Panics
/// With the shortest path found to a broken law.
pub(crate) fn explore(script: &Script) -> Walked {
    let mut seen: HashSet<[u64; 2]> = HashSet::new();
    let mut walked = Walked::default();
    let mut stack = vec![(World::new(script), Vec::<Act>::new())];
    while let Some((world, path)) = stack.pop() {
        if !seen.insert(hash(&world)) {
            continue;
        }
        walked.worlds += 1;
        hold(script, &world, &path, laws::always(&world));
        let acts = world.acts();
        if acts.is_empty() {
            let swept = world.sweep();
            hold(script, &swept, &path, laws::always(&swept));
            if swept.acts().is_empty() {
                hold(script, &swept, &path, laws::finally(&swept));
                walked.ends += 1;
                walked.complete += usize::from(swept.applied.len() == script.letters.len());
            } else {
                stack.push((swept, path));
            }
            continue;
        }
        for act in acts {
            let mut longer = path.clone();
            let next = world.after(&act);
            longer.push(act);
            stack.push((next, longer));
        }
    }
    walked
}

/// Two hashes of 64 bits: worlds are too large to keep.
fn hash(world: &World<'_>) -> [u64; 2] {
    let fingerprint = world.fingerprint();
    [0_u8, 1].map(|salt| {
        let mut hasher = DefaultHasher::new();
        salt.hash(&mut hasher);
        fingerprint.hash(&mut hasher);
        hasher.finish()
    })
}

fn hold(script: &Script, world: &World<'_>, path: &[Act], law: Result<(), String>) {
    if let Err(broken) = law {
        panic!("{broken}\nafter {path:#?}\nin {world:#?}\nof {script:?}");
    }
}
