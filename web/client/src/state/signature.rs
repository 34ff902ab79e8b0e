//! A signature drawn on the screen: lines of points on a sheet of 1000 by 300, as the API takes it.

/// The sheet's width.
pub(crate) const WIDTH: u16 = 1_000;
/// The sheet's height.
pub(crate) const HEIGHT: u16 = 300;
/// Most lines.
const MAX_STROKES: usize = 64;
/// Fewest and most points in all.
const MIN_POINTS: usize = 8;
const MAX_POINTS: usize = 2_000;
/// Points nearer than this to the last one say nothing new.
const STEP: u16 = 3;

/// What was drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Signature {
    strokes: Vec<Vec<(u16, u16)>>,
    down: bool,
}

/// What the pen does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pen {
    /// It touches the sheet, at a part of its width and height (0 to 1).
    Down(f64, f64),
    /// It moves.
    Move(f64, f64),
    /// It is lifted.
    Up,
    /// A new sheet.
    Clear,
}

fn point(x: f64, y: f64) -> (u16, u16) {
    let part = |at: f64, of: u16| (at.clamp(0.0, 1.0) * f64::from(of)).round() as u16;
    (part(x, WIDTH), part(y, HEIGHT))
}

impl Signature {
    /// The sheet after the pen did something. What is beyond the limits is not drawn.
    pub(crate) fn after(&self, pen: Pen) -> Self {
        let mut next = self.clone();
        match pen {
            Pen::Down(x, y) if next.strokes.len() < MAX_STROKES && next.points() < MAX_POINTS => {
                next.strokes.push(vec![point(x, y)]);
                next.down = true;
            }
            Pen::Move(x, y) if next.down && next.points() < MAX_POINTS => {
                if let Some(stroke) = next.strokes.last_mut() {
                    let (x, y) = point(x, y);
                    let far =
                        |last: &(u16, u16)| last.0.abs_diff(x).max(last.1.abs_diff(y)) >= STEP;
                    if stroke.last().is_none_or(far) {
                        stroke.push((x, y));
                    }
                }
            }
            Pen::Down(..) | Pen::Move(..) => {}
            Pen::Up => next.down = false,
            Pen::Clear => next = Self::default(),
        }
        next
    }

    fn points(&self) -> usize {
        self.strokes.iter().map(Vec::len).sum()
    }

    /// Whether it is enough to be one.
    pub(crate) fn is_one(&self) -> bool {
        self.points() >= MIN_POINTS
    }

    /// Whether nothing is drawn.
    pub(crate) fn is_empty(&self) -> bool {
        self.strokes.is_empty()
    }

    /// The lines.
    pub(crate) fn strokes(&self) -> &[Vec<(u16, u16)>] {
        &self.strokes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(pens: impl IntoIterator<Item = Pen>) -> Signature {
        pens.into_iter()
            .fold(Signature::default(), |sheet, pen| sheet.after(pen))
    }

    #[test]
    fn lines_are_drawn_only_while_the_pen_is_down_and_on_the_sheet() {
        let sheet = drawn([
            Pen::Move(0.1, 0.1),
            Pen::Down(0.5, 0.5),
            Pen::Move(0.5005, 0.5),
            Pen::Move(2.0, -1.0),
            Pen::Up,
            Pen::Move(0.9, 0.9),
        ]);
        assert_eq!(sheet.strokes(), [[(500, 150), (1000, 0)]]);
        assert!(!sheet.is_one());
        assert!(sheet.after(Pen::Clear).is_empty());
    }

    #[test]
    fn no_more_is_drawn_than_the_api_takes() {
        let long =
            (0..5_000).map(|n| Pen::Move(f64::from(n % 100) / 100.0, f64::from(n % 7) / 7.0));
        let sheet = drawn([Pen::Down(0.0, 0.0)].into_iter().chain(long));
        assert_eq!(sheet.points(), MAX_POINTS);
        assert!(sheet.is_one());
        let many = (0..100).flat_map(|_| [Pen::Down(0.1, 0.1), Pen::Up]);
        assert_eq!(drawn(many).strokes().len(), MAX_STROKES);
    }
}
