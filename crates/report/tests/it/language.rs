//! Numbers as each language writes them.

use abreast::analyse::figures::Estimate;
use report::language::Language::{English, French};

#[test]
fn numbers_are_written_as_the_language_writes_them() {
    let estimate = Estimate {
        median: 1.745,
        low: 1.7,
        high: 1.8,
    };
    assert_eq!(English.interval(estimate), "1.75\u{a0}[1.70,\u{a0}1.80]");
    assert_eq!(
        French.interval(estimate),
        "1,75\u{202f}[1,70\u{202f};\u{202f}1,80]"
    );
    assert_eq!(English.time(1500.0), "1.50\u{a0}µs");
    assert_eq!(French.time(1500.0), "1,50\u{202f}µs");
    assert_eq!(English.bytes(114_688), "114.7\u{a0}kB");
    assert_eq!(French.bytes(114_688), "114,7\u{202f}ko");
    assert_eq!(French.binary(32 << 20), "32\u{202f}Mio");
    assert_eq!(English.percent(0.876), "88\u{a0}%");
    assert_eq!(French.percent(0.0123), "1,2\u{202f}%");
    assert_eq!(English.whole(1_048_576), "1,048,576");
    assert_eq!(French.whole(999), "999");
    assert_eq!(English.count(1784.3), "1,780");
    assert_eq!(French.count(650_432.0), "650\u{202f}000");
    assert_eq!(English.count(0.4), "0");
    assert_eq!(English.scientific(1.25e-7), "1.2\u{a0}×\u{a0}10⁻⁷");
    assert_eq!(French.scientific(0.0), "0");
}

#[test]
fn days_are_dates_and_what_is_no_day_stays() {
    assert_eq!(
        English.day("2026-08-01T12:00:00Z"),
        "1\u{a0}August\u{a0}2026"
    );
    assert_eq!(
        French.day("2026-08-01T12:00:00Z"),
        "1er\u{a0}août\u{a0}2026"
    );
    assert_eq!(French.day("2026-08-11"), "11\u{a0}août\u{a0}2026");
    for text in ["", "yesterday", "2026-13-01", "2026-00-01"] {
        assert_eq!(English.day(text), text);
    }
}

/// Before double punctuation French has a narrow space that does not break, and within guillemets.
#[test]
fn french_punctuation_does_not_begin_a_line() {
    let french = include_str!("../../templates/fr.typ");
    for (number, line) in (1..).zip(french.lines().skip(1)) {
        for wrong in [" ;", " :", " ?", " »", "« ", "\u{a0};", "\u{a0}:"] {
            assert!(
                !line.contains(wrong),
                "fr.typ, line {number}: `{wrong}` in {line}"
            );
        }
    }
}
