//! Ceilings, break-even and laws, from records whose answer is known.

use abreast::analyse::break_even::{PaysFrom, break_evens, choices};
use abreast::analyse::ceiling::{Ceilings, Limit};
use abreast::analyse::contradiction::{Contradiction, contradictions};
use abreast::analyse::doubt::doubts;
use abreast::analyse::figures::Estimate;
use abreast::analyse::law::{self, Fit, Law, Parameters};
use abreast::analyse::{Analysis, Row, noise_floor};
use abreast::record::{Cache, Load, Machine, Of, Role};
use abreast::show::chart::{Joined, Mark};
use abreast::show::check::sentence;
use abreast::show::{laws, sections, table, words};
use proptest::prelude::*;

use crate::{declared, machine, row};

/// A record of `rows` on a machine.
fn of(rows: &[Row], machine: &Machine) -> Analysis {
    Analysis {
        declared: declared(&[]),
        machine: machine.clone(),
        later: Vec::new(),
        rows: rows.to_vec(),
    }
}

/// What is said of the break-even of `rows`.
fn break_even(rows: &[Row]) -> String {
    let table = laws::break_even(&of(rows, &machine()));
    table.map_or_else(String::new, |table| table.text())
}

/// A row with an interval of so many percent on either side of its speedup.
fn within(percent: f64, mut row: Row) -> Row {
    if let Some(figures) = &mut row.figures {
        let median = figures.speedup.median;
        figures.speedup.low = median / (1.0 + percent / 100.0);
        figures.speedup.high = median * (1.0 + percent / 100.0);
    }
    row
}

#[test]
fn the_noise_floor_is_the_far_end_of_the_baseline_against_itself() {
    let rows = [
        within(3.0, row("serial", 1, "64x64", 1e3, 1.01)),
        within(50.0, row("rayon", 2, "64x64", 1e3, 2.0)),
    ];
    let shape = rows[0].key.size;
    let floor = noise_floor(&rows, shape).unwrap();
    assert!((floor - (1.01 * 1.03 - 1.0)).abs() < 1e-12);
    assert_eq!(noise_floor(&rows[1..], shape), None);
}

/// A machine of so many cores with a cache of 1 MiB for each, and one of 8 MiB for all.
fn with_caches(cores: usize) -> Machine {
    let cache = |level, bytes, shared_by: String| Cache {
        level,
        kind: "Unified".to_owned(),
        bytes,
        shared_by,
    };
    Machine {
        available_cores: cores,
        caches: vec![
            cache(2, 1 << 20, "0".to_owned()),
            cache(3, 8 << 20, format!("0-{}", cores - 1)),
        ],
        ..machine()
    }
}

/// The bound of a size and a thread count: what it is of, and its height.
fn bound(of: &Analysis, size: &str, threads: usize) -> Option<(Limit, f64)> {
    let ceilings = Ceilings::new(of, of.machine.available_cores);
    let bound = ceilings.bound(size.parse().unwrap(), threads)?;
    Some((bound.of, bound.speedup.median))
}

#[test]
fn the_lower_ceiling_applies() {
    // One thread takes 1 ns an element in cache, and 1.25 in memory, where the copy is twice as fast on any thread count.
    let large = "2000x1000";
    let rows = [
        row("serial", 1, "10x100", 1e3, 1.0),
        row("serial", 1, large, 2.5e6, 1.0),
        row("copy", 1, large, 1.0, 1.5),
        row("copy", 2, large, 1.0, 2.0),
        row("copy", 4, large, 1.0, 1.9),
    ];
    let of = of(&rows, &with_caches(2));
    assert_eq!(bound(&of, large, 1), Some((Limit::Cores, 1.25)));
    assert_eq!(bound(&of, large, 2), Some((Limit::Memory, 2.0)));
    // More threads than cores take nothing away.
    assert_eq!(bound(&of, large, 4), Some((Limit::Memory, 2.0)));
    let ceilings = Ceilings::new(&of, 2);
    let of_cores = ceilings.of_cores(rows[1].key.size, 4).unwrap();
    assert_eq!(of_cores.speedup.median, 2.5);
    // Without a copy the cores bound all the same: by one thread's rate for each that has a core.
    assert_eq!(bound(&of, "10x100", 2), Some((Limit::Cores, 2.0)));
}

/// Four cores that share two: private data on each of them is 2.4 times as fast as on one, not 4.
#[test]
fn the_ceiling_of_cores_is_what_was_measured() {
    let rows = [
        row("serial", 1, "10x100", 1e3, 1.0),
        private(1, 1.0),
        private(2, 1.9),
        private(4, 2.4),
        private(8, 2.3),
        row("serial", 1, "1000x1000", 1.25e6, 1.0),
    ];
    let size = rows[5].key.size;
    let of = of(&rows, &with_caches(4));
    let of_cores = |cores, threads| {
        let bound = Ceilings::new(&of, cores).of_cores(size, threads);
        bound.unwrap().speedup.median
    };
    for (threads, together) in [(1, 1.0), (2, 1.9), (3, 1.9), (4, 2.4), (8, 2.4)] {
        let expected = 1.25 * together;
        assert!((of_cores(4, threads) - expected).abs() < 1e-9, "{threads}");
    }
    // Twice as many such cores do twice as much.
    let more = of_cores(8, 8);
    assert!((more - 1.25 * 4.8).abs() < 1e-9, "{more}");
}

/// Minutes in which the host was slower, or calls of next to no work, make an element in cache take longer than one beyond it: cores
/// that do 1.9 times as much together do so there as well.
#[test]
fn the_ceiling_of_cores_is_not_below_what_they_do_together() {
    let rows = [
        row("serial", 1, "10x100", 1.4e3, 1.0),
        private(1, 1.0),
        private(2, 1.9),
        row("serial", 1, "1000x1000", 1e6, 1.0),
        row("pool", 2, "1000x1000", 5.4e5, 1.85),
    ];
    let of = of(&rows, &with_caches(2));
    let ceilings = Ceilings::new(&of, 2);
    for (threads, together) in [(1, 1.0), (2, 1.9)] {
        let bound = ceilings.of_cores(rows[3].key.size, threads).unwrap();
        assert!((bound.speedup.median - together).abs() < 1e-9, "{bound:?}");
    }
    let (share, _) = ceilings.share(&rows[4]).unwrap();
    assert!((share - 1.85 / 1.9).abs() < 1e-9, "{share}");
}

/// Private data on so many of four cores.
fn private(threads: usize, speedup: f64) -> Row {
    let mut row = row("private data", threads, "10x100", 1e3, speedup);
    row.role = Role::Ceiling(Of::Cores);
    row.oversubscribed = threads > 4;
    row
}

/// What a copy on several threads takes in cache is the cache's where it is next to nothing that handing out takes; else it is
/// the runtime's, and no ceiling of anything.
#[test]
fn a_ceiling_names_what_it_is_of_and_is_there_where_it_bounds() {
    let of = |copies: &[Row]| {
        let mut rows = vec![
            row("serial", 1, "10x100", 1e3, 1.0),
            // Slow enough that the cores bound nothing below.
            row("serial", 1, "100x100", 1e5, 1.0),
            row("serial", 1, "400x400", 1.6e6, 1.0),
            row("serial", 1, "2000x2000", 4e7, 1.0),
        ];
        rows.extend_from_slice(copies);
        of(&rows, &with_caches(2))
    };
    let copies = [
        row("copy", 1, "100x100", 1e3, 3.0),
        row("copy", 2, "100x100", 900.0, 3.3),
        row("copy", 1, "400x400", 1e5, 2.0),
        row("copy", 2, "400x400", 5e4, 4.0),
        row("copy", 1, "2000x2000", 1e7, 1.1),
        row("copy", 2, "2000x2000", 8e6, 1.3),
    ];
    let whole = of(&copies);
    // 80 kB lie in the cache of one core, 1.28 MB in those of two, and only in the shared one where one thread works on them.
    assert_eq!(bound(&whole, "100x100", 1), Some((Limit::Cache(2), 3.0)));
    assert_eq!(bound(&whole, "400x400", 1), Some((Limit::Cache(3), 2.0)));
    assert_eq!(bound(&whole, "400x400", 2), Some((Limit::Cache(2), 4.0)));
    assert_eq!(bound(&whole, "2000x2000", 2), Some((Limit::Memory, 1.3)));
    // At the smallest size two threads' copy may be nothing but the handing out: the cores bound, and nothing else is known to.
    assert_eq!(bound(&whole, "100x100", 2), Some((Limit::Cores, 20.0)));
    // A copy on one thread does not bound two.
    let alone = of(&[copies[4].clone()]);
    assert_eq!(bound(&alone, "2000x2000", 1), Some((Limit::Memory, 1.1)));
    assert_eq!(bound(&alone, "2000x2000", 2), Some((Limit::Cores, 20.0)));
    // What an arm has beaten by more than noise was no bound.
    let mut beaten = copies.to_vec();
    beaten.push(row("naive", 1, "2000x2000", 1e7, 3.97));
    let beaten = of(&beaten);
    assert_eq!(bound(&beaten, "2000x2000", 2), Some((Limit::Cores, 20.0)));
    let ceilings = Ceilings::new(&beaten, 2);
    assert!(
        beaten
            .rows
            .iter()
            .all(|row| { ceilings.share(row).is_none_or(|(share, _)| share <= 1.0) })
    );
    // Within noise it is reached.
    let mut reached = copies.to_vec();
    reached.push(row("pool", 2, "2000x2000", 1e7, 1.33));
    let reached = of(&reached);
    let share = Ceilings::new(&reached, 2).share(reached.rows.last().unwrap());
    assert_eq!(share, Some((1.0, Limit::Memory)));
}

/// A copy that twice the cores still made faster says nothing of what more of them get.
#[test]
fn memory_bounds_more_cores_where_these_have_all_of_it() {
    let at_four = |two: f64| {
        let rows = [
            row("serial", 1, "2000x2000", 4e6, 1.0),
            row("copy", 1, "2000x2000", 1e6, 1.5),
            row("copy", 2, "2000x2000", 1e6, two),
        ];
        let of = of(&rows, &with_caches(2));
        let bound = Ceilings::new(&of, 4).of_copy(rows[0].key.size, 4);
        bound.map(|bound| (bound.of, bound.speedup.median))
    };
    let (of, most) = at_four(1.6).unwrap();
    assert!(of == Limit::Memory && (most - 1.6).abs() < 1e-9, "{most}");
    assert_eq!(at_four(2.8), None);
}

/// A bench that declares where its data is in cache, and no bytes, copies, or watched calls.
#[test]
fn a_strangers_table_has_the_ceiling_of_cores_and_no_empty_column() {
    let mut rows = vec![
        row("serial", 1, "10x100", 1e3, 1.0),
        private(1, 1.0),
        private(2, 1.9),
        row("scope", 2, "10x100", 800.0, 1.25),
    ];
    for row in &mut rows {
        row.bytes = None;
        let figures = row.figures.as_mut().unwrap();
        (figures.imbalance, figures.took_part) = (None, None);
    }
    let of = of(&rows, &machine());
    let table = &table::sizes(&of, table::fastest)[0];
    let text = table.text();
    assert!(text.contains("66 % cores"), "{text}");
    for absent in ["GB/s", "imbalance"] {
        assert!(!text.contains(absent), "{text}");
    }
    assert!(text.contains("CPU alone"), "{text}");
    // What failed still says why.
    let legend = table::legend(&of).join("\n");
    let what = "private data: serial on data of its own in cache";
    assert!(legend.contains(what), "{legend}");
}

/// A runtime whose call costs as much as `overhead` elements and then runs at twice the speed, measured at powers of two.
fn curve(runtime: &str, threads: usize, overhead: f64) -> Vec<Row> {
    let sizes = (10..20).map(|power| 1 << power);
    let rows = sizes.flat_map(|size: usize| {
        let speedup = size as f64 / (overhead + size as f64 / 2.0);
        let shape = format!("1x{size}");
        [
            within(0.1, row("serial", 1, &shape, size as f64, 1.0)),
            within(5.0, row(runtime, threads, &shape, 1.0, speedup)),
        ]
    });
    rows.collect()
}

#[test]
fn the_break_even_is_where_the_speedup_passes_one() {
    // 1 = n / (overhead + n / 2): n = 2 * overhead.
    let rows = curve("rayon", 2, 20_000.0);
    let found = break_evens(&rows);
    assert_eq!(found.len(), 1);
    let PaysFrom::Size(size) = found[0].from else {
        panic!("{found:?}");
    };
    assert!((size.median / 40_000.0 - 1.0).abs() < 0.04, "{size:?}");
    assert!(size.low < 40_000.0 && 41_200.0 < size.high, "{size:?}");
    assert!(size.low > 30_000.0 && size.high < 50_000.0, "{size:?}");
    assert!(
        break_even(&rows).contains("On this machine, below 41.2k elements stay serial; from there on use rayon on 2 threads."),
        "{}",
        break_even(&rows)
    );
}

/// An arm of the pool on a machine of eight cores, its interval 1 % wide on either side.
fn pool(threads: usize, shape: &str, speedup: f64) -> Row {
    let mut row = within(1.0, row("pool", threads, shape, 1e3 / speedup, speedup));
    row.oversubscribed = threads > 8;
    row
}

#[test]
fn where_more_threads_gain_more_is_said() {
    let rows = [
        pool(2, "1x1024", 0.5),
        pool(8, "1x1024", 0.2),
        pool(2, "1x8192", 1.5),
        pool(8, "1x8192", 0.8),
        pool(2, "1x65536", 1.9),
        pool(8, "1x65536", 4.0),
        pool(16, "1x65536", 5.0),
    ];
    let words = break_even(&rows);
    let what = "from there on use pool on 2 threads; from 65.5k on use pool on 8 threads. Measured up to 65.5k elements.";
    assert!(words.contains(what), "{words}");
}

/// Each range has the arm that is best at all of its sizes, those that are as fast are named, and no size has another in the table
/// that is told to be faster than what is advised.
#[test]
fn advice_is_the_best_arm_of_each_range() {
    let rows = [
        row("serial", 1, "1x4096", 1e3, 1.0),
        pool(2, "1x4096", 0.9),
        pool(8, "1x4096", 0.5),
        row("serial", 1, "1x32768", 1e3, 1.0),
        pool(2, "1x32768", 1.58),
        pool(8, "1x32768", 3.04),
        row("serial", 1, "1x65536", 1e3, 1.0),
        pool(2, "1x65536", 1.9),
        pool(8, "1x65536", 5.0),
        within(1.0, row("rayon", 8, "1x65536", 500.0, 2.0)),
        row("serial", 1, "1x131072", 1e3, 1.0),
        pool(2, "1x131072", 1.95),
        pool(8, "1x131072", 6.0),
        within(1.0, row("rayon", 8, "1x131072", 1e3 / 6.01, 6.01)),
    ];
    let mut rows = rows.map(|row| match row.role {
        Role::Baseline => within(0.5, row),
        _ => row,
    });
    for row in &mut rows {
        row.oversubscribed = false;
    }
    let of = of(&rows, &machine());
    let choices = choices(&of);
    let told: Vec<_> = choices
        .iter()
        .map(|choice| {
            let best = choice.best.iter();
            let best = best.map(|row| format!("{}/{}", row.key.arm, row.key.threads));
            (choice.from, choice.to, best.collect::<Vec<_>>().join(" "))
        })
        .collect();
    let expected = [(4096, 4096, ""), (32768, 131_072, "pool/8")];
    assert_eq!(told, expected.map(|(a, b, c)| (a, b, c.to_owned())));
    let words = break_even(&rows);
    assert!(
        words.contains("from there on use pool on 8 threads."),
        "{words}"
    );
    // From the last size alone two are as fast.
    let last = Analysis {
        rows: rows[10..].to_vec(),
        ..of.clone()
    };
    let found = break_evens(&last.rows);
    let words = laws::advice(&last, &found);
    let what = "from 131k elements on, the smallest size measured, use rayon on 8 threads (as fast: pool on 8 threads)";
    assert!(words.contains(what), "{words}");
}

/// A break-even that may lie beyond the largest size says so.
#[test]
fn an_end_that_is_merely_the_last_size_says_so() {
    let rows = [
        within(1.0, row("pool", 2, "1x1024", 1e3, 0.5)),
        within(1.0, row("pool", 2, "1x4096", 1e3, 0.9)),
        within(20.0, row("pool", 2, "1x8192", 1e3, 1.05)),
    ];
    let words = break_even(&rows);
    let what = ", 8.19k or more: the largest size measured] elements on";
    assert!(words.contains(what), "{words}");
}

#[test]
fn what_always_or_never_pays_is_said_to() {
    let always = break_evens(&curve("pool", 2, 0.0));
    assert_eq!(always[0].from, PaysFrom::Always(1024));
    let rows = curve("threads", 2, 1e9);
    let never = break_evens(&rows);
    assert_eq!(never[0].from, PaysFrom::Never(1 << 19));
    assert!(
        break_even(&rows).contains("stay serial up to 524k elements at least: nothing beat it")
    );
    // Threads that outnumber the cores are shown, and not advised.
    let rows = curve("pool", 4, 0.0);
    assert_eq!(break_evens(&rows)[0].from, PaysFrom::Always(1024));
    assert_eq!(choices(&of(&rows, &machine())), []);
    assert_eq!(break_even(&[]), "");
}

/// A win within the noise floor is none.
#[test]
fn noise_is_not_a_break_even() {
    let mut rows = curve("rayon", 2, 20_000.0);
    for row in rows.iter_mut().filter(|row| row.role == Role::Baseline) {
        *row = within(20.0, row.clone());
    }
    let found = break_evens(&rows);
    // 1.2 = n / (20000 + n / 2): n = 60000.
    let PaysFrom::Size(size) = found[0].from else {
        panic!("{found:?}");
    };
    assert!((size.median / 60_000.0 - 1.0).abs() < 0.03, "{size:?}");
}

fn exactly(median: f64) -> Estimate {
    Estimate {
        median,
        low: median,
        high: median,
    }
}

#[test]
fn too_few_points_get_no_law() {
    let points: Vec<_> = (1..=4).map(|n| (n, exactly(n as f64))).collect();
    assert!(Fit::new(Law::Amdahl, &points[..1]).is_none());
    assert!(Fit::new(Law::Amdahl, &points[..2]).is_some());
    assert!(Fit::new(Law::Usl, &points[..3]).is_none());
    assert!(Fit::new(Law::Usl, &points).is_some());
    let alone = [row("rayon", 1, "64x64", 1.0, 1.0)];
    assert!(
        laws::laws(&of(&alone, &machine()))
            .text()
            .contains("No law was fitted")
    );
}

/// Two points and Amdahl's law: worked out by hand.
#[test]
fn two_points_make_amdahls_law_a_forecast() {
    let rows = [
        row("serial", 1, "64x64", 4096.0, 1.0),
        row("pool", 1, "64x64", 1.0, 1.0),
        row("pool", 2, "64x64", 1.0, 1.6),
        // Oversubscribed: not a point of the law.
        row("pool", 4, "64x64", 1.0, 0.1),
    ];
    let curves = law::curves(&rows);
    assert_eq!(curves.len(), 1);
    let fit = &curves[0].fit;
    // S(2) = 2 / (1 + σ) = 1.6.
    assert!((fit.best.contention - 0.25).abs() < 1e-9);
    assert!(fit.residual < 1e-9);
    let contention = fit.estimate(|p| p.contention);
    assert!(
        contention.low < 0.25 && contention.high > 0.35,
        "{contention:?}"
    );
    let mut machine = machine();
    machine.caches = vec![Cache {
        level: 3,
        kind: "Unified".to_owned(),
        bytes: 1 << 20,
        shared_by: "0-1".to_owned(),
    }];
    let (speedup, bounded) = law::forecast(&of(&rows, &machine), &curves[0], 4).unwrap();
    assert!((speedup.median - 4.0 / 1.75).abs() < 1e-9 && !bounded);
    assert!(speedup.low < 2.2 && speedup.high > 2.4, "{speedup:?}");
    let text = laws::laws(&of(&rows, &machine)).text();
    for what in [
        "κ takes 4 such thread counts and there are 2",
        "It meets two points exactly",
        "Forecast, not measured",
        "4 cores [95 %]",
        &words::interval(speedup),
    ] {
        assert!(text.contains(what), "{text}");
    }
    // A size in memory gets no faster than the copy, where two threads had all that it gives.
    machine.caches[0].bytes = 1 << 10;
    let copies = [
        row("copy", 1, "64x64", 1.0, 1.65),
        row("copy", 2, "64x64", 1.0, 1.7),
    ];
    let with_copy = [&rows[..], &copies].concat();
    let at = |cores| law::forecast(&of(&with_copy, &machine), &curves[0], cores);
    let (speedup, bounded) = at(4).unwrap();
    assert_eq!((speedup.median, speedup.high, bounded), (1.7, 1.7, true));
    assert_eq!(at(64), None);
    // Nothing tests such a law: it is asked about twice the cores, and no more.
    assert_eq!((curves[0].reach(), law::asked(&curves)), (4, vec![4]));
    let tested = [1, 2, 3, 4].map(|n| {
        let mut row = row("pool", n, "64x64", 1.0, n as f64);
        row.oversubscribed = false;
        row
    });
    let tested = law::curves(&tested);
    assert_eq!(
        (tested[0].reach(), law::asked(&tested)),
        (64, vec![8, 16, 64])
    );
    assert!(
        laws::laws(&of(&with_copy, &machine))
            .text()
            .contains("≤ 1.70")
    );
}

/// Two threads that are slower than one would make the share that is done one after another more than all of it.
#[test]
fn a_law_that_does_not_hold_forecasts_nothing() {
    let rows = [
        within(1.0, row("serial", 1, "64x64", 4096.0, 1.0)),
        within(1.0, row("threads", 1, "64x64", 1.0, 1.0)),
        within(1.0, row("threads", 2, "64x64", 1.0, 0.03)),
        within(1.0, row("pool", 1, "64x64", 1.0, 1.0)),
        within(1.0, row("pool", 2, "64x64", 1.0, 1.6)),
    ];
    let mut of = of(&rows, &machine());
    let curves = law::curves(&rows);
    assert!(!curves[0].fit.holds() && curves[1].fit.holds());
    assert_eq!(law::forecast(&of, &curves[0], 4), None);
    assert_eq!(law::asked(&curves[..1]), [0; 0]);
    let text = laws::laws(&of).text();
    let lines: Vec<_> = text.lines().filter(|line| line.contains("64x64")).collect();
    assert!(lines[0].contains("64x64 threads"), "{text}");
    assert!(lines[0].contains("the law does not hold: σ"), "{text}");
    assert!(!lines[0].contains('['), "{text}");
    assert!(
        lines[1].contains("64x64 pool") && lines[1].contains("1.00 ["),
        "{text}"
    );
    // Its chart has the points of both, and a law's line for the other alone.
    of.declared.views = vec!["forecast".to_owned()];
    let chart = &sections(&of, &[])[0].charts[0];
    let lines = |wanted: Joined| {
        let marks = chart.panels[0].marks.iter();
        let arms = marks.filter_map(|mark| match mark {
            Mark::Series {
                arm,
                joined,
                points,
                ..
            } if *joined == wanted && !points.is_empty() => Some(&**arm),
            _ => None,
        });
        arms.collect::<Vec<_>>()
    };
    assert_eq!(lines(Joined::Thin), ["pool"]);
    assert_eq!(lines(Joined::Apart), ["threads", "pool"]);
}

/// What another record of the machine denies is found: a speedup, and a forecast; what noise explains is not.
#[test]
fn records_that_contradict_each_other_are_found() {
    let record = |bench: &str, copy: f64, pool: f64| {
        let rows = [
            within(1.0, row("serial", 1, "64x64", 4096.0, 1.0)),
            within(1.0, row("copy", 2, "64x64", 1.0, copy)),
            within(1.0, row("pool", 1, "64x64", 1.0, 1.0)),
            within(1.0, row("pool", 2, "64x64", 1.0, pool)),
        ];
        let mut of = of(&rows, &machine());
        of.declared.bench = bench.to_owned();
        of.machine.date = "today".to_owned();
        of
    };
    let one = record("speedup", 1.09, 1.07);
    let same = record("policy", 1.11, 1.06);
    assert_eq!(contradictions(&[one.clone(), same]), []);
    let other = record("policy", 1.1, 1.83);
    let found = contradictions(&[one.clone(), other.clone()]);
    let said: Vec<_> = found.iter().map(sentence).collect();
    assert_eq!(
        said[0],
        "64x64/pool/2 is 1.07 [1.06, 1.08] in speedup of today, and 1.83 [1.81, 1.85] in policy of today"
    );
    let Contradiction::Forecast { cores, key, .. } = &found[1] else {
        panic!("{said:?}");
    };
    assert_eq!((*cores, key.threads, found.len()), (4, 2, 2), "{said:?}");
    assert!(
        said[1].starts_with("pool at 64x64 is forecast to be "),
        "{said:?}"
    );
    // Another machine is another matter.
    let mut elsewhere = other;
    elsewhere.machine.cpu = "another".to_owned();
    assert_eq!(contradictions(&[one, elsewhere]), []);
}

#[test]
fn a_baseline_that_was_not_measured_is_a_doubt() {
    let mut rows = [
        row("serial", 1, "64x64", 1e3, 1.0),
        row("pool", 2, "64x64", 1e3, 1.5),
        row("serial", 1, "128x128", 1e3, 1.0),
        row("pool", 2, "128x128", 1e3, 1.5),
    ];
    let said = |rows: &[Row]| {
        let doubts = doubts(&with_caches(2), rows);
        let doubts: Vec<_> = doubts.iter().map(ToString::to_string).collect();
        doubts.join("\n")
    };
    let what = "the baseline serial has no figures at 1 of 2 sizes (first 128x128)";
    assert!(!said(&rows).contains("no figures"), "{}", said(&rows));
    rows[2].figures = None;
    assert!(said(&rows).contains(what), "{}", said(&rows));
}

#[test]
fn what_makes_figures_doubtful_is_said() {
    let mut quiet = machine();
    quiet.governor = None;
    quiet.quota_cores = None;
    quiet.affinity = Some("2-4,8".to_owned());
    quiet.load_before = Some(Load {
        others: 0.02,
        stolen: 0.0,
    });
    assert_eq!(doubts(&quiet, &[]), []);
    let said = |change: &dyn Fn(&mut Machine), rows: &[Row]| {
        let mut machine = quiet.clone();
        change(&mut machine);
        doubts(&machine, rows)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let busy = said(
        &|m| {
            m.load_during = Some(Load {
                others: 0.97,
                stolen: 0.0,
            });
        },
        &[],
    );
    assert_eq!(
        busy,
        "other processes used 0.97 of the 2 cores during the run: stop them and measure again"
    );
    let stolen = said(
        &|m| {
            m.load_during = Some(Load {
                others: 0.0,
                stolen: 0.4,
            });
        },
        &[],
    );
    assert_eq!(
        stolen,
        "the hypervisor kept back 0.40 of the 2 cores during the run"
    );
    assert!(said(&|m| m.quota_cores = Some(1.5), &[]).contains("a quota grants 1.50 cores"));
    // A whole number is no better: two cores' time for threads on four CPUs.
    assert!(said(&|m| m.quota_cores = Some(2.0), &[]).contains("a quota grants 2.00 cores"));
    assert_eq!(said(&|m| m.quota_cores = Some(4.0), &[]), "");
    assert!(said(&|m| m.governor = Some("powersave".to_owned()), &[]).contains("`powersave`"));
    let noisy = [
        within(1.0, row("serial", 1, "64x64", 1e3, 1.0)),
        within(8.0, row("serial", 1, "128x128", 1e3, 1.0)),
    ];
    let noise = said(&|_| {}, &noisy);
    assert!(
        noise.contains("up to 8.0 % (at 128x128; more than 5 % at 1 of 2 sizes)"),
        "{noise}"
    );
}

proptest! {
    /// Curves that follow the law exactly give its parameters back.
    #[test]
    fn known_parameters_are_recovered(
        rate in 0.5f64..2.0,
        contention in 0.0f64..0.5,
        coherence in 0.0f64..0.05,
        counts in prop::collection::btree_set(1usize..64, 4..12),
    ) {
        let truth = Parameters { rate, contention, coherence };
        let points: Vec<_> = counts.iter().map(|&n| (n, exactly(truth.at(n as f64)))).collect();
        let fit = Fit::new(Law::Usl, &points).unwrap();
        for n in [1.0, 4.0, 16.0, 64.0] {
            prop_assert!((fit.best.at(n) / truth.at(n) - 1.0).abs() < 1e-4, "{fit:?}");
        }
        prop_assert!(fit.residual < 1e-6);
    }

    /// Whatever was measured, a law has parameters that make sense.
    #[test]
    fn parameters_are_never_negative(speedups in prop::collection::vec(0.01f64..100.0, 4..10)) {
        let points: Vec<_> = (1..).zip(speedups.iter().map(|&s| exactly(s))).collect();
        for law in [Law::Amdahl, Law::Usl] {
            let Parameters { rate, contention, coherence } = Fit::new(law, &points).unwrap().best;
            prop_assert!(rate > 0.0 && contention >= 0.0 && coherence >= 0.0);
        }
    }
}

/// Points with 2 % of noise on a known curve: the intervals hold the parameters nearly always.
#[test]
fn intervals_hold_known_parameters() {
    use rand::SeedableRng;
    let mut random = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(7);
    let truth = Parameters {
        rate: 1.0,
        contention: 0.1,
        coherence: 0.005,
    };
    let held = (0..100).filter(|_| {
        let points = [1, 2, 4, 8, 16, 32].map(|n| {
            let exact = truth.at(n as f64);
            let spread = |median: f64| Estimate {
                median,
                low: median / 1.04,
                high: median * 1.04,
            };
            (n, spread(spread(exact).draw(&mut random)))
        });
        let fit = Fit::new(Law::Usl, &points).unwrap();
        let (contention, coherence) = (
            fit.estimate(|p| p.contention),
            fit.estimate(|p| p.coherence),
        );
        contention.low <= 0.1
            && 0.1 <= contention.high
            && coherence.low <= 0.005
            && 0.005 <= coherence.high
    });
    let held = held.count();
    assert!(
        held >= 88,
        "both intervals held the truth {held} times of 100"
    );
}
