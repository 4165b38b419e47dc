//! The `abreast` command: charts without measuring, and what changed from one record to another.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use abreast::record::{Declared, Machine, Outcome, Taken, Writer};
use abreast::show::View;
use tempfile::TempDir;

use crate::{arms, declared, machine, taken};

fn abreast(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_abreast"))
        .args(arguments)
        .output()
        .unwrap()
}

/// A record of `arms` in a folder of its own.
fn record(arms: &[Taken]) -> TempDir {
    record_of(&declared(&[View::SPEEDUP, View::SIZES]), arms)
}

fn record_of(declared: &Declared, arms: &[Taken]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(declared, folder.path()).unwrap();
    arms.iter().for_each(|arm| writer.append(arm).unwrap());
    machine().write(folder.path()).unwrap();
    folder
}

fn compared(before: &TempDir, after: &TempDir) -> Output {
    let path = |folder: &TempDir| folder.path().to_str().unwrap().to_owned();
    abreast(&["compare", &path(before), &path(after)])
}

fn said(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

/// One sentence on standard error that names the file, no panic, exit code not 0.
fn refused(folder: &Path, what: &str) {
    let output = abreast(&["redraw", folder.to_str().unwrap()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(
        said.starts_with("error: ") && said.contains(what) && said.lines().count() == 1,
        "{said}"
    );
}

#[test]
fn a_record_is_drawn_again_as_it_was() {
    let folder = record(&arms());
    let first = abreast(&["redraw", folder.path().to_str().unwrap()]);
    assert!(
        first.status.success(),
        "{}",
        String::from_utf8_lossy(&first.stderr)
    );
    let said = String::from_utf8(first.stdout).unwrap();
    for what in [
        "fastest: rayon on 2 threads; no difference: rayon on 4 threads",
        "FAILED: element 3",
        "skipped, left out by the filter: crossbeam",
        "speedup.svg",
    ] {
        assert!(said.contains(what), "`{what}` is missing from:\n{said}");
    }
    let chart = folder.path().join("speedup.svg");
    let drawn = fs::read(&chart).unwrap();
    fs::remove_file(&chart).unwrap();
    assert!(
        abreast(&["redraw", folder.path().to_str().unwrap()])
            .status
            .success()
    );
    assert_eq!(drawn, fs::read(&chart).unwrap());
}

#[test]
fn what_cannot_be_drawn_gets_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    refused(&folder.path().join("nowhere"), "nowhere");
    fs::write(folder.path().join("arms.csv"), "not,a,record\n1,2,3\n").unwrap();
    refused(folder.path(), "bench.json");
    let mut writer = Writer::create(&declared(&[]), folder.path()).unwrap();
    writer.append(&arms()[0]).unwrap();
    refused(folder.path(), "machine.json");
    fs::write(folder.path().join("machine.json"), "{}").unwrap();
    refused(folder.path(), "machine.json");
}

/// A disk that is read-only, say. Where the record was looked for is said whatever folder the shell is in.
#[test]
fn tables_are_printed_where_charts_cannot_be_written() {
    let folder = record(&arms());
    fs::create_dir(folder.path().join("figures.csv")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_abreast"))
        .args(["redraw", "."])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(
        said(&output).contains("fastest: rayon on 2 threads"),
        "{}",
        said(&output)
    );
    let error = String::from_utf8(output.stderr).unwrap();
    let path = folder.path().join("figures.csv");
    let sentence = format!(
        "error: the record was read, and not drawn: {} can't be written",
        path.display()
    );
    assert!(
        error.starts_with(&sentence) && error.lines().count() == 1,
        "{error}"
    );
}

/// Intervals of the test's rows are 10 % wide on either side, those of three comparisons a quarter wider: half the speed is a
/// change, 5 % is none.
#[test]
fn records_are_compared_beyond_noise() {
    let of = |rayon: f64, pool: f64| {
        record(&[
            taken("serial", 1, "64x64", 1e3, 1.0),
            taken("rayon", 2, "64x64", 1e3 / rayon, rayon),
            taken("pool", 2, "64x64", 1e3 / pool, pool),
        ])
    };
    let same = compared(&of(1.2, 1.8), &of(1.25, 1.75));
    assert!(same.status.success());
    for what in [
        "None of 3 arms changed beyond noise.",
        "The verdicts agree at 1 of 1 sizes.",
    ] {
        assert!(said(&same).contains(what), "{}", said(&same));
    }
    let slower = compared(&of(1.2, 1.8), &of(1.2, 0.9));
    for what in [
        "64x64/pool/2",
        "0.50 [",
        "1 of 3 arms changed beyond noise.",
        "The verdicts agree at 0 of 1 sizes.",
        "Fastest at 64x64: pool on 2 threads before, rayon on 2 threads after.",
        "The baseline itself took 1.00 to 1.00 times as long after",
    ] {
        assert!(
            said(&slower).contains(what),
            "`{what}` is missing:\n{}",
            said(&slower)
        );
    }
    assert!(!said(&slower).contains("64x64/rayon/2"));
}

/// A change within the noise floor of either record is none, however narrow its own interval.
#[test]
fn a_change_within_the_noise_floor_is_none() {
    let of = |pool: f64| {
        let mut arms = [
            taken("serial", 1, "64x64", 1e3, 1.0),
            taken("pool", 2, "64x64", 1e3 / pool, pool),
        ];
        if let Outcome::Measured { samples, .. } = &mut arms[1].outcome {
            for sample in samples {
                sample.pair.baseline_ns = sample.pair.ns * pool;
            }
        }
        record(&arms)
    };
    // The floor is about 10 %.
    let within = compared(&of(1.8), &of(1.75));
    assert!(
        said(&within).contains("None of 2 arms"),
        "{}",
        said(&within)
    );
    let beyond = compared(&of(1.8), &of(1.4));
    assert!(said(&beyond).contains("1 of 2 arms"), "{}", said(&beyond));
}

#[test]
fn what_is_in_one_record_only_is_counted() {
    let after = record(&arms()[..8]);
    let output = compared(&record(&arms()), &after);
    assert!(
        said(&output).contains("Arms measured only before: 1."),
        "{}",
        said(&output)
    );
}

#[test]
fn records_of_one_machine_are_checked_against_each_other() {
    let of = |speedup| {
        record(&[
            taken("serial", 1, "64x64", 1e3, 1.0),
            taken("pool", 2, "64x64", 1e3, speedup),
        ])
    };
    let checked = |folders: &[&TempDir]| {
        let paths = folders.iter().map(|folder| folder.path().to_str().unwrap());
        abreast(&["check"].into_iter().chain(paths).collect::<Vec<_>>())
    };
    let (one, same, other) = (of(1.2), of(1.25), of(1.9));
    let output = checked(&[&one, &same]);
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "2 records: no contradiction\n");
    let output = checked(&[&one, &other]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("64x64/pool/2 is ") && said.contains(", and 1.90 ["),
        "{said}"
    );
    // Runs of two commits in one folder are a record each, and what changed from one to another is no contradiction.
    let runs = tempfile::tempdir().unwrap();
    for (commit, speedup) in [("abc", 1.2), ("def", 1.9)] {
        let run = runs.path().join(commit);
        fs::rename(of(speedup).keep(), &run).unwrap();
        let machine = Machine {
            commit: Some(commit.to_owned()),
            ..machine()
        };
        machine.write(&run).unwrap();
    }
    let output = checked(&[&runs]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "2 records: no contradiction\n");
    let nothing = tempfile::tempdir().unwrap();
    let output = checked(&[&nothing]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("there is no record here, nor in the folders within"),
        "{said}"
    );
}

#[test]
fn records_of_different_benches_are_not_compared() {
    let other = Declared {
        bench: "sleep".to_owned(),
        ..declared(&[])
    };
    let output = compared(&record(&arms()), &record_of(&other, &arms()));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(
        said.contains("one of `sleep`: compare two of the same bench"),
        "{said}"
    );
}

#[test]
fn other_words_get_the_usage() {
    let output = abreast(&["draw"]);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.starts_with("error: `draw` is not understood\n\nusage: abreast redraw"),
        "{said}"
    );
    let said = String::from_utf8(abreast(&[]).stderr).unwrap();
    assert!(
        said.starts_with("error: nothing is asked for\n\nusage: abreast redraw"),
        "{said}"
    );
    assert!(abreast(&["--help"]).status.success());
}

/// A better statistic reaches the records there are: tables come from samples, whatever the figures beside them say.
#[test]
fn tables_come_from_samples_alone() {
    let folder = record(&[
        taken("serial", 1, "64x64", 1e3, 1.0),
        taken("pool", 2, "64x64", 625.0, 1.6),
    ]);
    let drawn = || abreast(&["redraw", folder.path().to_str().unwrap()]);
    let first = drawn();
    let figures = folder.path().join("figures.csv");
    let kept = fs::read_to_string(&figures).unwrap();
    fs::write(&figures, kept.replace("1.6", "9.9")).unwrap();
    assert_eq!(said(&drawn()), said(&first));
    assert_eq!(fs::read_to_string(&figures).unwrap(), kept);
    // Half the time in every sample of one arm: twice the speedup, in the table and beside it.
    let samples = folder.path().join("samples.csv");
    let halved: Vec<_> = fs::read_to_string(&samples)
        .unwrap()
        .lines()
        .map(|line| {
            let mut cells: Vec<_> = line.split(',').map(str::to_owned).collect();
            if cells[0] == "pool" {
                cells[7] = (cells[7].parse::<f64>().unwrap() / 2.0).to_string();
            }
            cells.join(",")
        })
        .collect();
    fs::write(&samples, halved.join("\n") + "\n").unwrap();
    let second = drawn();
    assert!(said(&first).contains("1.60 [") && !said(&first).contains("3.20 ["));
    assert!(said(&second).contains("3.20 ["), "{}", said(&second));
    assert_ne!(fs::read_to_string(&figures).unwrap(), kept);
}
