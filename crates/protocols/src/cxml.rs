//! cXML: the guarded reading pipeline and the strict writer.
//!
//! Reading is liberal and collects findings; writing is strict. [`decode::decode`] is the way in for
//! every document that arrives, [`check::check`] the same for people, [`redact`] what runs before
//! anything is archived.

pub mod canonical;
pub mod card_number;
mod charset;
pub mod check;
pub mod credential;
pub mod decode;
pub mod dialect;
mod element;
pub mod encode;
pub mod envelope;
pub mod finding;
mod guard;
pub mod mac;
pub mod redact;
mod sensitive;
pub mod timestamp;

pub use credential::{Credential, CredentialKey, Proof, Secret, verify_shared_secret};
pub use decode::{Body, Document, decode, decode_hashed, too_large};
pub use envelope::{DeploymentMode, Envelope, EnvelopeKind, Status};
pub use finding::{Finding, Refusal, Severity};
pub use guard::Limits;
pub use timestamp::StatedTimestamp;
