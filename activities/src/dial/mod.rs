//! The dial plan: what people write becomes a number, and policy says whether it may be called.
//!
//! Pure: no I/O, no clock. The facts about countries are data ([`World`]), read from the table `directory`; which numbers
//! exist at all comes from libphonenumber's metadata. Default deny: a number is refused unless everything allows it.

mod decide;
mod plan;
mod read;
mod world;

pub use decide::{DialPolicy, NoCallerId, Refusal, caller_id, decide};
pub use plan::{Known, look_up, national};
pub use read::{ReadError, read};
pub use world::{Country, World};
