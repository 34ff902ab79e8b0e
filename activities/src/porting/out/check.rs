//! `port-out-check`: what a port-out is held against before anybody decides.
use super::answer::{answer, heard};
use super::compare::found;
use super::standing::stands;
use super::{OutWorld, asked, change, held, leave, load, or_written};
use crate::ports::clock;
use compliance::porting::Timer;
use contract::port::{OutError, OutInput, OutTold, OutVerdict as Next};

/// Are they this customer's numbers, and are the PIN, the name and the account right? What was decided before and not told
/// is told.
///
/// # Errors
/// [`OutError`].
pub async fn check<D: OutWorld>(d: &D, input: OutInput) -> Result<OutTold, OutError> {
    let out = load(d, &input.request).await?;
    let known = or_written(&out, asked(d, &out).await?.as_ref());
    let held = held(d, &out, &known).await?;
    let told = change(d, &input.request, |out, time| {
        let since = known.since.unwrap_or(time.now);
        let wanted = out.hidden.answer_by;
        out.view.answer_by = match wanted {
            Some(wanted) => Some(clock::text(time.reached_by_people(wanted))),
            None => out.due(Timer::PortOutAnswer, time, since).ok().flatten(),
        };
        out.hold(&held);
        // It may have been answered, or taken back, before anybody looked.
        heard(out, &input.request, known.status);
        let next = stands(out, &known, time);
        let says = (next == Next::Decide).then(|| found(&held));
        out.told(next, time, says)
    })
    .await?;
    if told.verdict == Next::Decide && out.view.decision.is_some() {
        // An execution before this one could not tell it: it is told now, and not when silence has decided otherwise.
        return answer(
            d,
            OutInput {
                signal: None,
                ..input
            },
        )
        .await;
    }
    leave::settle(d, &input.request, told).await
}
