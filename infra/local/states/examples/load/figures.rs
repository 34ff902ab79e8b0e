//! Figures of several servers side by side.

use std::time::Duration;

use serde_json::json;

/// What was measured of one server.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    /// The median, and the 99th percentile where there are single times.
    Measured { median: f64, p99: Option<f64> },
    /// It does not do this: why, in short.
    Refused(String),
    /// It was not asked to.
    Absent,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    More,
    Less,
}

#[derive(Debug, Clone)]
struct Row {
    name: String,
    unit: &'static str,
    better: Better,
    cells: Vec<Cell>,
}

/// The table. A column for each server, ours first.
pub(crate) struct Table {
    servers: Vec<String>,
    rows: Vec<Row>,
}

impl Cell {
    pub(crate) fn value(value: f64) -> Self {
        Self::Measured {
            median: value,
            p99: None,
        }
    }

    /// The middle of several runs.
    pub(crate) fn median(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        match values.get(values.len() / 2) {
            Some(median) => Self::value(*median),
            None => Self::Absent,
        }
    }

    /// Single times, in milliseconds.
    pub(crate) fn times(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |share: f64| {
            let index = (times.len() as f64 * share) as usize;
            let time = times.get(index).or(times.last());
            time.map(|time| time.as_secs_f64() * 1e3)
        };
        match at(0.5) {
            Some(median) => Self::Measured {
                median,
                p99: at(0.99),
            },
            None => Self::Absent,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Measured { median, p99: None } => short(*median),
            Self::Measured {
                median,
                p99: Some(p99),
            } => format!("{} / {}", short(*median), short(*p99)),
            Self::Refused(why) => format!("refused: {why}"),
            Self::Absent => "-".to_owned(),
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Measured { median, .. } => Some(*median),
            Self::Refused(_) | Self::Absent => None,
        }
    }
}

impl Table {
    pub(crate) fn new(servers: Vec<String>) -> Self {
        Self {
            servers,
            rows: Vec::new(),
        }
    }

    /// Adds a figure, and tells it at once.
    pub(crate) fn add(
        &mut self,
        name: String,
        unit: &'static str,
        better: Better,
        cells: Vec<Cell>,
    ) {
        let told: Vec<String> = cells.iter().map(Cell::text).collect();
        eprintln!("{name} [{unit}]: {}", told.join(" | "));
        self.rows.push(Row {
            name,
            unit,
            better,
            cells,
        });
    }

    /// Markdown, with a column of ratios behind each peer's: how many times better ours is.
    pub(crate) fn markdown(&self) -> String {
        let mut out = String::from("| figure | unit |");
        for (at, server) in self.servers.iter().enumerate() {
            out.push_str(&format!(" {server} |"));
            if at > 0 {
                out.push_str(" ratio |");
            }
        }
        out.push_str("\n|---|---|");
        out.push_str(&"---|".repeat(self.servers.len() * 2 - 1));
        for row in &self.rows {
            out.push_str(&format!("\n| {} | {} |", row.name, row.unit));
            for (at, cell) in row.cells.iter().enumerate() {
                out.push_str(&format!(" {} |", cell.text()));
                if at > 0 {
                    let ratio = row.ratio(at).map_or_else(|| "-".to_owned(), short);
                    out.push_str(&format!(" {ratio} |"));
                }
            }
        }
        out
    }

    /// One object a line, for `cargo xtask bench`.
    pub(crate) fn lines(&self) -> String {
        let mut out = String::new();
        for row in &self.rows {
            for (server, cell) in self.servers.iter().zip(&row.cells) {
                if let Cell::Measured { median, p99 } = cell {
                    let name = format!("{server}: {}", row.name);
                    let line =
                        json!({ "name": name, "unit": row.unit, "median": median, "p99": p99 });
                    out.push_str(&format!("{line}\n"));
                }
            }
        }
        out
    }
}

impl Row {
    fn ratio(&self, at: usize) -> Option<f64> {
        let ours = self.cells.first()?.number()?;
        let theirs = self.cells.get(at)?.number()?;
        Some(match self.better {
            Better::More => ours / theirs,
            Better::Less => theirs / ours,
        })
    }
}

fn short(value: f64) -> String {
    match value.abs() {
        large if large >= 1000.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _small => format!("{value:.2}"),
    }
}
