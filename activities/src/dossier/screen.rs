//! `dossier-screen`: looks a dossier's people and organisation up in the lists of sanctions, and for the same ones elsewhere.
use super::evaluate::label;
use crate::people::sha256_hex;
use crate::ports::dossiers::Dossiers;
use crate::ports::screening::Screening;
use compliance::screening::resemblance;
use contract::dossier::Dossier;
use contract::dossier::review::{
    DossierError, DossierScreenInput, DossierScreened, Hit, ScreeningVerdict,
};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Most hits and duplicates that are told.
const TOLD_MAX: usize = 20;

/// Looks everybody up.
///
/// # Errors
/// [`DossierError`]. Trying again repeats nothing.
pub async fn screen(
    d: &(impl Dossiers + Screening),
    input: DossierScreenInput,
) -> Result<DossierScreened, DossierError> {
    let record = d.dossier(&input.dossier).await?;
    let record = record.ok_or_else(|| DossierError::Unknown(input.dossier.clone()))?;
    let dossier = &record.view.dossier;
    let mut hits = hits(d, dossier).await?;
    hits.sort_by_key(|hit| Reverse(hit.score));
    hits.truncate(TOLD_MAX);
    let mut duplicates = BTreeSet::new();
    for mark in marks(dossier) {
        duplicates.extend(d.mark(&input.dossier, &mark).await?);
    }
    let duplicates: Vec<_> = duplicates.into_iter().take(TOLD_MAX).collect();
    let verdict = if hits.is_empty() && duplicates.is_empty() {
        ScreeningVerdict::Clear
    } else {
        ScreeningVerdict::Suspect
    };
    Ok(DossierScreened {
        verdict,
        hits,
        duplicates,
    })
}

async fn hits(d: &impl Screening, dossier: &Dossier) -> Result<Vec<Hit>, DossierError> {
    let names = names(dossier);
    let mut hits = Vec::new();
    for list in d.lists().await? {
        for listed in &list.names {
            for name in &names {
                let score = resemblance(name, listed);
                if score >= list.threshold {
                    hits.push(Hit {
                        name: name.clone(),
                        listed: listed.clone(),
                        list: list.id.clone(),
                        score,
                    });
                }
            }
        }
    }
    Ok(hits)
}

/// Everybody who is named: the end user, who signs, and the contacts.
fn names(dossier: &Dossier) -> BTreeSet<String> {
    let signs = dossier.authorised_person.iter();
    let contacts = signs
        .chain(&dossier.contacts)
        .map(|contact| contact.name.clone());
    contacts.chain([label(dossier)]).collect()
}

/// What two dossiers of the same person or organisation have in common. Only hashes are stored.
fn marks(dossier: &Dossier) -> Vec<String> {
    let upper = |text: &str| {
        let kept = text.chars().filter(|letter| letter.is_alphanumeric());
        kept.flat_map(char::to_uppercase).collect::<String>()
    };
    let registers = dossier.end_user.register_ids.iter();
    let registers = registers.map(|id| format!("register {} {}", id.scheme, upper(&id.number)));
    let papers = dossier.identities.iter();
    let papers =
        papers.map(|id| format!("paper {:?} {} {}", id.kind, id.country, upper(&id.number)));
    let both = registers.chain(papers);
    both.map(|text| sha256_hex(&text)).collect()
}
