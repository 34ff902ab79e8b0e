//! Where to draw a machine's states and ways: the likely way straight down the middle, what branches off beside it, and
//! ways that jump in lanes at the sides, one lane for each state they lead to.

use super::machine::{Edge, Kind, Machine, Reason, readable, shortened};
use dagre::graph::{Graph, GraphOptions};
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, layout};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A box. Lengths are in the units of the drawing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Box {
    /// The state's name.
    pub(crate) name: String,
    /// The name in words.
    pub(crate) label: String,
    /// What it is.
    pub(crate) kind: Kind,
    /// The centre.
    pub(crate) x: f64,
    /// The centre.
    pub(crate) y: f64,
    /// The width.
    pub(crate) width: f64,
    /// The height.
    pub(crate) height: f64,
}

/// A way between two boxes; all rules that lead from one state to another are one way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// From this state.
    pub(crate) from: String,
    /// To this one.
    pub(crate) to: String,
    /// Why; the most ordinary reason, if there are several.
    pub(crate) reason: Reason,
    /// Its conditions in a few words.
    pub(crate) label: String,
    /// The whole conditions.
    pub(crate) full: String,
    /// Where it bends, from the edge of one box to that of the other.
    pub(crate) points: Vec<(f64, f64)>,
    /// Where the label begins, or ends if `leftward`.
    pub(crate) at: (f64, f64),
    /// The label ends at its point instead of beginning there.
    pub(crate) leftward: bool,
}

/// A drawing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Drawing {
    /// The states.
    pub(crate) boxes: Vec<Box>,
    /// The ways.
    pub(crate) lines: Vec<Line>,
    /// The whole width.
    pub(crate) width: f64,
    /// The whole height.
    pub(crate) height: f64,
}

const MARGIN: f64 = 14.0;
const LETTER: f64 = 7.2;
const SMALL_LETTER: f64 = 5.5;
const GAP: f64 = 50.0;
const LANE: f64 = 13.0;
const DOT: f64 = 14.0;
const TASK_HEIGHT: f64 = 42.0;
const SMALL_HEIGHT: f64 = 26.0;
/// How far from its box a way turns towards its lane.
const TURN: f64 = 13.0;
/// How far above its box a way turns out of its lane.
const BACK: f64 = 9.0;

fn size(label: &str, kind: Kind) -> (f64, f64) {
    let text = label.chars().count() as f64 * LETTER;
    match kind {
        Kind::Join => (DOT, DOT),
        Kind::Choice | Kind::Pass => ((text + 26.0).max(84.0), SMALL_HEIGHT),
        Kind::Task | Kind::Wait | Kind::Fork | Kind::Succeed | Kind::Fail => {
            ((text + 30.0).max(120.0), TASK_HEIGHT)
        }
    }
}

/// Lays a machine out.
pub(crate) fn draw(machine: &Machine) -> Drawing {
    let plan = Plan::of(machine);
    let boxes = place(machine, &plan);
    let lines = route(&plan, &boxes);
    normalised(boxes, lines)
}

struct Way {
    from: String,
    to: String,
    reason: Reason,
    label: String,
    full: String,
}

struct Plan {
    /// The likely way from the start to the end.
    spine: Vec<String>,
    /// Ways that go down one layer.
    short: Vec<Way>,
    /// Ways that jump.
    jumps: Vec<Way>,
}

impl Plan {
    fn of(machine: &Machine) -> Self {
        let likely = machine.likely_after(&machine.start, &HashSet::new());
        let spine: Vec<String> = std::iter::once(machine.start.clone())
            .chain(likely.iter().map(|node| node.name.clone()))
            .collect();
        let order: HashMap<&str, usize> = spine
            .iter()
            .enumerate()
            .map(|(i, name)| (name.as_str(), i))
            .collect();
        let known = |name: &str| machine.node(name).is_some();
        let ways: Vec<Way> = merged(
            machine
                .edges
                .iter()
                .filter(|edge| known(&edge.from) && known(&edge.to)),
        );
        // A state beside the spine hangs on the last state that leads to it; by an error only if nothing else does.
        let mut last: HashMap<String, (bool, usize)> = HashMap::new();
        for way in ways
            .iter()
            .filter(|way| !order.contains_key(way.to.as_str()))
        {
            if let Some(&at) = order.get(way.from.as_str()) {
                let here = (way.reason != Reason::Caught, at);
                let entry = last.entry(way.to.clone()).or_insert(here);
                *entry = (*entry).max(here);
            }
        }
        let is_short = |way: &Way| {
            let (from, to) = (order.get(way.from.as_str()), order.get(way.to.as_str()));
            let joins = machine
                .node(&way.to)
                .is_some_and(|node| node.kind == Kind::Join);
            let ordinary = way.reason != Reason::Caught;
            way.from != way.to
                && match (from, to) {
                    (Some(from), Some(to)) => ordinary && *to == from + 1,
                    (None, Some(_)) => ordinary && joins,
                    (Some(from), None) => last.get(&way.to) == Some(&(ordinary, *from)),
                    (None, None) => ordinary,
                }
        };
        let (short, jumps) = ways.into_iter().partition(is_short);
        Self {
            spine,
            short,
            jumps,
        }
    }
}

fn merged<'a>(edges: impl Iterator<Item = &'a Edge>) -> Vec<Way> {
    let ease = |reason: Reason| match reason {
        Reason::Next => 0,
        Reason::Rule => 1,
        Reason::Otherwise => 2,
        Reason::Caught => 3,
    };
    let mut ways: Vec<Way> = Vec::new();
    for edge in edges {
        if let Some(way) = ways
            .iter_mut()
            .find(|way| way.from == edge.from && way.to == edge.to)
        {
            if ease(edge.reason) < ease(way.reason) {
                way.reason = edge.reason;
            }
            way.label = shortened(&format!("{}, {}", way.label, edge.label));
            way.full = format!("{}\n{}", way.full, edge.full);
        } else {
            ways.push(Way {
                from: edge.from.clone(),
                to: edge.to.clone(),
                reason: edge.reason,
                label: edge.label.clone(),
                full: edge.full.clone(),
            });
        }
    }
    ways
}

/// dagre finds the layers and the order within each; then every layer is moved so that the spine is straight.
fn place(machine: &Machine, plan: &Plan) -> Vec<Box> {
    let mut graph: Graph<NodeLabel, EdgeLabel> = Graph::with_options(GraphOptions {
        directed: true,
        multigraph: false,
        compound: false,
    });
    for node in &machine.nodes {
        let (width, height) = size(&readable(&node.name), node.kind);
        graph.set_node(
            node.name.clone(),
            Some(NodeLabel {
                width,
                height,
                ..NodeLabel::default()
            }),
        );
    }
    for way in &plan.short {
        graph.set_edge(
            way.from.clone(),
            way.to.clone(),
            Some(EdgeLabel::default()),
            None,
        );
    }
    let options = LayoutOptions {
        nodesep: 34.0,
        ranksep: GAP,
        ..LayoutOptions::default()
    };
    layout(&mut graph, Some(options));
    let mut boxes: Vec<Box> = machine
        .nodes
        .iter()
        .filter_map(|node| {
            let placed = graph.node(&node.name)?;
            let label = readable(&node.name);
            let (width, height) = size(&label, node.kind);
            Some(Box {
                name: node.name.clone(),
                label,
                kind: node.kind,
                x: placed.x?,
                y: placed.y?,
                width,
                height,
            })
        })
        .collect();
    let spine: HashSet<&str> = plan.spine.iter().map(String::as_str).collect();
    let middles: BTreeMap<i64, f64> = boxes
        .iter()
        .filter(|b| spine.contains(b.name.as_str()))
        .map(|b| (layer(b), b.x))
        .collect();
    for one in &mut boxes {
        one.x -= middles.get(&layer(one)).copied().unwrap_or_default();
    }
    boxes
}

/// Boxes of one layer have the same centre.
fn layer(one: &Box) -> i64 {
    (one.y * 10.0).round() as i64
}

fn route(plan: &Plan, boxes: &[Box]) -> Vec<Line> {
    let find = |name: &str| boxes.iter().find(|one| one.name == name);
    // The states that most ways jump to get the innermost lanes: beside the spine by turns, else on their own side.
    let mut targets: BTreeMap<&str, usize> = BTreeMap::new();
    for way in &plan.jumps {
        *targets.entry(&way.to).or_default() += 1;
    }
    let mut targets: Vec<(&str, usize)> = targets.into_iter().collect();
    targets.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut on_side = [0usize; 2];
    let mut sides: HashMap<&str, (f64, usize)> = HashMap::new();
    for (i, (name, _)) in targets.iter().enumerate() {
        let x = find(name).map_or(0.0, |one| one.x);
        let rightward = if x.abs() < 1.0 { i % 2 == 0 } else { x > 0.0 };
        let place = &mut on_side[usize::from(rightward)];
        sides.insert(name, (if rightward { 1.0 } else { -1.0 }, *place));
        *place += 1;
    }
    // Lanes run outside of every box and of every label that leads to them.
    let edge = |side: f64| {
        let of_boxes = boxes.iter().map(|b| side * b.x + b.width / 2.0);
        let to_side = plan.jumps.iter().filter(|way| {
            sides
                .get(way.to.as_str())
                .is_some_and(|(own, _)| *own == side)
        });
        let of_labels = to_side.filter_map(|way| {
            let from = find(&way.from)?;
            Some(side * from.x + from.width / 2.0 + way.label.chars().count() as f64 * SMALL_LETTER)
        });
        of_boxes.chain(of_labels).fold(0.0, f64::max)
    };
    let edges = [edge(-1.0), edge(1.0)];
    let lanes: HashMap<&str, f64> = sides
        .iter()
        .map(|(name, (side, place))| {
            let out = edges[usize::from(*side > 0.0)] + LANE * (1.0 + *place as f64);
            (*name, side * out)
        })
        .collect();
    let short = plan
        .short
        .iter()
        .filter_map(|way| Some(down(way, find(&way.from)?, find(&way.to)?)));
    // Several jumps from one state to the same side leave it one below the other.
    let mut left_by: HashMap<(&str, bool), f64> = HashMap::new();
    let jumps = plan.jumps.iter().filter_map(|way| {
        let (from, to, lane) = (
            find(&way.from)?,
            find(&way.to)?,
            *lanes.get(way.to.as_str())?,
        );
        let before = left_by.entry((&way.from, lane > from.x)).or_default();
        let drawn = jump(way, from, to, lane, *before);
        *before += 1.0;
        Some(drawn)
    });
    let jumps: Vec<Line> = jumps.collect();
    short.chain(jumps).collect()
}

fn line(way: &Way, points: Vec<(f64, f64)>, at: (f64, f64), leftward: bool) -> Line {
    Line {
        from: way.from.clone(),
        to: way.to.clone(),
        reason: way.reason,
        label: way.label.clone(),
        full: way.full.clone(),
        points,
        at,
        leftward,
    }
}

fn down(way: &Way, from: &Box, to: &Box) -> Line {
    let (bottom, top) = (from.y + from.height / 2.0, to.y - to.height / 2.0);
    if (from.x - to.x).abs() < 1.0 {
        return line(
            way,
            vec![(from.x, bottom), (to.x, top)],
            (to.x + 6.0, top - 14.0),
            false,
        );
    }
    let side = (to.x - from.x).signum();
    let begin = from.x + side * (from.width / 2.0 - 20.0).max(0.0);
    let middle = (bottom + top) / 2.0 + 2.0;
    line(
        way,
        vec![
            (begin, bottom),
            (begin, middle),
            (to.x, middle),
            (to.x, top),
        ],
        (to.x + 6.0, top - 5.0),
        false,
    )
}

fn jump(way: &Way, from: &Box, to: &Box, lane: f64, before: f64) -> Line {
    let side = (lane - from.x).signum();
    let begin = from.x + side * (from.width / 2.0 - 9.0 - before * 8.0).max(0.0);
    let end = to.x + (lane - to.x).signum() * (to.width / 2.0 - 12.0).max(0.0);
    let (bottom, top) = (from.y + from.height / 2.0, to.y - to.height / 2.0);
    let (out, back) = (bottom + TURN + before * 11.0, top - BACK);
    let points = vec![
        (begin, bottom),
        (begin, out),
        (lane, out),
        (lane, back),
        (end, back),
        (end, top),
    ];
    line(way, points, (begin + side * 5.0, out - 3.0), side < 0.0)
}

/// Moves everything into view.
fn normalised(mut boxes: Vec<Box>, mut lines: Vec<Line>) -> Drawing {
    let mut low = (f64::INFINITY, f64::INFINITY);
    let mut high = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    let mut see = |x: f64, y: f64| {
        low = (low.0.min(x), low.1.min(y));
        high = (high.0.max(x), high.1.max(y));
    };
    for one in &boxes {
        see(one.x - one.width / 2.0, one.y - one.height / 2.0);
        see(one.x + one.width / 2.0, one.y + one.height / 2.0);
    }
    for one in &lines {
        one.points.iter().for_each(|point| see(point.0, point.1));
        let text = one.label.chars().count() as f64 * SMALL_LETTER;
        see(
            if one.leftward {
                one.at.0 - text
            } else {
                one.at.0 + text
            },
            one.at.1,
        );
    }
    if boxes.is_empty() {
        return Drawing::default();
    }
    let (dx, dy) = (MARGIN - low.0, MARGIN - low.1);
    for one in &mut boxes {
        (one.x, one.y) = (one.x + dx, one.y + dy);
    }
    for one in &mut lines {
        one.at = (one.at.0 + dx, one.at.1 + dy);
        one.points
            .iter_mut()
            .for_each(|point| *point = (point.0 + dx, point.1 + dy));
    }
    Drawing {
        boxes,
        lines,
        width: high.0 + dx + MARGIN,
        height: high.1 + dy + MARGIN,
    }
}

/// An SVG path through the points with round corners.
pub(crate) fn path(points: &[(f64, f64)]) -> String {
    const RADIUS: f64 = 9.0;
    let Some(first) = points.first() else {
        return String::new();
    };
    let mut d = format!("M{:.1} {:.1}", first.0, first.1);
    for three in points.windows(3) {
        let [before, corner, after] = three else {
            continue;
        };
        let (into, out) = (
            towards(*corner, *before, RADIUS),
            towards(*corner, *after, RADIUS),
        );
        d.push_str(&format!(
            "L{:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}",
            into.0, into.1, corner.0, corner.1, out.0, out.1
        ));
    }
    if let Some(last) = points.last().filter(|_| points.len() > 1) {
        d.push_str(&format!("L{:.1} {:.1}", last.0, last.1));
    }
    d
}

/// The point at most `far` from `from` on the way to `to`, and at most half that way.
fn towards(from: (f64, f64), to: (f64, f64), far: f64) -> (f64, f64) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy);
    if length < f64::EPSILON {
        return from;
    }
    let part = far.min(length / 2.0) / length;
    (from.0 + dx * part, from.1 + dy * part)
}

#[cfg(test)]
mod tests;
