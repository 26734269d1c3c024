//! Tables and properties of the pure decisions.
#![cfg(test)]

#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod credit;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod holds;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod merge;
#[cfg(test)]
mod names;
#[cfg(test)]
mod order;
#[cfg(test)]
mod overrides;
#[cfg(test)]
mod prices;
#[cfg(test)]
mod redecision;
#[cfg(test)]
mod reservation;
#[cfg(test)]
mod session;
#[cfg(test)]
mod tenders;
#[cfg(test)]
mod verdict;
