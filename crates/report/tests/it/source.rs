//! The excerpts of the siblings' source.

use report::source::{cut, excerpts};

#[test]
fn every_excerpt_is_found_and_short() {
    for (name, [file, lines]) in excerpts().unwrap() {
        assert!(file.starts_with("crates/"), "{name}");
        assert!(
            (1..=12).contains(&lines.lines().count()),
            "{name}:\n{lines}"
        );
        // As wide as a page.
        assert!(
            lines.lines().all(|line| line.len() <= 95),
            "{name}:\n{lines}"
        );
    }
}

#[test]
fn a_cut_ends_at_its_own_indentation_and_fails_where_lines_are_gone() {
    let source = "fn a() {\n    for x in y {\n        // why\n        b();\n    }\n    c();\n}\n";
    assert_eq!(
        cut(source, "    for x", "    }").as_deref(),
        Some("for x in y {\n    b();\n}")
    );
    assert_eq!(cut(source, "    while", "    }"), None);
    assert_eq!(cut(source, "    c();", "    }"), None);
}
