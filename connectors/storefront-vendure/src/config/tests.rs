//! Settings that are refused, with the key that is wrong.

use punchgate_connector::Secrets;
use serde_json::{Value, json};

use super::from_config;

fn error(settings: &Value, key: Option<&str>) -> String {
    let secrets: Secrets = key.map(|key| ("api_key", key)).into_iter().collect();
    match from_config("shop", settings, &secrets) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn settings_that_are_refused() {
    let good = json!({"base_url": "https://shop.example"});
    let with = |key: &str, value: Value| {
        let mut settings = good.clone();
        settings[key] = value;
        settings
    };
    let cases = [
        (good.clone(), Some("lookup:secret"), ""),
        (with("admin_api_path", json!("/gateway/admin/")), Some("k"), ""),
        (with("channel_token", json!("b2b")), Some("k"), ""),
        (good.clone(), None, "secrets.api_key"),
        (good.clone(), Some(" "), "secrets.api_key"),
        (good.clone(), Some("line\nbreak"), "secrets.api_key"),
        (json!({}), Some("k"), "settings.base_url"),
        (
            with("base_url", json!("http://shop.example")),
            Some("k"),
            "settings.base_url",
        ),
        (
            with("channel_token", json!("a\nb")),
            Some("k"),
            "settings.channel_token",
        ),
        (
            with("admin_api_path", json!("https://evil.example/")),
            Some("k"),
            "settings.admin_api_path",
        ),
        (with("admin_api_path", json!("a/../../../x")), Some("k"), ""),
        (
            with("capabilities", json!(["accounts"])),
            Some("k"),
            "settings.capabilities",
        ),
        (
            with("chanel_token", json!("x")),
            Some("k"),
            "settings.chanel_token",
        ),
    ];
    for (settings, key, expected) in cases {
        let problem = error(&settings, key);
        assert_eq!(problem.is_empty(), expected.is_empty(), "{settings}: {problem}");
        assert!(problem.contains(expected), "{settings}: {problem}");
        assert!(
            !problem.contains("secret") || problem.contains("secrets.api_key"),
            "{problem}"
        );
    }
}

#[test]
fn paths_stay_below_the_address() {
    let under = json!({"base_url": "https://shop.example/store", "admin_api_path": "../admin-api"});
    assert!(error(&under, Some("k")).contains("leads away"));
}

#[test]
fn a_connector_shows_no_secret() {
    let secrets: Secrets = [("api_key", "lookup:geheim")].into_iter().collect();
    let connector = from_config("shop", &json!({"base_url": "https://shop.example"}), &secrets).unwrap();
    assert!(!format!("{connector:?}").contains("geheim"));
}
