//! What the documents claim, held against the committed records. The gate runs it: a run of the benches in a clone replaces records.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use abreast::analyse::break_even::{BreakEven, PaysFrom, break_evens};
use abreast::analyse::figures::{Estimate, median};
use abreast::analyse::law::{Fit, Law};
use abreast::analyse::{Analysis, Row};
use abreast::record::{self, Role};
use abreast::show::check::check;
use abreast::show::words::{elements, interval, ratio};
use harness::benches::{BREAK_EVEN, Entry, KERNEL, REFERENCE, SPEEDUP};
use harness::registry::{COPY, NAIVE, RUNTIMES, SERIAL};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What `document` must say, and else is to be written there.
fn told(document: &str, what: &str) {
    let text = fs::read_to_string(root().join(document)).unwrap();
    assert!(
        text.contains(what.trim()),
        "{document} does not say what the records in plots/ do:\n\n{what}"
    );
}

/// Each run of the reference by itself.
fn runs(bench: &Entry) -> Vec<Analysis> {
    let folder = root().join(REFERENCE).join(bench.name);
    let within = fs::read_dir(folder).unwrap();
    let mut folders: Vec<_> = within.map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| record::is_run(folder));
    folders.sort();
    let runs = folders.iter();
    runs.map(|run| Analysis::new(record::read(run).unwrap()))
        .collect()
}

/// The arms that compete.
fn contenders(of: &Analysis) -> impl Iterator<Item = &Row> {
    of.rows.iter().filter(|row| row.role == Role::Contender)
}

/// The least and the greatest of what is in each run.
fn from_to(values: impl Iterator<Item = f64>, words: fn(f64) -> String) -> String {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    let [least, greatest] = [values[0], values[values.len() - 1]].map(words);
    match least == greatest {
        true => least,
        false => format!("{least} to {greatest}"),
    }
}

/// The figures of README.md hold in each run of the reference: they are the least and the greatest of all.
#[test]
#[ignore = "holds for the committed records, not for those measured since"]
fn what_every_run_says_is_told() {
    let (runs_of_sizes, runs_of_all) = (runs(&BREAK_EVEN), runs(&SPEEDUP));
    let mut sizes: Vec<_> = contenders(&runs_of_all[0])
        .map(|row| row.key.size)
        .collect();
    sizes.dedup();
    let heads: Vec<_> = sizes.iter().map(ToString::to_string).collect();
    let mut text = format!(
        "| on 2 threads | pays from, elements | {} |\n| --- |{}\n",
        heads.join(" | "),
        " --- |".repeat(sizes.len() + 1)
    );
    for arm in RUNTIMES
        .iter()
        .map(|runtime| runtime.name)
        .filter(|name| *name != SERIAL)
    {
        let pays = runs_of_sizes.iter().map(|of| {
            let found = break_evens(&of.rows);
            let mut found = found.iter();
            let is_it = |found: &&BreakEven| found.arm == arm && found.threads == 2;
            match found.find(is_it).unwrap().from {
                PaysFrom::Always(size) => size as f64,
                PaysFrom::Size(size) => size.median,
                PaysFrom::Never(_) => f64::INFINITY,
            }
        });
        let _ = write!(text, "| {arm} | {} |", from_to(pays, elements));
        for &size in &sizes {
            let speedups = runs_of_all.iter().map(|of| {
                let is_it =
                    |row: &&Row| (&*row.key.arm, row.key.size, row.key.threads) == (arm, size, 2);
                contenders(of)
                    .find(is_it)
                    .unwrap()
                    .figures()
                    .unwrap()
                    .speedup
                    .median
            });
            let _ = write!(text, " {} |", from_to(speedups, ratio));
        }
        text += "\n";
    }
    told("README.md", &text);

    let runs = runs(&KERNEL);
    let best = |against: &'static str| {
        runs.iter().flat_map(move |of| {
            let level = of.declared.level.as_deref().unwrap();
            let rows = contenders(of).filter(move |row| {
                (&*row.key.arm, row.key.threads, &*row.baseline) == (level, 1, against)
            });
            rows.map(|row| row.figures().unwrap().speedup.median)
        })
    };
    let (naive, copy) = (best(NAIVE.name), best(COPY.name));
    told(
        "README.md",
        &format!(
            "{} times as fast as the naive loop on one thread in cache, and has {} of the copy's speed on data in memory",
            from_to(naive, ratio),
            from_to(copy, ratio)
        ),
    );
}

#[test]
#[ignore = "holds for the committed records, not for those measured since"]
fn what_records_say_against_each_other_is_told() {
    let plots = root().join("plots");
    let within = fs::read_dir(&plots).unwrap();
    let within = within.map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = within.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders.retain(|folder| check(&[folder]).is_ok());
    let folders: Vec<_> = folders.iter().map(PathBuf::as_path).collect();
    let found = check(&folders).unwrap();
    if !found.contains("no contradiction") {
        told("METHODOLOGY.md", &format!("```text\n{found}```"));
    }
}

/// How far `foretold` is from `measured`, as a factor.
fn off(foretold: Estimate, measured: Estimate) -> f64 {
    (foretold.median / measured.median).ln().abs().exp()
}

/// What Amdahl's law makes of one and two threads, and what was measured on more: every arm of the record of 16 cores.
#[test]
#[ignore = "holds for the committed record, not for one measured since"]
fn what_two_points_are_worth_is_told() {
    let folder = root().join("plots/16-cores").join(SPEEDUP.name);
    let of = Analysis::new(record::read(&folder).unwrap());
    let mut text =
        "| size | arm | σ | 4 cores: foretold | measured | 16 cores: foretold | measured |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
    let counts = [4, 16];
    let (mut arms, mut holding) = (0, 0);
    let mut pairs: [Vec<(Estimate, Estimate)>; 2] = [Vec::new(), Vec::new()];
    let contenders = of.rows.iter().filter(|row| row.role == Role::Contender);
    for first in contenders.clone().filter(|row| row.key.threads == 1) {
        let on = |threads: usize| {
            let mut same = contenders
                .clone()
                .filter(|row| (row.key.size, &row.key.arm) == (first.key.size, &first.key.arm));
            same.find(|row| row.key.threads == threads)?
                .figures()
                .map(|figures| figures.speedup)
        };
        let points = [1, 2].map(|threads| (threads, on(threads).unwrap()));
        let fit = Fit::new(Law::Amdahl, &points).unwrap();
        arms += 1;
        let measured = counts.map(|count| on(count).unwrap());
        let (size, arm) = (first.key.size, &first.key.arm);
        if !fit.holds() {
            let [four, sixteen] = measured.map(interval);
            let _ = writeln!(
                text,
                "| {size} | {arm} | above 1 | none | {four} | none | {sixteen} |"
            );
            continue;
        }
        holding += 1;
        let foretold = counts.map(|count| fit.estimate(|law| law.at(count as f64)));
        for (i, pairs) in pairs.iter_mut().enumerate() {
            pairs.push((foretold[i], measured[i]));
        }
        let [four, sixteen] =
            [0, 1].map(|i| format!("{} | {}", interval(foretold[i]), interval(measured[i])));
        let sigma = ratio(fit.best.contention);
        let _ = writeln!(text, "| {size} | {arm} | {sigma} | {four} | {sixteen} |");
    }
    let _ = writeln!(text, "\nThe law holds for {holding} of {arms} arms.");
    for (count, pairs) in counts.iter().zip(&pairs) {
        let apart = pairs
            .iter()
            .filter(|(a, b)| a.high < b.low || b.high < a.low);
        let factors: Vec<_> = pairs.iter().map(|&(a, b)| off(a, b)).collect();
        let worst = factors.iter().copied().fold(1.0, f64::max);
        let _ = writeln!(
            text,
            "On {count} cores the forecast is off by a factor of {} in the median and of {} at worst; for {} of them its \
             interval and the measured one have nothing in common.",
            ratio(median(factors)),
            ratio(worst),
            apart.count()
        );
    }
    told("METHODOLOGY.md", &text);
}
