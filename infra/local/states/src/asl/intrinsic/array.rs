//! Functions of arrays.

use super::super::path::{same, walk};
use super::{Nodes, Outcome};

/// Most items that `States.ArrayRange` gives (guide: 1000).
const MAX_RANGE: usize = 1_000;

/// `[`, the nodes, `]`.
fn list<'a>(nodes: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::from("[");
    for node in nodes {
        if out.len() > 1 {
            out.push(',');
        }
        walk::compact(node, &mut out);
    }
    out.push(']');
    out
}

pub(super) fn array(nodes: &Nodes<'_>) -> String {
    list(nodes.0.iter().map(|node| &**node))
}

pub(super) fn partition(nodes: &Nodes<'_>) -> Outcome {
    let array = nodes.array(0)?;
    let size = usize::try_from(nodes.whole(1)?).unwrap_or(0);
    if size == 0 {
        return Err("The second argument must be a positive whole number".into());
    }
    let items: Vec<&str> = walk::items(array).collect();
    let pieces: Vec<String> = items
        .chunks(size)
        .map(|piece| list(piece.iter().copied()))
        .collect();
    Ok(list(pieces.iter().map(String::as_str)))
}

pub(super) fn contains(nodes: &Nodes<'_>) -> Outcome {
    let array = nodes.array(0)?;
    Ok(same::is_among(nodes.get(1), array).to_string())
}

pub(super) fn range(nodes: &Nodes<'_>) -> Outcome {
    let (first, last, step) = (nodes.whole(0)?, nodes.whole(1)?, nodes.whole(2)?);
    if step == 0 {
        return Err("The third argument must not be 0".into());
    }
    let mut out = String::from("[");
    let mut next = first;
    let mut items = 0;
    while (step > 0 && next <= last) || (step < 0 && next >= last) {
        items += 1;
        if items > MAX_RANGE {
            return Err(format!("The range has more than {MAX_RANGE} items"));
        }
        if out.len() > 1 {
            out.push(',');
        }
        out.push_str(&next.to_string());
        match next.checked_add(step) {
            Some(sum) => next = sum,
            None => break,
        }
    }
    out.push(']');
    Ok(out)
}

pub(super) fn get_item(nodes: &Nodes<'_>) -> Outcome {
    let array = nodes.array(0)?;
    let index = nodes.whole(1)?;
    let item = usize::try_from(index)
        .ok()
        .and_then(|index| walk::items(array).nth(index));
    let Some(item) = item else {
        let length = walk::items(array).count();
        return Err(format!(
            "The index {index} is outside of the array, which has {length} items"
        ));
    };
    Ok(item.to_owned())
}

pub(super) fn length(nodes: &Nodes<'_>) -> Outcome {
    Ok(walk::items(nodes.array(0)?).count().to_string())
}

/// The items without repeats, in the order of their first place.
pub(super) fn unique(nodes: &Nodes<'_>) -> Outcome {
    let mut seen = std::collections::HashSet::new();
    let items = walk::items(nodes.array(0)?).filter(|item| seen.insert(same::canonical(item)));
    Ok(list(items.collect::<Vec<_>>().into_iter()))
}
