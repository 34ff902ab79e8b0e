//! Where to draw a machine's states and ways: layers from top to bottom.

use super::machine::{Kind, Machine, Reason, readable};
use dagre::graph::{Graph, GraphOptions};
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, layout};

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

/// A way between two boxes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// From this state.
    pub(crate) from: String,
    /// To this one.
    pub(crate) to: String,
    /// Why.
    pub(crate) reason: Reason,
    /// Its condition in a few words.
    pub(crate) label: String,
    /// The whole condition.
    pub(crate) full: String,
    /// Where it bends, from the edge of one box to that of the other.
    pub(crate) points: Vec<(f64, f64)>,
    /// Where the label's centre is.
    pub(crate) at: (f64, f64),
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

const MARGIN: f64 = 16.0;
const LETTER: f64 = 7.2;
const SMALL_LETTER: f64 = 5.6;
const HEIGHT: f64 = 46.0;
const DOT: f64 = 14.0;

fn size(label: &str, kind: Kind) -> (f64, f64) {
    match kind {
        Kind::Join => (DOT, DOT),
        Kind::Choice | Kind::Pass => ((label.chars().count() as f64).mul_add(LETTER, 28.0).max(84.0), 30.0),
        Kind::Task | Kind::Wait | Kind::Fork | Kind::Succeed | Kind::Fail => {
            ((label.chars().count() as f64).mul_add(LETTER, 30.0).max(116.0), HEIGHT)
        }
    }
}

/// Lays a machine out.
pub(crate) fn draw(machine: &Machine) -> Drawing {
    let mut graph: Graph<NodeLabel, EdgeLabel> =
        Graph::with_options(GraphOptions { directed: true, multigraph: true, compound: false });
    for node in &machine.nodes {
        let (width, height) = size(&readable(&node.name), node.kind);
        graph.set_node(node.name.clone(), Some(NodeLabel { width, height, ..NodeLabel::default() }));
    }
    let known = |name: &str| machine.node(name).is_some();
    let edges: Vec<_> = machine.edges.iter().filter(|edge| known(&edge.from) && known(&edge.to)).collect();
    for (i, edge) in edges.iter().enumerate() {
        let width = edge.label.chars().count() as f64 * SMALL_LETTER;
        let weight = if edge.reason == Reason::Caught { 1 } else { 4 };
        let label = EdgeLabel { width, height: 12.0, weight, labelpos: center(), ..EdgeLabel::default() };
        graph.set_edge(edge.from.clone(), edge.to.clone(), Some(label), Some(&i.to_string()));
    }
    let options = LayoutOptions { nodesep: 26.0, edgesep: 14.0, ranksep: 26.0, marginx: MARGIN, marginy: MARGIN, ..LayoutOptions::default() };
    layout(&mut graph, Some(options));

    let boxes = machine.nodes.iter().filter_map(|node| {
        let placed = graph.node(&node.name)?;
        let label = readable(&node.name);
        let (width, height) = size(&label, node.kind);
        Some(Box { name: node.name.clone(), label, kind: node.kind, x: placed.x?, y: placed.y?, width, height })
    });
    let boxes: Vec<Box> = boxes.collect();
    let lines = edges.iter().enumerate().filter_map(|(i, edge)| {
        let placed = graph.edge(&edge.from, &edge.to, Some(&i.to_string()))?;
        let points: Vec<(f64, f64)> = placed.points.iter().map(|point| (point.x, point.y)).collect();
        let middle = points.get(points.len() / 2).copied().unwrap_or_default();
        Some(Line {
            from: edge.from.clone(),
            to: edge.to.clone(),
            reason: edge.reason,
            label: edge.label.clone(),
            full: edge.full.clone(),
            at: placed.x.zip(placed.y).unwrap_or(middle),
            points,
        })
    });
    let lines: Vec<Line> = lines.collect();
    let (width, height) = extent(&boxes, &lines);
    Drawing { boxes, lines, width, height }
}

fn center() -> dagre::layout::types::LabelPos {
    dagre::layout::types::LabelPos::Center
}

fn extent(boxes: &[Box], lines: &[Line]) -> (f64, f64) {
    let corners = boxes.iter().map(|b| (b.x + b.width / 2.0, b.y + b.height / 2.0));
    let labels = lines.iter().map(|l| (l.at.0 + l.label.chars().count() as f64 * SMALL_LETTER / 2.0, l.at.1));
    let bends = lines.iter().flat_map(|line| line.points.iter().copied());
    let far = corners.chain(labels).chain(bends).fold((0.0f64, 0.0f64), |far, at| (far.0.max(at.0), far.1.max(at.1)));
    (far.0 + MARGIN, far.1 + MARGIN)
}

/// An SVG path through the points with rounded bends.
pub(crate) fn path(points: &[(f64, f64)]) -> String {
    let Some((first, rest)) = points.split_first() else { return String::new() };
    let mut d = format!("M{:.1} {:.1}", first.0, first.1);
    let mut from = *first;
    for (i, point) in rest.iter().enumerate() {
        match rest.get(i + 1) {
            Some(next) => {
                let middle = ((point.0 + next.0) / 2.0, (point.1 + next.1) / 2.0);
                d.push_str(&format!("Q{:.1} {:.1} {:.1} {:.1}", point.0, point.1, middle.0, middle.1));
                from = middle;
            }
            None if from != *point => d.push_str(&format!("L{:.1} {:.1}", point.0, point.1)),
            None => {}
        }
    }
    d
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::machine::read;
    use crate::state::samples;

    #[test]
    fn states_stand_apart_and_in_layers() {
        let drawing = draw(&read(&samples::definition()));
        for (i, a) in drawing.boxes.iter().enumerate() {
            for b in &drawing.boxes[i + 1..] {
                let apart = (a.x - b.x).abs() >= (a.width + b.width) / 2.0 || (a.y - b.y).abs() >= (a.height + b.height) / 2.0;
                assert!(apart, "{} covers {}", a.name, b.name);
            }
            assert!(a.x - a.width / 2.0 >= 0.0 && a.x + a.width / 2.0 <= drawing.width);
            assert!(a.y - a.height / 2.0 >= 0.0 && a.y + a.height / 2.0 <= drawing.height);
        }
        let y = |name: &str| drawing.boxes.iter().find(|b| b.name == name).unwrap().y;
        assert!(y("Route") < y("Ring") && y("Ring") < y("Connect") && y("Talking") < y("HangUp"));
    }

    #[test]
    fn every_way_is_drawn() {
        let machine = read(&samples::definition());
        let drawing = draw(&machine);
        assert_eq!(drawing.lines.len(), machine.edges.len());
        assert!(drawing.lines.iter().all(|line| line.points.len() >= 2));
    }

    #[test]
    fn a_path_begins_and_ends_at_its_points() {
        let d = path(&[(0.0, 0.0), (10.0, 10.0), (10.0, 30.0)]);
        assert!(d.starts_with("M0.0 0.0Q10.0 10.0") && d.ends_with("L10.0 30.0"), "{d}");
        assert_eq!(path(&[]), "");
    }
}
