//! Charts are well-formed and say what is in them and what is missing.

use abreast::analyse::Analysis;
use abreast::record::{Cache, Load, Outcome, Role, Taken};
use abreast::show::chart::Entry;
use abreast::show::files::drawn;
use abreast::show::{View, sections};

use crate::{analysed, arms, taken};

/// All text of a chart, in order.
fn words(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).expect("well-formed XML");
    let text = document.descendants().filter(|node| node.is_text());
    text.filter_map(|node| Some(node.text()?.trim().to_owned()))
        .filter(|text| !text.is_empty())
        .collect()
}

/// The words of each chart, by its name.
fn charts(of: &Analysis) -> Vec<(String, Vec<String>)> {
    let sections = sections(of, &[]);
    let charts = sections.iter().flat_map(|section| &section.charts);
    charts
        .map(|chart| (chart.name.clone(), words(&drawn(of, chart).unwrap())))
        .collect()
}

/// Fails where the chart called `name` does not say each of `what`.
fn says(charts: &[(String, Vec<String>)], name: &str, what: &[&str]) {
    let (_, words) = charts.iter().find(|(of, _)| of == name).expect(name);
    for what in what {
        assert!(
            words.iter().any(|word| word.contains(what)),
            "{name} does not say `{what}`: {words:?}"
        );
    }
}

const THREADS: [View; 4] = [View::SPEEDUP, View::THROUGHPUT, View::TIME, View::FORECAST];

#[test]
fn every_chart_names_its_axes_its_lines_and_the_machine() {
    let of = analysed(arms(), &THREADS);
    let charts = charts(&of);
    assert_eq!(charts.len(), 4);
    let summary = of.summary();
    for (name, _) in &charts {
        let missing = "FAILED: 1024x1024/threads/2 · not measured (left out by the filter): 1024x1024/crossbeam/2";
        says(&charts, name, &["rayon", "ceiling", &summary, missing]);
    }
    says(
        &charts,
        "speedup",
        &[
            "256x256 · 524.3 kB",
            "1024x1024 · 8.4 MB",
            "speedup (times serial)",
            "against the serial code timed beside each sample",
            "threads",
            "naive",
            "ceiling: cores",
            "ceiling: copy",
            "oversubscribed",
        ],
    );
    says(&charts, "forecast", &["FORECAST", "cores (grey: forecast)"]);
    says(&charts, "throughput", &["throughput (GB/s)"]);
    says(&charts, "time", &["time per element (ns)", "elements"]);
}

#[test]
fn a_changed_figure_changes_the_chart() {
    let draw = |speedup| {
        let arms = vec![
            taken("rayon", 1, "64x64", 1e4, 1.0),
            taken("rayon", 2, "64x64", 1e4, speedup),
        ];
        let of = analysed(arms, &[View::SPEEDUP]);
        drawn(&of, &sections(&of, &[])[0].charts[0]).unwrap()
    };
    assert_eq!(draw(1.5), draw(1.5));
    assert_ne!(draw(1.5), draw(1.6));
}

#[test]
fn records_of_one_arm_or_none_are_drawn() {
    let one = vec![taken("rayon", 1, "1x1", 100.0, 0.01)];
    for arms in [one, arms().split_off(9), Vec::new()] {
        charts(&analysed(arms, &View::ALL));
    }
}

#[test]
fn the_other_views_have_charts_of_their_own() {
    let as_of = |role: Role, arm: Taken| Taken { role, ..arm };
    let sizes = ["256x256", "1024x1024"];
    let levels = sizes.iter().flat_map(|size| {
        [
            as_of(Role::Reference, taken("copy", 1, size, 1e5, 0.5)),
            taken("avx2", 1, size, 1e5, 0.5),
            as_of(Role::Baseline, taken("naive", 1, size, 1e5, 0.5)),
        ]
    });
    let mut of = analysed(levels.collect(), &[View::BYTES]);
    of.machine.caches = vec![Cache {
        level: 2,
        kind: "Unified".to_owned(),
        bytes: 1 << 20,
        shared_by: "0".to_owned(),
    }];
    let what = [
        "1 thread",
        "bytes moved per call",
        "throughput (GB/s)",
        "copy",
        "avx2",
        "naive",
        "L2",
    ];
    says(&charts(&of), "bytes", &what);

    let calls = [1, 2, 4].map(|threads| taken("rayon", threads, "4x16", 1e4, 1.0));
    let of = analysed(calls.to_vec(), &[View::CALLS]);
    let what = ["threads", "time per call (µs)", "rayon", "oversubscribed"];
    says(&charts(&of), "calls", &what);

    let sizes = [("1x1024", 0.5), ("1x4096", 0.9), ("1x16384", 1.8)];
    let curve = sizes.iter().flat_map(|(size, speedup)| {
        [
            taken("serial", 1, size, 1e3, 1.0),
            taken("rayon", 2, size, 1e3, *speedup),
            taken("rayon", 4, size, 1e3, speedup / 2.0),
        ]
    });
    let of = analysed(curve.collect(), &[View::BREAK_EVEN]);
    let what = [
        "2 threads",
        "4 threads, oversubscribed",
        "elements",
        "rayon",
    ];
    says(&charts(&of), "break_even", &what);

    let mut arms = vec![
        taken("serial", 1, "64x64", 1e3, 1.0),
        taken("rayon", 2, "64x64", 1e3, 1.5),
        taken("rayon", 2, "64x64", 1e3, 1.4),
        taken("pool-pinned", 2, "64x64", 1e3, 1.4),
    ];
    arms[2].key.setting = Some(2048.0);
    arms[3].outcome = Outcome::Refused("pool-pinned can't have 2 threads: no".to_owned());
    let mut of = analysed(arms, &[View::SETTING]);
    of.declared.setting = Some("elements in a chunk".to_owned());
    let what = [
        "64x64 · 32.8 kB · 2 threads",
        "elements in a chunk",
        "refused by the system: 64x64/pool-pinned/2",
    ];
    says(&charts(&of), "setting", &what);
}

#[test]
fn doubts_stand_under_the_charts() {
    let mut of = analysed(arms(), &THREADS);
    of.machine.load_during = Some(Load {
        others: 0.97,
        stolen: 0.0,
    });
    let charts = charts(&of);
    for (name, _) in &charts {
        says(&charts, name, &["DOUBTFUL: other processes used 0.97"]);
    }
}

/// A view that only its bench knows is drawn by who knows it, and left out by who does not.
#[test]
fn a_stranger_can_add_a_chart() {
    let own = View::new("own", |of| {
        let mut section = (View::SPEEDUP.show)(of);
        "mine".clone_into(&mut section.charts[0].name);
        section
    });
    let of = analysed(arms(), &[View::TIME, own]);
    let names = |own: &[View]| {
        let sections = sections(&of, own);
        let charts = sections.iter().flat_map(|section| &section.charts);
        charts.map(|chart| chart.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&[]), ["time"]);
    assert_eq!(names(&[own]), ["time", "mine"]);
}

/// The same name has the same look in the charts of every bench with the same palette, and no two look the same.
#[test]
fn looks_go_by_the_palette() {
    use abreast::show::look::look;
    let mut of = analysed(arms(), &[]);
    of.declared.palette = vec!["threads".to_owned(), String::new(), "rayon".to_owned()];
    let names = ["threads", "rayon", "serial", "naive", "crossbeam"];
    let looks = names.map(|name| look(&of, name));
    for (i, one) in looks.iter().enumerate() {
        assert!(!looks[..i].contains(one), "{} looks like another", names[i]);
    }
    let mut other = analysed(vec![taken("rayon", 1, "1x1", 1.0, 1.0)], &[]);
    other.declared.palette = of.declared.palette;
    assert_eq!(look(&other, "rayon"), looks[1]);
}

#[test]
fn a_long_legend_takes_as_many_lines_as_it_needs() {
    let of = analysed(arms(), &[View::SPEEDUP]);
    let mut chart = sections(&of, &[])[0].charts[0].clone();
    let named = |i| Entry::Shade(format!("an arm of a long name, {i}"));
    chart.legend = (0..20).map(named).collect();
    let svg = drawn(&of, &chart).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let texts = document
        .descendants()
        .filter(|node| node.has_tag_name("text"));
    let mut places: Vec<(i32, i32)> = texts
        .filter(|node| {
            node.text()
                .is_some_and(|text| text.contains("of a long name"))
        })
        .map(|node| ["x", "y"].map(|side| node.attribute(side).unwrap().parse().unwrap()))
        .map(|[x, y]| (x, y))
        .collect();
    let width = chart.size.0 as i32;
    assert!(places.iter().all(|&(x, _)| x + 200 < width), "{places:?}");
    places.dedup();
    assert_eq!(places.len(), 20);
}
