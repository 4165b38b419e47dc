//! What is found in a record, and what depends on what.

use abreast::record::{Outcome, Taken};
use harness::benches::{BREAK_EVEN, Entry, PYTHON, SPEEDUP};
use report::findings::Findings;
use report::language::Language;
use report::records::Records;
use serde_json::Value;

use crate::{everything, folder, scale_speedup};

type Change = fn(&mut Taken);

/// Findings and charts of everything, after `change` of the row of `bench` with that key.
fn found(change: Option<(Entry, &str, Change)>) -> (Value, Vec<(String, String)>) {
    let mut benches = everything();
    if let Some((bench, key, change)) = change {
        let rows = benches.iter_mut().find(|(of, _)| of.name == bench.name);
        let mut rows = rows.unwrap().1.iter_mut();
        change(rows.find(|row| row.key.to_string() == key).unwrap());
    }
    let records = Records::read(folder(&benches).path()).unwrap();
    let found = serde_json::to_value(Findings::new(&records, Language::English)).unwrap();
    let charts = report::charts(&records, Language::English).unwrap();
    (found, charts.into_iter().collect())
}

/// The paths of all that differs.
fn differing(a: &Value, b: &Value, path: &str, into: &mut Vec<String>) {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            for (key, value) in a {
                differing(value, &b[key], &format!("{path}/{key}"), into);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                differing(a, b, &format!("{path}/{i}"), into);
            }
        }
        _ if a == b => {}
        _ => into.push(path.to_owned()),
    }
}

/// The parts that one changed row changes, and the charts.
fn changed(bench: Entry, key: &str, change: Change) -> (Vec<String>, Vec<String>) {
    let (before, drawn) = found(None);
    let (after, drawn_after) = found(Some((bench, key, change)));
    let mut paths = Vec::new();
    differing(&before, &after, "", &mut paths);
    let charts = drawn.iter().zip(&drawn_after);
    let charts = charts.filter(|(a, b)| a.1 != b.1).map(|(a, _)| a.0.clone());
    (paths, charts.collect())
}

#[test]
fn a_changed_median_changes_what_depends_on_it_and_nothing_else() {
    // Everything of its own bench that shows it, at its own size alone.
    let (paths, charts) = changed(SPEEDUP, "1x14336/pool/2", |row| scale_speedup(row, 1.05));
    assert!(paths.len() > 4);
    for path in &paths {
        let own = [
            "/speedup/sizes/0/",
            "/speedup/curves/1/",
            "/tables/5/blocks/1/",
        ];
        assert!(own.iter().any(|own| path.starts_with(own)), "{path}");
    }
    assert_eq!(charts, ["forecast.svg", "speedup.svg"]);

    // A time is in tables and charts, and in no speedup.
    let (paths, charts) = changed(SPEEDUP, "1x14336/pool/2", |row| {
        if let Outcome::Measured { samples, .. } = &mut row.outcome {
            for sample in samples {
                sample.pair.ns *= 1.05;
                sample.pair.baseline_ns *= 1.05;
            }
        }
    });
    for path in &paths {
        let own = ["/time", "/mad", "/rate"];
        assert!(own.iter().any(|own| path.ends_with(own)), "{path}");
    }
    assert_eq!(charts, ["throughput.svg", "time.svg"]);

    let (paths, charts) = changed(BREAK_EVEN, "1x4096/pool/2", |row| scale_speedup(row, 1.05));
    for path in &paths {
        let own = ["/break_even/", "/tables/0/blocks/1/"];
        assert!(own.iter().any(|own| path.starts_with(own)), "{path}");
    }
    assert!(
        paths.iter().any(|path| path == "/break_even/below/0"),
        "{paths:?}"
    );
    assert_eq!(charts, ["break_even.svg"]);
}

#[test]
fn a_verdict_turns_with_the_figures() {
    let duel = |value: &Value| {
        let duels = value["python"]["duels"].as_array().unwrap();
        let duel = duels
            .iter()
            .find(|duel| duel["theirs"] == "F.silu")
            .unwrap();
        (duel["tally"].clone(), duel["rounds"][0]["verdict"].clone())
    };
    let (before, _) = found(None);
    assert_eq!(duel(&before).1, "slower");
    assert_eq!(duel(&before).0["slower"], 1);
    let (after, _) = found(Some((PYTHON, "1x1/sigmulib/2", |row| {
        scale_speedup(row, 1.5);
    })));
    assert_eq!(duel(&after).1, "faster");
    let (after, _) = found(Some((PYTHON, "1x1/sigmulib/2", |row| {
        scale_speedup(row, 1.12);
    })));
    assert_eq!(duel(&after).1, "same");
}

#[test]
fn winners_losers_and_ceilings_are_those_of_the_record() {
    let (found, _) = found(None);
    let sizes = &found["speedup"]["sizes"];
    // The size that is there for the ceiling alone has no winner.
    assert_eq!(sizes.as_array().unwrap().len(), 2);
    let token = &sizes[0];
    assert_eq!(token["token"], true);
    assert_eq!(token["best"]["name"], "pool");
    assert_eq!(token["best"]["figures"]["ceiling"][1], "cores");
    assert_eq!(token["losers"][0]["name"], "rayon");
    let large = &sizes[1];
    assert_eq!(large["best"]["figures"]["ceiling"][1], "memory");
    assert_eq!(large["level"][0]["name"], "rayon");
    // A law that would have more than all of the work done one after another forecasts nothing.
    let curves = &found["speedup"]["curves"];
    assert_eq!(curves[0]["runtime"], "rayon");
    assert_eq!(
        (&curves[0]["holds"], &curves[1]["holds"]),
        (&false.into(), &true.into())
    );
    assert_eq!(curves[0]["forecasts"][0][0], "–");
    assert!(curves[1]["forecasts"][0][0].as_str().unwrap().contains('['));
    // What is advised is what is fastest at each size.
    let choices = &found["break_even"]["choices"];
    assert_eq!(choices[0]["best"], serde_json::json!([]));
    assert_eq!(choices[1]["best"], serde_json::json!([["pool", 2]]));
    assert_eq!(
        (&choices[0]["to"], &choices[1]["from"]),
        (&"4,096".into(), &"16,384".into())
    );
    assert_eq!(found["policy"]["pinned"][0]["verdict"], "same");
    assert_eq!(
        found["policy"]["chunks"][0]["smallest"][2]["verdict"],
        "slower"
    );
    // The copy of a pool is no pool.
    assert_eq!(found["policy"]["pinned"].as_array().unwrap().len(), 1);
    assert_eq!(found["kernel"][0]["best"]["figures"]["verdict"], "faster");
    assert_eq!(found["kernel"][1]["best"]["figures"]["verdict"], "slower");
    assert_eq!(
        found["python"]["experiments"][0]["fastest"][0]["names"][0],
        "Python loop"
    );
}
