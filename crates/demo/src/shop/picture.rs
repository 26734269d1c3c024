//! Draws a product's picture: a shape out of `assets/shapes.txt` in the product's two colours.
//!
//! The drawings are data; this file only knows colours and the frame around them.

use std::fmt::Write as _;

use crate::products::PictureSpec;

const SHAPES: &str = include_str!("../../assets/shapes.txt");
/// The tile behind the drawing; holes in a drawing show it.
const BACKGROUND: &str = "#eef2f5";

/// Light, middle and dark of a colour.
type Shades = [&'static str; 3];

fn shades(name: &str) -> Option<Shades> {
    Some(match name {
        "amber" => ["#ffd166", "#f5a623", "#a8620a"],
        "blue" => ["#7fb2f0", "#2f6fc6", "#173f7c"],
        "brown" => ["#dcbd92", "#c19a63", "#86622f"],
        "glass" => ["#f4fafd", "#d6e8f1", "#9dbccb"],
        "graphite" => ["#6b7683", "#3d4752", "#1e252c"],
        "green" => ["#8fdcae", "#2fa565", "#14603a"],
        "lime" => ["#eef77a", "#cfe52c", "#7f9410"],
        "red" => ["#f48a82", "#d6403a", "#8a1c1a"],
        "steel" => ["#f1f4f7", "#b4bec9", "#6d7987"],
        "teal" => ["#7fd6cf", "#1f968f", "#0b5652"],
        "violet" => ["#c7b0f2", "#8560cf", "#4a2c8a"],
        "white" => ["#ffffff", "#e6ebf0", "#a7b2be"],
        "zinc" => ["#f7edd0", "#d3bf86", "#8a7440"],
        _ => return None,
    })
}

fn shape(name: &str) -> Option<&'static str> {
    SHAPES
        .split("# ")
        .filter_map(|section| section.split_once('\n'))
        .find(|(heading, _)| heading.trim() == name)
        .map(|(_, drawing)| drawing)
}

/// The SVG document of a product; none if its shape or a colour is unknown.
pub(crate) fn draw(spec: &PictureSpec, label: &str) -> Option<String> {
    let tone = shades(&spec.tone)?;
    let accent = shades(&spec.accent)?;
    let steel = shades("steel")?;
    let glass = shades("glass")?;
    let drawing = shape(&spec.shape)?;
    let mut svg = String::with_capacity(4096);
    svg.push_str("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 240 240\" role=\"img\"><title>");
    escape_into(&mut svg, label);
    svg.push_str("</title><defs>");
    for (id, colours) in [
        ("t", tone),
        ("a", accent),
        ("s", steel),
        ("m", tone),
        ("g", glass),
    ] {
        let _ = write!(
            svg,
            "<linearGradient id=\"{id}\" x1=\"0\" y1=\"0\" x2=\".55\" y2=\"1\"><stop stop-color=\"{}\"/>\
             <stop offset=\".48\" stop-color=\"{}\"/><stop offset=\"1\" stop-color=\"{}\"/></linearGradient>",
            colours[0], colours[1], colours[2]
        );
    }
    let _ = write!(
        svg,
        "<radialGradient id=\"floor\"><stop stop-color=\"#1b2733\" stop-opacity=\".28\"/><stop offset=\"1\" \
         stop-color=\"#1b2733\" stop-opacity=\"0\"/></radialGradient></defs>\
         <rect width=\"240\" height=\"240\" fill=\"{BACKGROUND}\"/>\
         <ellipse cx=\"120\" cy=\"208\" rx=\"88\" ry=\"12\" fill=\"url(#floor)\"/><g transform=\"translate(20 18)\">"
    );
    svg.push_str(&coloured(drawing, tone, accent, steel));
    svg.push_str("</g></svg>");
    Some(svg)
}

fn coloured(drawing: &str, tone: Shades, accent: Shades, steel: Shades) -> String {
    let mut text = drawing.trim().replace("@bg", BACKGROUND);
    for (prefix, colours) in [("t", tone), ("a", accent), ("s", steel), ("m", tone)] {
        for (index, colour) in colours.iter().enumerate() {
            text = text.replace(&format!("@{prefix}{}", index + 1), colour);
        }
    }
    text
}

fn escape_into(target: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '<' => target.push_str("&lt;"),
            '&' => target.push_str("&amp;"),
            other => target.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::products::Catalogue;

    #[test]
    fn every_product_has_a_drawing_without_open_places() {
        let catalogue = Catalogue::embedded().unwrap();
        for product in catalogue.products() {
            let svg = draw(&product.picture, &product.name)
                .unwrap_or_else(|| panic!("{} has no drawing {:?}", product.sku, product.picture));
            assert!(!svg.contains('@'), "{}: a colour is left open", product.sku);
        }
    }

    #[test]
    fn an_unknown_shape_or_colour_is_no_picture() {
        let spec = |shape: &str, tone: &str| PictureSpec {
            shape: shape.into(),
            tone: tone.into(),
            accent: "blue".into(),
        };
        assert!(draw(&spec("unicorn", "red"), "x").is_none());
        assert!(draw(&spec("bolt", "plaid"), "x").is_none());
        let svg = draw(&spec("bolt", "red"), "a < b & c").unwrap();
        assert!(svg.contains("<title>a &lt; b &amp; c</title>"));
    }
}
