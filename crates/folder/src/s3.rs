//! A prefix in an S3 bucket.
//!
//! OpenDAL signs and words the requests; they go out through the guarded client, and keys come from the settings alone:
//! no file, no environment and no service of the machine is asked for them.

use std::fmt;

use bytes::Bytes;
use futures_util::{TryStreamExt as _, stream};
use http::{Request, Response};
use opendal_core::{
    Buffer, EntryMode, Error, ErrorKind, HttpBody, HttpTransport, HttpTransporter, OperationContext, Operator,
};
use punchgate_egress::{Egress, EgressError, Limits, UnknownCause};

use crate::{Entry, FilePath, FolderError, FolderSetupError, Listing, Moved, S3, path::is_name};

/// No answer is larger, whatever is asked for; files have limits of their own below it.
const MOST_BYTES: usize = 520 << 20;
/// Nor one that holds no file: a page of a listing, an error.
const MOST_WORDS: usize = 8 << 20;

pub(crate) struct Bucket {
    place: String,
    operator: Operator,
    http: Egress,
}

impl Bucket {
    pub(crate) fn new(place: S3) -> Result<Self, FolderSetupError> {
        let problem = |error: String| {
            FolderSetupError::new(
                error,
                "correct endpoint, region, bucket and prefix of settings.folder",
            )
        };
        let http = Egress::new(place.rules.clone()).map_err(|error| problem(error.to_string()))?;
        let mut builder = opendal_service_s3::S3::default()
            .endpoint(place.endpoint.as_str().trim_end_matches('/'))
            .region(&place.region)
            .bucket(&place.bucket)
            .root(&format!("/{}", place.prefix))
            .access_key_id(&place.access_key_id)
            .secret_access_key(&place.secret_access_key)
            .disable_config_load()
            .disable_ec2_metadata();
        if place.virtual_host {
            builder = builder.enable_virtual_host_style();
        }
        let operator = Operator::new(builder).map_err(|error| problem(error.to_string()))?;
        Ok(Self {
            place: format!("{place:?}"),
            operator,
            http,
        })
    }

    /// The store, of whose answers so much is read and no more.
    fn up_to(&self, max_response_bytes: usize) -> Operator {
        let transport = HttpTransporter::new(Guarded {
            http: self.http.clone(),
            max_response_bytes,
        });
        let context = OperationContext::new().with_http_transport(transport);
        self.operator.clone().with_context(context)
    }

    pub(crate) async fn list(&self, directory: &str) -> Result<Listing, FolderError> {
        let path = match directory {
            "" => "/".to_owned(),
            directory => format!("{directory}/"),
        };
        let trouble = |error: Error| self.trouble(&path, Effect::Read, &error);
        let store = self.up_to(MOST_WORDS);
        let mut found = store.lister_with(&path).limit(1000).await.map_err(trouble)?;
        let mut listing = Listing::default();
        while let Some(entry) = found.try_next().await.map_err(trouble)? {
            listing.within_limit(&path)?;
            let (name, metadata) = (entry.name().to_owned(), entry.metadata());
            if metadata.mode() != EntryMode::FILE || name.starts_with('.') {
                continue;
            }
            match (is_name(&name), metadata.last_modified()) {
                (true, Some(modified)) => listing.entries.push(Entry {
                    size: metadata.content_length(),
                    // Not every store that calls itself S3 tells a tag.
                    stamp: format!(
                        "{}-{}-{modified:?}",
                        metadata.etag().unwrap_or_default(),
                        metadata.content_length()
                    ),
                    modified: modified.into_inner(),
                    name,
                }),
                _ => listing.passed_over.push(name.chars().take(120).collect()),
            }
        }
        listing.within_limit(&path)?;
        Ok(listing)
    }

    pub(crate) async fn read(&self, path: &FilePath, max: u64) -> Result<Bytes, FolderError> {
        let key = path.to_string();
        let trouble = |error: &Error| self.trouble(&key, Effect::Read, error);
        let too_large = || FolderError::TooLarge {
            place: self.at(&key),
            max,
        };
        let most = usize::try_from(max)
            .unwrap_or(usize::MAX)
            .clamp(MOST_WORDS, MOST_BYTES);
        let store = self.up_to(most);
        let metadata = store.stat(&key).await.map_err(|error| trouble(&error))?;
        if metadata.content_length() > max {
            return Err(too_large());
        }
        let body = store.read(&key).await.map_err(|error| match cause(&error) {
            // It has grown since.
            Some(EgressError::Unknown {
                cause: UnknownCause::TooLarge,
                ..
            }) => too_large(),
            _ => trouble(&error),
        })?;
        match body.len() as u64 > max {
            true => Err(too_large()),
            false => Ok(body.to_bytes()),
        }
    }

    pub(crate) async fn write_new(&self, path: &FilePath, body: Bytes) -> Result<bool, FolderError> {
        let key = path.to_string();
        // Not every store that calls itself S3 heeds the condition.
        if self.is_there(&key).await? {
            return Ok(false);
        }
        match self
            .up_to(MOST_WORDS)
            .write_with(&key, body)
            .if_not_exists(true)
            .await
        {
            Ok(_) => Ok(true),
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConditionNotMatch | ErrorKind::AlreadyExists
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(self.trouble(&key, Effect::Change, &error)),
        }
    }

    /// Written under the new name, then removed under the old one: whoever looks in between sees both.
    pub(crate) async fn move_new(&self, from: &FilePath, to: &FilePath) -> Result<Moved, FolderError> {
        let body = match self.read(from, MOST_BYTES as u64).await {
            Ok(body) => body,
            Err(FolderError::Missing { .. }) => return Ok(Moved::Missing),
            Err(error) => return Err(error),
        };
        if !self.write_new(to, body.clone()).await? && self.read(to, MOST_BYTES as u64).await? != body {
            return Ok(Moved::Exists);
        }
        self.remove(from).await?;
        Ok(Moved::Done)
    }

    pub(crate) async fn remove(&self, path: &FilePath) -> Result<bool, FolderError> {
        let key = path.to_string();
        let removed = self.up_to(MOST_WORDS).delete(&key).await;
        removed
            .map(|()| true)
            .map_err(|error| self.trouble(&key, Effect::Change, &error))
    }

    async fn is_there(&self, key: &str) -> Result<bool, FolderError> {
        match self.up_to(MOST_WORDS).stat(key).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.trouble(key, Effect::Read, &error)),
        }
    }

    fn at(&self, key: &str) -> String {
        format!("{key} of {}", self.place)
    }

    fn trouble(&self, key: &str, effect: Effect, error: &Error) -> FolderError {
        let place = self.at(key);
        // Its own text: that of an OpenDAL error names the request with all its headers.
        let detail = error.message().chars().take(300).collect();
        if let Some(refused) = cause(error) {
            return match refused {
                EgressError::Refused { reason, .. } => FolderError::Refused {
                    place,
                    reason: reason.clone(),
                },
                EgressError::Unknown { detail, .. } if effect == Effect::Change => FolderError::Unseen {
                    place,
                    detail: detail.clone(),
                },
                other => FolderError::NotDone {
                    place,
                    detail: other.to_string(),
                },
            };
        }
        match error.kind() {
            ErrorKind::NotFound => FolderError::Missing { place },
            ErrorKind::PermissionDenied => FolderError::Forbidden { place, detail },
            ErrorKind::RateLimited | ErrorKind::ConfigInvalid => FolderError::NotDone { place, detail },
            _ if effect == Effect::Change => FolderError::Unseen { place, detail },
            _ => FolderError::NotDone { place, detail },
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Read,
    Change,
}

fn cause(error: &Error) -> Option<&EgressError> {
    std::error::Error::source(error)?.downcast_ref()
}

/// The guarded client as OpenDAL calls it. Redirects are answers: nothing is followed.
struct Guarded {
    http: Egress,
    max_response_bytes: usize,
}

impl HttpTransport for Guarded {
    async fn fetch(&self, request: Request<Buffer>) -> opendal_core::Result<Response<HttpBody>> {
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string().parse().map_err(|error: url::ParseError| {
            Error::new(ErrorKind::ConfigInvalid, "the address of the request is none").set_source(error)
        })?;
        let answer = self
            .http
            .send(punchgate_egress::Request {
                method: parts.method,
                url,
                headers: parts.headers,
                body: body.to_bytes(),
                limits: Limits {
                    max_response_bytes: self.max_response_bytes,
                    timeout: Limits::default().timeout,
                },
            })
            .await
            .map_err(|error| {
                Error::new(ErrorKind::Unexpected, "the request has no answer").set_source(error)
            })?;
        let size = answer.body.len() as u64;
        let body = HttpBody::new(stream::iter([Ok(Buffer::from(answer.body))]), Some(size));
        let mut response = Response::new(body);
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}
