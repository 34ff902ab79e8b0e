//! `dossier-screen`: looks a dossier's people and organisation up in the lists of sanctions, and for the same ones elsewhere.
use super::evaluate::label;
use crate::people::sha256_hex;
use crate::ports::dossiers::Dossiers;
use crate::ports::screening::{SanctionsList, Screening};
use compliance::screening::resemblance;
use contract::dossier::Dossier;
use contract::dossier::review::{
    DossierError, DossierScreenInput, DossierScreened, Hit, ScreeningVerdict,
};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Most hits and duplicates that are told.
const TOLD_MAX: usize = 20;
/// Most hits that are held while the lists are gone through.
const HELD_MAX: usize = 1_000;
/// What the reviewer reads where nobody could be looked up.
const NO_LIST: &str = "no sanctions list is loaded";

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
    let lists = d.lists().await?;
    let is_looked_up = lists.iter().any(|list| list.counts(d.practises()));
    if !is_looked_up {
        tracing::warn!(dossier = %input.dossier, "screened against no list of sanctions");
    }
    let hits = hits(&lists, dossier);
    let mut duplicates = BTreeSet::new();
    for mark in marks(dossier) {
        duplicates.extend(d.mark(&input.dossier, &mark).await?);
    }
    let duplicates: Vec<_> = duplicates.into_iter().take(TOLD_MAX).collect();
    let verdict = if is_looked_up && hits.is_empty() && duplicates.is_empty() {
        ScreeningVerdict::Clear
    } else {
        ScreeningVerdict::Suspect
    };
    Ok(DossierScreened {
        verdict,
        hits,
        duplicates,
        unscreened: (!is_looked_up).then(|| NO_LIST.to_owned()),
    })
}

/// The hits that are told, the most alike first; of those that are as alike, the first that were found.
fn hits(lists: &[SanctionsList], dossier: &Dossier) -> Vec<Hit> {
    let names = names(dossier);
    let mut hits = Vec::new();
    for list in lists {
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
                if hits.len() >= HELD_MAX {
                    keep_best(&mut hits);
                }
            }
        }
    }
    keep_best(&mut hits);
    hits
}

fn keep_best(hits: &mut Vec<Hit>) {
    // Stable: what is as alike stays in the order in which it was found.
    hits.sort_by_key(|hit| Reverse(hit.score));
    hits.truncate(TOLD_MAX);
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_best_hits_are_told_wherever_they_stand_in_a_list_and_few_are_held() {
        let dossier: Dossier = serde_json::from_value(json!({
            "id": "d-1", "tenant": "t-1", "version": 1, "kind": "business", "endUser": { "businessName": "Isthmus Trading" },
        }))
        .unwrap();
        let mut names = vec!["Isthmus Trades".to_owned(); 3 * HELD_MAX];
        names.push("Isthmus Trading".to_owned());
        names.extend(vec!["Isthmus Trades".to_owned(); 10]);
        let list = SanctionsList {
            id: "UN-SC".to_owned(),
            threshold: 50,
            names,
            ..SanctionsList::default()
        };
        let found = hits(&[list], &dossier);
        assert_eq!(found.len(), TOLD_MAX);
        assert_eq!(
            (found[0].listed.as_str(), found[0].score),
            ("Isthmus Trading", 100)
        );
        assert!(found[1].score < 100);
        assert!(found.capacity() <= 2 * HELD_MAX, "{}", found.capacity());
    }
}
