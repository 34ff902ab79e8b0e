//! Where a porting order stands, and every way on from there.

use serde::{Deserialize, Serialize};

/// Status of a porting order, as Telnyx publishes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortStatus {
    /// Being filled in.
    Draft,
    /// The carrier looks at it.
    InProcess,
    /// The donor looks at it.
    Submitted,
    /// Something must be corrected.
    Exception,
    /// The donor agreed to a date.
    FocDateConfirmed,
    /// The numbers are here.
    Ported,
    /// It ended without them.
    Cancelled,
    /// The carrier looks at the wish to end it.
    CancelPending,
}

impl PortStatus {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Draft,
        Self::InProcess,
        Self::Submitted,
        Self::Exception,
        Self::FocDateConfirmed,
        Self::Ported,
        Self::Cancelled,
        Self::CancelPending,
    ];

    /// As the API writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InProcess => "in-process",
            Self::Submitted => "submitted",
            Self::Exception => "exception",
            Self::FocDateConfirmed => "foc-date-confirmed",
            Self::Ported => "ported",
            Self::Cancelled => "cancelled",
            Self::CancelPending => "cancel-pending",
        }
    }

    /// Whether nothing more happens.
    #[must_use]
    pub fn is_over(self) -> bool {
        match self {
            Self::Ported | Self::Cancelled => true,
            Self::Draft
            | Self::InProcess
            | Self::Submitted
            | Self::Exception
            | Self::FocDateConfirmed
            | Self::CancelPending => false,
        }
    }

    /// Where `event` leads from here; none when it cannot happen here.
    #[must_use]
    pub fn next(self, event: PortEvent) -> Option<Self> {
        use PortEvent as E;
        use PortStatus as S;
        match self {
            S::Draft => match event {
                E::Confirmed => Some(S::InProcess),
                E::Passed
                | E::Faulted
                | E::Resubmitted
                | E::DateAgreed
                | E::Arrived
                | E::CancelAsked
                | E::CancelGranted => None,
            },
            S::InProcess => match event {
                E::Passed => Some(S::Submitted),
                E::Faulted => Some(S::Exception),
                E::CancelAsked => Some(S::CancelPending),
                E::Confirmed | E::Resubmitted | E::DateAgreed | E::Arrived | E::CancelGranted => {
                    None
                }
            },
            S::Submitted => match event {
                E::Faulted => Some(S::Exception),
                E::DateAgreed => Some(S::FocDateConfirmed),
                E::CancelAsked => Some(S::CancelPending),
                E::Confirmed | E::Passed | E::Resubmitted | E::Arrived | E::CancelGranted => None,
            },
            S::Exception => match event {
                E::Resubmitted => Some(S::Submitted),
                E::CancelAsked => Some(S::CancelPending),
                E::Confirmed
                | E::Passed
                | E::Faulted
                | E::DateAgreed
                | E::Arrived
                | E::CancelGranted => None,
            },
            S::FocDateConfirmed => match event {
                E::Faulted => Some(S::Exception),
                E::Arrived => Some(S::Ported),
                E::CancelAsked => Some(S::CancelPending),
                E::Confirmed | E::Passed | E::Resubmitted | E::DateAgreed | E::CancelGranted => {
                    None
                }
            },
            S::CancelPending => match event {
                E::CancelGranted => Some(S::Cancelled),
                E::Confirmed
                | E::Passed
                | E::Faulted
                | E::Resubmitted
                | E::DateAgreed
                | E::Arrived
                | E::CancelAsked => None,
            },
            S::Ported | S::Cancelled => None,
        }
    }
}

/// What moves a porting order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PortEvent {
    /// The customer submitted it.
    Confirmed,
    /// The carrier found nothing wrong.
    Passed,
    /// The carrier, the donor or the clearing house refused.
    Faulted,
    /// Corrected, to the donor again.
    Resubmitted,
    /// The donor agreed to a date.
    DateAgreed,
    /// The numbers, or some of them, are here.
    Arrived,
    /// The customer wants it to end.
    CancelAsked,
    /// The carrier ended it.
    CancelGranted,
}

impl PortEvent {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Confirmed,
        Self::Passed,
        Self::Faulted,
        Self::Resubmitted,
        Self::DateAgreed,
        Self::Arrived,
        Self::CancelAsked,
        Self::CancelGranted,
    ];
}

/// Where one number stands in the clearing house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActivationStatus {
    /// Not asked for yet.
    New,
    /// Asked for, or slow.
    Pending,
    /// The donor contests it.
    Conflict,
    /// Its order is to end.
    #[serde(rename = "Cancel Pending")]
    CancelPending,
    /// It did not come.
    Failed,
    /// The donor agreed.
    Concurred,
    /// On its way.
    Sending,
    /// Here.
    Active,
    /// Its order ended.
    Cancelled,
}

/// Why a porting order is in exception. All of Telnyx's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "each is told by `description`")]
pub enum ExceptionCode {
    AccountNumberMismatch,
    AuthPersonMismatch,
    BtnAtnMismatch,
    EntityNameMismatch,
    FocExpired,
    FocRejected,
    LocationMismatch,
    LsrPending,
    MainBtnPorting,
    OspIrresponsive,
    Other,
    PasscodePinInvalid,
    PhoneNumberHasSpecialFeature,
    PhoneNumberMismatch,
    PhoneNumberNotPortable,
    PortTypeIncorrect,
    PortingOrderSplitRequired,
    PostalCodeMismatch,
    RateCenterNotPortable,
    SvConflict,
    SvUnknownFailure,
}

impl ExceptionCode {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::AccountNumberMismatch,
        Self::AuthPersonMismatch,
        Self::BtnAtnMismatch,
        Self::EntityNameMismatch,
        Self::FocExpired,
        Self::FocRejected,
        Self::LocationMismatch,
        Self::LsrPending,
        Self::MainBtnPorting,
        Self::OspIrresponsive,
        Self::Other,
        Self::PasscodePinInvalid,
        Self::PhoneNumberHasSpecialFeature,
        Self::PhoneNumberMismatch,
        Self::PhoneNumberNotPortable,
        Self::PortTypeIncorrect,
        Self::PortingOrderSplitRequired,
        Self::PostalCodeMismatch,
        Self::RateCenterNotPortable,
        Self::SvConflict,
        Self::SvUnknownFailure,
    ];

    /// What it means.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::AccountNumberMismatch => {
                "The account number is not that of the losing carrier's record"
            }
            Self::AuthPersonMismatch => "The authorised person is not the one on record",
            Self::BtnAtnMismatch => "The billing number is not the one on record",
            Self::EntityNameMismatch => "The name is not the one on record",
            Self::FocExpired => "The agreed date passed without the port",
            Self::FocRejected => "The losing carrier refuses the date asked for",
            Self::LocationMismatch => "The service address is not the one on record",
            Self::LsrPending => "Another order is open on the account",
            Self::MainBtnPorting => "The billing number ports and no new one is named",
            Self::OspIrresponsive => "The losing carrier does not answer",
            Self::Other => "Another reason; see the comment",
            Self::PasscodePinInvalid => "The PIN is wrong or missing",
            Self::PhoneNumberHasSpecialFeature => "A feature on the number prevents the port",
            Self::PhoneNumberMismatch => "A number is not on this account",
            Self::PhoneNumberNotPortable => "The number cannot be ported",
            Self::PortTypeIncorrect => "Full was asked for a part of the account, or the reverse",
            Self::PortingOrderSplitRequired => "The numbers belong to more than one account",
            Self::PostalCodeMismatch => "The postal code is not the one on record",
            Self::RateCenterNotPortable => "The rate centre cannot be ported",
            Self::SvConflict => "The losing carrier contests the port in the clearing house",
            Self::SvUnknownFailure => "The clearing house failed to activate the numbers",
        }
    }
}
