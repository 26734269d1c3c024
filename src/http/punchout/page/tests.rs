//! Cases: what the shopper's pages say, escape and forbid.

use axum::body::to_bytes;
use punchgate_protocols::form::FormField;

use super::*;

const PAGES: Pages = Pages { plain_http: false };

fn parties() -> Parties {
    Parties {
        supplier: "Iron & <Quay>".to_owned(),
        buyer: "Globex".to_owned(),
        contact: "help@acme.example".to_owned(),
    }
}

fn post_back() -> PostBack {
    PostBack {
        action: "https://suite.example/back?a=1&b=\"2\"".to_owned(),
        field: FormField {
            name: "cXML-urlencoded",
            value: "<?xml version=\"1.0\"?><cXML a='1'>&#233;\n</cXML>".to_owned(),
        },
        form_sources: vec![
            "https://suite.example".to_owned(),
            "http://login.example:*".to_owned(),
        ],
        with_cart: true,
        parties: parties(),
    }
}

fn question(kind: QuestionKind) -> Question {
    Question {
        kind,
        accept: "warned-0123".to_owned(),
        credit: Some("Call <us>.".to_owned()),
        stopped: vec!["Gloves (P{1}): an id holds '{'".to_owned()],
        is_edit: true,
        parties: parties(),
    }
}

fn refusal(problem: Problem) -> Refusal {
    Refusal {
        problem,
        text: None,
        can_resume: problem == Problem::CartBlocked,
        parties: Some(parties()),
    }
}

fn all() -> Vec<(&'static str, Response)> {
    let missing = Missing {
        parties: Some(parties()),
        missing: vec![MissingItem {
            part_id: "P-2".to_owned(),
            reason: "no longer sold".to_owned(),
        }],
        login_url: "https://shop.example/login?code=1&x=2".to_owned(),
    };
    let closing = Closing {
        reason: ClosingReason::NoReturnAddress,
        parties: parties(),
    };
    vec![
        ("start", PAGES.start()),
        ("returning", PAGES.returning()),
        ("cancelling", PAGES.cancelling()),
        ("post", PAGES.post(post_back())),
        (
            "emptied",
            PAGES.ask("acme.token", question(QuestionKind::Emptied)),
        ),
        ("warned", PAGES.ask("acme.token", question(QuestionKind::Warned))),
        ("missing", PAGES.missing(missing)),
        ("closed", PAGES.closed(closing)),
        (
            "used",
            PAGES.refused("acme.token", refusal(Problem::StartLinkUsed)),
        ),
        (
            "blocked",
            PAGES.refused("acme.token", refusal(Problem::CartBlocked)),
        ),
        (
            "down",
            PAGES.refused("acme.token", refusal(Problem::UpstreamUnavailable)),
        ),
    ]
}

async fn text(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn every_page_is_guarded() {
    for (name, response) in all() {
        let headers = response.headers().clone();
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("cache-control").as_deref(), Some("no-store"), "{name}");
        assert_eq!(
            header("referrer-policy").as_deref(),
            Some("no-referrer"),
            "{name}"
        );
        assert_eq!(
            header("x-robots-tag").as_deref(),
            Some("noindex, nofollow"),
            "{name}"
        );
        assert_eq!(header("set-cookie"), None, "{name}");
        assert_eq!(
            header("x-frame-options"),
            None,
            "suites show it in frames: {name}"
        );
        let policy = header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';"),
            "{name}"
        );
        assert!(policy.ends_with("frame-ancestors https:"), "{name}: {policy}");
        let html = text(response).await;
        for forbidden in [
            "<script>",
            "style=",
            "onclick",
            "onload",
            "javascript:",
            "<Quay>",
            "<us>",
        ] {
            assert!(!html.contains(forbidden), "{name}: {forbidden}");
        }
        assert_eq!(html.matches("<h1>").count(), 1, "{name}");
        assert!(html.contains("<title>") && html.contains("lang=\"en\""), "{name}");
    }
}

#[tokio::test]
async fn the_form_carries_the_message_and_leads_only_there() {
    let response = PAGES.post(post_back());
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("form-action https://suite.example http://login.example:*;"),
        "{policy}"
    );
    let html = text(response).await;
    assert!(html.contains(r#"name="cXML-urlencoded""#));
    assert!(
        html.contains("&#38;#233;"),
        "an entity of the document stays one: {html}"
    );
    assert!(
        html.contains("action=\"https://suite.example/back?a=1&#38;b=&#34;2&#34;\""),
        "{html}"
    );
    assert!(html.contains("data-auto") && html.contains("<button type=\"submit\""));
}

#[tokio::test]
async fn what_was_posted_back_is_not_posted_by_itself_where_something_is_asked() {
    for (name, response) in all() {
        let posts_itself = matches!(name, "start" | "returning" | "cancelling" | "post");
        assert_eq!(text(response).await.contains("data-auto"), posts_itself, "{name}");
    }
}

#[tokio::test]
async fn refusals_have_their_status_and_a_way_on() {
    for (problem, status, step) in [
        (Problem::StartLinkUsed, 410, None),
        (Problem::StartLinkExpired, 410, None),
        (Problem::StartLinkUnknown, 404, None),
        (Problem::SessionExpired, 410, None),
        (Problem::CartBlocked, 409, Some("resume")),
        (Problem::UpstreamUnavailable, 503, Some("retry")),
        (Problem::Internal, 503, Some("retry")),
        (Problem::RelationshipDisabled, 403, None),
    ] {
        let response = PAGES.refused("acme.token", refusal(problem));
        assert_eq!(response.status(), status, "{problem:?}");
        let html = text(response).await;
        let steps: Vec<&str> = html
            .split("data-step=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert_eq!(steps, step.into_iter().collect::<Vec<_>>(), "{problem:?}");
        assert!(
            html.contains("help&#64;acme.example") || html.contains("help@acme.example"),
            "{problem:?}"
        );
    }
}

#[test]
fn plain_http_is_for_a_trial_on_one_machine() {
    let plain = Pages { plain_http: true }.start();
    let policy = plain.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("form-action 'self' https: http:")
            && policy.ends_with("frame-ancestors https: http:")
    );
}
