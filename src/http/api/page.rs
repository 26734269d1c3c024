//! Cursor paging: newest first; a cursor is opaque and says where the next page goes on.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use punchgate_domain::catalogue::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::ApiProblem;

const USUAL: u32 = 50;
const MOST: u32 = 200;

/// Which page.
#[derive(Debug, Default, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Rows of a page: 50 unless told, 200 at most.
    pub limit: Option<u32>,
}

/// A page.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// The rows, newest first.
    pub items: Vec<T>,
    /// Cursor of the next page; none at the end.
    pub next: Option<String>,
}

impl Paging {
    /// Rows of this page.
    pub(super) fn limit(&self) -> u32 {
        self.limit.unwrap_or(USUAL).clamp(1, MOST)
    }

    /// Where it goes on.
    pub(super) fn after(&self) -> Result<Option<(i64, String)>, ApiProblem> {
        let Some(cursor) = &self.cursor else {
            return Ok(None);
        };
        let refuse = || ApiProblem::plain(Problem::CursorInvalid);
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refuse())?;
        let text = String::from_utf8(bytes).map_err(|_| refuse())?;
        let (at, id) = text.split_once('/').ok_or_else(refuse)?;
        Ok(Some((at.parse().map_err(|_| refuse())?, id.to_owned())))
    }

    /// A page of rows, of which one more than the limit was asked for.
    pub(super) fn page<R, T>(
        &self,
        mut rows: Vec<R>,
        place: impl Fn(&R) -> (i64, String),
        item: impl Fn(R) -> T,
    ) -> Page<T> {
        let limit = usize::try_from(self.limit()).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| cursor(&place(row)));
        Page {
            items: rows.into_iter().map(item).collect(),
            next,
        }
    }
}

/// A place as a cursor.
pub(super) fn cursor((at, id): &(i64, String)) -> String {
    URL_SAFE_NO_PAD.encode(format!("{at}/{id}"))
}
