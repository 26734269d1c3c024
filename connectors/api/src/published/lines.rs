//! One line asked, one line answered, by a program that the caller runs (`docs/protocols/erp-stdio.md`).
//!
//! **Invariant:** a line that is not the answer to this very question is believed in nothing, and the program that wrote
//! it is never asked again.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use punchgate_child::{ChildError, Greeting, UnseenCause};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{
    Peer,
    problem::{Problem, unreadable},
};
use crate::{ConnectorError, ConnectorResult, Context, ErrorKind, Secrets, error::Effect};

/// The id of every greeting: there is one before anything else.
const GREETING: &str = "hello";

/// Speaks a published protocol in lines with the program of the context.
#[derive(Clone, Debug)]
pub struct JsonLines {
    /// How long a read may take.
    pub read_timeout: Duration,
    /// How long a change may take.
    pub change_timeout: Duration,
}

/// A question.
#[derive(Serialize)]
struct Question<'a, Q> {
    id: &'a str,
    method: &'a str,
    params: &'a Q,
}

/// An answer: exactly one of the two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    id: String,
    #[serde(default)]
    result: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
}

/// What is told in a greeting.
#[derive(Serialize)]
struct Hello<'a> {
    protocol: &'a str,
    version: u32,
    gateway: &'a str,
    options: &'a Value,
    secrets: Map<String, Value>,
}

/// The greeting of a protocol: `options` and `secrets` are the program's own affair. `judge` says what is wrong with what
/// the program says of itself, if something is.
pub fn greeting(
    protocol: &str,
    version: u32,
    options: &Value,
    secrets: &Secrets,
    judge: impl Fn(Value) -> Result<(), String> + Send + Sync + 'static,
) -> Result<Greeting, serde_json::Error> {
    let secrets = secrets.names().map(|name| {
        let secret = secrets.get(name).unwrap_or_default();
        (name.to_owned(), Value::from(secret))
    });
    let question = Question {
        id: GREETING,
        method: GREETING,
        params: &Hello {
            protocol,
            version,
            gateway: concat!("Punchgate ", env!("CARGO_PKG_VERSION")),
            options,
            secrets: secrets.collect(),
        },
    };
    Ok(Greeting {
        line: Bytes::from(serde_json::to_vec(&question)?),
        judge: Arc::new(move |line| judge(greeted(line)?)),
    })
}

/// What a program says of itself.
pub fn greeted(line: &[u8]) -> Result<Value, String> {
    match answer_to(GREETING, line)? {
        Ok(description) => Ok(description),
        Err(problem) => {
            let error = problem.into_error(GREETING, Effect::Read, None);
            Err(format!("it refuses to work: {error}"))
        }
    }
}

#[async_trait]
impl Peer for JsonLines {
    async fn call<Q, A>(
        &self,
        ctx: &Context,
        operation: &'static str,
        effect: Effect,
        request: &Q,
    ) -> ConnectorResult<A>
    where
        Q: Serialize + Sync,
        A: DeserializeOwned + Send,
    {
        let id = ctx.next_request_id();
        let question = Question {
            id: &id,
            method: operation,
            params: request,
        };
        let line = serde_json::to_vec(&question)
            .map_err(|error| ConnectorError::new(ErrorKind::Invalid, operation, error.to_string()))?;
        let timeout = match effect {
            Effect::Read => self.read_timeout,
            Effect::Change => self.change_timeout,
        };
        let until = Instant::now() + timeout.min(ctx.remaining());
        let answer = ctx
            .ask(&line, until, |line| answer_to(&id, line))
            .await
            .map_err(|error| from_child(operation, effect, &error))?;
        match answer {
            Ok(result) => serde_json::from_value(result).map_err(|error| {
                unreadable(operation, effect, format!("the answer is not as agreed: {error}"))
            }),
            Err(problem) => Err(problem.into_error(operation, effect, None)),
        }
    }
}

/// The result or the problem that a line holds, if it answers this question.
fn answer_to(id: &str, line: &[u8]) -> Result<Result<Value, Problem>, String> {
    let answer: Answer =
        serde_json::from_slice(line).map_err(|error| format!("its line is no answer ({error})"))?;
    if answer.id != id {
        return Err(format!("it answered '{}', asked was '{id}'", answer.id));
    }
    match (answer.result, answer.error) {
        (Some(result), None) => Ok(Ok(result)),
        (None, Some(error)) => serde_json::from_value(error)
            .map(Err)
            .map_err(|error| format!("its error is none of the protocol ({error})")),
        _ => Err("its answer must have either result or error".to_owned()),
    }
}

/// What was perhaps carried out is unknown for a change and temporary for a read.
fn from_child(operation: &'static str, effect: Effect, error: &ChildError) -> ConnectorError {
    let kind = match (error, effect) {
        (ChildError::NotAsked { after: None, .. }, _) => ErrorKind::Temporary,
        (ChildError::NotAsked { after, .. }, _) => ErrorKind::RateLimited { after: *after },
        (ChildError::Refused { .. }, _) => ErrorKind::Unsupported,
        (ChildError::Unseen { .. }, Effect::Change) => ErrorKind::Unknown,
        // The same answer would come again.
        (
            ChildError::Unseen {
                cause: UnseenCause::TooLong | UnseenCause::Garbled,
                ..
            },
            Effect::Read,
        ) => ErrorKind::Schema,
        (ChildError::Unseen { .. }, Effect::Read) => ErrorKind::Temporary,
    };
    ConnectorError::new(kind, operation, error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_answer_to_the_question_is_one() {
        let cases = [
            (r#"{"id":"7","result":{"a":1}}"#, Some(Ok(json!({"a": 1})))),
            (
                r#"{"id":"7","error":{"kind":"not_found","detail":"gone"}}"#,
                Some(Err("not_found")),
            ),
            (r#"{"id":"8","result":{}}"#, None),
            (r#"{"id":7,"result":{}}"#, None),
            (r#"{"id":"7"}"#, None),
            (r#"{"id":"7","result":null}"#, None),
            (
                r#"{"id":"7","result":{},"error":{"kind":"auth","detail":"x"}}"#,
                None,
            ),
            (r#"{"id":"7","error":"it broke"}"#, None),
            (r#"{"id":"7","result":{},"log":"x"}"#, None),
            ("connecting to the database…", None),
            ("", None),
        ];
        for (line, expected) in cases {
            let read = answer_to("7", line.as_bytes());
            let read = read.ok().map(|answer| answer.map_err(|problem| problem.kind));
            let expected = expected.map(|answer| answer.map_err(str::to_owned));
            assert_eq!(read, expected, "{line}");
        }
    }

    #[test]
    fn errors_say_whether_it_may_have_acted() {
        let program = || "/opt/erp".to_owned();
        let not_asked = |after| ChildError::NotAsked {
            program: program(),
            detail: String::new(),
            after,
        };
        let unseen = |cause| ChildError::Unseen {
            program: program(),
            cause,
            detail: String::new(),
        };
        let after = Some(Duration::from_secs(4));
        let cases = [
            (not_asked(None), ErrorKind::Temporary, ErrorKind::Temporary),
            (
                not_asked(after),
                ErrorKind::RateLimited { after },
                ErrorKind::RateLimited { after },
            ),
            (
                unseen(UnseenCause::Silent),
                ErrorKind::Temporary,
                ErrorKind::Unknown,
            ),
            (
                unseen(UnseenCause::Ended),
                ErrorKind::Temporary,
                ErrorKind::Unknown,
            ),
            (
                unseen(UnseenCause::TooLong),
                ErrorKind::Schema,
                ErrorKind::Unknown,
            ),
            (
                unseen(UnseenCause::Garbled),
                ErrorKind::Schema,
                ErrorKind::Unknown,
            ),
        ];
        for (error, read, change) in cases {
            assert_eq!(from_child("accounts", Effect::Read, &error).kind, read, "{error}");
            assert_eq!(
                from_child("submit_order", Effect::Change, &error).kind,
                change,
                "{error}"
            );
        }
    }
}
