//! How often planted differences are told apart: reads the records that runs of the `power` bench left in FOLDER, prints a table, and
//! draws a chart. METHODOLOGY.md has both, and how to make the records.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use abreast::analyse::figures::Estimate;
use abreast::analyse::verdict::{Verdict, between, verdict};
use abreast::analyse::{Analysis, Row, noise_floor};
use abreast::show::chart::{Axis, Chart, Entry, Mark, Panel, Point, Scale};
use abreast::show::files::drawn;
use abreast::show::look::look;
use abreast::show::table::{Cell, Column, Table};
use abreast::{Error, command, record};
use harness::benches::POWER;

/// A pair of arms of one size, and in how many runs each planted difference was told apart.
struct Pairs {
    name: String,
    /// Percent planted, runs in which it was told apart, runs.
    found: Vec<(f64, usize, usize)>,
}

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    command::done(match &arguments[..] {
        [records, out] => power(records.as_ref(), out.as_ref()),
        _ => Err(Error::new(
            "usage: cargo run --release -p harness --example power FOLDER OUT\n\n\
             FOLDER is plots/here/power, where each run of `cargo bench -p harness --bench power` leaves its record; the chart goes to OUT",
        )),
    })
}

fn power(records: &Path, out: &Path) -> Result<(), Error> {
    let failed = |path: &Path, error| Error::new(format!("{}: {error}", path.display()));
    let entries = fs::read_dir(records).map_err(|error| failed(records, error))?;
    let folders = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut folders: Vec<_> = folders.filter(|path| record::is_run(path)).collect();
    folders.sort();
    let read = |path| record::read(path).map(Analysis::new);
    let runs = folders
        .iter()
        .map(|path| read(path))
        .collect::<Result<Vec<_>, _>>()?;
    let Some(first) = runs.first() else {
        return Err(Error::new(format!(
            "{} holds no records of the bench `{}`: measure with {}",
            records.display(),
            POWER.name,
            "cargo bench -p harness --bench power",
        )));
    };
    let pairs = pairs(&runs);
    print!("{}", table(&pairs).text());
    let mut first = first.clone();
    first.declared.palette = pairs.iter().map(|pair| pair.name.clone()).collect();
    let chart = chart(&first, runs.len(), &pairs);
    let path = out.join("power.svg");
    fs::create_dir_all(out).map_err(|error| failed(out, error))?;
    fs::write(&path, drawn(&first, &chart)?).map_err(|error| failed(&path, error))?;
    println!("\nchart: {}", path.display());
    Ok(())
}

/// What is planted, told apart or not in each of the `runs`.
fn pairs(runs: &[Analysis]) -> Vec<Pairs> {
    let mut pairs: Vec<Pairs> = Vec::new();
    for rows in runs.iter().flat_map(Analysis::by_size) {
        for arm in rows.iter().filter(|row| row.key.setting.is_some()) {
            let (Some(said), Some(percent)) = (verdict_of(&rows, arm), arm.key.setting) else {
                continue;
            };
            let against = if arm.key.threads == 1 {
                "baseline and arm"
            } else {
                "two contenders"
            };
            let name = format!("{against}, {}", arm.key.size);
            let at = pairs.iter().position(|pair| pair.name == name);
            let at = at.unwrap_or_else(|| {
                pairs.push(Pairs {
                    name,
                    found: Vec::new(),
                });
                pairs.len() - 1
            });
            let found = &mut pairs[at].found;
            let of = found.iter().position(|(planted, ..)| *planted == percent);
            let of = of.unwrap_or_else(|| {
                found.push((percent, 0, 0));
                found.len() - 1
            });
            // More to do is never faster: where it is called so, it was not found.
            let apart = match percent {
                0.0 => said != Verdict::NoDifference,
                _ => said == Verdict::Slower,
            };
            found[of].1 += usize::from(apart);
            found[of].2 += 1;
        }
    }
    pairs.sort_by_key(|pair| pair.name.starts_with("two"));
    pairs
}

/// What is said of `arm` against its like without a difference: one that is the baseline by the pairs, another round by round.
fn verdict_of(rows: &[&Row], arm: &Row) -> Option<Verdict> {
    let plain = rows
        .iter()
        .find(|row| row.key.arm == arm.key.arm && row.key.setting.is_none())?;
    let floor = noise_floor(rows.iter().copied(), arm.key.size)?;
    let ratio = match plain.is_baseline() {
        true => arm.figures()?.speedup,
        false => between(arm, plain)?,
    };
    Some(verdict(ratio, floor))
}

fn table(pairs: &[Pairs]) -> Table {
    let planted = pairs.first().map_or(&[][..], |pair| &pair.found);
    let counts = planted
        .iter()
        .map(|(percent, ..)| Column::new(format!("{percent} %"), 9));
    let row = |pair: &Pairs| {
        let cells = pair
            .found
            .iter()
            .map(|(_, apart, runs)| Cell::words(format!("{apart} of {runs}")));
        let name = Cell::words(pair.name.clone());
        [name].into_iter().chain(cells).collect()
    };
    Table {
        columns: [Column::new("told apart, of a planted", 30).words()]
            .into_iter()
            .chain(counts)
            .collect(),
        rows: pairs.iter().map(row).collect(),
        ..Table::default()
    }
}

fn chart(of: &Analysis, runs: usize, pairs: &[Pairs]) -> Chart {
    let mut panel = Panel::new(
        None,
        Axis::new("planted difference, percent", -0.1..3.1, Scale::Linear),
        Axis::new("share of runs that told it apart", 0.0..1.05, Scale::Linear),
    );
    let mut chart = Chart::new(
        "power",
        "What differences are told apart",
        format!("the same code on so much more work, in {runs} runs"),
    );
    for pair in pairs {
        let look = look(of, &pair.name);
        let points = pair.found.iter().map(|&(x, apart, runs)| {
            let share = apart as f64 / runs as f64;
            let y = Estimate {
                median: share,
                low: share,
                high: share,
            };
            Point { x, y }
        });
        panel
            .marks
            .push(Mark::line(&pair.name, look, points.collect()));
        chart.legend.push(Entry::Arm(pair.name.clone(), look));
    }
    chart.panels.push(panel);
    chart
}
