//! Porting numbers from one provider to another: which go together, which can go at all, by when, what a refusal means, and
//! which step is legal from where.
//!
//! Rows come from `infra/world/porting`; the two machines ([`order`], [`number`]) are ours and the same everywhere. An order's
//! status and its numbers' statuses are separate: some numbers of an order may be ported while others have failed.

mod country;
mod machine;
pub mod number;
pub mod order;
mod portability;
mod rejection;
mod split;
mod timer;

pub use country::{
    BadPorting, CountryPorting, NumberingRow, PinRow, PortabilityRow, Porting, SilenceRow,
};
pub use machine::{Guard, Limit, Limits, Moment, Refusal, Transition};
pub use portability::{BLOCK_MAX, Block, BlockFault, Portability, block_faults, portability};
pub use rejection::{BadRejections, Mend, Rejection, Rejections};
pub use split::{Candidate, NUMBERS_MAX, NotPlaced, Part, Split, split};
pub use timer::{Direction, Lasts, Timer, TimerRow};
