//! Where something lies, and what a scope of the tables covers.

/// A folder or file relative to the workspace.
pub(super) struct Place<'a>(pub(super) &'a str);

impl Place<'_> {
    /// `src/http` covers `src/http.rs` and all below `src/http/`; `connectors/*` every connector but not their API;
    /// the empty scope only the root.
    pub(super) fn is_in(&self, scope: &str) -> bool {
        if let Some(parent) = scope.strip_suffix("/*") {
            return self.below(parent) && !self.is_in("connectors/api");
        }
        self.0.trim_end_matches(".rs") == scope || (!scope.is_empty() && self.below(scope))
    }

    fn below(&self, folder: &str) -> bool {
        self.0
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
    }

    /// The folder of the package whose library root this is.
    pub(super) fn library(&self) -> Option<&str> {
        self.0.strip_suffix("/src/lib.rs")
    }
}
