//! The JSON API as a supplier's system calls it.

use reqwest::Method;
use serde_json::Value;

use super::{http, supplier::api_key, world::World};

/// An answer of the API.
#[derive(Debug, Clone)]
pub(crate) struct ApiAnswer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Value,
}

impl World {
    /// Calls with the key that may do everything.
    pub(crate) async fn api(&self, method: Method, path: &str, body: Option<Value>) -> ApiAnswer {
        self.api_as(Some(&api_key("all")), method, path, body).await
    }

    /// Calls with this key.
    pub(crate) async fn api_as(
        &self,
        key: Option<&str>,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> ApiAnswer {
        let mut request = http().request(method, format!("http://{}/api{path}", self.address));
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let content_type = answer
            .headers()
            .get("content-type")
            .map_or("", |value| value.to_str().unwrap());
        let content_type = content_type.to_owned();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        let body = match text.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}: {text}")),
        };
        ApiAnswer {
            status,
            content_type,
            body,
        }
    }

    /// What must succeed.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.api(Method::GET, path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// What must be taken.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.api(Method::POST, path, Some(body)).await;
        assert!(
            (200..300).contains(&answer.status),
            "{path}: {} {}",
            answer.status,
            answer.body
        );
        answer.body
    }
}
