//! A record is read as it was written, and a damaged one is refused with a sentence.

use std::fs;
use std::path::Path;

use harness::analyse::{Pair, Sample};
use harness::benches::SPEEDUP;
use harness::record::{MEASUREMENTS, SAMPLES, Writer, aside, prepare_folder, read};

use crate::{machine, rows};

fn write(folder: &Path) {
    let mut writer = Writer::create(SPEEDUP.name, folder).unwrap();
    let samples = [Sample {
        pair: Pair {
            iterations: 3,
            ns: 30.0,
            baseline_iterations: 2,
            baseline_ns: 40.0,
        },
        busy: None,
        alone_cpu_ns: Some(5.0),
        took_part: 2.0,
        imbalance: 1.25,
    }; 2];
    for row in &rows() {
        writer
            .append(
                row,
                if row.figures().is_some() {
                    &samples
                } else {
                    &[]
                },
            )
            .unwrap();
    }
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let (bench, read) = read(folder.path()).unwrap();
    assert_eq!((&*bench, read), ("speedup", rows()));
    let samples = fs::read_to_string(folder.path().join(SAMPLES)).unwrap();
    let lines: Vec<_> = samples.lines().collect();
    assert_eq!(
        lines[0],
        "kernel,runtime,threads,rows,cols,grain,sample,iterations,ns,baseline_iterations,baseline_ns,\
         busy,alone_cpu_ns,took_part,imbalance"
    );
    assert_eq!(lines[2], "serial,,1,256,256,,1,3,30.0,2,40.0,,5.0,2.0,1.25");
    assert_eq!(lines.len(), 1 + 9 * 2);
}

/// A run that is killed leaves what it had: each row is on disk before the next is measured.
#[test]
fn rows_are_on_disk_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(SPEEDUP.name, folder.path()).unwrap();
    for (i, row) in rows().iter().enumerate() {
        writer.append(row, &[]).unwrap();
        assert_eq!(read(folder.path()).unwrap().1.len(), i + 1);
    }
}

#[test]
fn damage_is_named() {
    let damage: [(&str, &str, &str); 10] = [
        (
            "2,speedup,serial,rayon,,2,false,256",
            "2,kernel,serial,rayon,,2,false,256",
            "line 5: `kernel` after rows of another bench",
        ),
        (
            "2,speedup,serial,rayon,,2,false,256",
            "2,speedup,serial,sigmul,rayon,0,false,256",
            "line 5: `0` is not a thread count",
        ),
        (
            "2,speedup,serial,rayon,,2,false,256",
            "7,speedup,serial,rayon,,2,false,256",
            "line 5: schema `7`, where this version reads schema 2",
        ),
        (
            "2,speedup,serial,rayon,,2,false,256",
            "2,speedup,serial,rayon,,2,maybe,256",
            "line 5: oversubscribed: ",
        ),
        (
            "2,speedup,serial,rayon,,2,false,256",
            "2,speedup,serial,rayon,,2,false,0",
            "line 5: `0x256` is not a shape",
        ),
        (
            ",11000.0,",
            ",NaN,",
            "line 5: median_ns is NaN, which is not a positive number",
        ),
        (
            ",11000.0,",
            ",,",
            "line 5: median_ns is missing from a measured arm",
        ),
        (
            ",11000.0,",
            ",99000.0,",
            "line 5: median_ns lies outside its own interval",
        ),
        (",11000.0,", ",1,2,", "line: 5"),
        (
            "schema,bench",
            "bench,schema",
            "the columns are not those of schema 2",
        ),
    ];
    for (from, to, sentence) in damage {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path());
        let path = folder.path().join(MEASUREMENTS);
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains(from),
            "the record does not hold `{from}`:\n{text}"
        );
        fs::write(&path, text.replace(from, to)).unwrap();
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(error.starts_with(path.to_str().unwrap()), "{error}");
        assert!(error.contains(sentence), "`{from}` -> `{to}`: {error}");
        assert!(
            error.ends_with("measure again with `cargo bench -p harness`"),
            "{error}"
        );
    }
}

#[test]
fn no_record_and_an_empty_one_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(
        read(folder.path())
            .unwrap_err()
            .to_string()
            .contains("can't be read")
    );
    fs::write(folder.path().join(MEASUREMENTS), "").unwrap();
    assert!(
        read(folder.path())
            .unwrap_err()
            .to_string()
            .contains("the columns are not those of schema 2")
    );
    Writer::create(SPEEDUP.name, folder.path()).unwrap();
    assert!(
        read(folder.path())
            .unwrap_err()
            .to_string()
            .contains("it holds no rows")
    );
    fs::write(folder.path().join(MEASUREMENTS), [0xff, 0xfe, 0x00]).unwrap();
    assert!(
        read(folder.path())
            .unwrap_err()
            .to_string()
            .contains("can't be read")
    );
}

/// A run never destroys another: its record, its machine and its charts are moved, and other benches' folders stay.
#[test]
fn an_earlier_record_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (out, earlier) = (folder.path(), folder.path().join("earlier/speedup"));
    assert_eq!(aside(out, &earlier).unwrap(), None);
    for run in 1..=3 {
        write(out);
        let mut machine = machine();
        machine.date = "2026-11-23T01:02:03Z".to_owned();
        machine.write(out).unwrap();
        fs::write(out.join("speedup.svg"), run.to_string()).unwrap();
        fs::create_dir_all(out.join("kernel")).unwrap();
        fs::write(out.join("report-en.pdf"), "of several records").unwrap();
        let to = aside(out, &earlier).unwrap().unwrap();
        assert_eq!(read(&to).unwrap().1, rows());
        assert_eq!(
            fs::read_to_string(to.join("speedup.svg")).unwrap(),
            run.to_string()
        );
        assert!(!out.join(MEASUREMENTS).exists());
        assert!(out.join("kernel").exists() && out.join("report-en.pdf").exists());
    }
    let mut names: Vec<_> = fs::read_dir(&earlier)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let date = "2026-11-23T01-02-03Z";
    assert_eq!(
        names,
        [date.to_owned(), format!("{date}-2"), format!("{date}-3")]
    );
    // Without its machine.json a record has no date.
    write(out);
    assert!(aside(out, &earlier).unwrap().unwrap().ends_with("undated"));
}

#[test]
fn a_folder_that_cannot_be_written_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = prepare_folder(&file.join("plots")).unwrap_err().to_string();
    assert!(
        error.contains("can't be written")
            && error.contains("choose a folder that can with SIGMUL_OUT"),
        "{error}"
    );
    prepare_folder(&folder.path().join("a/b")).unwrap();
    assert_eq!(fs::read_dir(folder.path().join("a/b")).unwrap().count(), 0);
}
