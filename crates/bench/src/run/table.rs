//! The table that `run` prints: a figure a line, the floor's and Maru's, their ratio, the bar, and whether it holds.

use std::fmt::Write as _;

use super::server::Kind;

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Time.
    Microseconds,
    /// Time, much of it.
    Seconds,
    /// Memory.
    Bytes,
    /// Things.
    Count,
}

/// What Maru has to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Bar {
    /// At most so many times the floor's figure.
    Ratio(f64),
    /// At most so much more than the floor's figure.
    More(f64),
    /// At most so much, whatever the floor's figure.
    AtMost(f64),
    /// The figure is for information.
    None,
}

/// One figure of both servers, a value a round.
#[derive(Debug, Clone)]
pub(super) struct Row {
    name: String,
    unit: Unit,
    bar: Bar,
    floor: Vec<f64>,
    maru: Vec<f64>,
}

impl Row {
    /// A figure without values yet.
    pub(super) fn new(name: String, unit: Unit, bar: Bar) -> Self {
        Self { name, unit, bar, floor: Vec::new(), maru: Vec::new() }
    }

    /// Adds a round's value.
    pub(super) fn push(&mut self, kind: Kind, value: f64) {
        if kind.is_measure() { self.floor.push(value) } else { self.maru.push(value) }
    }

    /// Whether Maru reaches the bar; `None` without a bar. A figure that could not be measured reaches none.
    pub(super) fn holds(&self) -> Option<bool> {
        match self.bar {
            Bar::Ratio(bar) => Some(median(&self.ratios()) <= bar),
            Bar::More(bar) => Some(median(&self.maru) - median(&self.floor) <= bar),
            Bar::AtMost(bar) => Some(median(&self.maru) <= bar),
            Bar::None => None,
        }
    }

    fn ratios(&self) -> Vec<f64> {
        self.floor.iter().zip(&self.maru).map(|(floor, maru)| maru / floor).collect()
    }

    fn cells(&self) -> [String; 6] {
        let ratio = match (self.unit, &self.ratios()[..]) {
            // The floor keeps next to nothing for a connection: a ratio to it would only be large.
            (Unit::Bytes, _) | (_, []) => "-".to_owned(),
            (_, [one]) => format!("{one:.2}"),
            (_, all) => {
                let (low, high) = all.iter().fold((f64::MAX, f64::MIN), |(low, high), &r| (low.min(r), high.max(r)));
                format!("{:.2} ({low:.2} to {high:.2})", median(all))
            }
        };
        let bar = match self.bar {
            Bar::Ratio(bar) => format!("{bar:.2}"),
            Bar::More(bar) => format!("+{}", self.show(bar)),
            Bar::AtMost(bar) => self.show(bar),
            Bar::None => "-".to_owned(),
        };
        let holds = match self.holds() {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "-",
        };
        [self.name.clone(), self.show(median(&self.floor)), self.show(median(&self.maru)), ratio, bar, holds.to_owned()]
    }

    fn show(&self, value: f64) -> String {
        match self.unit {
            _ if value.is_nan() => "-".to_owned(),
            Unit::Seconds => format!("{value:.2} s"),
            Unit::Microseconds if value < 100.0 => format!("{value:.2} us"),
            Unit::Microseconds => format!("{value:.0} us"),
            Unit::Bytes => format!("{value:.0} B"),
            Unit::Count => format!("{value:.0}"),
        }
    }
}

/// The middle value, or the mean of the two in the middle; not a number if there is none.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[count / 2],
        count => f64::midpoint(sorted[count / 2 - 1], sorted[count / 2]),
    }
}

/// The rows as lines of text under a heading, names to the left and figures to the right.
pub(super) fn render([measure, measured]: [Kind; 2], rows: &[Row]) -> String {
    let heading = ["figure", &measure.to_string(), &measured.to_string(), "ratio", "bar", "holds"].map(str::to_owned);
    let lines: Vec<_> = std::iter::once(heading).chain(rows.iter().map(Row::cells)).collect();
    let mut widths = [0; 6];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for [name, figures @ ..] in &lines {
        let _ = write!(out, "{name:<0$}", widths[0]);
        for (cell, width) in figures.iter().zip(&widths[1..]) {
            let _ = write!(out, "  {cell:>width$}");
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, unit: Unit, bar: Bar, floor: &[f64], maru: &[f64]) -> Row {
        Row { name: name.to_owned(), unit, bar, floor: floor.to_vec(), maru: maru.to_vec() }
    }

    #[test]
    fn the_table_tells_each_figure_and_whether_it_holds() {
        let rows = [
            row("CPU", Unit::Microseconds, Bar::Ratio(1.25), &[2.0, 4.0, 3.0], &[2.2, 4.8, 3.9]),
            row("speed", Unit::Count, Bar::None, &[1000.0], &[900.0]),
            row("memory", Unit::Bytes, Bar::AtMost(2048.0), &[10.0], &[4096.0]),
            row("joins", Unit::Seconds, Bar::AtMost(3.6), &[], &[3.1]),
        ];
        let expect = "\
figure    floor     maru                ratio     bar  holds
CPU     3.00 us  3.90 us  1.20 (1.10 to 1.30)    1.25    yes
speed      1000      900                 0.90       -      -
memory     10 B   4096 B                    -  2048 B     NO
joins         -   3.10 s                    -  3.60 s    yes
";
        assert_eq!(render(Kind::BOTH, &rows), expect);
    }

    #[test]
    fn the_ratio_is_of_rounds_and_not_of_medians() {
        // The machine was slow in the second round, for both.
        let noisy = row("", Unit::Count, Bar::Ratio(1.2), &[1.0, 9.0, 2.0], &[1.1, 9.9, 2.2]);
        assert!((median(&noisy.ratios()) - 1.1).abs() < 1e-9);
        assert_eq!(noisy.holds(), Some(true));
    }

    #[test]
    fn what_was_not_measured_does_not_hold() {
        assert_eq!(row("", Unit::Count, Bar::Ratio(1.2), &[], &[]).holds(), Some(false));
        assert_eq!(row("", Unit::Count, Bar::Ratio(1.2), &[0.0], &[0.0]).holds(), Some(false));
        assert_eq!(row("", Unit::Bytes, Bar::AtMost(2.0), &[], &[]).holds(), Some(false));
    }
}
