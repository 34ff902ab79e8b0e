//! `port-out-look`: where a port-out stands at its carrier.
use super::standing::stands;
use super::{OutWorld, answer, asked, by_hand, change, leave, load, or_written};
use contract::port::{OutError, OutInput, OutTold};
use contract::request::signal::SignalName;

/// Where it stands, by its interface or by what an operator has done or heard.
///
/// # Errors
/// [`OutError`].
pub async fn look<D: OutWorld>(d: &D, input: OutInput) -> Result<OutTold, OutError> {
    let out = load(d, &input.request).await?;
    let asked = asked(d, &out).await?;
    let signal = input.signal.as_ref();
    // Of a carrier with an interface only what an operator was asked for, because it is late.
    let was_asked = signal.is_some_and(|signal| signal.name == SignalName::TaskDone);
    let heard = by_hand::heard(signal)?.filter(|_| out.view.by_hand || was_asked);
    let asks_again = signal.is_some_and(|signal| signal.data["decision"] == "ask_again");
    let told = change(d, &input.request, |out, time| {
        let known = or_written(out, asked.as_ref());
        answer::heard(out, &input.request, known.status);
        if asks_again {
            // What the carrier does not take is decided anew.
            out.view.decision = None;
        }
        let says = heard.as_ref().map(|heard| by_hand::take_down(out, heard));
        if heard.is_some() {
            // Whoever has asked it waits as long once more.
            out.hidden.awaited = None;
        }
        let known = or_written(out, asked.as_ref());
        let next = stands(out, &known, time);
        out.told(next, time, says)
    })
    .await?;
    leave::settle(d, &input.request, told).await
}
