//! Numbers as each language writes them.

use std::path::Path;

use abreast::analyse::figures::Estimate;
use report::french;
use report::language::Language::{English, French};
use report::records::Records;

use crate::{everything, folder};

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

/// Nothing that a chart of the committed records says is left in English, arms' names aside: a new text needs its French.
#[test]
fn charts_are_in_french() {
    let plots = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plots");
    let mut missing = Vec::new();
    for folder in ["2-cores", "2-cores-avx512", "16-cores"].map(|machine| plots.join(machine)) {
        let records = Records::read(&folder).unwrap();
        let charts = records.iter().flat_map(report::charts_of);
        for (_, mut chart) in charts {
            let name = chart.name.clone();
            let texts = french::texts(&mut chart).into_iter();
            let english = texts.filter(|text| french::french(text).is_none());
            missing.extend(english.map(|text| format!("{name}: {text}")));
        }
    }
    missing.dedup();
    assert!(missing.is_empty(), "no French for {missing:#?}");
}

#[test]
fn a_chart_says_in_french_what_it_says_in_english() {
    let french = |text| french::french(text);
    let said = "sigmoid(A) * A, against the serial kernel timed beside each sample · grey at 1: noise floor";
    let expected = "sigmoid(A) * A, contre le noyau sur un thread, chronométré à côté de chaque échantillon · gris à 1 : bruit de fond";
    assert_eq!(french(said).as_deref(), Some(expected));
    assert_eq!(
        french("256x256 · 524.3 kB · 2 threads").as_deref(),
        Some("256x256 · 524,3 ko · 2 threads")
    );
    assert_eq!(
        french("speedup (times serial)").as_deref(),
        Some("accélération (fois serial)")
    );
    assert_eq!(french("a sentence that is new"), None);
    assert_eq!(
        french("grey at 1: noise floor · a sentence that is new"),
        None
    );
    assert_eq!(
        french::figures("<text>\n1.5\n</text>\n↑ plafond : cœurs 2.1\nrustc 1.95.0"),
        "<text>\n1,5\n</text>\n↑ plafond : cœurs 2,1\nrustc 1.95.0"
    );
}

/// The French report's charts have no English sentence, and the English one's no French.
#[test]
fn each_report_has_charts_in_its_language() {
    let records = Records::read(folder(&everything()).path()).unwrap();
    let [english, in_french] =
        [English, French].map(|language| report::charts(&records, language).unwrap());
    assert!(english.keys().eq(in_french.keys()));
    assert!(english["speedup.svg"].contains("Speedup against thread count"));
    assert!(in_french["speedup.svg"].contains("Accélération selon le nombre de threads"));
    assert!(in_french["speedup.svg"].contains("2 cœurs"));
    assert!(!in_french["speedup.svg"].contains("cores"));
}
