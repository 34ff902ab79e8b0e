//! Ports: numbers that come from another carrier, and numbers that go to one. What people fill in and see, and the activities of
//! the workflows `port-in` and `port-out`.

/// Activities that take and give the same types, and fail in the same ways.
macro_rules! activities {
    ($input:ty => $output:ty, $error:ty; $($(#[$doc:meta])* $name:ident = $text:literal;)+) => {
        $(
            $(#[$doc])*
            pub enum $name {}

            impl $crate::Activity for $name {
                const NAME: &'static str = $text;
                type Input = $input;
                type Output = $output;
                type Error = $error;
            }
        )+
    };
}

mod activity;
pub mod api;
mod form;
mod out;
mod view;

pub use activity::{
    Activate, Cancel, ChangeDate, Check, Evaluate, Lapse, Look, PortAnswer, PortError, PortInput,
    PortVerdict, Prepare, Review, SplitUp, Submit, Verify,
};
pub use form::{Declared, HandIn, PortForm, PortType, PreparedText, Remaining};
pub use out::{
    OutAnswer, OutAnswerTask, OutCheck, OutCompared, OutDecision, OutEnd, OutError, OutFault,
    OutInput, OutLeave, OutLook, OutMatch, OutRestore, OutSaid, OutSilence, OutStanding,
    OutTelling, OutTold, OutVerdict, OutView, Telling,
};
pub use view::{LetterView, Moments, PortView, RejectionMend, RejectionView, Signer};
