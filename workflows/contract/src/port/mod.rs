//! Ports: numbers that come from another carrier, and numbers that go to one. What people fill in and see, and the activities of
//! the workflows `port-in` and `port-out`.

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
