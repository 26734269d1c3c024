//! The three-way merge of one field between the gateway and an ERP, against what both last agreed on.
//!
//! Echo is recognised by content: a write of ours that comes back equals what is here, whatever its stamp
//! says, and is no event.

use crate::Instant;

stored_names! {
    /// Who wins when both sides changed a field.
    pub enum FieldOwner("the owner of a field") {
        /// The ERP.
        Erp = "erp",
        /// The gateway.
        Gateway = "gateway",
        /// Who changed it last; the ERP if that is not known.
        Latest = "latest",
    }
}

stored_names! {
    /// A side of the merge.
    pub enum Side("a side of a merge") {
        /// Here.
        Gateway = "gateway",
        /// There.
        Erp = "erp",
    }
}

impl FieldOwner {
    /// The side that wins a conflict.
    pub fn winner(self, local_changed: Option<Instant>, remote_changed: Option<Instant>) -> Side {
        match (self, local_changed, remote_changed) {
            (Self::Gateway, _, _) => Side::Gateway,
            (Self::Latest, Some(local), Some(remote)) if local > remote => Side::Gateway,
            (Self::Latest | Self::Erp, _, _) => Side::Erp,
        }
    }
}

/// What is to be done with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldMerge<V> {
    /// Both sides hold the same.
    Keep,
    /// Only the ERP changed it.
    TakeRemote(V),
    /// Only we changed it.
    PushLocal(V),
    /// Both changed it, differently: the winner's value goes to the other side, the conflict is recorded.
    Conflict {
        /// Whose value stands.
        winner: Side,
        /// Our value.
        local: V,
        /// The ERP's value.
        remote: V,
    },
}

/// Merges one field. `base` is what both sides held after the last merge; `None` if they never met. After the
/// result has been carried out (a push: acknowledged by the ERP), [`FieldMerge::settled`] is the next base.
pub fn merge_field<V: Clone + PartialEq>(
    base: Option<&V>,
    local: &V,
    remote: &V,
    winner: Side,
) -> FieldMerge<V> {
    if local == remote {
        FieldMerge::Keep
    } else if base == Some(local) {
        FieldMerge::TakeRemote(remote.clone())
    } else if base == Some(remote) {
        FieldMerge::PushLocal(local.clone())
    } else {
        FieldMerge::Conflict {
            winner,
            local: local.clone(),
            remote: remote.clone(),
        }
    }
}

impl<V: Clone> FieldMerge<V> {
    /// The value of both sides once the result has been carried out. `local` is what was merged.
    pub fn settled(&self, local: &V) -> V {
        match self {
            Self::Keep => local.clone(),
            Self::TakeRemote(value) | Self::PushLocal(value) => value.clone(),
            Self::Conflict {
                winner: Side::Gateway,
                local,
                ..
            } => local.clone(),
            Self::Conflict {
                winner: Side::Erp,
                remote,
                ..
            } => remote.clone(),
        }
    }

    /// What to write to the ERP, if anything.
    pub fn to_push(&self) -> Option<&V> {
        match self {
            Self::PushLocal(value)
            | Self::Conflict {
                winner: Side::Gateway,
                local: value,
                ..
            } => Some(value),
            _ => None,
        }
    }

    /// What to write here, if anything.
    pub fn to_take(&self) -> Option<&V> {
        match self {
            Self::TakeRemote(value)
            | Self::Conflict {
                winner: Side::Erp,
                remote: value,
                ..
            } => Some(value),
            _ => None,
        }
    }
}
