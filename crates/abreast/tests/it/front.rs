//! What a bench does with its command line and environment, and what it prints: `examples/sums.rs`, run as cargo runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::Instant;

use abreast::analyse::Analysis;
use abreast::record::{Outcome, Role, read};
use tempfile::TempDir;

/// The program: cargo builds no example when it is asked for this binary alone.
fn sums() -> &'static Path {
    static SUMS: OnceLock<PathBuf> = OnceLock::new();
    SUMS.get_or_init(|| {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--example", "sums", "--manifest-path"])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
            .status();
        assert!(built.unwrap().success());
        let own = std::env::current_exe().unwrap();
        let profile = own.parent().unwrap().parent().unwrap();
        profile.with_file_name("debug").join("examples/sums")
    })
}

/// A run that measures, briefly.
const MEASURE: [&str; 3] = ["--bench", "--sample-size", "10"];

/// One size.
const ONE: (&str, &str) = ("SUMS_SIZES", "1x100");

/// Runs it with these arguments and variables; its records go to `out`.
fn run(out: &TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(sums())
        .args(arguments)
        .env("SUMS_OUT", out.path())
        .env("SUMS_THREADS", "1,2")
        .envs(variables.iter().copied())
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap()
}

fn out() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn said(output: &Output) -> String {
    let text = [&*output.stdout, &*output.stderr].concat();
    String::from_utf8(text).unwrap()
}

/// The folder of the record below `out`.
fn record_of(out: &Path) -> Option<PathBuf> {
    if out.join("arms.csv").exists() {
        return Some(out.to_path_buf());
    }
    let within = fs::read_dir(out).into_iter().flatten().flatten();
    let mut folders = within.filter(|entry| entry.path().is_dir());
    folders.find_map(|entry| record_of(&entry.path()))
}

/// What became of each arm, by its name at its point.
fn outcomes(out: &TempDir) -> Vec<(String, Outcome)> {
    let record = read(&record_of(out.path()).unwrap()).unwrap();
    let arms = record.arms.into_iter();
    arms.map(|taken| (taken.key.to_string(), taken.outcome))
        .collect()
}

/// One sentence on standard error, a failure, nothing measured, nothing written.
fn refused(arguments: &[&str], variables: &[(&str, &str)], sentence: &str) {
    let out = out();
    let arguments = [&["--bench"], arguments].concat();
    let output = run(&out, &arguments, variables);
    let said = said(&output);
    assert!(!output.status.success(), "{arguments:?} {variables:?}");
    assert!(
        said.starts_with("error: ") && said.contains(sentence) && !said.contains("panicked"),
        "{arguments:?} {variables:?}: {said}"
    );
    assert_eq!(record_of(out.path()), None);
}

#[test]
fn a_run_prints_how_long_it_takes_and_who_is_fastest() {
    let out = out();
    let times = ["--bench", "--measurement-time", "0.06"];
    let begun = Instant::now();
    let output = run(&out, &times, &[]);
    let took = begun.elapsed().as_secs_f64();
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    // Each size, and the path of the page; not criterion's lines, nor a line for each arm.
    for what in ["1x100 ", "1x1000 ", "1x10000 ", "of ceiling", "page: "] {
        assert!(said.contains(what), "`{what}` is missing from:\n{said}");
    }
    for what in ["Benchmarking", "Unable", "Warning", "MAD", "chart: "] {
        assert!(!said.contains(what), "`{what}` is in:\n{said}");
    }
    assert!(said.lines().count() < 25, "{said}");
    // On a pipe the first line of progress stands for half a minute.
    let left = said.lines().find(|line| line.contains("min")).unwrap();
    let left = left.split("at least ").nth(1).unwrap();
    let (minutes, seconds) = left.split_once(" min ").unwrap();
    let seconds: f64 = seconds.trim_end_matches(" s left").parse().unwrap();
    let left = 60.0 * minutes.parse::<f64>().unwrap() + seconds;
    // "At least" that, which is at least what 14 arms and the baselines beside them are measured for.
    assert!(
        (14.0 * 2.0 * 0.06..took + 1.0).contains(&left),
        "{left} s were foretold, {took} s passed"
    );
}

#[test]
fn more_is_printed_where_it_is_asked_for() {
    let out = out();
    let said = said(&run(&out, &[&MEASURE[..], &["--verbose"]].concat(), &[ONE]));
    for what in ["Benchmarking 1x100/serial/1", "MAD", "chart: ", "page: "] {
        assert!(said.contains(what), "`{what}` is missing from:\n{said}");
    }
}

/// Its comparison is of times of another minute.
#[test]
fn criterion_compares_runs_only_where_it_is_asked_to() {
    let out = out();
    let compares = |arguments: &[&str]| {
        let home = out.path().join("criterion");
        let home = [("CRITERION_HOME", home.to_str().unwrap()), ONE];
        let said = said(&run(
            &out,
            &[&MEASURE[..], &["--verbose", "1x100/serial"], arguments].concat(),
            &home,
        ));
        assert!(said.contains("time: "), "{said}");
        said.contains("change")
    };
    // Twice, for the second to find what the first left.
    assert!(!compares(&[]) && !compares(&[]));
    assert!(!compares(&["--save-baseline", "mine"]));
    assert!(compares(&["--baseline", "mine"]));
    assert!(!compares(&[]));
}

#[test]
fn a_bad_command_line_gets_a_sentence_before_anything_is_measured() {
    for (arguments, sentence) in [
        (&["--quick"][..], "--quick takes two samples"),
        (
            &["--sample-size", "5"],
            "--sample-size is 5: give a whole number from 10 on",
        ),
        (&["--sample-size=5"], "--sample-size is 5: "),
        (
            &["--measurement-time=-1"],
            "--measurement-time is -1: give seconds",
        ),
        (
            &["--warm-up-time", "0"],
            "--warm-up-time is 0: give seconds",
        ),
        (&["--nresamples", "0"], "--nresamples is 0: "),
        (&["--noise-threshold", "0"], "--noise-threshold is 0: "),
        (&["--confidence-level", "1"], "--confidence-level is 1: "),
        (
            &["--significance-level", "NaN"],
            "--significance-level is NaN: ",
        ),
        (&["("], "Unable to parse '(' as a regular expression"),
    ] {
        refused(arguments, &[], sentence);
    }
}

/// It is looked for when the first arm is asked for.
#[test]
fn a_baseline_that_is_not_there_gets_a_sentence() {
    let out = out();
    let output = run(&out, &["--bench", "--baseline", "never"], &[ONE]);
    let said = said(&output);
    assert!(!output.status.success());
    assert!(
        said.contains("error: criterion stopped: Baseline 'never' must exist"),
        "{said}"
    );
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn bad_variables_get_a_sentence_before_anything_is_measured() {
    refused(
        &[],
        &[("SUMS_OUT", "")],
        "SUMS_OUT is ``: name a folder, or unset it",
    );
    refused(
        &[],
        &[("SUMS_SHAPES", "3")],
        "SUMS_SHAPES is not a variable of this bench: there are SUMS_THREADS, SUMS_SIZES, SUMS_OUT; unset it",
    );
}

/// Where threads have data of their own, all of it is there at the same time.
#[test]
fn the_data_of_all_threads_must_fit_in_memory() {
    refused(
        &[],
        &[("FAULT", "private"), ("SUMS_THREADS", "1,1024")],
        "1x100 needs 1100.85 GB of memory, a reserve included",
    );
}

#[test]
fn a_size_that_no_longer_fits_is_refused_and_those_before_stay() {
    let out = out();
    let output = run(&out, &MEASURE, &[("FAULT", "memory")]);
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    assert_eq!(said.matches("1x10000 needs").count(), 1, "{said}");
    for (name, outcome) in outcomes(&out) {
        match outcome {
            Outcome::Refused(why) => {
                assert!(
                    name.starts_with("1x10000/") && why.contains("are available"),
                    "{name}"
                );
            }
            outcome => assert!(
                !name.starts_with("1x10000/") && matches!(outcome, Outcome::Measured { .. }),
                "{name}: {outcome}"
            ),
        }
    }
}

#[test]
fn a_filter_leaves_baselines_and_ceilings() {
    let out = out();
    let said = said(&run(
        &out,
        &[&MEASURE[..], &["1x1000/halves/2"]].concat(),
        &[],
    ));
    let measured = |(name, outcome): (String, Outcome)| {
        matches!(outcome, Outcome::Measured { .. }).then_some(name)
    };
    let measured: Vec<_> = outcomes(&out).into_iter().filter_map(measured).collect();
    let expected = [
        "1x100/serial/1",
        "1x100/private data/1",
        "1x100/private data/2",
        "1x1000/serial/1",
        "1x1000/copy/1",
        "1x1000/halves/2",
    ];
    for name in expected {
        assert!(
            measured.contains(&name.to_owned()),
            "{name} was not measured: {measured:?}\n{said}"
        );
    }
    let record = read(&record_of(out.path()).unwrap()).unwrap();
    let contenders = record.arms.iter().filter(|taken| {
        taken.role == Role::Contender && matches!(taken.outcome, Outcome::Measured { .. })
    });
    assert_eq!(contenders.count(), 1);
}

/// What goes wrong in an arm is heard, whatever criterion is kept from saying.
#[test]
fn panics_and_refusals_reach_the_terminal() {
    let output = run(&out(), &MEASURE, &[("FAULT", "panic"), ONE]);
    let panics = said(&output);
    assert!(!output.status.success());
    for what in [
        "panicked at",
        "the halves do not fit",
        "1x100/halves/1: FAILED: panicked: the halves do not fit",
        "arms failed",
    ] {
        assert!(panics.contains(what), "`{what}` is missing from:\n{panics}");
    }
    let output = run(&out(), &MEASURE, &[("FAULT", "refused"), ONE]);
    assert!(output.status.success());
    let said = said(&output);
    assert!(
        said.contains(
            "1x100/halves/2: refused by the system: halves can't have 2 threads: no more threads"
        ),
        "{said}"
    );
}

/// No figure for what is wrong, or can't be told from what is.
#[test]
fn what_does_not_do_the_work_gets_no_figure() {
    let faults = [
        ("baseline", "1x100/serial/1: FAILED: the sum is 4951"),
        (
            "reset",
            "1x100/serial/1: FAILED: its check passes before it is called",
        ),
        ("again", "1x100/halves/1: FAILED: the sum is 9900"),
    ];
    for (fault, sentence) in faults {
        let out = out();
        let output = run(&out, &MEASURE, &[("FAULT", fault), ONE]);
        let said = said(&output);
        assert!(!output.status.success(), "{said}");
        assert!(said.contains(sentence), "{said}");
        assert!(!said.contains("fastest: "), "{said}");
        let record = read(&record_of(out.path()).unwrap()).unwrap();
        let of = Analysis::new(record);
        let halves = of.rows.iter().filter(|row| row.key.arm == "halves");
        for row in halves {
            assert!(row.figures().is_none(), "{fault}: {}", row.key);
        }
    }
}

#[test]
fn nothing_is_measured_where_criterion_does_something_else() {
    for (arguments, what) in [
        (&["--test"][..], "Testing 1x100/serial/1\nSuccess"),
        (&["--bench", "--test"], "Testing 1x100/serial/1\nSuccess"),
        (&["--bench", "--list"], "1x100/halves/2: benchmark"),
        (&["--bench", "--help"], "SUMS_THREADS"),
    ] {
        let out = out();
        let output = run(&out, arguments, &[]);
        let said = said(&output);
        assert!(
            output.status.success() && said.contains(what),
            "{arguments:?}: {said}"
        );
        assert_eq!(record_of(out.path()), None);
    }
}
