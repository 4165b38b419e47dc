//! Charts are well-formed and say what is in them and what is missing.

use abreast::analyse::Analysis;
use abreast::record::{Cache, Load, Outcome, Role, Taken};
use abreast::show::chart::{Chart, Entry, Mark, Marker, Panel};
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
            "ceiling: copy (memory or a cache)",
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

/// The chart of a record with `arms` in the first of `views`.
fn chart(of: &Analysis) -> Chart {
    sections(of, &[])[0].charts[0].clone()
}

/// Where each dashed line of a panel runs, by its name.
fn dashed<'a>(panel: &'a Panel, of: &str) -> &'a [(f64, f64)] {
    let mut marks = panel.marks.iter();
    let found = marks.find_map(|mark| match mark {
        Mark::Dashed { name, points, .. } if name == of => Some(&points[..]),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no {of}"))
}

/// The numbers in an attribute that lists places, in pairs.
fn places(list: &str) -> Vec<[f64; 2]> {
    let numbers = list.split([' ', ',']).filter(|number| !number.is_empty());
    let numbers: Vec<f64> = numbers.map(|number| number.parse().unwrap()).collect();
    numbers.chunks(2).map(|pair| [pair[0], pair[1]]).collect()
}

#[test]
fn thread_axes_are_labelled_at_the_counts_measured() {
    let counts = [1, 3, 6, 12];
    let arms = counts.map(|threads| taken("rayon", threads, "64x64", 1e4, threads as f64));
    for view in [View::SPEEDUP, View::CALLS] {
        let of = analysed(arms.to_vec(), &[view]);
        let words = words(&drawn(&of, &chart(&of)).unwrap());
        for count in counts {
            assert!(words.contains(&count.to_string()), "{count}: {words:?}");
        }
        for other in ["2", "4", "8"] {
            assert!(
                !words.contains(&other.to_owned()) || view.name == "speedup",
                "{words:?}"
            );
        }
    }
}

/// Of many counts those are labelled that leave each other room, the first and the last among them.
#[test]
fn labels_of_many_counts_do_not_overlap() {
    let arms = (1..=64).map(|threads| taken("rayon", threads, "4x16", 1e4, 1.0));
    let of = analysed(arms.collect(), &[View::CALLS]);
    let svg = drawn(&of, &chart(&of)).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let texts = document
        .descendants()
        .filter(|node| node.has_tag_name("text"));
    let counts = texts.filter_map(|node| {
        let count: u32 = node.text()?.trim().parse().ok()?;
        let x: f64 = node.attribute("x")?.parse().ok()?;
        (node.attribute("text-anchor")? == "middle").then_some((count, x))
    });
    let counts: Vec<_> = counts.collect();
    assert_eq!(counts.first().unwrap().0, 1);
    assert_eq!(counts.last().unwrap().0, 64);
    for pair in counts.windows(2) {
        let digits = pair[1].0.to_string().len() as f64;
        assert!(pair[1].1 - pair[0].1 > 7.0 * digits, "{counts:?}");
    }
}

/// The axis is made for the curves; a ceiling far above them is cut where it leaves the panel, and the panel says how far it goes.
#[test]
fn a_ceiling_far_away_squashes_no_curve_and_is_said() {
    let arms = vec![
        taken("serial", 1, "1x1", 100.0, 1.0),
        taken("rayon", 1, "1x1", 1e4, 0.9),
        taken("rayon", 2, "1x1", 1e4, 0.02),
        taken("copy", 1, "1x1", 20.0, 0.8),
        taken("copy", 2, "1x1", 20.0, 5.0),
        taken("serial", 1, "1024x1024", 1e5, 1.0),
        taken("rayon", 2, "1024x1024", 1e5, 1.8),
    ];
    let of = analysed(arms, &[View::SPEEDUP]);
    let chart = chart(&of);
    let panel = &chart.panels[0];
    assert!(panel.y.range.end < 1.5, "{:?}", panel.y.range);
    let beyond = panel.beyond();
    // The copy of so few bytes is dispatch, and bounds nothing.
    assert_eq!(beyond.len(), 1, "{beyond:?}");
    assert!(beyond[0].starts_with("↑ ceiling: cores "), "{beyond:?}");
    let svg = drawn(&of, &chart).unwrap();
    assert!(words(&svg).contains(&beyond[0]));
    // No line is drawn above the panel.
    let document = roxmltree::Document::parse(&svg).unwrap();
    let lines = document
        .descendants()
        .filter(|node| node.has_tag_name("polyline"));
    let highest = lines
        .flat_map(|line| places(line.attribute("points").unwrap()))
        // In the first panel, below the legend.
        .filter(|[x, y]| *x < 490.0 && *y > 104.0)
        .map(|[_, y]| y)
        .fold(f64::INFINITY, f64::min);
    assert!(highest > 150.0, "{highest}");
    // A near one makes the axis longer.
    assert!(chart.panels[1].y.range.end > dashed(&chart.panels[1], "ceiling: cores")[1].1);
    // What is not drawn has no value where one points.
    assert!(
        panel
            .values()
            .iter()
            .all(|(_, y, _)| *y <= panel.y.range.end)
    );
}

#[test]
fn ceilings_run_through_the_counts_they_were_measured_at() {
    let arms = vec![
        taken("serial", 1, "4096x4096", 1e4, 1.0),
        taken("rayon", 1, "4096x4096", 1e4, 1.0),
        taken("rayon", 2, "4096x4096", 1e4, 1.5),
        taken("rayon", 8, "4096x4096", 1e4, 1.2),
        taken("copy", 1, "4096x4096", 1e4, 1.1),
        taken("copy", 8, "4096x4096", 1e4, 1.6),
    ];
    let of = analysed(arms, &[View::SPEEDUP]);
    let chart = chart(&of);
    let at = |of| {
        dashed(&chart.panels[0], of)
            .iter()
            .map(|point| point.0)
            .collect::<Vec<_>>()
    };
    assert_eq!(at("ceiling: copy (memory or a cache)"), [1.0, 8.0]);
    assert_eq!(at("ceiling: cores"), [1.0, 2.0, 8.0]);
}

/// Two cores have two caches of their own kind, and one that they share.
#[test]
fn caches_are_those_of_as_many_cores_as_threads() {
    let sizes = ["64x64", "256x256", "1024x1024", "4096x4096"];
    let arms = sizes
        .iter()
        .flat_map(|size| [1, 2].map(|threads| taken("avx2", threads, size, 1e5, 1.0)));
    let mut of = analysed(arms.collect(), &[View::BYTES]);
    let cache = |level, bytes, shared_by: &str| Cache {
        level,
        kind: "Unified".to_owned(),
        bytes,
        shared_by: shared_by.to_owned(),
    };
    of.machine.caches = vec![
        cache(1, 1 << 16, "0"),
        cache(2, 1 << 20, "0"),
        cache(3, 1 << 25, "0-1"),
    ];
    let of = chart(&of);
    let uprights = |panel: &Panel| {
        let marks = panel.marks.iter();
        let uprights = marks.filter_map(|mark| match mark {
            Mark::Upright { x, label } => Some((label.clone(), *x as u64)),
            _ => None,
        });
        uprights.collect::<Vec<_>>()
    };
    let named = |caches: [(&str, u64); 3]| caches.map(|(name, bytes)| (name.to_owned(), bytes));
    assert_eq!(
        uprights(&of.panels[0]),
        named([("L1", 1 << 16), ("L2", 1 << 20), ("L3", 1 << 25)])
    );
    assert_eq!(
        uprights(&of.panels[1]),
        named([("2 × L1", 1 << 17), ("2 × L2", 1 << 21), ("L3", 1 << 25)])
    );
}

/// An arm that chooses no setting hides none that does: it has a place of its own, and its interval stays there.
#[test]
fn what_chooses_no_setting_hides_no_curve() {
    let mut arms = vec![
        taken("serial", 1, "64x64", 1e3, 1.0),
        taken("pool", 2, "64x64", 1e3, 1.6),
        taken("threads", 2, "64x64", 1e3, 1.5),
    ];
    arms.extend([1024.0, 4096.0, 16384.0].map(|setting| {
        let mut arm = taken("rayon", 2, "64x64", 1e3, 1.5);
        arm.key.setting = Some(setting);
        arm
    }));
    let of = analysed(arms, &[View::SETTING]);
    let chart = chart(&of);
    let panel = &chart.panels[0];
    let own = panel.shade.clone().unwrap();
    assert!(own.end < 1024.0);
    assert_eq!(panel.x.ticks, [1024.0, 4096.0, 16384.0]);
    let mut alone: Vec<(f64, Marker)> = Vec::new();
    for mark in &panel.marks {
        match mark {
            Mark::Series { points, .. } => assert!(points.iter().all(|point| point.x >= 1024.0)),
            Mark::Level { x, look, .. } => alone.push((*x, look.marker)),
            _ => {}
        }
    }
    assert_eq!(alone.len(), 3);
    assert!(
        alone.windows(2).all(|pair| pair[0].0 * 1.05 < pair[1].0),
        "{alone:?}"
    );
    assert!(alone.iter().all(|(x, _)| own.contains(x)));
    // It is at no place of the axis.
    let values = panel.values().into_iter();
    let own: Vec<_> = values
        .map(|(.., says)| says)
        .filter(|says| says.starts_with("pool"))
        .collect();
    assert!(own.len() == 1 && !own[0].contains("setting:"), "{own:?}");
    assert!(
        chart
            .legend
            .contains(&Entry::Shade("no setting chosen".to_owned()))
    );
}

#[test]
fn panels_that_show_nothing_are_left_out_and_a_chart_without_any_says_so() {
    let mut arms = vec![
        taken("rayon", 2, "64x64", 1e3, 1.5),
        taken("rayon", 2, "256x256", 1e4, 1.5),
    ];
    arms[0].bytes = None;
    let one = chart(&analysed(arms.clone(), &[View::THROUGHPUT]));
    assert_eq!(one.panels.len(), 1);
    arms[1].bytes = None;
    let of = analysed(arms, &[View::THROUGHPUT]);
    let none = chart(&of);
    assert!(none.panels.is_empty() && none.legend.is_empty());
    says(
        &charts(&of),
        "throughput",
        &["Nothing that it shows was measured."],
    );
}

/// Words too long for a line take another: the title's, the subtitle's, those below, and a name's end is cut.
#[test]
fn no_text_runs_out_of_the_chart() {
    let mut of = analysed(arms(), &[View::SPEEDUP]);
    of.machine.system = "a system with a long name, ".repeat(12);
    of.machine.load_during = Some(Load {
        others: 0.97,
        stolen: 0.0,
    });
    let mut chart = chart(&of);
    chart.title = "A title that is long ".repeat(8);
    chart.subtitle = "a subtitle that is longer still ".repeat(12);
    chart.legend = vec![Entry::Shade("x".repeat(300))];
    let svg = drawn(&of, &chart).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let texts = document
        .descendants()
        .filter(|node| node.has_tag_name("text"));
    for node in texts.filter(|node| node.attribute("text-anchor") == Some("start")) {
        let [x, size] =
            ["x", "font-size"].map(|name| node.attribute(name).unwrap().parse::<f64>().unwrap());
        // Half the text's height is what a letter of a sans-serif is wide, on average.
        let wide = size * 0.55 * node.text().unwrap().trim().chars().count() as f64;
        assert!(x + wide <= f64::from(chart.size.0), "{:?}", node.text());
    }
}

/// A name from a stranger's record is shown, and no program obeys it.
#[test]
fn names_hold_what_they_like() {
    let name = "\u{1b}[31mred\u{7}\u{0}\r\u{9b}\u{202e}\u{fffe}<&\"\nnext";
    let mut arms = arms();
    for arm in arms.iter_mut().filter(|arm| arm.key.arm == "rayon") {
        name.clone_into(&mut arm.key.arm);
    }
    arms[9].outcome = Outcome::Failed(name.to_owned());
    let mut of = analysed(arms, &View::ALL);
    for text in [
        &mut of.declared.bench,
        &mut of.declared.subject,
        &mut of.declared.against,
        &mut of.machine.cpu,
    ] {
        name.clone_into(text);
    }
    let sections = sections(&of, &[]);
    for chart in sections.iter().flat_map(|section| &section.charts) {
        let svg = drawn(&of, chart).unwrap();
        assert!(!words(&svg).is_empty());
        assert!(
            svg.chars().all(|c| c == '\n' || !c.is_control()),
            "{}",
            chart.name
        );
    }
    let text = abreast::show::text(&of, &sections);
    assert!(text.contains("␛[31mred"));
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    assert!(!text.lines().any(|line| line.starts_with("next")), "{text}");
    let text = abreast::show::compare::text(&of, &of);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
}

/// Linear light of a colour as who lacks a kind of cone sees it (Machado, Oliveira and Fernandes 2009), as lightness and two hues.
fn seen((red, green, blue): (u8, u8, u8), by: [[f64; 3]; 3]) -> [f64; 3] {
    let light = [red, green, blue].map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    let dot = |row: [f64; 3]| row[0] * light[0] + row[1] * light[1] + row[2] * light[2];
    let [red, green, blue] = by.map(|row| dot(row).clamp(0.0, 1.0));
    let root = |t: f64| {
        if t > 0.008856 {
            t.cbrt()
        } else {
            7.787 * t + 16.0 / 116.0
        }
    };
    let x = root((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505);
    let y = root(0.2126 * red + 0.7152 * green + 0.0722 * blue);
    let z = root((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// Up to 24 arms without a colour of their own, with some of a palette: no two look alike, whoever looks. The colours of the first
/// eight can be told apart without markers.
#[test]
fn no_two_of_many_arms_look_alike() {
    use abreast::show::look::look;
    let eyes = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.01182, 0.04294, 0.968881],
        ],
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.3039],
        ],
    ];
    let names: Vec<_> = (0..24).map(|i| format!("runtime {i}")).collect();
    let arms = names.iter().map(|name| taken(name, 1, "1x1", 1.0, 1.0));
    for palette in [0, 5] {
        let mut of = analysed(arms.clone().collect(), &[]);
        of.declared.palette = names[..palette].to_vec();
        let looks: Vec<_> = names.iter().map(|name| look(&of, name)).collect();
        for (i, one) in looks.iter().enumerate() {
            for (j, other) in looks[..i].iter().enumerate() {
                let told = eyes.iter().all(|&by| {
                    let (one, other) = (seen(one.colour, by), seen(other.colour, by));
                    let apart = one.iter().zip(other).map(|(a, b)| (a - b).powi(2));
                    apart.sum::<f64>().sqrt() >= 15.0
                });
                let alike = one.marker == other.marker || i < 8;
                assert!(told || !alike, "{i} and {j} look alike: {one:?}");
            }
        }
    }
}

/// Two runtimes with long names more than there are: every name of the legend is where it can be read.
#[test]
fn two_more_runtimes_of_long_names_are_in_the_legend() {
    let names = [
        "a runtime that somebody else wrote",
        "another one, of a name as long as this",
    ];
    for size in ["64x64", "1x1"] {
        let mut arms = vec![
            taken("serial", 1, size, 1e3, 1.0),
            taken("copy", 1, size, 1e3, 1.0),
        ];
        arms.extend(names.map(|name| taken(name, 4, size, 1e3, 1.2)));
        arms.extend(
            ["rayon", "crossbeam", "threads", "pool"].map(|name| taken(name, 4, size, 1e3, 1.2)),
        );
        let of = analysed(arms, &[View::SPEEDUP]);
        let chart = chart(&of);
        let svg = drawn(&of, &chart).unwrap();
        let document = roxmltree::Document::parse(&svg).unwrap();
        for entry in &chart.legend {
            let mut texts = document
                .descendants()
                .filter(|node| node.has_tag_name("text"));
            let text =
                texts.find(|node| node.text().is_some_and(|text| text.trim() == entry.name()));
            let x: f64 = text.unwrap().attribute("x").unwrap().parse().unwrap();
            let end = x + 7.0 * entry.name().chars().count() as f64;
            assert!(end < f64::from(chart.size.0), "{entry:?}");
        }
    }
}
