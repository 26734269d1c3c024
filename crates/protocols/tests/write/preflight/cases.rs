//! Lines that come in, and what is to become of them.

use punchgate_domain::{
    cart::{CartLine, Classification},
    money::{Currency, StatedAmount},
    quantity::Unit,
};

use crate::samples::{cart_line, quantity, usd_amount};

/// A line that every dialect takes as it is.
pub(super) fn plain() -> CartLine {
    CartLine {
        unit_price: usd_amount("12.50"),
        ..cart_line("GLV-1")
    }
}

pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) overlay: &'static str,
    pub(super) line: CartLine,
    /// The codes, in order.
    pub(super) codes: &'static [&'static str],
    /// The line as it goes out; `None`: stopped.
    pub(super) fitted: Option<CartLine>,
}

fn unchanged(
    name: &'static str,
    overlay: &'static str,
    line: CartLine,
    codes: &'static [&'static str],
) -> Case {
    let fitted = Some(line.clone());
    Case {
        name,
        overlay,
        line,
        codes,
        fitted,
    }
}

fn stopped(
    name: &'static str,
    overlay: &'static str,
    line: CartLine,
    codes: &'static [&'static str],
) -> Case {
    Case {
        name,
        overlay,
        line,
        codes,
        fitted: None,
    }
}

fn repaired(
    name: &'static str,
    overlay: &'static str,
    line: CartLine,
    codes: &'static [&'static str],
    fitted: CartLine,
) -> Case {
    Case {
        name,
        overlay,
        line,
        codes,
        fitted: Some(fitted),
    }
}

fn priced(price: &str, basis: Option<&str>) -> CartLine {
    CartLine {
        unit_price: usd_amount(price),
        price_basis: basis.map(quantity),
        ..plain()
    }
}

fn measured(amount: &str, unit: &str, price: &str, basis: Option<&str>) -> CartLine {
    CartLine {
        quantity: quantity(amount),
        unit: Unit::new(unit),
        ..priced(price, basis)
    }
}

pub(super) fn described(description: &str) -> CartLine {
    CartLine {
        description: description.to_owned(),
        ..plain()
    }
}

fn classified(all: &[(&str, &str)]) -> CartLine {
    let classification = |(domain, code): &(&str, &str)| Classification {
        domain: (*domain).to_owned(),
        code: (*code).to_owned(),
    };
    CartLine {
        classifications: all.iter().map(classification).collect(),
        ..plain()
    }
}

pub(super) fn with_part(part_id: &str) -> CartLine {
    CartLine {
        part_id: part_id.to_owned(),
        ..plain()
    }
}

const DOZEN: &str = "units.codes.DZ = { code = \"EA\", factor = \"12\" }";
const DOZEN_NEW: &str =
    "dtd.punchout_order_message = \"1.2.050\"\nunits.codes.DZ = { code = \"EA\", factor = \"12\" }";

fn id_cases() -> Vec<Case> {
    let with_auxiliary = |id: &str| CartLine {
        auxiliary_id: Some(id.to_owned()),
        ..plain()
    };
    vec![
        unchanged("a plain line", "", plain(), &[]),
        unchanged("ids at the limit", "lengths.part_id = 5", plain(), &[]),
        stopped("no part number", "", with_part(" "), &["part-id-missing"]),
        stopped(
            "a long part number",
            "lengths.part_id = 4",
            plain(),
            &["id-too-long"],
        ),
        stopped(
            "length is in bytes",
            "lengths.part_id = 4",
            with_part("éé1"),
            &["id-too-long"],
        ),
        stopped(
            "a long line key",
            "lengths.auxiliary_id = 4",
            plain(),
            &["id-too-long"],
        ),
        stopped("a refused sign", "", with_part("A?1"), &["id-character"]),
        stopped(
            "a refused sign in the key",
            "",
            with_auxiliary("{1}"),
            &["id-character"],
        ),
        stopped(
            "a control character",
            "",
            with_auxiliary("a\u{1}"),
            &["id-character"],
        ),
        unchanged(
            "a sign that is allowed",
            "characters.forbidden_in_ids = \"\"",
            with_part("A?1"),
            &[],
        ),
        unchanged("blanks around", "", with_part(" A1"), &["id-blanks"]),
    ]
}

fn number_cases() -> Vec<Case> {
    let euro = Currency::parse("EUR").unwrap();
    let in_euro = CartLine {
        unit_price: StatedAmount::parse("1.00", euro).unwrap(),
        ..plain()
    };
    let huge = measured(
        "7000000000000000000000000000",
        "EA",
        "7000000000000000000000000000",
        None,
    );
    vec![
        stopped("another currency", "", in_euro, &["currency-mixed"]),
        stopped(
            "no quantity",
            "",
            measured("0", "EA", "1", None),
            &["quantity-not-positive"],
        ),
        stopped(
            "a negative quantity",
            "",
            measured("-1", "EA", "1", None),
            &["quantity-not-positive"],
        ),
        stopped(
            "a price basis of zero",
            "",
            priced("1", Some("0")),
            &["quantity-not-positive"],
        ),
        stopped("beyond counting", "", huge, &["amount-too-large"]),
    ]
}

fn form_cases() -> Vec<Case> {
    vec![
        repaired(
            "trailing zeros",
            "",
            priced("1.250000", None),
            &["number-form"],
            priced("1.2500", None),
        ),
        repaired(
            "a plus sign",
            "",
            priced("+1.25", None),
            &["number-form"],
            priced("1.25", None),
        ),
        stopped(
            "too many decimals",
            "",
            priced("1.23456", None),
            &["price-decimals"],
        ),
        unchanged(
            "enough decimals",
            "price.max_decimals = 5",
            priced("1.23456", None),
            &[],
        ),
        stopped(
            "no decimals at all",
            "price.max_decimals = 0",
            priced("1.5", None),
            &["price-decimals"],
        ),
        repaired(
            "a padded quantity",
            "",
            measured("2.000", "EA", "1.00", None),
            &["number-form"],
            measured("2", "EA", "1.00", None),
        ),
        unchanged("a broken quantity", "", measured("2.125", "M", "1.00", None), &[]),
    ]
}

fn unit_cases() -> Vec<Case> {
    vec![
        unchanged("unmapped passes", "", measured("1", "XYZ", "1.00", None), &[]),
        stopped("no unit", "", measured("1", "", "1.00", None), &["unit-missing"]),
        stopped(
            "unmapped is refused",
            "units.unmapped = \"reject\"",
            plain(),
            &["unit-unmapped"],
        ),
        repaired(
            "unmapped becomes the default",
            "units.unmapped = \"code:PCE\"",
            plain(),
            &["unit-unmapped"],
            measured("2", "PCE", "12.50", None),
        ),
        repaired(
            "a code, without case",
            "units.codes.ea = \"PCE\"",
            plain(),
            &[],
            measured("2", "PCE", "12.50", None),
        ),
        stopped("a long unit", "lengths.unit = 1", plain(), &["unit-too-long"]),
        repaired(
            "quantity and price together",
            DOZEN,
            measured("2", "DZ", "18.00", None),
            &["unit-converted"],
            measured("24", "EA", "1.5", None),
        ),
        stopped(
            "a price that does not divide",
            DOZEN,
            measured("2", "DZ", "10.00", None),
            &["price-basis-inexact"],
        ),
        repaired(
            "the basis says it where the grammar can",
            DOZEN_NEW,
            measured("2", "DZ", "10.00", None),
            &["unit-converted"],
            measured("24", "EA", "10.00", Some("12")),
        ),
        repaired(
            "an existing basis grows",
            DOZEN_NEW,
            measured("2", "DZ", "10.00", Some("10")),
            &["unit-converted"],
            measured("24", "EA", "10.00", Some("120")),
        ),
        repaired(
            "a free line",
            "units.codes.G = { code = \"KGM\", factor = \"0.001\" }",
            measured("500", "G", "0.00", None),
            &["unit-converted"],
            measured("0.5", "KGM", "0", None),
        ),
        repaired(
            "a fraction of a unit",
            "units.codes.G = { code = \"KGM\", factor = \"0.001\" }",
            measured("500", "G", "0.01", None),
            &["unit-converted"],
            measured("0.5", "KGM", "10", None),
        ),
    ]
}

fn basis_cases() -> Vec<Case> {
    vec![
        repaired(
            "a basis of one",
            "",
            priced("5.00", Some("1")),
            &[],
            priced("5.00", None),
        ),
        repaired(
            "exact in four decimals",
            "",
            priced("50.00", Some("5")),
            &["price-basis-divided"],
            priced("10", None),
        ),
        repaired(
            "just four decimals",
            "",
            priced("1.00", Some("10000")),
            &["price-basis-divided"],
            priced("0.0001", None),
        ),
        stopped(
            "not in four decimals",
            "",
            priced("1.00", Some("100000")),
            &["price-basis-inexact"],
        ),
        stopped(
            "never exact",
            "",
            priced("10.00", Some("3")),
            &["price-basis-inexact"],
        ),
        unchanged(
            "kept where the grammar can say it",
            "dtd.punchout_order_message = \"1.2.050\"",
            priced("10.00", Some("3")),
            &[],
        ),
    ]
}

fn text_cases() -> Vec<Case> {
    let named = |name: Option<&str>, part_id: Option<&str>| CartLine {
        manufacturer_name: name.map(str::to_owned),
        manufacturer_part_id: part_id.map(str::to_owned),
        ..plain()
    };
    vec![
        repaired(
            "cut at a character",
            "lengths.description = 4",
            described("aébcé"),
            &["text-cut"],
            described("aéb"),
        ),
        repaired(
            "control characters",
            "",
            described("a\u{7}b"),
            &["text-character"],
            described("a b"),
        ),
        repaired(
            "latin-1 only",
            "characters.text = \"latin1\"",
            described("é – 😀"),
            &["text-character"],
            described("é - ?"),
        ),
        repaired(
            "no description",
            "",
            described(" "),
            &["description-missing"],
            described("Gloves"),
        ),
        repaired(
            "a long manufacturer",
            "lengths.manufacturer_name = 3",
            named(Some("Acme"), None),
            &["text-cut"],
            named(Some("Acm"), None),
        ),
        repaired(
            "a long manufacturer's part number",
            "lengths.manufacturer_part_id = 3",
            named(None, Some("N-100")),
            &["manufacturer-part-id-left-out"],
            named(None, None),
        ),
    ]
}

fn classification_cases() -> Vec<Case> {
    vec![
        repaired(
            "no commodity code",
            "",
            classified(&[]),
            &["classification-missing"],
            classified(&[("NotAvailable", "1")]),
        ),
        stopped(
            "a commodity code is a must",
            "classification.missing = \"stop\"",
            classified(&[("UNSPSC", " ")]),
            &["classification-missing"],
        ),
        repaired(
            "the suite's domain first and in its spelling",
            "classification.domain = \"unspsc\"",
            classified(&[("eclass", "1"), ("UNSPSC", "43211503")]),
            &[],
            classified(&[("unspsc", "43211503"), ("eclass", "1")]),
        ),
        unchanged(
            "an odd UNSPSC code",
            "",
            classified(&[("UNSPSC", "43-21")]),
            &["classification-form"],
        ),
    ]
}

fn extrinsic_cases() -> Vec<Case> {
    let with = |all: &[(&str, &str)]| CartLine {
        extrinsics: all
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..plain()
    };
    vec![
        repaired(
            "renamed",
            "cart_extrinsics.names.colour = \"Color\"",
            plain(),
            &[],
            with(&[("Color", "blue")]),
        ),
        repaired(
            "dropped",
            "cart_extrinsics.unmapped = \"drop\"",
            plain(),
            &[],
            with(&[]),
        ),
        repaired(
            "the picture",
            "cart_extrinsics.image_url = \"Image\"",
            plain(),
            &[],
            with(&[("colour", "blue"), ("Image", "https://shop.example/gloves.png")]),
        ),
    ]
}

/// Every case.
pub(super) fn all() -> impl Iterator<Item = Case> {
    [
        id_cases(),
        number_cases(),
        form_cases(),
        unit_cases(),
        basis_cases(),
        text_cases(),
        classification_cases(),
        extrinsic_cases(),
    ]
    .into_iter()
    .flatten()
}
