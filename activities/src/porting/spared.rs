//! A refusal for good of one number among others: carriers give their codes to whole orders, and it is taken out, so that the others come.
use super::record::Port;
use contract::E164;
use contract::dossier::NumberStatus;
use contract::port::{RejectionMend, RejectionView};
use contract::request::NumberLine;

/// Where numbers are taken out.
const NUMBERS: &str = "/order/numbers";
/// How many numbers are named.
const NAMED_MAX: usize = 5;

/// The numbers of the carrier's order: those that the check found not portable were never in it.
fn ordered(port: &Port) -> impl Iterator<Item = &E164> {
    let in_it = |line: &&NumberLine| Port::number_status(line) != NumberStatus::NotPortable;
    port.lines.iter().filter(in_it).map(|line| &line.number)
}

/// How many numbers a refusal is about.
pub(super) fn asked(port: &Port) -> usize {
    ordered(port).count()
}

/// Turns a refusal for good into a correction, if others of the port can come without what it is about. `named` are the numbers that the
/// carrier's reasons name, by their codes; `note` is what an operator read in the carrier's case; `spared` is how many numbers there were
/// when a refusal was turned into a correction last: whoever took none out of them since, and is not told which by either, does not know.
/// Gives whether it did.
pub(super) fn spare(
    port: &Port,
    view: &mut RejectionView,
    named: &[(String, E164)],
    note: Option<&str>,
    spared: Option<usize>,
) -> bool {
    let is_named = |number: &E164| {
        let mut known = named.iter();
        known.any(|(code, one)| *code == view.code && one == number)
    };
    let (refused, others): (Vec<&E164>, Vec<&E164>) =
        ordered(port).partition(|number| is_named(number));
    let all = refused.len() + others.len();
    let note = note.filter(|note| !note.is_empty());
    let in_vain = refused.is_empty() && note.is_none() && spared == Some(all);
    if view.mend != RejectionMend::Never || all < 2 || others.is_empty() || in_vain {
        return false;
    }
    let what = which(&refused);
    view.mend = RejectionMend::Correct;
    view.fields = vec![NUMBERS.to_owned()];
    view.words = format!("{} {what}, and the others can come.", view.words);
    if let Some(note) = note {
        view.words = format!("{} {note}", view.words);
    }
    true
}

fn which(refused: &[&E164]) -> String {
    let named: Vec<_> = refused
        .iter()
        .take(NAMED_MAX)
        .map(|one| one.as_str())
        .collect();
    let named = named.join(", ");
    match refused.len() {
        0 => "The carrier does not say which number it is: take that one out".to_owned(),
        1..=NAMED_MAX => format!("Take out {named}"),
        all => format!(
            "Take out {named} and {} more that it names",
            all - NAMED_MAX
        ),
    }
}
