//! One cart line against a dialect.

use punchgate_domain::{
    cart::{CartLine, Classification},
    money::Currency,
};

use super::{
    WarningCode,
    amount::fit_amounts,
    notes::{Notes, Stop},
    text::{cut, fit_characters},
};
use crate::cxml::{
    dialect::{Dialect, MissingClassification, UnmappedExtrinsic},
    encode::is_xml_char,
};

/// The line as it may go out.
pub(super) fn fit(
    original: &CartLine,
    currency: Currency,
    dialect: &Dialect,
    notes: &mut Notes,
) -> Result<CartLine, Stop> {
    let mut line = original.clone();
    check_ids(&line, dialect, notes)?;
    fit_amounts(&mut line, currency, dialect, notes)?;
    fit_texts(&mut line, dialect, notes);
    fit_classifications(&mut line, dialect, notes)?;
    fit_extrinsics(&mut line, dialect);
    Ok(line)
}

fn check_ids(line: &CartLine, dialect: &Dialect, notes: &mut Notes) -> Result<(), Stop> {
    if line.part_id.trim().is_empty() {
        let text = "the line has no part number; give the product one in the shop";
        return Err(Stop::new(WarningCode::PartIdMissing, text.to_owned()));
    }
    let ids = [
        ("part number", line.part_id.as_str(), dialect.lengths.part_id),
        (
            "line key",
            line.auxiliary_id.as_deref().unwrap_or_default(),
            dialect.lengths.auxiliary_id,
        ),
    ];
    for (what, id, limit) in ids {
        if id.len() > limit {
            return Err(Stop::new(
                WarningCode::IdTooLong,
                format!(
                    "the {what} '{id}' has {} bytes; the suite takes {limit}",
                    id.len()
                ),
            ));
        }
        let refused =
            |c: &char| !is_xml_char(*c) || c.is_control() || dialect.characters.forbidden_in_ids.contains(*c);
        if let Some(c) = id.chars().find(refused) {
            return Err(Stop::new(
                WarningCode::IdCharacter,
                format!(
                    "the {what} '{}' holds {c:?}, which the suite refuses",
                    id.escape_debug()
                ),
            ));
        }
        if id.trim().len() != id.len() {
            notes.warning(
                WarningCode::IdBlanks,
                format!("the {what} '{id}' has blanks around it; the suite may return it without them"),
            );
        }
    }
    Ok(())
}

fn fit_texts(line: &mut CartLine, dialect: &Dialect, notes: &mut Notes) {
    if line.description.trim().is_empty() {
        let stand_in = line.short_name.as_deref().filter(|name| !name.trim().is_empty());
        line.description = stand_in.unwrap_or(&line.part_id).to_owned();
        let text = format!("the line had no description; '{}' stands in", line.description);
        notes.repaired(WarningCode::DescriptionMissing, text);
    }
    let lengths = &dialect.lengths;
    let texts = [
        ("description", Some(&mut line.description), lengths.description),
        ("short name", line.short_name.as_mut(), lengths.short_name),
        (
            "manufacturer's name",
            line.manufacturer_name.as_mut(),
            lengths.manufacturer_name,
        ),
    ];
    for (what, text, limit) in texts {
        let Some(text) = text else { continue };
        let fitted = fit_characters(text, dialect.characters.text);
        if fitted != *text {
            let note = format!("characters of the {what} that the suite does not take were replaced");
            notes.repaired(WarningCode::TextCharacter, note);
            *text = fitted.into_owned();
        }
        if let Some(kept) = cut(text, limit) {
            let note = format!("the {what} has {} bytes and was cut to {limit}", text.len());
            notes.repaired(WarningCode::TextCut, note);
            *text = kept.to_owned();
        }
    }
    let limit = lengths.manufacturer_part_id;
    let too_long = line.manufacturer_part_id.take_if(|id| id.len() > limit);
    if let Some(id) = too_long {
        let note =
            format!("the manufacturer's part number '{id}' has more than {limit} bytes and was left out");
        notes.warning(WarningCode::ManufacturerPartIdLeftOut, note);
    }
}

/// The suite's domain first and in its spelling; codes stay as they are.
fn fit_classifications(line: &mut CartLine, dialect: &Dialect, notes: &mut Notes) -> Result<(), Stop> {
    let rule = &dialect.classification;
    line.classifications.retain(|class| !class.code.trim().is_empty());
    for class in &mut line.classifications {
        if class.domain.eq_ignore_ascii_case(&rule.domain) {
            class.domain.clone_from(&rule.domain);
        }
        let is_unspsc = class.domain.eq_ignore_ascii_case("UNSPSC");
        let is_eight_digits = class.code.len() == 8 && class.code.bytes().all(|b| b.is_ascii_digit());
        if is_unspsc && !is_eight_digits {
            let text = format!("the UNSPSC code '{}' is not eight digits", class.code);
            notes.warning(WarningCode::ClassificationForm, text);
        }
    }
    line.classifications
        .sort_by_key(|class| class.domain != rule.domain);
    if !line.classifications.is_empty() {
        return Ok(());
    }
    match rule.missing {
        MissingClassification::Stop => Err(Stop::new(
            WarningCode::ClassificationMissing,
            "the line has no commodity code, and the suite wants one; classify the product in the shop"
                .to_owned(),
        )),
        MissingClassification::Placeholder => {
            let (domain, code) = (&rule.placeholder.domain, &rule.placeholder.code);
            let text = format!("the line has no commodity code; {domain} '{code}' was sent");
            notes.warning(WarningCode::ClassificationMissing, text);
            line.classifications.push(Classification {
                domain: domain.clone(),
                code: code.clone(),
            });
            Ok(())
        }
    }
}

fn fit_extrinsics(line: &mut CartLine, dialect: &Dialect) {
    let rule = &dialect.cart_extrinsics;
    line.extrinsics
        .retain_mut(|(name, _)| match rule.names.get(name) {
            Some(theirs) => {
                name.clone_from(theirs);
                true
            }
            None => rule.unmapped == UnmappedExtrinsic::Pass,
        });
    if let (Some(name), Some(url)) = (&rule.image_url, &line.image_url) {
        line.extrinsics.push((name.clone(), url.clone()));
    }
}
