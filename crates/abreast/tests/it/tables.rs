//! Tables on a terminal.

use abreast::analyse::figures::Estimate;
use abreast::show::table::{Cell, Column, Table};
use abreast::show::words::{interval, ratio};
use proptest::prelude::*;

/// Whatever the cells hold, columns stay apart and stay columns: every cell of one ends where its heading does.
#[test]
fn columns_do_not_collide() {
    let cell = |text: &str| Cell::words(text);
    let table = Table {
        columns: vec![
            Column::new("", 3).gap(0).words(),
            Column::new("before", 4),
            Column::new("after", 4),
            Column::new("why", 3),
        ],
        rows: vec![
            vec![
                cell("a long name"),
                cell("0.000042 [0.000041, 0.000043]"),
                cell("1.0"),
                cell("x"),
            ],
            vec![cell("b"), cell("1.00"), cell("12345.0 [1, 2]"), cell("y")],
            vec![cell("c"), cell("it has no figures, and says why at length")],
        ],
        ..Table::default()
    };
    let text = table.text();
    let lines: Vec<_> = text.lines().skip(1).collect();
    let end = |line: usize, of: &str| lines[line].find(of).unwrap() + of.len();
    let before = end(0, "before");
    assert_eq!(end(1, "0.000043]"), before);
    assert_eq!(end(2, "1.00"), before);
    let after = end(0, "after");
    assert_eq!(end(1, "1.0 "), after + 1);
    assert_eq!(end(2, "2]"), after);
    assert!(lines[2].contains("1.00  12345.0 [1, 2]"), "{text}");
    // What runs to the edge widens nothing.
    assert!(after < 70, "{text}");
}

proptest! {
    /// A figure that is not 0 shows at least two digits that say something.
    #[test]
    fn small_figures_say_something(value in 1e-12f64..1e9) {
        let shown = ratio(value);
        let digits = shown.split('e').next().unwrap().replace('.', "");
        prop_assert!(digits.trim_start_matches('0').len() >= 2, "{}", shown);
        let back: f64 = shown.parse().unwrap();
        prop_assert!((back / value - 1.0).abs() <= 0.05, "{value} as {shown}");
    }
}

#[test]
fn an_interval_near_nothing_is_told_in_digits() {
    let estimate = Estimate {
        median: 0.000021,
        low: 0.000003,
        high: 0.00041,
    };
    assert_eq!(interval(estimate), "2.1e-5 [3.0e-6, 0.00041]");
    assert_eq!(ratio(0.0), "0");
}
