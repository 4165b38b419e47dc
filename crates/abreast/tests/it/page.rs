//! The page of a record: all that is to be said of it, escaped, in one file that loads nothing. In a browser it sorts and points.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use abreast::analyse::{Analysis, break_even};
use abreast::record::{Load, Machine, Outcome, Taken, Writer};
use abreast::show::page::page;
use abreast::show::{View, files, sections};
use proptest::prelude::*;

use crate::{analysed, arms, declared, machine, taken};

/// A record of the bench `work` in `folder`, of a run on such a `date`.
fn record(folder: &Path, arms: &[Taken], date: &str) {
    fs::create_dir_all(folder).unwrap();
    let mut writer = Writer::create(&declared(&[View::SPEEDUP, View::SIZES]), folder).unwrap();
    arms.iter().for_each(|arm| writer.append(arm).unwrap());
    let date = date.to_owned();
    Machine { date, ..machine() }.write(folder).unwrap();
}

/// The page that a redraw leaves in `folder`.
fn redrawn(folder: &Path) -> String {
    files::redraw(folder, &[], |_| {}).unwrap();
    fs::read_to_string(folder.join("index.html")).unwrap()
}

/// `text` with what HTML has a meaning for named.
fn escaped(text: &str) -> String {
    let named = [
        ('&', "&amp;"),
        ('<', "&lt;"),
        ('>', "&gt;"),
        ('"', "&quot;"),
    ];
    let text = named
        .iter()
        .fold(text.to_owned(), |text, (c, name)| text.replace(*c, name));
    text.replace('\'', "&#39;")
}

fn says(page: &str, what: &str) {
    assert!(
        page.contains(&escaped(what)),
        "`{what}` is missing from:\n{page}"
    );
}

/// The parts of a page that its text can't be in: tags and what they hold, without scripts and styles.
fn tags(page: &str) -> Vec<&str> {
    let body = page.split_once("</style>").unwrap().1;
    let body = body.rsplit_once("<script>").unwrap().0;
    let tags = body.split('<').skip(1);
    tags.map(|tag| tag.split_once('>').expect("a tag that ends").0)
        .collect()
}

fn of_every_view() -> Analysis {
    let mut of = analysed(arms(), &View::ALL);
    of.machine.load_during = Some(Load {
        others: 0.97,
        stolen: 0.0,
    });
    of
}

#[test]
fn it_says_all_that_is_to_be_said() {
    let of = of_every_view();
    let sections = sections(&of, &[]);
    let page = page(&of, &sections, None).unwrap();
    let doubts = of.doubts();
    assert!(!doubts.is_empty());
    doubts
        .iter()
        .for_each(|doubt| says(&page, &format!("DOUBTFUL: {doubt}")));
    says(&page, "FAILED: 1024x1024/threads/2");
    says(&page, &of.summary());
    assert!(!break_even::break_evens(&of.rows).is_empty());
    for section in sections {
        section
            .verdicts
            .iter()
            .for_each(|verdict| says(&page, verdict));
        section.notes.iter().for_each(|note| says(&page, note));
        for table in section.tables {
            let lines = table.above.iter().chain(&table.below);
            lines.for_each(|line| says(&page, line));
            for row in &table.rows {
                row.iter().for_each(|cell| says(&page, cell.text.trim()));
            }
        }
        for chart in section.charts {
            says(&page, &chart.title);
            says(&page, &chart.subtitle);
            for panel in chart.panels {
                says(&page, panel.title.as_deref().unwrap_or_default());
                panel.beyond().iter().for_each(|beyond| says(&page, beyond));
            }
        }
    }
    // The value of a mark.
    says(&page, "rayon\nthreads: 2\nspeedup (times serial): 1.90 [");
    // Verdict first.
    let place = |what| page.find(&format!("<section id=\"{what}\"")).unwrap();
    assert!(place("verdict") < place("charts") && place("charts") < place("tables"));
}

/// A page in the dark has another colour in the place of each that a chart is drawn in.
#[test]
fn every_colour_has_one_in_the_dark() {
    let names = (0..8).map(|i| format!("runtime {i}"));
    let of = analysed(
        names
            .map(|name| taken(&name, 2, "64x64", 1e3, 1.5))
            .collect(),
        &[View::SPEEDUP],
    );
    let page = page(&of, &sections(&of, &[]), None).unwrap();
    let body = page.split_once("</style>").unwrap().1;
    for attribute in ["fill", "stroke"] {
        for part in body.split(&format!("{attribute}=\"#")).skip(1) {
            let colour = &part[..6];
            let rule = format!("svg [{attribute}=\"#{colour}\"]");
            assert!(page.contains(&rule), "{rule}");
        }
    }
}

#[test]
fn it_loads_nothing() {
    let of = of_every_view();
    let page = page(&of, &sections(&of, &[]), None).unwrap();
    for external in ["http:", "https:", "src=", "@import", "url(", "srcset"] {
        assert!(!page.contains(external), "{external}");
    }
    let links = tags(&page)
        .into_iter()
        .filter_map(|tag| tag.split_once("href=\""));
    for (_, link) in links {
        assert!(
            ["#", "./", "data:,"]
                .iter()
                .any(|own| link.starts_with(own)),
            "{link}"
        );
    }
}

#[test]
fn its_command_is_one_that_a_shell_takes() {
    let mut of = of_every_view();
    of.machine.command = Some("W_SIZES='4, 8' cargo bench -p work --bench work".to_owned());
    of.machine.commit = Some("0123abcd+".to_owned());
    let page = page(&of, &sections(&of, &[]), None).unwrap();
    says(&page, "W_SIZES='4, 8' cargo bench -p work --bench work");
    says(
        &page,
        "commit 0123abcd, with changes that were not committed",
    );
}

#[test]
fn it_says_what_changed_since_the_record_before() {
    let records = tempfile::tempdir().unwrap();
    let of = |speedup| {
        [
            taken("serial", 1, "64x64", 1e3, 1.0),
            taken("rayon", 2, "64x64", 1e3, speedup),
            taken("pool", 2, "64x64", 1e3, 1.8),
        ]
    };
    let run = |name: &str| records.path().join("work").join(name);
    let folder = run("third");
    record(&folder, &of(0.5), "2026-03-01T00:00:00Z");
    assert!(
        !redrawn(&folder).contains("id=\"changed\""),
        "there is none"
    );
    record(&run("first"), &of(0.5), "2026-01-01T00:00:00Z");
    record(&run("second"), &of(1.2), "2026-02-01T00:00:00Z");
    record(&run("later"), &of(0.5), "2026-04-01T00:00:00Z");
    let page = redrawn(&folder);
    says(&page, "Since the record of 2026-02-01T00:00:00Z");
    says(&page, "1 of 3 arms changed beyond noise.");
    says(&page, "64x64/rayon/2");
    says(
        &redrawn(&run("second")),
        "Since the record of 2026-01-01T00:00:00Z",
    );
    fs::write(run("second").join("samples.csv"), "arm\n").unwrap();
    says(&redrawn(&folder), "It can't be read: ");
}

proptest! {
    /// Whatever a name holds, it is text: the page has the tags that it has with another name.
    #[test]
    fn names_are_text(name in "[<>&\"'a\\n\\x00-\\x1f\u{202e}\u{fffe}é]{1,12}") {
        let name = format!("<i>{name}</script>");
        let of = |name: &str| {
            let mut arms = arms();
            arms.iter_mut().filter(|arm| arm.key.arm == "rayon").for_each(|arm| name.clone_into(&mut arm.key.arm));
            arms[9].outcome = Outcome::Failed(name.to_owned());
            let mut of = analysed(arms, &[View::SPEEDUP, View::SIZES]);
            name.clone_into(&mut of.declared.bench);
            name.clone_into(&mut of.declared.subject);
            name.clone_into(&mut of.machine.cpu);
            of.machine.commit = Some(name.to_owned());
            of.machine.command = Some(name.to_owned());
            page(&of, &sections(&of, &[]), None).unwrap()
        };
        let (strange, plain) = (of(&name), of("plain"));
        prop_assert_eq!(tags(&strange).len(), tags(&plain).len());
        prop_assert!(!strange.contains(&name));
        prop_assert!(strange.chars().all(|c| c == '\n' || !c.is_control()));
    }
}

/// Chromium, under any of its names.
fn chromium() -> PathBuf {
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    let path = std::env::var_os("PATH").unwrap();
    let programs =
        std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    programs
        .into_iter()
        .find(|program| program.exists())
        .expect("Chromium is installed")
}

/// Opens the file at `page` in a browser and gives the document that its scripts leave, and what was asked of the network.
fn opened(page: &Path) -> (String, Vec<String>) {
    // All requests go to a proxy, which is this listener.
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = proxy.local_addr().unwrap().port();
    let (asked, requests) = mpsc::channel();
    thread::spawn(move || {
        for mut stream in proxy.incoming().map_while(Result::ok) {
            let mut line = String::new();
            let _ = BufReader::new(&stream).read_line(&mut line);
            let _ = stream.write_all(
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            );
            let _ = asked.send(line.trim().to_owned());
        }
    });
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(chromium())
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-sync",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-default-apps",
        ])
        .args([
            "--window-size=1200,900",
            "--virtual-time-budget=5000",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--proxy-server=http://127.0.0.1:{port}"))
        .arg("--proxy-bypass-list=<-loopback>")
        .arg(page)
        .output()
        .unwrap();
    let document = String::from_utf8(output.stdout).unwrap();
    assert!(
        document.contains("</html>"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // A browser has errands of its own: the time, its updates.
    let own = |request: &String| {
        [".google.com", ".googleapis.com"]
            .iter()
            .any(|host| request.contains(host))
    };
    let requests = requests.try_iter().filter(|request| !own(request));
    (document, requests.collect())
}

/// Notes errors, from before the page's own script runs.
const BEFORE: &str = r#"<script>
window.errors = [];
addEventListener("error", (event) => errors.push(event.message));
addEventListener("securitypolicyviolation", (event) => errors.push(event.violatedDirective));
</script>"#;

/// Does what a reader does, and writes down what it leads to.
const AFTER: &str = r##"<script>
const said = [];
const say = (...what) => said.push(what.join(" "));
try {
  const table = document.querySelector("table");
  const column = (i) => [...table.tBodies[0].rows].map((row) => row.cells[i]?.textContent ?? "-").join(",");
  const heading = [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent === "time");
  const button = table.tHead.rows[0].cells[heading].querySelector("button");
  say("recorded", column(heading));
  for (const time of [1, 2, 3]) {
    button.click();
    say("sorted", button.parentElement.getAttribute("aria-sort"), column(heading));
  }
  button.focus();
  say("focus", document.activeElement === button);

  const svg = document.querySelector("svg.values");
  const spots = [...svg.querySelectorAll("circle")];
  svg.scrollIntoView();
  const spot = spots.find((spot) => spot.ariaLabel.startsWith("rayon\nthreads: 2"));
  const box = spot.getBoundingClientRect();
  const at = { clientX: box.x + box.width / 2 + 3, clientY: box.y + box.height / 2, bubbles: true, pointerType: "mouse" };
  const value = document.querySelector("#value");
  say("before", value.hidden);
  svg.dispatchEvent(new PointerEvent("pointermove", at));
  say("pointed", !value.hidden, JSON.stringify(value.textContent));
  const shown = value.getBoundingClientRect();
  say("inside", shown.left >= 0 && shown.right <= innerWidth && shown.top >= 0 && shown.bottom <= innerHeight);
  svg.dispatchEvent(new PointerEvent("pointerleave", at));
  say("left", value.hidden);
  spots[0].focus();
  say("first", !value.hidden, JSON.stringify(value.textContent));
  spots[0].dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true, cancelable: true }));
  say("next", document.activeElement === spots[1], value.textContent === spots[1].ariaLabel);
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  say("escaped", value.hidden);
  say("tips", document.querySelectorAll(".spots title").length);
  for (const width of [1200, 390]) {
    const frame = document.documentElement;
    frame.style.width = `${width}px`;
    document.body.style.maxWidth = `${width}px`;
    const wide = [...document.querySelectorAll("body *")].filter((element) =>
      !element.closest("table, svg") && element.getBoundingClientRect().right > width + 1);
    say("wide", width, wide.length);
  }
} catch (error) { say("failed", error); }
say("errors", errors.join("; "), "loaded", performance.getEntriesByType("resource").length);
document.body.replaceChildren(Object.assign(document.createElement("pre"), { textContent: said.join("\n") }));
</script>"##;

#[test]
#[ignore = "needs Chromium"]
fn a_browser_sorts_and_points() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), &arms(), "2026-03-01T00:00:00Z");
    let page = redrawn(folder.path());
    let path = folder.path().join("tried.html");
    let page = page.replacen("<style>", &format!("{BEFORE}<style>"), 1);
    let page = page.replacen("</body>", &format!("{AFTER}</body>"), 1);
    fs::write(&path, page).unwrap();
    let (document, requests) = opened(&path);
    let said = document.split_once("<pre>").unwrap().1;
    let said = said.split_once("</pre>").unwrap().0;
    let expected = r#"recorded 15.00 µs,150.00 µs,20.00 µs,11.00 µs,30.00 µs
sorted ascending 11.00 µs,15.00 µs,20.00 µs,30.00 µs,150.00 µs
sorted descending 150.00 µs,30.00 µs,20.00 µs,15.00 µs,11.00 µs
sorted  15.00 µs,150.00 µs,20.00 µs,11.00 µs,30.00 µs
focus true
before true
pointed true "rayon\nthreads: 2\nspeedup (times serial): 1.25 [1.15, 1.36]"
inside true
left true
first true "noise floor\nspeedup (times serial): 0.92 to 1.09"
next true true
escaped true
tips 0
wide 1200 0
wide 390 0
errors  loaded 0"#;
    assert_eq!(said, expected);
    assert!(requests.is_empty(), "{requests:?}");
}

/// Without this, the test above would not know that it sees requests.
#[test]
#[ignore = "needs Chromium"]
fn a_browser_that_loads_something_is_seen_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loads.html");
    fs::write(
        &path,
        "<!DOCTYPE html><img src=\"http://example.invalid/pixel\">",
    )
    .unwrap();
    let (_, requests) = opened(&path);
    let pixel = requests
        .iter()
        .any(|request| request.contains("example.invalid/pixel"));
    assert!(pixel, "{requests:?}");
}
