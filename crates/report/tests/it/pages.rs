//! The PDF as a reader opens it.

use std::fs;
use std::path::Path;

use abreast::record::{Outcome, Taken};
use harness::benches::{PYTHON, SPEEDUP};
use lopdf::Document;
use report::language::Language;
use report::options::Options;

use crate::{everything, folder, scale_speedup, speedup, taken};

/// Pages, and all words in order with single spaces.
fn read(path: &Path) -> (usize, String) {
    let document = Document::load(path).unwrap();
    let pages: Vec<_> = document.get_pages().into_keys().collect();
    let text = document.extract_text(&pages).unwrap();
    let words: Vec<_> = text.split_whitespace().collect();
    (pages.len(), words.join(" "))
}

/// The report of `record` in both languages.
fn written(record: &Path) -> [(usize, String); 2] {
    let out = tempfile::tempdir().unwrap();
    let options = Options {
        record: record.to_owned(),
        out: out.path().to_owned(),
        ..Options::default()
    };
    let paths = report::write(&options).unwrap();
    assert_eq!(
        paths,
        ["report-en.pdf", "report-fr.pdf"].map(|name| out.path().join(name))
    );
    [read(&paths[0]), read(&paths[1])]
}

fn says(text: &str, whats: &[&str]) {
    for what in whats {
        assert!(text.contains(what), "`{what}` is missing from:\n{text}");
    }
}

#[test]
fn the_report_has_every_part_in_both_languages() {
    let [(pages, english), (pages_fr, french)] = written(folder(&everything()).path());
    assert!((10..40).contains(&pages) && (10..40).contains(&pages_fr));
    says(
        &english,
        &[
            "1 August 2026",
            "Test CPU 9000",
            "0123abcde",
            "1.74 [1.71, 1.77] times as fast as one thread",
            "Slower than one thread, although each thread has a core: rayon on 2 threads",
            "Of 4 comparisons with PyTorch",
            "PyTorch wins with F.silu against sigmulib",
            "par_chunks_mut",
            "Experiment 1",
            "Experiment 4",
            "Conclusion",
            "References",
            "Appendix: every arm",
        ],
    );
    says(
        &french,
        &[
            "1er août 2026",
            "1,74 [1,71 ; 1,77] fois aussi vite",
            "Sur 4 comparaisons avec PyTorch",
            "PyTorch gagne avec F.silu contre sigmulib",
            "Expérience 4",
            "Références",
            "Annexe : tous les bras",
        ],
    );
    for text in [&english, &french] {
        assert!(!text.contains("Not measured:") && !text.contains("Pas de mesure"));
    }
}

/// The words of the report that one changed median changes are figures, and few.
#[test]
fn a_changed_median_changes_figures_in_the_text_and_no_other_word() {
    let mut changed = everything();
    scale_speedup(&mut changed[0].1[7], 1.05);
    let before = written(folder(&everything()).path());
    let after = written(folder(&changed).path());
    for ((_, before), (_, after)) in before.iter().zip(&after) {
        let words = |text: &str| {
            let mut words: Vec<_> = text.split(' ').map(str::to_owned).collect();
            words.sort_unstable();
            words
        };
        let (before, after) = (words(before), words(after));
        let new: Vec<_> = after.iter().filter(|word| !before.contains(word)).collect();
        assert!((3..30).contains(&new.len()), "{new:?}");
        assert!(
            new.iter()
                .all(|word| word.contains(|c: char| c.is_ascii_digit())),
            "{new:?}"
        );
    }
}

#[test]
fn without_python_the_report_is_whole_and_says_what_is_missing() {
    let mut benches = everything();
    benches.retain(|(bench, _)| bench.name != PYTHON.name);
    let [(pages, english), (_, french)] = written(folder(&benches).path());
    assert!(pages > 8);
    says(
        &english,
        &[
            "The comparison with PyTorch was not measured: python -m sigmulib.compare",
            "Not measured: there is no record for this part.",
            "This record can’t say",
            "Conclusion",
        ],
    );
    says(&french, &["n’en peut rien dire", "Pas de mesure"]);
}

#[test]
fn one_bench_alone_names_the_commands_of_the_others() {
    let [(_, english), _] = written(folder(&[(SPEEDUP, speedup())]).path());
    for name in ["break_even", "dispatch", "kernel", "policy"] {
        says(
            &english,
            &[&format!("cargo bench -p harness --bench {name}")],
        );
    }
}

/// Where nothing wins, where all fail, and where there is one core, sentences are others, and there are pages.
#[test]
fn records_without_a_winner_are_told_as_they_are() {
    let mut lost = speedup();
    for row in &mut lost {
        if row.key.threads > 1 {
            *row = Taken {
                role: row.role.clone(),
                ..taken(
                    &row.key.arm,
                    row.key.threads,
                    &row.key.size.to_string(),
                    1e3,
                    0.5,
                )
            };
        }
    }
    let [(_, english), (_, french)] = written(folder(&[(SPEEDUP, lost)]).path());
    says(&english, &["no way of sharing the work beats one thread"]);
    says(&french, &["aucun partage du travail ne bat un thread seul"]);

    let mut failed = speedup();
    failed[7].outcome = Outcome::Failed("element 3 differs".to_owned());
    failed[5].outcome = Outcome::Skipped;
    let [(_, english), _] = written(folder(&[(SPEEDUP, failed)]).path());
    says(
        &english,
        &[
            "failed (element 3 differs)",
            "left out by the filter: rayon",
        ],
    );

    let one = |rows: Vec<Taken>| folder(&[(SPEEDUP, rows)]);
    written(one(vec![taken("serial", 1, "64x64", 900.0, 1.0)]).path());
    let skipped = speedup().into_iter().map(|row| Taken {
        outcome: Outcome::Skipped,
        ..row
    });
    written(one(skipped.collect()).path());
}

#[test]
fn the_same_record_gives_the_same_bytes_and_the_options_are_shown() {
    let record = folder(&everything());
    let out = tempfile::tempdir().unwrap();
    let options = Options {
        languages: vec![Language::English],
        record: record.path().to_owned(),
        out: out.path().join("new"),
        author: Some("A. Student".to_owned()),
        course: Some("A course *of* #its own".to_owned()),
        date: Some("today".to_owned()),
    };
    let path = &report::write(&options).unwrap()[0];
    let first = fs::read(path).unwrap();
    report::write(&options).unwrap();
    assert!(first == fs::read(path).unwrap());
    says(
        &read(path).1,
        &["A. Student", "A course *of* #its own", "today"],
    );
    // Nothing is left beside it.
    assert_eq!(fs::read_dir(out.path().join("new")).unwrap().count(), 1);
}

/// The record in the repository, whatever it holds.
#[test]
fn the_committed_record_makes_a_report() {
    let plots = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plots/2-cores");
    let [(pages, english), (pages_fr, french)] = written(&plots);
    assert!(pages > 10 && pages_fr > 10);
    says(&english, &["In brief", "Conclusion"]);
    says(&french, &["En bref", "Conclusion"]);
}
