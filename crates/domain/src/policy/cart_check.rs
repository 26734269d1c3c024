//! Lines of a purchase order against the lines that went back in a cart: which answers for which, whether as much was
//! ordered as was in the cart, and what is not as offered. Every cart line is looked at once, whatever the number of
//! order lines.

use std::collections::{HashMap, HashSet};

use rust_decimal::Decimal;

use super::{
    PriceFinding, PriceFindingKind, PriceTolerance,
    price::{Offer, compare},
};
use crate::{cart::CartLine, purchase_order::OrderLine};

/// Part and unit of a line in the supplier's words: as its mappings turn what the buyer calls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Words<'a> {
    /// The part.
    pub part_id: &'a str,
    /// The unit.
    pub unit: &'a str,
}

/// A line of an order.
#[derive(Clone, Copy, Debug)]
pub struct OrderedLine<'a> {
    /// Its place in the order.
    pub place: usize,
    /// In the buyer's words, counted in the unit in which it is compared.
    pub line: &'a OrderLine,
    /// In the supplier's words.
    pub ours: Words<'a>,
}

/// A line of a cart.
#[derive(Clone, Copy, Debug)]
pub struct OfferedLine<'a> {
    /// As it went back.
    pub line: &'a CartLine,
    /// In the supplier's words.
    pub ours: Words<'a>,
}

/// What a comparison with a cart shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CartCheck {
    /// What is not as offered.
    pub findings: Vec<PriceFinding>,
    /// Places in the order of the lines whose price the cart does not tell: it knows nothing of them, or offered it
    /// for more than was ordered. The contract judges them.
    pub uncovered: Vec<usize>,
}

/// Compares lines of an order with the lines that went back in the cart. A line is found by its line key, else by part
/// and unit, else by part alone; each cart line answers for one order line first, so that a part that stands twice is
/// compared in turn. What the cart said is as offered, and so is what the mappings make of it. A price that was offered
/// for more than is ordered, all lines of one key taken together, is none for less. Returns are no purchases.
pub fn cart_check<'a>(
    order: impl IntoIterator<Item = OrderedLine<'a>>,
    cart: &[OfferedLine<'a>],
    tolerance: &PriceTolerance,
) -> CartCheck {
    let mut index = Index::of(cart);
    let (mut check, mut pairs) = (CartCheck::default(), Vec::new());
    for ordered in order.into_iter().filter(|ordered| !ordered.line.is_return) {
        match index.take(&ordered) {
            Some((at, found)) => pairs.push(Pair::new(ordered, at, cart[at], found)),
            None => check.uncovered.push(ordered.place),
        }
    }
    let sums = Sums::of(cart, &pairs);
    for pair in &pairs {
        let is_less = sums.is_less(pair);
        if is_less {
            check.uncovered.push(pair.ordered.place);
        }
        let line_number = pair.ordered.line.line_number;
        let findings = pair.differences(is_less, tolerance).into_iter();
        check
            .findings
            .extend(findings.map(|kind| PriceFinding { line_number, kind }));
    }
    check.uncovered.sort_unstable();
    check
}

impl<'a> Words<'a> {
    /// Where nothing is mapped.
    pub fn of_order(line: &'a OrderLine) -> Self {
        Self {
            part_id: &line.part_id,
            unit: line.unit.as_str(),
        }
    }

    /// The same of a cart line.
    pub fn of_cart(line: &'a CartLine) -> Self {
        Self {
            part_id: &line.part_id,
            unit: line.unit.as_str(),
        }
    }
}

impl<'a> OrderedLine<'a> {
    /// What it may be called, as the buyer wrote it first.
    fn words(&self) -> [Words<'a>; 2] {
        [Words::of_order(self.line), self.ours]
    }
}

impl<'a> OfferedLine<'a> {
    fn words(&self) -> [Words<'a>; 2] {
        [Words::of_cart(self.line), self.ours]
    }
}

/// By what a cart line was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Found {
    ByKey,
    ByPart,
}

/// What cart lines are looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Lookup<'a> {
    KeyPartAndUnit(&'a str, Words<'a>),
    KeyAndPart(&'a str, &'a str),
    Key(&'a str),
    PartAndUnit(Words<'a>),
    Part(&'a str),
}

/// Cart lines with one lookup, in the cart's order.
#[derive(Debug, Default)]
struct Candidates {
    lines: Vec<usize>,
    /// All before this place have answered for a line already.
    from: usize,
}

#[derive(Debug)]
struct Index<'a> {
    lines: HashMap<Lookup<'a>, Candidates>,
    used: Vec<bool>,
}

impl<'a> Index<'a> {
    fn of(cart: &[OfferedLine<'a>]) -> Self {
        let mut lines: HashMap<Lookup<'a>, Candidates> = HashMap::new();
        // What the cart says comes before what the mappings make of it.
        for word in 0..2 {
            for (at, offered) in cart.iter().enumerate() {
                let words = offered.words();
                if word == 1 && words[0] == words[1] {
                    continue;
                }
                let words = words[word];
                let key = offered.line.auxiliary_id.as_deref();
                let by_key = key.map(|key| {
                    let with_part = Lookup::KeyAndPart(key, words.part_id);
                    [Lookup::KeyPartAndUnit(key, words), with_part, Lookup::Key(key)]
                });
                let by_part = [Lookup::PartAndUnit(words), Lookup::Part(words.part_id)];
                for lookup in by_key.into_iter().flatten().chain(by_part) {
                    lines.entry(lookup).or_default().lines.push(at);
                }
            }
        }
        Self {
            lines,
            used: vec![false; cart.len()],
        }
    }

    /// The cart line that answers for a line: one that answered for none yet if there is one. A line split on the
    /// order (two deliveries) is compared with the same cart line again.
    fn take(&mut self, ordered: &OrderedLine<'a>) -> Option<(usize, Found)> {
        let words = ordered.words();
        let key = ordered.line.auxiliary_id.as_deref();
        let by_key = key.into_iter().flat_map(|key| {
            let with_unit = words.map(|words| Lookup::KeyPartAndUnit(key, words));
            let with_part = words.map(|words| Lookup::KeyAndPart(key, words.part_id));
            with_unit.into_iter().chain(with_part).chain([Lookup::Key(key)])
        });
        let units = words.map(Lookup::PartAndUnit);
        let parts = words.map(|words| Lookup::Part(words.part_id));
        let by_part = units.into_iter().chain(parts);
        let lookups = by_key
            .map(|lookup| (lookup, Found::ByKey))
            .chain(by_part.map(|lookup| (lookup, Found::ByPart)));
        for (lookup, found) in lookups {
            if let Some(at) = self.candidate(lookup) {
                self.used[at] = true;
                return Some((at, found));
            }
        }
        None
    }

    fn candidate(&mut self, lookup: Lookup<'a>) -> Option<usize> {
        let candidates = self.lines.get_mut(&lookup)?;
        while candidates
            .lines
            .get(candidates.from)
            .is_some_and(|at| self.used[*at])
        {
            candidates.from += 1;
        }
        let fresh = candidates.lines.get(candidates.from);
        fresh.or_else(|| candidates.lines.first()).copied()
    }
}

/// An order line with the cart line that answers for it.
#[derive(Debug)]
struct Pair<'a> {
    ordered: OrderedLine<'a>,
    at: usize,
    offered: OfferedLine<'a>,
    found: Found,
    same_part: bool,
    same_unit: bool,
}

impl<'a> Pair<'a> {
    fn new(ordered: OrderedLine<'a>, at: usize, offered: OfferedLine<'a>, found: Found) -> Self {
        let any = |of: fn(Words<'a>) -> &'a str| {
            let wanted = ordered.words().map(of);
            offered.words().map(of).iter().any(|word| wanted.contains(word))
        };
        Self {
            same_part: any(|words| words.part_id),
            same_unit: any(|words| words.unit),
            ordered,
            at,
            offered,
            found,
        }
    }

    /// Whose quantities belong together: what went back, and is ordered, under one key; without one, of a part.
    fn group(&self) -> Group<'a> {
        Group::of(self.offered.line, self.found)
    }

    fn quantity(&self) -> Decimal {
        self.ordered.line.quantity.value()
    }

    fn differences(&self, is_less: bool, tolerance: &PriceTolerance) -> Vec<PriceFindingKind> {
        let (line, offered) = (self.ordered.line, self.offered.line);
        let mut kinds = Vec::new();
        if !self.same_part {
            kinds.push(PriceFindingKind::Part {
                offered: offered.part_id.clone(),
                ordered: line.part_id.clone(),
            });
        }
        if !is_less {
            kinds.extend(compare(line, &Offer::of(offered), self.same_unit, tolerance));
        }
        kinds
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Group<'a> {
    /// None for lines that were found without one.
    key: Option<&'a str>,
    words: Words<'a>,
}

impl<'a> Group<'a> {
    fn of(line: &'a CartLine, found: Found) -> Self {
        Self {
            key: line.auxiliary_id.as_deref().filter(|_| found == Found::ByKey),
            words: Words::of_cart(line),
        }
    }
}

/// How much went back, and how much of it is ordered. Lines in another unit are not added up: the unit is a finding.
#[derive(Debug, Default)]
struct Sums<'a> {
    offered: HashMap<Group<'a>, Decimal>,
    ordered: HashMap<Group<'a>, Decimal>,
}

impl<'a> Sums<'a> {
    fn of(cart: &[OfferedLine<'a>], pairs: &[Pair<'a>]) -> Self {
        let mut sums = Self::default();
        let add = |sums: &mut HashMap<Group<'a>, Decimal>, group, quantity| {
            let sum = sums.entry(group).or_default();
            *sum = sum.saturating_add(quantity);
        };
        for offered in cart.iter().filter(|offered| offered.line.auxiliary_id.is_some()) {
            let group = Group::of(offered.line, Found::ByKey);
            add(&mut sums.offered, group, offered.line.quantity.value());
        }
        let mut answered = HashSet::new();
        for pair in pairs.iter().filter(|pair| pair.same_unit) {
            add(&mut sums.ordered, pair.group(), pair.quantity());
            // Without a key nobody knows which lines of a part were meant: those that answer.
            if pair.found == Found::ByPart && answered.insert(pair.at) {
                add(
                    &mut sums.offered,
                    pair.group(),
                    pair.offered.line.quantity.value(),
                );
            }
        }
        sums
    }

    fn is_less(&self, pair: &Pair<'a>) -> bool {
        let of = |sums: &HashMap<Group<'a>, Decimal>| sums.get(&pair.group()).copied().unwrap_or_default();
        pair.same_unit && of(&self.ordered) < of(&self.offered)
    }
}
