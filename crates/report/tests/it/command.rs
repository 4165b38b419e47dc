//! The command: what it refuses, in one sentence, and what it leaves then.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use abreast::record::{ARMS, BENCH, SAMPLES};
use harness::benches::{KERNEL, SPEEDUP};

use crate::{folder, kernel, put, speedup};

fn report(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_report"))
        .args(arguments)
        .output()
        .unwrap()
}

/// Exit code 1, one sentence on standard error that says `what`, and no PDF in `out`.
fn refused(record: &Path, out: &Path, more: &[&str], what: &str) {
    let paths = [
        "--record",
        record.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    let output = report(&[&paths, more].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.starts_with("error: ") && said.contains(what) && said.lines().count() == 1,
        "`{what}` is not in: {said}"
    );
    assert!(output.stdout.is_empty());
    if let Ok(left) = fs::read_dir(out) {
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn bad_records_get_one_sentence_and_leave_nothing() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path();
    refused(Path::new("nowhere"), out, &[], "there is no record here");

    let record = folder(&[(SPEEDUP, speedup())]);
    let with = |file: &str, from: &str, to: &str, what: &str| {
        let path = record.path().join(SPEEDUP.name).join(file);
        let whole = fs::read_to_string(&path).unwrap();
        assert!(whole.contains(from));
        fs::write(&path, whole.replacen(from, to, 1)).unwrap();
        refused(record.path(), out, &[], what);
        fs::write(&path, whole).unwrap();
    };
    with(BENCH, "\"schema\": 3", "\"schema\": 4", "schema");
    with(ARMS, "arm,role", "arm,rule", "role");
    with(
        ARMS,
        "serial,baseline,64,64,1",
        "serial,baseline,64,64,0",
        "threads",
    );
    with(
        SAMPLES,
        "serial,64,64,1,,0,1,",
        "serial,64,64,1,,0,quick,",
        "iterations",
    );

    // The record of another bench in the folder.
    put(KERNEL, &kernel(), &record.path().join("elsewhere"));
    let of_kernel = fs::read_to_string(record.path().join("elsewhere/kernel").join(BENCH)).unwrap();
    let own = fs::read_to_string(record.path().join(SPEEDUP.name).join(BENCH)).unwrap();
    with(BENCH, &own, &of_kernel, "a record of `kernel`");

    fs::write(record.path().join(SPEEDUP.name).join("machine.json"), "{}").unwrap();
    refused(record.path(), out, &[], "machine.json");
    fs::remove_file(record.path().join(SPEEDUP.name).join("machine.json")).unwrap();
    refused(record.path(), out, &[], "machine.json");
}

#[test]
fn a_folder_that_cannot_be_written_gets_one_sentence() {
    let record = folder(&[(SPEEDUP, speedup())]);
    refused(
        record.path(),
        &record.path().join(SPEEDUP.name).join(ARMS),
        &["--lang", "fr"],
        "report-fr.pdf can't be written",
    );
}

#[test]
fn unknown_words_get_one_sentence() {
    let record = folder(&[(SPEEDUP, speedup())]);
    let out = tempfile::tempdir().unwrap();
    for (more, what) in [
        (&["--lang", "de"][..], "`de` is not a language"),
        (&["--paper", "a5"], "`--paper` is not an option"),
        (&["--author"], "--author takes a value"),
    ] {
        refused(record.path(), out.path(), more, what);
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let word = std::ffi::OsStr::from_bytes(b"--\xff");
        let output = Command::new(env!("CARGO_BIN_EXE_report"))
            .arg(word)
            .output();
        assert_eq!(output.unwrap().status.code(), Some(1));
    }
    let help = report(&["--help"]);
    assert!(help.status.success() && help.stdout.starts_with(b"usage: report"));
}
