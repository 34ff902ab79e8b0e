use super::*;
use crate::state::machine::{read, tests::shipped};
use crate::state::samples;

fn all() -> Vec<Machine> {
    let shipped = shipped()
        .into_iter()
        .map(|(_, definition)| read(&definition));
    shipped.chain([read(&samples::definition())]).collect()
}

#[test]
fn states_stand_apart_and_in_view() {
    for machine in all() {
        let drawing = draw(&machine);
        assert_eq!(drawing.boxes.len(), machine.nodes.len());
        for (i, a) in drawing.boxes.iter().enumerate() {
            for b in &drawing.boxes[i + 1..] {
                let wide = (a.x - b.x).abs() >= (a.width + b.width) / 2.0;
                let high = (a.y - b.y).abs() >= (a.height + b.height) / 2.0;
                assert!(wide || high, "{} covers {}", a.name, b.name);
            }
            assert!(
                a.x - a.width / 2.0 >= 0.0 && a.x + a.width / 2.0 <= drawing.width,
                "{}",
                a.name
            );
            assert!(
                a.y - a.height / 2.0 >= 0.0 && a.y + a.height / 2.0 <= drawing.height,
                "{}",
                a.name
            );
        }
    }
}

#[test]
fn the_likely_way_goes_straight_down() {
    for machine in all() {
        let drawing = draw(&machine);
        let plan = Plan::of(&machine);
        let spine: Vec<&Box> = plan
            .spine
            .iter()
            .map(|name| drawing.boxes.iter().find(|one| one.name == *name).unwrap())
            .collect();
        for pair in spine.windows(2) {
            assert!(
                (pair[0].x - pair[1].x).abs() < 0.5,
                "{} and {}",
                pair[0].name,
                pair[1].name
            );
            assert!(pair[0].y < pair[1].y);
        }
    }
}

#[test]
fn every_way_is_drawn_once_from_its_state_to_its_state() {
    for machine in all() {
        let drawing = draw(&machine);
        let pairs: HashSet<(&str, &str)> = machine
            .edges
            .iter()
            .map(|e| (e.from.as_str(), e.to.as_str()))
            .collect();
        assert_eq!(drawing.lines.len(), pairs.len());
        for line in &drawing.lines {
            let to = drawing
                .boxes
                .iter()
                .find(|one| one.name == line.to)
                .unwrap();
            let end = line.points.last().unwrap();
            assert!(
                (end.0 - to.x).abs() <= to.width / 2.0
                    && (end.1 - (to.y - to.height / 2.0)).abs() < 0.5,
                "{line:?}"
            );
        }
    }
}

#[test]
fn a_path_begins_and_ends_at_its_points() {
    let d = path(&[(0.0, 0.0), (0.0, 30.0), (40.0, 30.0)]);
    assert!(
        d.starts_with("M0.0 0.0L0.0 21.0Q0.0 30.0 9.0 30.0") && d.ends_with("L40.0 30.0"),
        "{d}"
    );
    assert_eq!(path(&[]), "");
    assert_eq!(draw(&Machine::default()), Drawing::default());
}
