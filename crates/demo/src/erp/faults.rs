//! How the ERP misbehaves on demand.

/// The switches of the panel "Break things".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Every operation answers that it cannot now; nothing is changed.
    pub down: bool,
    /// Every operation waits so many milliseconds first.
    pub slow_ms: u64,
    /// So many further orders, or changes of one, are committed, then the connection is closed without an answer.
    pub cut_after_commit: u32,
}

impl Faults {
    /// Uses up one cut, if one is left.
    pub(super) fn takes_cut(&mut self) -> bool {
        let cuts = self.cut_after_commit > 0;
        self.cut_after_commit = self.cut_after_commit.saturating_sub(1);
        cuts
    }

    /// True if anything is switched on.
    pub fn any(self) -> bool {
        self != Self::default()
    }
}
