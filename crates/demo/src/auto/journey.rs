//! The shopper's journey: from the suite into the shop and back with the cart.

use http::Method;
use punchgate_protocols::page::{forms, text_of};
use serde_json::{Value, json};

use super::{
    Mismatch, Outcome, Systems,
    browser::{Browser, Page, cut},
    expect,
};

/// More pages than this between shop and suite lead nowhere.
const PAGES: usize = 6;

/// A shopper with an open session in the shop.
#[derive(Debug)]
pub(super) struct Shopper<'a> {
    pub(super) browser: &'a Browser,
    shop: &'a str,
    bearer: String,
    pub(super) requisition: u64,
    pub(super) start_page: String,
    pub(super) session: Value,
}

/// Presses the suite's button and goes through the start page into the shop.
pub(super) async fn enter<'a>(
    browser: &'a Browser,
    systems: &'a Systems,
    buyer: &str,
    button: &str,
    fields: &[(&str, &str)],
) -> Outcome<Shopper<'a>> {
    let mut all = vec![("view".to_owned(), "tab".to_owned())];
    all.extend(
        fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    let pressed = browser
        .post(&format!("{}/buyers/{buyer}/{button}", systems.suite), &all)
        .await?;
    let start_page = pressed
        .location
        .as_ref()
        .filter(|url| url.as_str().starts_with(&systems.gateway))
        .map(ToString::to_string);
    let Some(start_page) = start_page else {
        return Err(Mismatch::new(
            "a start page of the gateway",
            refusal(browser, systems, buyer, &pressed).await,
        ));
    };
    let requisition = newest_requisition(browser, systems, buyer, button).await?;
    let page = browser.get(&start_page).await?;
    let form = forms(&page.body).into_iter().find(|form| form.method == "post");
    let form = form.ok_or_else(|| Mismatch::new("a form on the start page", cut(&page.body)))?;
    let mut answer = browser.submit(&page, &form).await?;
    if answer.location.is_none() {
        // Items that the shop no longer has are told first; the shopper goes on.
        answer.location = link_into(&answer, &systems.shop);
    }
    let login = answer
        .location
        .filter(|url| url.as_str().starts_with(&systems.shop))
        .ok_or_else(|| Mismatch::new("a way into the shop", told(&answer.body, answer.status)))?;
    let token = login
        .fragment()
        .and_then(|fragment| fragment.strip_prefix("t="))
        .ok_or_else(|| Mismatch::new("a one-time token in the login's fragment", "none"))?;
    browser.get(login.as_str()).await?;
    let api = format!("{}/punchout/api", systems.shop);
    let entered: Value = browser
        .send_json(
            Method::POST,
            &format!("{api}/enter"),
            None,
            &json!({ "token": token }),
        )
        .await?;
    let bearer = entered["bearer"].as_str().unwrap_or_default().to_owned();
    let session: Value = browser.json(&format!("{api}/session"), Some(&bearer)).await?;
    Ok(Shopper {
        browser,
        shop: &systems.shop,
        bearer,
        requisition,
        start_page,
        session,
    })
}

fn link_into(page: &Page, shop: &str) -> Option<url::Url> {
    let begin = page.body.find(&format!("href=\"{shop}"))? + "href=\"".len();
    let end = begin + page.body[begin..].find('"')?;
    url::Url::parse(&page.body[begin..end].replace("&amp;", "&")).ok()
}

/// Why there is no start page, as the suite shows it.
async fn refusal(browser: &Browser, systems: &Systems, buyer: &str, pressed: &Page) -> String {
    let url = format!("{}/api/buyers/{buyer}/requisitions", systems.suite);
    match browser.json::<Value>(&url, None).await {
        Ok(all) => {
            let session = &all[0]["sessions"][0];
            format!("{} {}", session["answer"], session["deviations"])
        }
        Err(_) => told(&pressed.body, pressed.status),
    }
}

fn told(body: &str, status: u16) -> String {
    format!(
        "HTTP {status}, {}",
        text_of(body, "main").unwrap_or_else(|| cut(body))
    )
}

/// The requisition of the button: named in its path, or the newest.
async fn newest_requisition(browser: &Browser, systems: &Systems, buyer: &str, button: &str) -> Outcome<u64> {
    if let Some(number) = button
        .strip_prefix("requisitions/")
        .and_then(|rest| rest.split('/').next())
    {
        return number
            .parse()
            .map_err(|_| Mismatch::new("a requisition's number", number));
    }
    let all: Value = browser
        .json(
            &format!("{}/api/buyers/{buyer}/requisitions", systems.suite),
            None,
        )
        .await?;
    all[0]["number"]
        .as_u64()
        .ok_or_else(|| Mismatch::new("an open requisition", all.to_string()))
}

impl Shopper<'_> {
    fn api(&self, path: &str) -> String {
        format!("{}/punchout/api/{path}", self.shop)
    }

    pub(super) async fn cart(&self) -> Outcome<Value> {
        self.browser.json(&self.api("cart"), Some(&self.bearer)).await
    }

    /// Puts an item into the cart.
    pub(super) async fn add(&self, sku: &str, quantity: &str) -> Outcome<Value> {
        let body = json!({ "sku": sku, "quantity": quantity });
        self.browser
            .send_json(Method::POST, &self.api("cart/lines"), Some(&self.bearer), &body)
            .await
    }

    /// Changes the quantity of a line.
    pub(super) async fn set(&self, line: &str, quantity: &str) -> Outcome<Value> {
        let url = self.api(&format!("cart/lines/{line}"));
        self.browser
            .send_json(
                Method::PUT,
                &url,
                Some(&self.bearer),
                &json!({ "quantity": quantity }),
            )
            .await
    }

    /// What the shop says about the customer's standing.
    pub(super) async fn standing(&self) -> Outcome<Value> {
        self.browser.json(&self.api("standing"), Some(&self.bearer)).await
    }

    /// Transfers the cart, through the gateway's pages, to the suite; the page that shows then.
    pub(super) async fn transfer(&self) -> Outcome<Page> {
        let address = self.session["return_url"].as_str().unwrap_or_default();
        let mut page = self.browser.get(address).await?;
        for _ in 0..PAGES {
            let form = forms(&page.body).into_iter().find(|form| form.method == "post");
            let Some(form) = form else { break };
            let is_cart = form
                .fields
                .iter()
                .any(|(name, _)| name.to_lowercase().starts_with("cxml"));
            page = self.browser.submit(&page, &form).await?;
            if is_cart {
                let shown = self.browser.follow(page).await?;
                expect(
                    shown.status == 200,
                    "the suite's page with the requisition",
                    shown.status,
                )?;
                return Ok(shown);
            }
        }
        Err(Mismatch::new(
            "a form that carries the cart",
            told(&page.body, page.status),
        ))
    }
}
