//! The `harness` command: charts without measuring.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use harness::benches::SPEEDUP;
use harness::record::Writer;

use crate::{machine, rows};

fn harness(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_harness"))
        .args(arguments)
        .output()
        .unwrap()
}

/// One sentence on standard error that names the file, no panic, exit code not 0.
fn refused(folder: &Path, what: &str) {
    let output = harness(&["redraw", folder.to_str().unwrap()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(
        said.starts_with("error: ") && said.contains(what) && said.lines().count() == 1,
        "{said}"
    );
}

#[test]
fn a_record_is_drawn_again_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(&SPEEDUP, folder.path()).unwrap();
    rows()
        .iter()
        .for_each(|row| writer.append(row, &[]).unwrap());
    machine().write(folder.path()).unwrap();
    let first = harness(&["redraw", folder.path().to_str().unwrap()]);
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
        harness(&["redraw", folder.path().to_str().unwrap()])
            .status
            .success()
    );
    assert_eq!(drawn, fs::read(&chart).unwrap());
}

#[test]
fn what_cannot_be_drawn_gets_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    refused(&folder.path().join("nowhere"), "nowhere");
    fs::write(
        folder.path().join("measurements.csv"),
        "not,a,record\n1,2,3\n",
    )
    .unwrap();
    refused(folder.path(), "measurements.csv");
    let mut writer = Writer::create(&SPEEDUP, folder.path()).unwrap();
    writer.append(&rows()[0], &[]).unwrap();
    refused(folder.path(), "machine.json");
    fs::write(folder.path().join("machine.json"), "{}").unwrap();
    refused(folder.path(), "machine.json");
}

#[test]
fn other_words_get_the_usage() {
    let output = harness(&["draw"]);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.starts_with("error: `draw` is not understood\n\nusage: harness redraw"),
        "{said}"
    );
    assert!(harness(&["--help"]).status.success());
}
