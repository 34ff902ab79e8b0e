//! The branches of an execution, by id. Most executions have one: what holds them must be no larger than that needs.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Branch, BranchId};

/// Branches in the order of their ids. Written as the map that it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Branches(Vec<(BranchId, Box<Branch>)>);

impl Branches {
    fn find(&self, id: BranchId) -> Result<usize, usize> {
        // Ids are given out in order, so a new one belongs at the end.
        match self.0.last() {
            Some((last, _)) if *last < id => Err(self.0.len()),
            _inside => self.0.binary_search_by_key(&id, |(at, _)| *at),
        }
    }

    /// The branch with this id.
    pub fn get(&self, id: &BranchId) -> Option<&Branch> {
        let at = self.find(*id).ok()?;
        self.0.get(at).map(|(_, branch)| &**branch)
    }

    /// The branch with this id, to be changed.
    pub fn get_mut(&mut self, id: &BranchId) -> Option<&mut Branch> {
        let at = self.find(*id).ok()?;
        self.0.get_mut(at).map(|(_, branch)| &mut **branch)
    }

    /// Adds a branch, or takes the place of the one with this id.
    pub fn insert(&mut self, id: BranchId, branch: Branch) {
        match self.find(id) {
            Ok(at) => *self.0[at].1 = branch,
            Err(at) => {
                if self.0.is_empty() {
                    self.0.reserve_exact(1);
                }
                self.0.insert(at, (id, Box::new(branch)));
            }
        }
    }

    /// Takes a branch out.
    pub fn remove(&mut self, id: &BranchId) -> Option<Branch> {
        let at = self.find(*id).ok()?;
        Some(*self.0.remove(at).1)
    }

    /// Takes all branches out, and gives back what held them.
    pub fn clear(&mut self) {
        self.0 = Vec::new();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them with their ids, in order.
    pub fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&BranchId, &Branch)> + ExactSizeIterator {
        self.0.iter().map(|(id, branch)| (id, &**branch))
    }

    /// All of them, in order.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Branch> + ExactSizeIterator {
        self.0.iter().map(|(_, branch)| &**branch)
    }

    /// All of them, to be changed.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Branch> {
        self.0.iter_mut().map(|(_, branch)| &mut **branch)
    }

    /// Their ids, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &BranchId> + ExactSizeIterator {
        self.0.iter().map(|(id, _)| id)
    }

    /// A copy, by id.
    pub fn to_map(&self) -> BTreeMap<BranchId, Branch> {
        let copied = self.iter().map(|(id, branch)| (*id, branch.clone()));
        copied.collect()
    }
}

impl FromIterator<(BranchId, Branch)> for Branches {
    fn from_iter<T: IntoIterator<Item = (BranchId, Branch)>>(found: T) -> Self {
        let by_id: BTreeMap<BranchId, Branch> = found.into_iter().collect();
        let boxed = by_id.into_iter().map(|(id, branch)| (id, Box::new(branch)));
        Self(boxed.collect())
    }
}

impl Serialize for Branches {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Branches {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let by_id = BTreeMap::<BranchId, Branch>::deserialize(deserializer)?;
        Ok(by_id.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asl::expression::Variables;
    use crate::json::Json;

    fn branch(state: u16) -> Branch {
        Branch::new(None, state, 0, Json::trusted("{}"), Variables::default())
    }

    #[test]
    fn they_are_a_map_in_order_and_are_written_as_one() {
        let mut branches = Branches::default();
        let mut model = BTreeMap::new();
        for (step, id) in [5, 1, 9, 1, 3, 7, 9, 0].into_iter().enumerate() {
            branches.insert(id, branch(step as u16));
            model.insert(id, branch(step as u16));
        }
        assert_eq!(branches.remove(&3), model.remove(&3));
        assert_eq!(branches.remove(&4), None);
        assert_eq!(branches.to_map(), model);
        assert_eq!(branches.get(&7), model.get(&7));
        assert!(branches.keys().eq(model.keys()));
        let bytes = postcard::to_stdvec(&branches).expect("written");
        assert_eq!(bytes, postcard::to_stdvec(&model).expect("written"));
        assert_eq!(postcard::from_bytes::<Branches>(&bytes), Ok(branches));
    }
}
