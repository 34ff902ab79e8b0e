//! The table of results in the crate's README.
//!
//! Each case is a test that holds what its file says: it passes, or it is known to differ. So the table follows from
//! the files, and with `UPDATE=1` it is made from a run.

use std::collections::BTreeMap;
use std::path::Path;

use crate::case::Found;

const BEGIN: &str = "<!-- conformance: begin -->";
const END: &str = "<!-- conformance: end -->";

/// Is the table that of these cases? `UPDATE=1` runs them all and writes it.
pub(crate) fn check(cases: &[Found]) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let begin = readme.find(BEGIN).ok_or("the README has no table")? + BEGIN.len();
    let end = readme.find(END).ok_or("the table has no end")?;
    let update = std::env::var_os("UPDATE").is_some();
    if update {
        let failed: Vec<String> = cases
            .iter()
            .filter_map(|found| crate::judge(found).err())
            .collect();
        if !failed.is_empty() {
            return Err(failed.join("\n"));
        }
    }
    let table = table(cases);
    if readme[begin..end].trim() == table.trim() {
        return Ok(());
    }
    if !update {
        return Err(
            "the table in the README is not current: run the suite with UPDATE=1".to_owned(),
        );
    }
    let text = format!("{}\n{table}{}", &readme[..begin], &readme[end..]);
    std::fs::write(&path, text).map_err(|error| error.to_string())
}

fn table(cases: &[Found]) -> String {
    let mut by_feature: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for found in cases {
        let row = by_feature.entry(&found.feature).or_default();
        row.0 += 1;
        row.1 += usize::from(found.case.differs.is_some());
    }
    let mut table =
        String::from("| feature | cases | as documented | known to differ |\n|---|---|---|---|\n");
    for (feature, (all, differ)) in &by_feature {
        table.push_str(&format!(
            "| {feature} | {all} | {} | {differ} |\n",
            all - differ
        ));
    }
    table
}
