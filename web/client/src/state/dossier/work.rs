//! A dossier that is being filled in: it saves as it goes, and nothing that was typed is lost to a conflict or a closed tab.

use super::draft::{Draft, Edit};
use super::form::Wrong;
use contract::dossier::review::DossierView;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Where what is typed is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Saving {
    /// On the server.
    Saved,
    /// Typed, and not sent yet.
    Typed,
    /// On its way.
    Sending,
    /// Somebody else changed the dossier meanwhile: this is what it is now.
    Conflict(Rc<DossierView>),
    /// Not saved; why, in words. The next change tries again.
    Failed(String),
}

/// A dossier at work.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Work {
    /// As the server had it last.
    pub(crate) view: Rc<DossierView>,
    /// What is typed.
    pub(crate) draft: Rc<Draft>,
    /// What the server was told last.
    base: Rc<Draft>,
    /// What is on its way.
    under_way: Option<Rc<Draft>>,
    /// Where that is.
    pub(crate) saving: Saving,
    /// Fields that do not fit.
    pub(crate) wrong: Rc<Vec<Wrong>>,
}

/// What is kept in the browser until the server has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// What the server had when it was typed.
    base: Draft,
    /// What was typed.
    draft: Draft,
}

/// What happens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// Something is typed.
    Edit(Edit),
    /// It is being sent.
    Send,
    /// The server has it.
    Sent(Rc<DossierView>),
    /// The dossier as it is now, after a document, a review, or somebody else's change.
    Changed(Rc<DossierView>),
    /// It was not taken.
    Refused(String, Vec<Wrong>),
    /// What was typed is to stand.
    KeepMine,
    /// What the other one wrote is to stand.
    TakeTheirs,
}

impl Work {
    /// A dossier that was just read, with what this browser kept of it.
    pub(crate) fn new(view: Rc<DossierView>, kept: Option<Kept>) -> Self {
        let base = Rc::new(Draft::of(&view.dossier));
        let fresh = Self {
            draft: base.clone(),
            base,
            view,
            under_way: None,
            saving: Saving::Saved,
            wrong: Rc::default(),
        };
        let Some(kept) = kept.filter(|kept| kept.draft.essence() != fresh.base.essence()) else {
            return fresh;
        };
        let saving = if kept.base.essence() == fresh.base.essence() {
            Saving::Typed
        } else {
            Saving::Conflict(fresh.view.clone())
        };
        Self {
            draft: Rc::new(kept.draft),
            saving,
            ..fresh
        }
    }

    /// What this browser keeps: what the server does not have.
    pub(crate) fn kept(&self) -> Option<Kept> {
        let there = Draft::of(&self.view.dossier);
        (self.draft.essence() != there.essence()).then(|| Kept {
            base: there,
            draft: (*self.draft).clone(),
        })
    }

    /// Why a field is wrong, if it is.
    pub(crate) fn wrong_with(&self, field: &str) -> Option<&str> {
        let found = self.wrong.iter().find(|wrong| wrong.field == field);
        found.map(|wrong| wrong.words.as_str())
    }

    /// After something happened.
    pub(crate) fn after(&self, step: Step) -> Self {
        let mut next = self.clone();
        match step {
            Step::Edit(edit) => {
                next.draft = Rc::new(self.draft.after(&edit));
                next.saving = match &self.saving {
                    Saving::Sending => Saving::Sending,
                    Saving::Conflict(theirs) => Saving::Conflict(theirs.clone()),
                    Saving::Saved | Saving::Typed | Saving::Failed(_) => next.settled(),
                };
            }
            Step::Send => {
                next.under_way = Some(self.draft.clone());
                next.saving = Saving::Sending;
                next.wrong = Rc::default();
            }
            Step::Sent(view) => {
                next.base = self.under_way.clone().unwrap_or_else(|| self.base.clone());
                next.under_way = None;
                next.view = view;
                next.saving = next.settled();
            }
            Step::Changed(view) => next.take(view),
            Step::Refused(words, wrong) => {
                next.under_way = None;
                next.saving = Saving::Failed(words);
                next.wrong = Rc::new(wrong);
            }
            Step::KeepMine => {
                if let Saving::Conflict(theirs) = &self.saving {
                    next.base = Rc::new(Draft::of(&theirs.dossier));
                    next.view = theirs.clone();
                    next.saving = next.settled();
                }
            }
            Step::TakeTheirs => {
                if let Saving::Conflict(theirs) = &self.saving {
                    next = Self::new(theirs.clone(), None);
                }
            }
        }
        next
    }

    fn settled(&self) -> Saving {
        if self.draft == self.base {
            Saving::Saved
        } else {
            Saving::Typed
        }
    }

    /// The dossier is another one now. What was typed is only in question if somebody else typed too.
    fn take(&mut self, view: Rc<DossierView>) {
        if view.dossier.version < self.view.dossier.version {
            return;
        }
        let theirs = Draft::of(&view.dossier);
        let same = theirs.essence() == Draft::of(&self.view.dossier).essence();
        self.under_way = None;
        if same {
            self.view = view;
            self.saving = match &self.saving {
                Saving::Sending | Saving::Failed(_) => Saving::Typed,
                Saving::Conflict(_) | Saving::Typed | Saving::Saved => self.settled(),
            };
        } else if self.draft == self.base {
            *self = Self::new(view, None);
        } else {
            self.saving = Saving::Conflict(view);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::view;
    use super::*;

    fn typed(text: &str) -> Step {
        Step::Edit(Edit::Text {
            field: "/endUser/businessName".into(),
            text: text.into(),
        })
    }

    fn named(name: &str, version: u32) -> Rc<DossierView> {
        let mut view = view();
        view.dossier.version = version;
        view.dossier.end_user.business_name = Some(name.into());
        Rc::new(view)
    }

    fn name(work: &Work) -> &str {
        work.draft.text("/endUser/businessName")
    }

    #[test]
    fn what_is_typed_while_it_is_being_sent_is_sent_next() {
        let work = Work::new(Rc::new(view()), None);
        let work = work
            .after(typed("Helvetia"))
            .after(Step::Send)
            .after(typed("Helvetia AG"));
        assert_eq!(work.saving, Saving::Sending);
        let work = work.after(Step::Sent(named("Helvetia", 4)));
        assert_eq!((&work.saving, name(&work)), (&Saving::Typed, "Helvetia AG"));
        let work = work
            .after(Step::Send)
            .after(Step::Sent(named("Helvetia AG", 5)));
        assert_eq!(work.saving, Saving::Saved);
        assert_eq!(work.kept(), None);
    }

    #[test]
    fn a_conflict_keeps_what_was_typed_until_somebody_decides() {
        let work = Work::new(Rc::new(view()), None)
            .after(typed("Mine"))
            .after(Step::Send);
        let work = work.after(Step::Changed(named("Theirs", 4)));
        assert_eq!(work.saving, Saving::Conflict(named("Theirs", 4)));
        assert_eq!(name(&work.after(typed("Mine too"))), "Mine too");
        let mine = work.after(Step::KeepMine);
        assert_eq!(
            (&mine.saving, name(&mine), mine.view.dossier.version),
            (&Saving::Typed, "Mine", 4)
        );
        let theirs = work.after(Step::TakeTheirs);
        assert_eq!((&theirs.saving, name(&theirs)), (&Saving::Saved, "Theirs"));
    }

    #[test]
    fn a_new_version_that_says_the_same_is_no_conflict() {
        let work = Work::new(Rc::new(view()), None)
            .after(typed("Mine"))
            .after(Step::Send);
        let work = work.after(Step::Changed(named("Helvetia Handels AG", 9)));
        assert_eq!((&work.saving, name(&work)), (&Saving::Typed, "Mine"));
        assert_eq!(work.view.dossier.version, 9);
    }

    #[test]
    fn nothing_typed_takes_what_others_wrote_and_an_old_version_changes_nothing() {
        let work = Work::new(Rc::new(view()), None).after(Step::Changed(named("Theirs", 4)));
        assert_eq!((&work.saving, name(&work)), (&Saving::Saved, "Theirs"));
        assert_eq!(work.after(Step::Changed(Rc::new(view()))), work);
    }

    #[test]
    fn a_closed_tab_loses_nothing() {
        let work = Work::new(Rc::new(view()), None).after(typed("Half a na"));
        let kept = serde_json::to_string(&work.kept().unwrap()).unwrap();
        let again = Work::new(Rc::new(view()), Some(serde_json::from_str(&kept).unwrap()));
        assert_eq!((&again.saving, name(&again)), (&Saving::Typed, "Half a na"));
        let changed = Work::new(
            named("Theirs", 7),
            Some(serde_json::from_str(&kept).unwrap()),
        );
        assert_eq!(changed.saving, Saving::Conflict(named("Theirs", 7)));
        assert_eq!(name(&changed), "Half a na");
    }

    #[test]
    fn a_refusal_names_its_fields_and_the_next_change_tries_again() {
        let wrong = vec![Wrong {
            field: "/endUser/website".into(),
            words: "too long".into(),
        }];
        let work = Work::new(Rc::new(view()), None)
            .after(typed("A"))
            .after(Step::Send)
            .after(Step::Refused("no".into(), wrong));
        assert_eq!(work.saving, Saving::Failed("no".into()));
        assert_eq!(work.wrong_with("/endUser/website"), Some("too long"));
        assert_eq!(work.after(typed("B")).saving, Saving::Typed);
    }
}
