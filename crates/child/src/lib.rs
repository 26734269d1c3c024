//! The one way to run somebody else's program, guarded: it has no environment but what it is given, one line goes in
//! and one comes out, each with a limit, in a time; whatever does not keep to that is killed, and started again later
//! and later. Errors tell apart *surely not asked* from *asked, outcome unseen*.
//!
//! **Invariant:** a program that was asked and gave no answer in step is never asked again: a late answer meets nobody.
//! Nothing that goes in or out is logged; what the program writes to stderr is, with its secrets blanked.
#![warn(missing_docs)]

mod child;
mod error;
mod log;
mod program;
mod running;

pub use child::Child;
pub use error::{ChildError, UnseenCause};
pub use program::{Greeting, Judge, Limits, Program, ProgramError};
