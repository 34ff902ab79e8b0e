//! Whether a number can be ported, alone or with its block.

use super::country::{CountryPorting, PortabilityRow, longest};
use contract::E164;

/// Most numbers in a block.
pub const BLOCK_MAX: u64 = 10_000;

/// Whether a number can be ported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Portability {
    /// It can, as far as the rules go; the carrier has the last word.
    Possible,
    /// It cannot.
    Impossible {
        /// Why, for a person.
        why: String,
    },
    /// No row is about such a number.
    Unknown,
}

/// A block of numbers that the losing provider keeps together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The first.
    pub first: E164,
    /// The last: as many digits as the first, at most [`BLOCK_MAX`] numbers in all.
    pub last: E164,
}

/// A block that an order would tear apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockFault {
    /// The block.
    pub block: Block,
    /// The numbers of the order that are in it.
    pub ordered: Vec<E164>,
    /// How many more the whole block has.
    pub missing: u64,
    /// The rule, for a person.
    pub why: String,
}

/// Whether a number can be ported in this country.
pub fn portability(rules: &CountryPorting, number: &E164) -> Portability {
    match row(rules, number) {
        None => Portability::Unknown,
        Some(row) if row.portable => Portability::Possible,
        Some(row) => Portability::Impossible {
            why: row.why.clone(),
        },
    }
}

/// The blocks that an order tears apart where that is not allowed. Whoever has had a number taken out of its block leaves
/// the block out of `blocks`.
pub fn block_faults(rules: &CountryPorting, numbers: &[E164], blocks: &[Block]) -> Vec<BlockFault> {
    let mut faults = Vec::new();
    for block in blocks {
        let Some(size) = block.size() else { continue };
        let mut ordered: Vec<E164> = numbers
            .iter()
            .filter(|number| block.holds(number))
            .cloned()
            .collect();
        ordered.sort();
        ordered.dedup();
        let rule = ordered
            .first()
            .and_then(|number| row(rules, number))
            .filter(|row| row.whole_block);
        let missing = size - ordered.len() as u64;
        if let Some(rule) = rule
            && missing > 0
        {
            faults.push(BlockFault {
                block: block.clone(),
                ordered,
                missing,
                why: rule.why.clone(),
            });
        }
    }
    faults
}

impl Block {
    /// How many numbers it has; none if its ends do not make a block.
    pub fn size(&self) -> Option<u64> {
        let (first, last) = (value(&self.first), value(&self.last));
        let same_length = self.first.as_str().len() == self.last.as_str().len();
        let size = last.checked_sub(first)?.checked_add(1)?;
        (same_length && size <= BLOCK_MAX).then_some(size)
    }

    fn holds(&self, number: &E164) -> bool {
        number.as_str().len() == self.first.as_str().len()
            && (value(&self.first)..=value(&self.last)).contains(&value(number))
    }
}

fn value(number: &E164) -> u64 {
    // At most 15 digits.
    number.as_str()[1..].parse().unwrap_or_default()
}

/// The row with the longest prefix.
fn row<'a>(rules: &'a CountryPorting, number: &E164) -> Option<&'a PortabilityRow> {
    let kind = rules.kind(number)?;
    let national = rules.national(number)?;
    let rows = rules
        .portability
        .iter()
        .filter(|row| row.number_types.contains(&kind));
    rows.filter_map(|row| {
        let length = if row.prefixes.is_empty() {
            0
        } else {
            longest(&row.prefixes, national)?
        };
        Some((length, row))
    })
    .max_by_key(|(length, _)| *length)
    .map(|(_, row)| row)
}
