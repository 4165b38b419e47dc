//! A record is read as it was written, what a reader does not know does not hinder it, and damage is refused with a sentence.

use std::fs;
use std::path::Path;

use abreast::analyse::Analysis;
use abreast::analyse::doubt::Doubt;
use abreast::record::{
    ARMS, Accuracy, BENCH, Machine, Outcome, Record, Role, SAMPLES, Taken, Writer, is_record,
    is_run, prepare_folder, read, run_folder,
};
use abreast::show::View;
use abreast::show::files::redraw;
use proptest::prelude::*;

use crate::{arms, declared, machine, taken};

fn write(folder: &Path) {
    let mut writer = Writer::create(&declared(&[View::SPEEDUP]), folder).unwrap();
    arms().iter().for_each(|arm| writer.append(arm).unwrap());
    machine().write(folder).unwrap();
}

/// Changes a file of the record in `folder`.
fn edit(folder: &Path, file: &str, change: impl Fn(&str) -> String) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed, "{file} does not hold what is to be changed");
    fs::write(path, changed).unwrap();
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let read = read(folder.path()).unwrap();
    assert_eq!(read.declared, declared(&[View::SPEEDUP]));
    assert_eq!(read.arms, arms());
    let lines = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
    assert!(lines(ARMS).starts_with(
        "arm,role,rows,cols,threads,setting,baseline,bytes,status,mean_error,max_error,why\n\
         serial,baseline,256,256,1,,serial,524288,measured,,,\n"
    ));
    assert!(lines(SAMPLES).starts_with(
        "arm,rows,cols,threads,setting,round,iterations,ns,baseline_iterations,baseline_ns,\
         busy,alone_cpu_ns,took_part,imbalance\nserial,256,256,1,,0,1,"
    ));
    assert_eq!(lines(SAMPLES).lines().count(), 1 + 9 * 31);
}

/// A run that is killed leaves what it had: each arm is on disk before the next is measured.
#[test]
fn arms_are_on_disk_at_once() {
    let folder = tempfile::tempdir().unwrap();
    machine().write(folder.path()).unwrap();
    let mut writer = Writer::create(&declared(&[]), folder.path()).unwrap();
    for (i, arm) in arms().iter().enumerate() {
        writer.append(arm).unwrap();
        assert_eq!(read(folder.path()).unwrap().arms.len(), i + 1);
    }
}

/// What RECORD.md promises a reader.
#[test]
fn unknown_columns_are_ignored_and_optional_ones_may_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let whole = read(folder.path()).unwrap();
    // A column more, in front of the others.
    edit(folder.path(), ARMS, |text| {
        let lines = text.lines().enumerate();
        lines
            .map(|(i, line)| format!("{},{line}\n", if i == 0 { "colour" } else { "red" }))
            .collect()
    });
    assert_eq!(read(folder.path()).unwrap().arms, whole.arms);
    // The last four columns of the samples fewer.
    edit(folder.path(), SAMPLES, |text| {
        let cut = |line: &str| line.split(',').take(10).collect::<Vec<_>>().join(",") + "\n";
        text.lines().map(cut).collect()
    });
    let without = read(folder.path()).unwrap();
    for (had, has) in whole.arms.iter().zip(&without.arms) {
        assert_eq!(had.key, has.key);
        if let (Outcome::Measured { samples: had, .. }, Outcome::Measured { samples: has, .. }) =
            (&had.outcome, &has.outcome)
        {
            assert!(has.iter().all(|sample| sample.busy.is_none()));
            assert!(had.iter().zip(has).all(|(a, b)| a.pair == b.pair));
        }
    }
}

#[test]
fn an_unknown_role_is_kept_and_competes_with_nobody() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    edit(folder.path(), ARMS, |text| {
        text.replacen("rayon,contender", "rayon,ceiling of cache", 1)
    });
    let Record { arms, .. } = read(folder.path()).unwrap();
    assert_eq!(arms[2].role, Role::Unknown("ceiling of cache".to_owned()));
    assert!(!arms[2].role.competes());
}

#[test]
fn another_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    edit(folder.path(), BENCH, |text| {
        text.replace("\"schema\": 3", "\"schema\": 4")
    });
    let said = read(folder.path()).unwrap_err().to_string();
    assert!(
        said.contains("schema 4, where this version reads schema 3"),
        "{said}"
    );
    // What schema 2 consisted of.
    fs::remove_file(folder.path().join(BENCH)).unwrap();
    fs::write(folder.path().join("measurements.csv"), "schema,bench\n").unwrap();
    let said = read(folder.path()).unwrap_err().to_string();
    assert!(said.contains("a record of schema 2 or earlier"), "{said}");
}

#[test]
fn damage_is_named() {
    let damage = [
        (
            ARMS,
            "rayon,contender,256,256,2",
            "rayon,contender,256,256,0",
            "line 5: threads is 0",
        ),
        (
            ARMS,
            "rayon,contender,256,256,2",
            "rayon,contender,0,256,2",
            "line 5: `0x256` is not a size",
        ),
        (
            ARMS,
            "rayon,contender,256,256,2",
            "rayon,contender,256,many,2",
            "line 5: cols: ",
        ),
        (
            ARMS,
            "524288,measured",
            "524288,guessed",
            "status is `guessed`",
        ),
        (
            ARMS,
            ",failed,,,\"element 3 is 1e0, the serial result is 2e0\"",
            ",failed,,,",
            "a failed arm that does not say why",
        ),
        (ARMS, "arm,role,rows", "arm,rule,rows", "role"),
        (
            SAMPLES,
            "serial,256,256,1,,0,1,",
            "serial,256,256,1,,0,0,",
            "line 2: iterations is 0",
        ),
        (
            SAMPLES,
            "serial,256,256,1,,0,1,",
            "serial,256,256,1,,0,1,NaN,1,",
            "line",
        ),
        (
            SAMPLES,
            "serial,256,256,1,",
            "serial,255,256,1,",
            "256x256/serial/1 is measured, and samples.csv has fewer than 2",
        ),
        (BENCH, "\"bench\"", "\"bank\"", "missing field `bench`"),
        ("machine.json", "\"cpu\"", "\"gpu\"", "missing field `cpu`"),
    ];
    for (file, from, to, sentence) in damage {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path());
        edit(folder.path(), file, |text| text.replace(from, to));
        let Err(error) = read(folder.path()) else {
            panic!("`{from}` -> `{to}` was read");
        };
        let said = error.to_string();
        assert!(said.starts_with(folder.path().to_str().unwrap()), "{said}");
        assert!(said.contains(sentence), "`{from}` -> `{to}`: {said}");
        assert!(said.ends_with("; measure again"), "{said}");
    }
}

#[test]
fn no_record_and_an_empty_one_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let said = || read(folder.path()).unwrap_err().to_string();
    assert!(said().contains("can't be read") && !is_record(folder.path()));
    machine().write(folder.path()).unwrap();
    Writer::create(&declared(&[]), folder.path()).unwrap();
    assert!(said().contains("it holds no rows") && is_record(folder.path()));
    fs::write(folder.path().join(ARMS), [0xff, 0xfe, 0x00]).unwrap();
    assert!(said().contains("can't be read"));
}

/// A run never writes where another did, or does at the same time, and touches nothing that is there.
#[test]
fn each_run_has_a_folder_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let of = folder.path().join("work");
    fs::create_dir(&of).unwrap();
    fs::write(of.join("notes.csv"), "mine").unwrap();
    let date = "2026-11-23T01:02:03Z";
    let begun: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| run_folder(&of, date).unwrap()))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let mut names: Vec<_> = begun
        .iter()
        .map(|run| run.file_name().unwrap().to_str().unwrap())
        .collect();
    names.sort_unstable();
    let date = "2026-11-23T01-02-03Z";
    assert_eq!(
        names,
        [
            date,
            &format!("{date}-2"),
            &format!("{date}-3"),
            &format!("{date}-4")
        ]
    );
    assert_eq!(fs::read_to_string(of.join("notes.csv")).unwrap(), "mine");
    assert!(run_folder(&of.join("notes.csv"), date).is_err());
}

/// A run that is killed keeps the rounds it had, even where the last line of a file was torn.
#[test]
fn a_run_that_was_killed_keeps_its_rounds() {
    let folder = tempfile::tempdir().unwrap();
    let mut machine = machine();
    machine.load_average_after = None;
    machine.write(folder.path()).unwrap();
    let mut writer = Writer::create(&declared(&[View::SIZES]), folder.path()).unwrap();
    let arms = arms();
    for arm in &arms[..3] {
        writer
            .arm(&Taken {
                outcome: Outcome::Begun,
                ..arm.clone()
            })
            .unwrap();
    }
    let samples = |arm: &Taken| match &arm.outcome {
        Outcome::Measured { samples, .. } => samples.clone(),
        _ => Vec::new(),
    };
    for (arm, count) in [(&arms[0], 9), (&arms[1], 1)] {
        let samples = samples(arm).into_iter().take(count);
        samples.for_each(|sample| writer.sample(&arm.key, &sample).unwrap());
    }
    drop(writer);
    let text = fs::read_to_string(folder.path().join(SAMPLES)).unwrap();
    for torn in ["", "serial,25", "serial,256,256,1,,9,1,1000.0,1,99"] {
        fs::write(folder.path().join(SAMPLES), format!("{text}{torn}")).unwrap();
        let of = Analysis::new(read(folder.path()).unwrap());
        assert_eq!(of.rows[0].samples(), &samples(&arms[0])[..9]);
        assert_eq!(of.rows[1].outcome, Outcome::Begun);
        assert_eq!(of.rows[2].outcome, Outcome::Begun);
        assert!(of.doubts().contains(&Doubt::CutShort));
        let mut said = String::new();
        redraw(folder.path(), &[], |text| said += text).unwrap();
        assert!(said.contains("the run was cut short"), "{said}");
    }
}

#[test]
fn samples_of_no_arm_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(&declared(&[View::SIZES]), folder.path()).unwrap();
    arms().iter().for_each(|arm| writer.append(arm).unwrap());
    machine().write(folder.path()).unwrap();
    drop(writer);
    let text = fs::read_to_string(folder.path().join(SAMPLES)).unwrap();
    let last = text.lines().last().unwrap();
    let ghost = last.replacen(last.split(',').next().unwrap(), "ghost", 1);
    fs::write(folder.path().join(SAMPLES), format!("{text}{ghost}\n")).unwrap();
    let said = read(folder.path()).unwrap_err().to_string();
    assert!(
        said.contains("/ghost/") && said.contains("of which arms.csv has no row"),
        "{said}"
    );
}

/// Runs in folders beside one another are one record, where they are of one thing on one machine.
#[test]
fn several_runs_are_read_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, commit: &str, arms: &[Taken]| {
        let folder = folder.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        let mut writer = Writer::create(&declared(&[View::SIZES]), &folder).unwrap();
        arms.iter().for_each(|arm| writer.append(arm).unwrap());
        let date = format!("2026-11-23T0{name}:00:00Z");
        let machine = Machine {
            date,
            commit: Some(commit.to_owned()),
            ..machine()
        };
        machine.write(&folder).unwrap();
    };
    let mut later = arms();
    later[1].outcome = Outcome::Failed("element 7".to_owned());
    later[2].outcome = Outcome::Skipped;
    later.push(taken("pool", 2, "1024x1024", 1.0, 1.5));
    run("1", "abc", &arms());
    run("3", "abc", &later);
    fs::create_dir(folder.path().join("no record")).unwrap();
    assert!(is_record(folder.path()) && !is_run(folder.path()));
    let whole = read(folder.path()).unwrap();
    assert_eq!(whole.arms.len(), arms().len() + 1);
    let of = Analysis::new(whole);
    let samples = of.rows[0].samples();
    let runs: Vec<_> = samples
        .chunk_by(|a, b| a.run == b.run)
        .map(|run| (run[0].run, run.len()))
        .collect();
    assert_eq!(runs, [(0, 31), (1, 31)]);
    let find = |arm: &str, threads: usize| {
        of.rows
            .iter()
            .find(|row| row.key.arm == arm && row.key.threads == threads)
            .unwrap()
    };
    let said = find("naive", 1).outcome.to_string();
    assert!(
        said.contains("element 7") && said.contains("2026-11-23T03:00:00Z"),
        "{said}"
    );
    assert_eq!(find("rayon", 1).samples().len(), 31);
    assert_eq!(find("pool", 2).samples().len(), 31);
    assert!(of.summary().ends_with("2 runs in 2h"), "{}", of.summary());
    // Its charts are its own, and the runs are as they were.
    redraw(folder.path(), &[], |_| {}).unwrap();
    assert!(
        folder.path().join("index.html").exists() && !folder.path().join("1/index.html").exists()
    );

    run("4", "def", &arms());
    let said = read(folder.path()).unwrap_err().to_string();
    assert!(
        said.contains("different commits, `abc` and `def`") && said.contains("move one of them"),
        "{said}"
    );
    let mut other = arms();
    other[0].role = Role::Reference;
    fs::remove_dir_all(folder.path().join("4")).unwrap();
    run("4", "abc", &other);
    let said = read(folder.path()).unwrap_err().to_string();
    assert!(
        said.contains("256x256/serial/1 is a baseline in one and a reference in the other"),
        "{said}"
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let said = prepare_folder(&file.join("plots")).unwrap_err().to_string();
    assert!(said.contains("can't be written"), "{said}");
    prepare_folder(&folder.path().join("a/b")).unwrap();
    assert_eq!(fs::read_dir(folder.path().join("a/b")).unwrap().count(), 0);
}

proptest! {
    /// Whatever an arm is called, and whatever was the matter with it, is read as it was written.
    #[test]
    fn words_survive_being_written(
        name in "\\PC{1,20}",
        why in "\\PC{1,40}",
        mean in 0.0f64..1.0,
        setting in prop::option::of(-1e12f64..1e12),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut measured = taken(&name, 3, "7x9", 5.0, 2.0);
        measured.key.setting = setting;
        if let Outcome::Measured { accuracy, .. } = &mut measured.outcome {
            *accuracy = Some(Accuracy { mean, max: 1.0 });
        }
        let mut failed = taken(&name, 4, "7x9", 5.0, 2.0);
        failed.outcome = Outcome::Failed(why);
        let mut writer = Writer::create(&declared(&[]), folder.path()).unwrap();
        writer.append(&measured).unwrap();
        writer.append(&failed).unwrap();
        machine().write(folder.path()).unwrap();
        prop_assert_eq!(read(folder.path()).unwrap().arms, [measured, failed]);
    }
}
