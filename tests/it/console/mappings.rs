//! Mappings at the console: found, entered one by one or as a table, taken away, downloaded.

use punchgate_domain::operator::Role;

use super::{Page, here, relationships::act, signed_in};
use crate::support::{cxml::Po, supplier::Supplier};

const MAPPINGS: &str = "/relationships/acme/mappings";

fn deed(name: &str) -> String {
    format!("{MAPPINGS}/{name}")
}

/// What the list has: what the buyer writes, and what it is called here.
fn rows(page: &Page) -> Vec<(String, String)> {
    let cell = |html: &str, name: &str| {
        let (_, rest) = html.split_once(&format!("data-name=\"{name}\">")).unwrap();
        rest.split('<').next().unwrap().to_owned()
    };
    let rows = page.html.split("<tr><td>").skip(1);
    rows.map(|row| (cell(row, "The buyer writes"), cell(row, "Here")))
        .collect()
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = of.iter();
    pairs.map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[tokio::test]
async fn one_is_added_changed_and_taken_away_with_a_reason() {
    let supplier = Supplier::with_buyer().mapping("unit", "PCE", "EA");
    let world = supplier.start().await;
    let browser = signed_in(&world, "sam", Role::Support).await;
    let page = browser.get(&here(MAPPINGS)).await;
    assert_eq!(rows(&page), pairs(&[("PCE", "EA")]));
    page.says("in the file of apply");
    let put = |kind, source, target, reason| {
        [
            ("kind", kind),
            ("source", source),
            ("target", target),
            ("reason", reason),
        ]
    };
    for (fields, says) in [
        (put("unit", "KT", "SET", " "), "reason"),
        (
            put("units", "KT", "SET", "x"),
            "a customer, a ship-to, a unit or a part",
        ),
        (put("unit", " ", "SET", "x"), "source: is missing"),
        (put("unit", "KT", " ", "x"), "target: is missing"),
        (put("unit", "PCE", "BX", "x"), "declared in the file"),
        (put("unit", "KT", "4111111111111111", "x"), "number of a card"),
    ] {
        let answer = act(&browser, &page, &deed("put"), &fields).await;
        assert_eq!(answer.status, 422, "{fields:?}");
        answer.says(says);
    }
    for target in ["SET", "<KIT>"] {
        let done = act(
            &browser,
            &page,
            &deed("put"),
            &put("unit", "KT", target, "they call it so"),
        )
        .await;
        assert_eq!((done.status, done.location), (303, here(MAPPINGS)));
    }
    let page = browser.get(&here(MAPPINGS)).await;
    assert_eq!(rows(&page), pairs(&[("KT", "&#60;KIT&#62;"), ("PCE", "EA")]));
    page.says("mappings?of=unit&#38;source=KT#enter");
    let change = browser.get(&here(&format!("{MAPPINGS}?of=unit&source=KT"))).await;
    change.says("Change an entry");
    change.says("value=\"&#60;KIT&#62;\"");
    let removed = act(
        &browser,
        &change,
        &deed("remove"),
        &put("unit", "KT", "", "not any more"),
    )
    .await;
    assert_eq!(removed.status, 303, "{}", removed.html);
    assert_eq!(rows(&browser.get(&here(MAPPINGS)).await), pairs(&[("PCE", "EA")]));
    let page = browser.get(&here("/relationships/acme")).await;
    for text in [
        "mapped the unit KT to SET",
        "mapped the unit KT to &#60;KIT&#62; instead of SET",
        "took the unit KT away",
        "not any more",
    ] {
        page.says(text);
    }
    world.finish().await;
}

#[tokio::test]
async fn a_table_is_entered_whole_or_not_at_all() {
    let supplier = Supplier::with_buyer().mapping("unit", "PCE", "EA");
    let world = supplier.start().await;
    let browser = signed_in(&world, "sam", Role::Support).await;
    let page = browser.get(&here(MAPPINGS)).await;
    let enter = async |table: &str, dry: &str| {
        let fields = [("table", table), ("dry", dry), ("reason", "their list")];
        act(&browser, &page, &deed("import"), &fields).await
    };
    let wrong = enter("kind,source,target\nunit,KT,SET\nunits,BX,BOX\nunit,KT,KIT\n", "").await;
    assert_eq!(wrong.status, 422, "{}", wrong.html);
    wrong.says("line 3: &#39;units&#39; is none of");
    let wrong = enter("kind,source,target\nunit,KT,SET\nunit,PCE,BX\nunit,KT,KIT\n", "").await;
    assert_eq!(wrong.status, 422, "{}", wrong.html);
    wrong.says("line 4: unit &#39;KT&#39; stands in entry 1 already");
    wrong.says("unit,KT,SET");
    let declared = enter("kind,source,target\nunit,KT,SET\nunit,PCE,BX\n", "").await;
    declared.says("line 3: unit &#39;PCE&#39; is declared in the file");
    assert_eq!(
        rows(&browser.get(&here(MAPPINGS)).await),
        pairs(&[("PCE", "EA")]),
        "none"
    );

    let table = "kind;source;target\nunit;KT;SET\nship_to;DOCK, 7;C-1001-2\n";
    let tried = enter(table, "yes").await;
    tried.says("Nothing was entered. It would be: 2 added");
    tried.says("ship_to;DOCK, 7;C-1001-2");
    assert_eq!(rows(&browser.get(&here(MAPPINGS)).await).len(), 1);
    enter(table, "")
        .await
        .says("2 added, 0 changed, 0 taken away, 0 as they were.");
    enter(table, "")
        .await
        .says("0 added, 0 changed, 0 taken away, 2 as they were.");

    let file = browser.get(&here(&deed("table"))).await;
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    let name = file.headers["content-disposition"].to_str().unwrap();
    assert_eq!(name, "attachment; filename=\"mappings-ironquay.acme.csv\"");
    assert!(
        file.html.contains("ship_to,\"DOCK, 7\",C-1001-2,entered\n"),
        "{}",
        file.html
    );
    enter(&file.html, "")
        .await
        .says("0 added, 0 changed, 0 taken away, 3 as they were.");
    world.finish().await;
}

#[tokio::test]
async fn mappings_are_narrowed_and_paged_in_the_address_and_a_reader_only_looks() {
    let world = Supplier::with_buyer().start().await;
    let browser = signed_in(&world, "sam", Role::Owner).await;
    let page = browser.get(&here(MAPPINGS)).await;
    page.says("Nothing is mapped");
    let lines: String = (0..120)
        .map(|number| format!("part,P-{number:03},Q-{number:03}\n"))
        .collect();
    let table = format!("kind,source,target\nunit,KT,SET\n{lines}");
    let fields = [("table", table.as_str()), ("reason", "their list")];
    act(&browser, &page, &deed("import"), &fields)
        .await
        .says("121 added");
    let reader = signed_in(&world, "kim", Role::ReadOnly).await;
    let mut path = here(MAPPINGS);
    let mut seen = Vec::new();
    for count in [50, 50, 21] {
        let page = reader.get(&path).await;
        assert_eq!(rows(&page).len(), count, "{path}");
        assert!(
            !page.html.contains("Add one") && !page.html.contains("Enter the table"),
            "{}",
            page.html
        );
        seen.extend(rows(&page));
        if count == 50 {
            path = here(MAPPINGS) + &page.link("Next page");
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 121, "each once");
    for (query, count) in [
        ("?kind=unit", 1),
        ("?kind=ship_to", 0),
        ("?search=q-11", 10),
        ("?kind=unit&search=p-", 0),
    ] {
        let page = reader.get(&here(&format!("{MAPPINGS}{query}"))).await;
        assert_eq!(rows(&page).len(), count, "{query}");
    }
    world.finish().await;
}

#[tokio::test]
async fn an_order_that_waited_for_an_entry_goes_on() {
    let supplier = Supplier::with_buyer()
        .credit("1000.00")
        .mapping("unit", "KT", "SET");
    let world = supplier.start().await;
    let browser = signed_in(&world, "sam", Role::Support).await;
    let mut po = Po::new("4500001", "10.00");
    po.lines[0].unit = "PCE".to_owned();
    world.send(&po.xml()).await;
    world.assert_state("4500001", "held").await;
    let page = browser.get(&here(MAPPINGS)).await;
    let fields = [
        ("kind", "unit"),
        ("source", "PCE"),
        ("target", "EA"),
        ("reason", "a piece is each"),
    ];
    let done = act(&browser, &page, &deed("put"), &fields).await;
    assert_eq!(done.status, 303, "{}", done.html);
    world.clock.advance(std::time::Duration::from_secs(10));
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    world.finish().await;
}
