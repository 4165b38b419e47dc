//! Records' tables within documents.

use std::fs;
use std::path::Path;

use harness::splice::{replace, splice};

const MARKS: &str =
    "before\n<!-- record:speedup 1024x1024 -->\nwhat stood here\n<!-- /record -->\nafter\n";

/// The gate runs it: a run of the benches in a clone replaces the record, and README.md is then right to show another.
#[test]
#[ignore = "holds for the committed record, not for one measured since"]
fn splicing_the_readme_changes_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    assert!(readme.contains("<!-- record:speedup "));
    // Within the repository folders are named from its root, as the commands in README.md name them.
    let spliced = splice(&readme, &root.join("plots/2-cores")).unwrap();
    let spliced = spliced.replace(&format!("{}/", root.display()), "");
    assert!(
        spliced == readme,
        "README.md does not show the records in plots/2-cores: cargo run --release -p harness -- readme README.md"
    );
}

#[test]
fn the_sizes_named_are_shown_and_nothing_else_changes() {
    let records = &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plots/2-cores");
    let spliced = splice(MARKS, records).unwrap();
    assert!(spliced.starts_with("before\n<!-- record:speedup 1024x1024 -->\n```sh\ncargo run"));
    assert!(spliced.ends_with("```\n<!-- /record -->\nafter\n"));
    for what in ["1024x1024, 8.4 MB", "* oversubscribed"] {
        assert!(
            spliced.contains(what),
            "`{what}` is missing from:\n{spliced}"
        );
    }
    for what in ["what stood here", "256x256", "law"] {
        assert!(!spliced.contains(what), "`{what}` is in:\n{spliced}");
    }
    assert_eq!(splice(&spliced, records).unwrap(), spliced);

    for (from, to, said) in [
        ("speedup", "velocity", "`velocity` is not a bench"),
        ("1024x1024", "7x7", "there is no size 7x7"),
        ("<!-- /record -->", "", "has no end"),
    ] {
        let error = splice(&MARKS.replace(from, to), records).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
    // The end of the next mark is not this one's: prose stands between.
    let two = format!("{}prose\n{MARKS}", MARKS.replace("<!-- /record -->", ""));
    let error = splice(&two, records).unwrap_err().to_string();
    assert!(
        error.contains("`<!-- record:speedup 1024x1024 -->` has no end"),
        "{error}"
    );
    let nothing = tempfile::tempdir().unwrap();
    let error = splice(MARKS, nothing.path()).unwrap_err();
    assert!(error.to_string().contains("can't be read"), "{error}");
}

#[test]
fn a_document_is_replaced_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("README.md");
    fs::write(&file, "old").unwrap();
    replace(&file, "new").unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "new");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    // A folder in its place is not replaced by a file, and what was written beside it is gone.
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let error = replace(&file, "newer").unwrap_err().to_string();
    assert!(error.contains("README.md can't be replaced"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
