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
        let place = read_cursor(cursor).ok_or_else(|| ApiProblem::plain(Problem::CursorInvalid))?;
        Ok(Some(place))
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

/// The place in a cursor; none if it is not one.
pub(in crate::http) fn read_cursor(cursor: &str) -> Option<(i64, String)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (at, id) = text.split_once('/')?;
    Some((at.parse().ok()?, id.to_owned()))
}

/// A place as a cursor.
pub(in crate::http) fn cursor((at, id): &(i64, String)) -> String {
    URL_SAFE_NO_PAD.encode(format!("{at}/{id}"))
}
