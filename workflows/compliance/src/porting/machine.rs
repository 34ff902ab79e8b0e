//! What both machines are made of: a table of transitions, who may take them, and between which moments.

use contract::request::Party;
use jiff::Timestamp;
use thiserror::Error;

/// One legal move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition<Status: 'static, Step: 'static> {
    /// From there.
    pub from: Status,
    /// By that step.
    pub step: Step,
    /// Taken by one of these.
    pub who: &'static [Party],
    /// To there; none: back to where it was before it was to be cancelled.
    pub to: Option<Status>,
    /// At a time at which it is allowed.
    pub when: Guard,
}

/// A move that leads somewhere.
pub(super) const fn row<Status: 'static, Step: 'static>(
    from: Status,
    step: Step,
    who: &'static [Party],
    to: Status,
    when: Guard,
) -> Transition<Status, Step> {
    Transition {
        from,
        step,
        who,
        to: Some(to),
        when,
    }
}

/// When a step is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Always.
    Always,
    /// Before that moment, or always if it is not set.
    Before(Limit),
    /// From that moment on, or always if it is not set.
    NotBefore(Limit),
    /// From that moment on, and never if it is not set.
    After(Limit),
}

/// A moment that the deadlines of an order give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// Until then somebody signs.
    Signature,
    /// Until then the signed letter is accepted.
    Letter,
    /// Until then the customer answers.
    Silence,
    /// Until then the donor answers.
    DonorAnswer,
    /// Until then the date can be changed.
    Change,
    /// Until then the order can be cancelled.
    Cancel,
    /// The agreed moment of the cut-over.
    Foc,
    /// The end of the agreed window.
    FocEnds,
    /// Until then numbers can go back.
    Snapback,
}

impl Limit {
    /// What the moment is, for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::Signature => "the time to sign",
            Self::Letter => "the signed letter's time",
            Self::Silence => "the time to answer",
            Self::DonorAnswer => "the donor's time to answer",
            Self::Change => "the time to change the date",
            Self::Cancel => "the time to cancel",
            Self::Foc => "the agreed date",
            Self::FocEnds => "the agreed window",
            Self::Snapback => "the time to go back",
        }
    }
}

/// The moments of an order. What is not known or does not apply is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// See [`Limit::Signature`].
    pub signature: Option<Timestamp>,
    /// See [`Limit::Letter`].
    pub letter: Option<Timestamp>,
    /// See [`Limit::Silence`].
    pub silence: Option<Timestamp>,
    /// See [`Limit::DonorAnswer`].
    pub donor_answer: Option<Timestamp>,
    /// See [`Limit::Change`].
    pub change: Option<Timestamp>,
    /// See [`Limit::Cancel`].
    pub cancel: Option<Timestamp>,
    /// See [`Limit::Foc`].
    pub foc: Option<Timestamp>,
    /// See [`Limit::FocEnds`].
    pub foc_ends: Option<Timestamp>,
    /// See [`Limit::Snapback`].
    pub snapback: Option<Timestamp>,
}

impl Limits {
    /// The moment, if it is set.
    pub fn at(&self, limit: Limit) -> Option<Timestamp> {
        match limit {
            Limit::Signature => self.signature,
            Limit::Letter => self.letter,
            Limit::Silence => self.silence,
            Limit::DonorAnswer => self.donor_answer,
            Limit::Change => self.change,
            Limit::Cancel => self.cancel,
            Limit::Foc => self.foc,
            Limit::FocEnds => self.foc_ends,
            Limit::Snapback => self.snapback,
        }
    }
}

/// Now, and the moments of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Now.
    pub now: Timestamp,
    /// The order's moments.
    pub limits: Limits,
}

/// Why a step is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal<Status: std::fmt::Debug, Step: std::fmt::Debug> {
    /// The step does not lead from there.
    #[error("{step:?} is not possible in {status:?}; possible: {possible:?}")]
    NotFrom {
        /// Where it stands.
        status: Status,
        /// The step.
        step: Step,
        /// The steps that lead from there. Empty: it is final.
        possible: Vec<Step>,
    },
    /// Somebody else takes that step.
    #[error("{step:?} is taken by {by:?}, not by {who:?}")]
    NotYours {
        /// The step.
        step: Step,
        /// Who wanted it.
        who: Party,
        /// Who may.
        by: Vec<Party>,
    },
    /// Its time is over.
    #[error("{} was over at {until}", limit.words())]
    TooLate {
        /// Which moment.
        limit: Limit,
        /// When it was.
        until: Timestamp,
    },
    /// Its time is still to come.
    #[error("{} comes only at {from}", limit.words())]
    TooEarly {
        /// Which moment.
        limit: Limit,
        /// When it is.
        from: Timestamp,
    },
    /// It waits for a moment that is not set.
    #[error("{} is not set", limit.words())]
    NotSet {
        /// Which moment.
        limit: Limit,
    },
}

/// The transition that a step takes, or why it is refused.
pub(super) fn find<Status, Step>(
    table: &'static [Transition<Status, Step>],
    from: Status,
    step: Step,
    who: Party,
    moment: Moment,
) -> Result<&'static Transition<Status, Step>, Refusal<Status, Step>>
where
    Status: Copy + PartialEq + std::fmt::Debug,
    Step: Copy + PartialEq + std::fmt::Debug,
{
    let mut of_status = table.iter().filter(|row| row.from == from);
    let Some(row) = of_status.clone().find(|row| row.step == step) else {
        return Err(Refusal::NotFrom {
            status: from,
            step,
            possible: of_status.by_ref().map(|row| row.step).collect(),
        });
    };
    if !row.who.contains(&who) {
        return Err(Refusal::NotYours {
            step,
            who,
            by: row.who.to_vec(),
        });
    }
    allowed(row.when, moment)?;
    Ok(row)
}

fn allowed<Status: std::fmt::Debug, Step: std::fmt::Debug>(
    when: Guard,
    moment: Moment,
) -> Result<(), Refusal<Status, Step>> {
    let limit = match when {
        Guard::Always => return Ok(()),
        Guard::Before(limit) | Guard::NotBefore(limit) | Guard::After(limit) => limit,
    };
    match (when, moment.limits.at(limit)) {
        (Guard::Before(_), Some(until)) if moment.now >= until => {
            Err(Refusal::TooLate { limit, until })
        }
        (Guard::NotBefore(_) | Guard::After(_), Some(from)) if moment.now < from => {
            Err(Refusal::TooEarly { limit, from })
        }
        (Guard::After(_), None) => Err(Refusal::NotSet { limit }),
        (Guard::Always | Guard::Before(_) | Guard::NotBefore(_) | Guard::After(_), _) => Ok(()),
    }
}
