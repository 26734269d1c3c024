//! Who sent this document: From says for whom, Sender says who speaks, a secret proves it.
//!
//! **Invariant:** every Credential of From, To and Sender is looked at; credentials that belong to different
//! relationships are refused; whoever sends for a From must be named for it. An unknown sender and a wrong
//! secret get the same text after the same comparisons: their number depends on the document alone.

mod claim;
mod proof;

use std::sync::Arc;

use punchgate_domain::{
    Instant,
    catalogue::Problem,
    ids::{RelationshipId, SupplierId},
};
use punchgate_protocols::cxml::Envelope;

use crate::directory::{Directory, DirectoryError, Relationship, Snapshot, parse_path_text};
use claim::{Claim, Conflict};
use proof::{Proven, SLOTS};

/// Most credentials of From, To or Sender that are looked at; documents of networks carry up to four.
const CREDENTIALS_MOST: usize = 16;

/// Why a sender is not believed.
#[derive(Debug)]
pub struct AuthRefusal {
    /// What the sender is told.
    pub problem: Problem,
    /// The supplier that the document is for, where that can be told: whose quarantine it goes to.
    pub supplier: Option<SupplierId>,
    /// The relationship that it claims, where there is exactly one.
    pub relationship: Option<RelationshipId>,
    /// The identities that it claims, for an operator.
    pub claimed: String,
    /// What happened, for the log and the operator; never for the sender.
    pub reason: RefusalReason,
}

/// What happened.
#[derive(Debug, thiserror::Error)]
pub enum RefusalReason {
    /// From has no credential.
    #[error("From names nobody")]
    NoFrom,
    /// Sender has no credential.
    #[error("Sender names nobody")]
    NoSender,
    /// More credentials than any real document has.
    #[error("more than {CREDENTIALS_MOST} credentials in From, To or Sender")]
    TooMany,
    /// No credential of From is known.
    #[error("no credential of From is known")]
    UnknownFrom,
    /// The credentials of From belong to different relationships.
    #[error("the credentials of From belong to different relationships")]
    FromConflict,
    /// The document's From belongs to other relationships than the address.
    #[error("From does not belong to the relationship of the address")]
    OtherAddress,
    /// From fits several relationships, and neither To, address nor secret tells which.
    #[error("From fits several relationships; give them addresses, To identities or secrets of their own")]
    Ambiguous,
    /// No credential of Sender may act for From, or one belongs to somebody else.
    #[error("the Sender may not act for From")]
    SenderNotAllowed,
    /// The Sender proves itself, but for another relationship.
    #[error("the Sender is authenticated, but may not act for From")]
    ForeignFrom,
    /// No proof at all.
    #[error("the Sender carries neither SharedSecret nor CredentialMac")]
    NoProof,
    /// The proof does not fit.
    #[error("wrong, expired or missing secret")]
    WrongSecret,
    /// The kill switch.
    #[error("the relationship is switched off")]
    Disabled,
    /// The address names no relationship.
    #[error("the address names no relationship")]
    UnknownAddress,
    /// The directory gives no answer.
    #[error(transparent)]
    Directory(Box<DirectoryError>),
}

impl From<DirectoryError> for RefusalReason {
    fn from(error: DirectoryError) -> Self {
        Self::Directory(Box::new(error))
    }
}

impl RefusalReason {
    fn problem(&self) -> Problem {
        match self {
            Self::ForeignFrom => Problem::SenderNotAllowed,
            Self::Disabled => Problem::RelationshipDisabled,
            Self::UnknownAddress => Problem::UnknownRelationship,
            Self::Directory(error) => error.problem(),
            Self::NoFrom
            | Self::NoSender
            | Self::TooMany
            | Self::UnknownFrom
            | Self::FromConflict
            | Self::OtherAddress
            | Self::Ambiguous
            | Self::SenderNotAllowed
            | Self::NoProof
            | Self::WrongSecret => Problem::AuthenticationFailed,
        }
    }
}

impl Directory {
    /// The relationship in whose name a document may act. `url_relationship` is the text that stood in the
    /// address, if the address named one.
    pub async fn authenticate(
        &self,
        envelope: &Envelope,
        url_relationship: Option<&str>,
    ) -> Result<Arc<Relationship>, AuthRefusal> {
        match self.snapshot().await {
            Ok(snapshot) => authenticate(&snapshot, envelope, url_relationship, self.now()),
            Err(error) => Err(refusal(envelope, None, None, error.into())),
        }
    }
}

/// The decision itself: pure but for what the snapshot holds.
fn authenticate(
    snapshot: &Snapshot,
    envelope: &Envelope,
    url_relationship: Option<&str>,
    now: Instant,
) -> Result<Arc<Relationship>, AuthRefusal> {
    let parties = [&envelope.from, &envelope.to, &envelope.sender];
    if parties.iter().any(|party| party.len() > CREDENTIALS_MOST) {
        return Err(refusal(envelope, None, None, RefusalReason::TooMany));
    }
    let address = match url_relationship {
        None => None,
        Some(text) => {
            let key = parse_path_text(text).filter(|key| snapshot.holds(key));
            let unknown = || refusal(envelope, None, None, RefusalReason::UnknownAddress);
            Some(key.ok_or_else(unknown)?)
        }
    };
    let claim = Claim::read(snapshot, envelope, address.as_ref());
    // Compared before anything is decided, and padded: the time tells nothing about who is known.
    let proven = Proven::compare(envelope, &claim.candidates, &claim.foreign_speakers, now);
    let supplier = address
        .as_ref()
        .map(|(supplier, _)| supplier.clone())
        .or_else(|| claim.supplier());
    let claimed = address
        .as_ref()
        .map(|(_, id)| id.clone())
        .or_else(|| claim.relationship());
    decide(envelope, claim, &proven).map_err(|reason| refusal(envelope, supplier, claimed, reason))
}

fn decide(envelope: &Envelope, claim: Claim, proven: &Proven) -> Result<Arc<Relationship>, RefusalReason> {
    if envelope.from.is_empty() {
        return Err(RefusalReason::NoFrom);
    }
    if envelope.sender.is_empty() {
        return Err(RefusalReason::NoSender);
    }
    // Somebody who proves who it is may be told that it speaks for the wrong company; nobody else may.
    let or_foreign = |reason| match proven.foreign {
        true => RefusalReason::ForeignFrom,
        false => reason,
    };
    match claim.conflict {
        Some(Conflict::UnknownFrom) => return Err(or_foreign(RefusalReason::UnknownFrom)),
        Some(Conflict::From) => return Err(RefusalReason::FromConflict),
        Some(Conflict::Address) => return Err(or_foreign(RefusalReason::OtherAddress)),
        None if claim.candidates.len() > SLOTS => return Err(RefusalReason::Ambiguous),
        None => {}
    }
    if let (true, Some(error)) = (claim.candidates.is_empty(), claim.broken) {
        return Err(error.into());
    }
    let named = || {
        let both = claim.candidates.iter().zip(proven.candidates);
        both.filter(|((_, named), _)| *named)
    };
    let mut matching = named().filter(|(_, proven)| *proven);
    match (matching.next(), matching.next()) {
        (Some(((relationship, _), _)), None) if relationship.enabled => Ok(Arc::clone(relationship)),
        (Some(_), None) => Err(RefusalReason::Disabled),
        (Some(_), Some(_)) => Err(RefusalReason::Ambiguous),
        (None, _) if named().next().is_none() => Err(or_foreign(RefusalReason::SenderNotAllowed)),
        (None, _) if !proven.attempted => Err(RefusalReason::NoProof),
        (None, _) => Err(or_foreign(RefusalReason::WrongSecret)),
    }
}

fn refusal(
    envelope: &Envelope,
    supplier: Option<SupplierId>,
    relationship: Option<RelationshipId>,
    reason: RefusalReason,
) -> AuthRefusal {
    AuthRefusal {
        problem: reason.problem(),
        supplier,
        relationship,
        claimed: claim::describe(envelope),
        reason,
    }
}
