//! Figures to look at: tables and charts as data, and what becomes of them: text, SVG, files.

pub mod chart;
pub mod check;
pub mod compare;
pub mod files;
pub mod laws;
pub mod look;
pub mod page;
mod summary;
pub mod svg;
pub mod table;
pub mod views;
pub mod words;

use crate::analyse::Analysis;
use crate::analyse::break_even::break_evens;
use chart::Chart;
use table::Table;
use views::{forecast, setting, sizes, threads};

/// What one view shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// What is to be known first, a sentence each.
    pub verdicts: Vec<String>,
    /// Its tables.
    pub tables: Vec<Table>,
    /// What the tables' marks mean.
    pub notes: Vec<String>,
    /// Its charts.
    pub charts: Vec<Chart>,
}

/// Something that can be shown of a record, by the name that stands there.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Its name.
    pub name: &'static str,
    /// What it shows.
    pub show: fn(&Analysis) -> Section,
}

impl Section {
    /// A chart and nothing else.
    pub fn chart(chart: Chart) -> Self {
        Self {
            charts: vec![chart.shown()],
            ..Self::default()
        }
    }
}

impl View {
    /// Speedup against thread count, a panel a size, with the ceilings.
    pub const SPEEDUP: Self = Self::new("speedup", |of| Section::chart(threads::speedup(of)));
    /// Throughput against thread count, where a call's bytes were declared.
    pub const THROUGHPUT: Self =
        Self::new("throughput", |of| Section::chart(threads::throughput(of)));
    /// Time per element against size.
    pub const TIME: Self = Self::new("time", |of| Section::chart(sizes::time(of)));
    /// Time of a call against thread count.
    pub const CALLS: Self = Self::new("calls", |of| Section::chart(threads::calls(of)));
    /// Throughput against the bytes of a call, with the sizes of the caches.
    pub const BYTES: Self = Self::new("bytes", |of| Section::chart(sizes::bytes(of)));
    /// Speedup against the setting.
    pub const SETTING: Self = Self::new("setting", |of| Section::chart(setting::setting(of)));
    /// A table a size, a line an arm.
    pub const SIZES: Self = Self::new("sizes", |of| sections_of_sizes(of, table::fastest));
    /// From which size on each contender pays.
    pub const BREAK_EVEN: Self = Self::new("break_even", |of| {
        let found = break_evens(&of.rows);
        Section {
            verdicts: match found.is_empty() {
                true => Vec::new(),
                false => vec![laws::advice(of, &found)],
            },
            tables: laws::break_even(of).into_iter().collect(),
            ..Section::chart(sizes::break_even(of))
        }
    });
    /// What the laws of scaling make of the curves.
    pub const FORECAST: Self = Self::new("forecast", |of| Section {
        tables: vec![laws::laws(of)],
        notes: vec![laws::LEGEND.to_owned()],
        ..Section::chart(forecast::forecast(of))
    });

    /// The views that every reader of records knows.
    pub const ALL: [Self; 9] = [
        Self::SPEEDUP,
        Self::THROUGHPUT,
        Self::TIME,
        Self::CALLS,
        Self::BYTES,
        Self::SETTING,
        Self::SIZES,
        Self::BREAK_EVEN,
        Self::FORECAST,
    ];

    /// A view called `name`, which stands in the records of the benches that have it.
    pub const fn new(name: &'static str, show: fn(&Analysis) -> Section) -> Self {
        Self { name, show }
    }
}

/// A table a size, with who wins by `verdict`.
pub fn sections_of_sizes(of: &Analysis, verdict: table::Verdicts) -> Section {
    let sizes = of.by_size().into_iter();
    let won = sizes.filter_map(|rows| Some(format!("{}: {}", rows[0].key.size, verdict(&rows)?)));
    Section {
        verdicts: won.collect(),
        tables: table::sizes(of, verdict),
        notes: table::legend(of),
        charts: Vec::new(),
    }
}

/// What is shown of a record: a section for each view that it names, of those that every reader knows and `own` ones. A name
/// that is neither is left out.
pub fn sections(of: &Analysis, own: &[View]) -> Vec<Section> {
    let find = |name: &String| own.iter().chain(&View::ALL).find(|view| view.name == name);
    let views = of.declared.views.iter().filter_map(find);
    views.map(|view| (view.show)(of)).collect()
}

/// What makes a record doubtful, and the machine.
fn head(of: &Analysis) -> String {
    let mut text = String::new();
    for doubt in of.doubts() {
        text += &format!("DOUBTFUL: {}\n", words::line(&doubt.to_string()));
    }
    text + &format!("{}\n", words::line(&of.summary()))
}

/// What a run says on a terminal: what makes it doubtful, the machine, its verdicts, and a line a size.
pub fn brief(of: &Analysis, sections: &[Section]) -> String {
    let mut text = head(of);
    // Verdicts on tables of sizes say what the summary says.
    for section in sections.iter().filter(|section| !section.charts.is_empty()) {
        text.extend(
            section
                .verdicts
                .iter()
                .map(|verdict| format!("\n{verdict}\n")),
        );
    }
    text += &summary::summary(of).text();
    text
}

/// What `redraw` says on a terminal: what makes the record doubtful, the machine, and the tables of its sections.
pub fn text(of: &Analysis, sections: &[Section]) -> String {
    let mut text = head(of);
    for section in sections {
        text.extend(section.tables.iter().map(Table::text));
        if !section.notes.is_empty() && section.tables.iter().any(|table| !table.rows.is_empty()) {
            text += &format!("\n{}\n", section.notes.join("\n"));
        }
    }
    if of.rows.iter().any(|row| row.oversubscribed) {
        text += &format!(
            "\n* oversubscribed: more threads than the {} available\n",
            of.machine.available_cores
        );
    }
    text
}
