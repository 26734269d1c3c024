//! Tables and properties of the pure decisions.
#![cfg(test)]

mod catalogue;
mod charges;
mod credit;
mod customer;
mod fixture;
mod hold_rules;
mod hold_texts;
mod holds;
mod ledger;
mod merge;
mod names;
mod operators;
mod order;
mod overrides;
mod prices;
mod redecision;
mod reservation;
mod session;
mod shadow;
mod tenders;
mod verdict;
