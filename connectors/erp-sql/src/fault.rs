//! What a database's refusal means to the caller. Pure.

use punchgate_connector::{ConnectorError, ErrorKind, error::Effect};
use sqlx::{error::DatabaseError, mysql::MySqlDatabaseError, postgres::PgDatabaseError, sqlite::SqliteError};

/// When it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing had been asked yet.
    Connect,
    /// Within the transaction: whatever was written is taken back.
    Statement,
    /// The commit was on its way: it may have been carried out.
    Commit,
}

/// Why a statement was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A rule of the database or of its triggers refuses the row.
    Refused {
        /// A value that must be unique is there already.
        duplicate: bool,
        code: String,
        message: String,
    },
    /// Anything else.
    Error(ConnectorError),
}

impl Fault {
    pub(crate) fn into_error(self, operation: &'static str) -> ConnectorError {
        match self {
            Self::Error(error) => error,
            Self::Refused { code, message, .. } => {
                ConnectorError::new(ErrorKind::Rejected, operation, message).with_code(code)
            }
        }
    }
}

/// What a database says, in what the three have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    what: What,
    code: String,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Duplicate,
    Refused,
    Kind(ErrorKind),
}

/// What an error of the driver means.
pub(crate) fn fault(operation: &'static str, stage: Stage, error: &sqlx::Error) -> Fault {
    let (kind, code, message) = match error {
        sqlx::Error::Database(database) => {
            let said = said(&**database);
            match said.what {
                What::Kind(kind) => (kind, Some(said.code), said.message),
                What::Duplicate | What::Refused => {
                    return Fault::Refused {
                        duplicate: said.what == What::Duplicate,
                        code: said.code,
                        message: said.message,
                    };
                }
            }
        }
        sqlx::Error::Tls(error) => (
            ErrorKind::Auth,
            None,
            format!("the server is not who it should be: {error}"),
        ),
        // What the TLS library finds wrong comes as a broken connection: trying again mends no certificate.
        sqlx::Error::Io(error)
            if stage == Stage::Connect && error.kind() == std::io::ErrorKind::InvalidData =>
        {
            (
                ErrorKind::Auth,
                None,
                format!("the server is not who it should be: {error}"),
            )
        }
        sqlx::Error::Configuration(error) => (ErrorKind::Invalid, None, error.to_string()),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
            (ErrorKind::Schema, None, error.to_string())
        }
        other => (ErrorKind::Temporary, None, other.to_string()),
    };
    // Of a commit, only a plain refusal tells that nothing was written.
    let unseen = stage == Stage::Commit && (code.is_none() || kind == ErrorKind::Temporary);
    let kind = if unseen { ErrorKind::Unknown } else { kind };
    let mut error = ConnectorError::new(kind, operation, message);
    error.code = code.map(String::into_boxed_str);
    Fault::Error(error)
}

/// Not waited for any longer.
pub(crate) fn cut(operation: &'static str, stage: Stage, why: &str) -> ConnectorError {
    let kind = match stage {
        Stage::Commit => ErrorKind::Unknown,
        Stage::Connect | Stage::Statement => ErrorKind::Temporary,
    };
    ConnectorError::new(kind, operation, why)
}

/// A row that cannot be read: of a read, the view is not what was agreed. A change is not committed then.
pub(crate) fn unreadable(operation: &'static str, problem: impl std::fmt::Display) -> ConnectorError {
    let mismatch = punchgate_connector::published::Mismatch::new("row", problem);
    mismatch.into_error(operation, Effect::Read)
}

fn said(error: &dyn DatabaseError) -> Said {
    if let Some(error) = error.try_downcast_ref::<PgDatabaseError>() {
        let mut message = error.message().to_owned();
        for more in [error.detail(), error.hint()].into_iter().flatten() {
            message.push_str("; ");
            message.push_str(more);
        }
        return Said {
            what: of_postgres(error.code()),
            code: error.code().to_owned(),
            message,
        };
    }
    if let Some(error) = error.try_downcast_ref::<MySqlDatabaseError>() {
        return Said {
            what: of_mariadb(error.number(), error.code().unwrap_or_default()),
            code: error.number().to_string(),
            message: error.message().to_owned(),
        };
    }
    let code = error
        .try_downcast_ref::<SqliteError>()
        .and_then(DatabaseError::code);
    let code = code.unwrap_or_default().into_owned();
    Said {
        what: of_sqlite(code.parse().unwrap_or(1), error.message()),
        message: error.message().to_owned(),
        code,
    }
}

fn of_postgres(state: &str) -> What {
    What::Kind(match state {
        "23505" => return What::Duplicate,
        // raise exception; a row that does not fit through a view's check option
        "P0001" | "44000" => return What::Refused,
        "42501" | "25006" => ErrorKind::Forbidden,
        "28000" | "28P01" => ErrorKind::Auth,
        "3D000" => ErrorKind::Invalid,
        _ => match state.get(..2).unwrap_or_default() {
            "23" => return What::Refused,
            // data that a column does not take, or that a view cannot compute with
            "22" => return What::Refused,
            "42" | "0A" => ErrorKind::Schema,
            _ => ErrorKind::Temporary,
        },
    })
}

fn of_mariadb(number: u16, state: &str) -> What {
    What::Kind(match number {
        1062 => return What::Duplicate,
        // not null, default missing, too long, out of range, wrong, truncated, foreign key, check, signal, view's check
        1048 | 1364 | 1406 | 1264 | 1366 | 1292 | 1265 | 1451 | 1452 | 4025 | 1644 | 1369 => {
            return What::Refused;
        }
        // schema, table, column, routine, view's definer, read only
        1044 | 1142 | 1143 | 1370 | 1290 | 1792 | 1227 => ErrorKind::Forbidden,
        1045 | 1698 | 1862 => ErrorKind::Auth,
        1049 => ErrorKind::Invalid,
        1054 | 1064 | 1109 | 1146 | 1305 | 1356 | 1471 => ErrorKind::Schema,
        _ if state == "45000" => return What::Refused,
        _ => ErrorKind::Temporary,
    })
}

fn of_sqlite(code: u32, message: &str) -> What {
    What::Kind(match (code & 0xff, code) {
        (19, 1555 | 2067 | 2579) => return What::Duplicate,
        // constraints, also raise(abort, …) of triggers
        (19, _) => return What::Refused,
        (8 | 3 | 23, _) => ErrorKind::Forbidden,
        (14 | 26, _) => ErrorKind::Invalid,
        (11, _) => ErrorKind::Schema,
        (1, _) if message.contains("readonly") => ErrorKind::Forbidden,
        (1, _) => ErrorKind::Schema,
        _ => ErrorKind::Temporary,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        use ErrorKind::{Auth, Forbidden, Schema, Temporary};
        let postgres = [
            ("23505", What::Duplicate),
            ("23503", What::Refused),
            ("P0001", What::Refused),
            ("22001", What::Refused),
            ("42501", What::Kind(Forbidden)),
            ("42P01", What::Kind(Schema)),
            ("28P01", What::Kind(Auth)),
            ("57014", What::Kind(Temporary)),
            ("40001", What::Kind(Temporary)),
            ("53300", What::Kind(Temporary)),
            ("", What::Kind(Temporary)),
        ];
        for (state, expected) in postgres {
            assert_eq!(of_postgres(state), expected, "{state}");
        }
        let mariadb = [
            (1062, What::Duplicate),
            (1452, What::Refused),
            (1644, What::Refused),
            (1143, What::Kind(Forbidden)),
            (1146, What::Kind(Schema)),
            (1045, What::Kind(Auth)),
            (1969, What::Kind(Temporary)),
            (1213, What::Kind(Temporary)),
        ];
        for (number, expected) in mariadb {
            assert_eq!(of_mariadb(number, ""), expected, "{number}");
        }
        let sqlite = [
            (2067, "", What::Duplicate),
            (1811, "", What::Refused),
            (787, "", What::Refused),
            (5, "", What::Kind(Temporary)),
            (9, "", What::Kind(Temporary)),
            (1, "no such column: X", What::Kind(Schema)),
            (8, "", What::Kind(Forbidden)),
        ];
        for (code, message, expected) in sqlite {
            assert_eq!(of_sqlite(code, message), expected, "{code}");
        }
    }

    #[test]
    fn only_a_commit_can_be_unseen() {
        let cases = [
            (Stage::Connect, ErrorKind::Temporary),
            (Stage::Statement, ErrorKind::Temporary),
            (Stage::Commit, ErrorKind::Unknown),
        ];
        for (stage, expected) in cases {
            let error = sqlx::Error::Io(std::io::Error::other("cut"));
            let Fault::Error(error) = fault("submit_order", stage, &error) else {
                panic!("a cut connection is no refusal");
            };
            assert_eq!(error.kind, expected);
            assert_eq!(cut("submit_order", stage, "late").kind, expected);
        }
    }
}
