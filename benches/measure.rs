//! What the benches share: measuring contenders in turns, medians, tables. They run by `cargo bench` only.

use std::fmt::Write as _;

/// Whether `cargo bench` started this; `cargo test --all-targets` does not.
pub(crate) fn is_bench_run() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// The middle one of what was measured.
pub(crate) fn median(measured: &[f64]) -> f64 {
    let mut sorted = measured.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A table in Markdown, columns aligned: what is printed can stand in docs/PERFORMANCE.md as it is.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        cells
            .chain(head.get(column).map(|cell| cell.chars().count()))
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut out = String::new();
    let mut line = |cells: Vec<String>| {
        for (place, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            let padded = if place == 0 {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            };
            // Writing to a String cannot fail.
            let _ = write!(out, "| {padded} ");
        }
        out.push_str("|\n");
    };
    line(head.iter().map(|cell| (*cell).to_owned()).collect());
    let rule = |(place, width): (usize, &usize)| {
        if place == 0 {
            "-".repeat(*width)
        } else {
            format!("{}:", "-".repeat(width.saturating_sub(1)))
        }
    };
    line(widths.iter().enumerate().map(rule).collect());
    for row in rows {
        line(row.clone());
    }
    out
}
