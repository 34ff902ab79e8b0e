//! Every port call of an activity fails once, before and after its effect.
use crate::fake::{Fake, When};
use std::fmt::Debug;

/// Runs `task` undisturbed, twice; then once for each of its port calls with that call failing, and again. Whatever happened, the
/// second run succeeds with the same result, and `outcome` finds the same world.
///
/// # Panics
/// If it does not, or if the task made no port call at all.
pub(crate) async fn torture<T, E, O>(
    setup: impl AsyncFn() -> Fake,
    task: impl AsyncFn(&Fake) -> Result<T, E>,
    may_fail_as: &[&str],
    outcome: impl Fn(&Fake) -> O,
) where
    T: PartialEq + Debug,
    E: contract::TaskError,
    O: PartialEq + Debug,
{
    let fake = setup().await;
    let before = fake.state().port_calls;
    let expected = task(&fake).await.expect("an undisturbed run succeeds");
    let port_calls = fake.state().port_calls - before;
    assert!(port_calls > 0, "the task touches nothing");
    let world = outcome(&fake);
    let again = task(&fake).await.expect("a second run succeeds");
    assert_eq!((&again, &outcome(&fake)), (&expected, &world), "run twice");

    for n in 0..port_calls {
        for when in [When::Before, When::After] {
            let fake = setup().await;
            fake.fail(n, when);
            let name = match task(&fake).await {
                Ok(first) => {
                    assert_eq!(
                        first, expected,
                        "port call {n} failing {when:?} changes the result"
                    );
                    continue;
                }
                Err(error) => error.name(),
            };
            assert!(
                may_fail_as.contains(&name),
                "port call {n} failing {when:?} is `{name}`"
            );
            fake.heal();
            let second = task(&fake)
                .await
                .expect("a run after a failed one succeeds");
            assert_eq!(
                (&second, &outcome(&fake)),
                (&expected, &world),
                "after port call {n} failed {when:?}"
            );
        }
    }
}
