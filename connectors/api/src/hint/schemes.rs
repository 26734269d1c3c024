//! Schemes that many senders share, as settings: what a configuration states beside `scheme` goes before them.

use serde_json::{Map, Value, json};

/// The names that `webhook.scheme` may have.
pub const SCHEMES: &[&str] = &[
    "hmac",
    "jwt",
    "jws-detached",
    "standard-webhooks",
    "vendure",
    "svix",
    "bigcommerce",
    "stripe",
    "github",
    "shopify",
    "woocommerce",
    "slack",
];

/// The settings that a scheme stands for; none if there is no such scheme.
pub(super) fn settings(scheme: &str) -> Option<Map<String, Value>> {
    let value = match scheme {
        "hmac" | "jwt" | "jws-detached" => json!({}),
        "standard-webhooks" => standard("webhook"),
        "vendure" => with(standard("webhook"), json!({ "type_pointer": "/type" })),
        "svix" => standard("svix"),
        // Signed with the client secret as it stands.
        "bigcommerce" => with(
            standard("webhook"),
            json!({ "key": "raw", "type_pointer": "/scope" }),
        ),
        "stripe" => json!({
            "signature_header": "stripe-signature", "separator": ",", "prefix": "v1=", "encoding": "hex",
            "signed": "{timestamp}.{body}", "timestamp_item": "t=", "id_pointer": "/id", "type_pointer": "/type",
        }),
        "github" => json!({
            "signature_header": "x-hub-signature-256", "prefix": "sha256=", "encoding": "hex", "signed": "{body}",
            "id_header": "x-github-delivery", "type_header": "x-github-event",
        }),
        "shopify" => json!({
            "signature_header": "x-shopify-hmac-sha256", "encoding": "base64", "signed": "{body}",
            "id_header": "x-shopify-webhook-id", "type_header": "x-shopify-topic",
        }),
        "woocommerce" => json!({
            "signature_header": "x-wc-webhook-signature", "encoding": "base64", "signed": "{body}",
            "id_header": "x-wc-webhook-delivery-id", "type_header": "x-wc-webhook-topic",
        }),
        "slack" => json!({
            "signature_header": "x-slack-signature", "prefix": "v0=", "encoding": "hex",
            "signed": "v0:{timestamp}:{body}", "timestamp_header": "x-slack-request-timestamp",
            "id_pointer": "/event_id", "type_pointer": "/event/type",
        }),
        _ => return None,
    };
    match value {
        Value::Object(settings) => Some(settings),
        _ => None,
    }
}

/// Standard Webhooks, with headers that begin so.
fn standard(begins: &str) -> Value {
    json!({
        "signature_header": format!("{begins}-signature"), "separator": " ", "prefix": "v1,", "encoding": "base64",
        "signed": "{id}.{timestamp}.{body}", "timestamp_header": format!("{begins}-timestamp"),
        "id_header": format!("{begins}-id"), "key": "base64",
    })
}

fn with(mut settings: Value, more: Value) -> Value {
    if let (Some(settings), Value::Object(more)) = (settings.as_object_mut(), more) {
        settings.extend(more);
    }
    settings
}
