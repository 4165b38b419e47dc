//! A page to look at: one HTML file that needs no other, neither network nor script. With scripts its tables sort, and charts
//! show a value where one points or goes with the keyboard.

use std::fmt::Write;

use super::chart::{Chart, Entry, Panel};
use super::table::{Cell, Column, Table};
use super::{Section, compare, svg, words};
use crate::Error;
use crate::analyse::Analysis;
use crate::record::{ARMS, BENCH, Cache, FIGURES, Load, MACHINE, Machine, SAMPLES};

/// The page's file.
pub const PAGE: &str = "index.html";

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Nothing may be loaded, whatever a name in a record holds.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      img-src data:; base-uri 'none'; form-action 'none'";

/// Where a panel stands beside others, and where it is a chart's only one: few enough pixels for a telephone.
const BESIDE: (u32, u32) = (440, 320);
const ONLY: (u32, u32) = (520, 360);

/// The earlier record that a page's record is held against.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// When it was made.
    pub date: String,
    /// The record, or why it can't be read.
    pub record: Result<Analysis, Error>,
}

/// The page of a record: verdict, charts, tables, what changed since the `earlier` record, the machine, doubts, and how to repeat it.
///
/// # Errors
///
/// Where a chart can't be drawn.
pub fn page(
    of: &Analysis,
    sections: &[Section],
    earlier: Option<&Earlier>,
) -> Result<String, Error> {
    let since = earlier.map(|earlier| since(of, earlier));
    let parts = [
        ("verdict", "Verdict", verdict(of, sections, since.as_ref())),
        ("charts", "Charts", charts(sections)?),
        ("tables", "Tables", tables(of, sections)),
        ("changed", "What changed", changed(since.as_ref())),
        ("machine", "Machine", machine(of)),
        ("doubts", "Doubts", doubtful(of)),
        ("repeat", "How to repeat it", repeat(of)),
    ];
    let bench = escape(&of.declared.bench);
    let date = escape(&of.machine.date);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{bench}, {date}</title>\n<link rel=\"icon\" href=\"data:,\">\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{bench}</h1>\n"
    );
    let subject = &of.declared.subject;
    if !subject.is_empty() && *subject != of.declared.bench {
        page += &paragraph(
            "subject",
            &format!("{subject}, against {}", of.declared.against),
        );
    }
    page += &paragraph("faint", &of.summary());
    page += "<nav aria-label=\"Parts of this page\">\n";
    for (id, title, body) in parts.iter().skip(1) {
        if !body.is_empty() {
            let _ = writeln!(page, "<a href=\"#{id}\">{title}</a>");
        }
    }
    page += "</nav>\n</header>\n<main>\n";
    for (id, title, body) in parts.iter().filter(|(.., body)| !body.is_empty()) {
        let _ = writeln!(
            page,
            "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>\n{body}</section>"
        );
    }
    let _ = writeln!(
        page,
        "</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>"
    );
    Ok(page)
}

/// What is to be said of an earlier record: when it was, what changed, and the arms that did.
struct Since {
    heading: String,
    said: Vec<String>,
    table: Option<Table>,
}

fn since(of: &Analysis, earlier: &Earlier) -> Since {
    let Earlier { date, record } = earlier;
    let heading = format!("Since the record of {date}");
    match record {
        Ok(old) => {
            let (table, mut said) = compare::changed(old, of);
            let summary = |of: &Analysis| of.summary();
            said.push(format!("Before: {}", summary(old)));
            said.push(format!("After: {}", summary(of)));
            said.extend(compare::machines(old, of).map(str::to_owned));
            let found = old.doubts().into_iter();
            said.extend(found.map(|doubt| format!("DOUBTFUL before: {doubt}")));
            Since {
                heading,
                said,
                table,
            }
        }
        Err(error) => Since {
            heading,
            said: vec![format!("It can't be read: {error}.")],
            table: None,
        },
    }
}

fn verdict(of: &Analysis, sections: &[Section], since: Option<&Since>) -> String {
    let verdicts = sections.iter().flat_map(|section| &section.verdicts);
    let mut html = list(verdicts);
    if html.is_empty() {
        html = paragraph(
            "",
            "No verdict: fewer than two arms that compete were measured.",
        );
    }
    let missing = words::missing(&of.rows);
    if !missing.is_empty() {
        html += &paragraph("alarm", &missing);
    }
    let doubts = of.doubts().len();
    if doubts > 0 {
        let things = if doubts == 1 {
            "thing makes"
        } else {
            "things make"
        };
        let _ = writeln!(
            html,
            "<p class=\"alarm\"><a href=\"#doubts\">DOUBTFUL: {doubts} {things} these figures doubtful</a></p>"
        );
    }
    if let Some(Since { heading, said, .. }) = since {
        let first = said.first().map_or("", String::as_str);
        let (heading, first) = (escape(heading), escape(first));
        let _ = writeln!(html, "<p><a href=\"#changed\">{heading}</a>: {first}</p>");
    }
    html
}

fn changed(since: Option<&Since>) -> String {
    since.map_or_else(
        String::new,
        |Since {
             heading,
             said,
             table,
         }| {
            let table = table.as_ref().map(table_of).unwrap_or_default();
            format!("<h3>{}</h3>\n{table}{}", escape(heading), list(said))
        },
    )
}

fn charts(sections: &[Section]) -> Result<String, Error> {
    let charts = sections.iter().flat_map(|section| &section.charts);
    charts.map(chart).collect()
}

fn chart(chart: &Chart) -> Result<String, Error> {
    let size = if chart.panels.len() == 1 {
        ONLY
    } else {
        BESIDE
    };
    let only = match (chart.panels.len(), chart.columns) {
        (1, _) => " only",
        // Two in a row, so that rows of four stay together.
        (_, 4..) => " large",
        _ => "",
    };
    let mut html = format!(
        "<figure class=\"chart\">\n<figcaption>\n<h3>{}</h3>\n<p class=\"faint\">{}</p>\n</figcaption>\n<ul class=\"legend\">\n",
        escape(&chart.title),
        escape(&chart.subtitle)
    );
    chart.legend.iter().for_each(|entry| html += &legend(entry));
    let _ = writeln!(html, "</ul>\n<div class=\"panels{only}\">");
    for of in &chart.panels {
        html += &panel(of, &chart.title, size)?;
    }
    html += "</div>\n";
    Ok(html + "</figure>\n")
}

/// A line of the legend, with the line and the marker that it is about.
fn legend(entry: &Entry) -> String {
    let drawn = match entry {
        Entry::Arm(_, look) => {
            let (red, green, blue) = look.colour;
            let colour = format!("#{red:02X}{green:02X}{blue:02X}");
            let corners = svg::corners(look.marker).iter();
            let corners: Vec<_> = corners
                .map(|(x, y)| format!("{},{}", x + 14, y + 8))
                .collect();
            format!(
                "<path d=\"M0 8H28\" stroke=\"{colour}\" stroke-width=\"2\"/><polygon fill=\"{colour}\" points=\"{}\"/>",
                corners.join(" ")
            )
        }
        Entry::Dashed(_, dash) => {
            let (drawn, left_out) = svg::pixels(*dash);
            format!(
                "<path d=\"M0 8H28\" stroke=\"#6E6E6E\" stroke-dasharray=\"{drawn} {left_out}\"/>"
            )
        }
        Entry::Shade(_) => "<rect width=\"28\" height=\"16\" fill=\"#E8E8E8\"/>".to_owned(),
    };
    format!(
        "<li><svg viewBox=\"0 0 28 16\" aria-hidden=\"true\">{drawn}</svg> {}</li>\n",
        escape(entry.name())
    )
}

/// A panel with what its marks say. Its title stands above it as text, which breaks where it must.
fn panel(of: &Panel, chart: &str, size: (u32, u32)) -> Result<String, Error> {
    let title = of.title.as_deref().unwrap_or_default();
    let above = match title {
        "" => String::new(),
        title => format!("<figcaption>{}</figcaption>\n", escape(title)),
    };
    let beyond = of.beyond();
    let above = match beyond.is_empty() {
        true => above,
        false => above + &paragraph("faint beyond", &beyond.join(" · ")),
    };
    let untitled = Panel {
        title: None,
        ..of.clone()
    };
    let (drawn, spots) = svg::alone(&untitled, size)?;
    // The drawing without its outermost element, which a page words differently.
    let inner = drawn
        .split_once('>')
        .and_then(|(_, rest)| rest.rsplit_once("</svg>"))
        .map_or("", |(inner, _)| inner.trim());
    let (width, height) = size;
    let label = escape(&[chart, title].join(" "));
    let mut html = format!(
        "<figure class=\"panel\">\n{above}<svg class=\"values\" viewBox=\"0 0 {width} {height}\" role=\"group\" \
         aria-label=\"{}\">\n{inner}\n<g class=\"spots\">\n",
        label.trim_end()
    );
    let mut last: Option<(&str, (i32, i32))> = None;
    for ((x, y), says) in &spots {
        let whose = says.lines().next().unwrap_or_default();
        // A line that is drawn through many places says its value where a finger can tell them apart.
        let crowded = last.is_some_and(|(before, (left, height))| {
            before == whose && (x - left).pow(2) + (y - height).pow(2) < 64
        });
        if crowded {
            continue;
        }
        last = Some((whose, (*x, *y)));
        let _ = writeln!(
            html,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"8\" role=\"img\"><title>{}</title></circle>",
            escape(says)
        );
    }
    Ok(html + "</g>\n</svg>\n</figure>\n")
}

fn tables(of: &Analysis, sections: &[Section]) -> String {
    let mut html = String::new();
    for section in sections {
        section
            .tables
            .iter()
            .for_each(|table| html += &table_of(table));
        if section.tables.iter().any(|table| !table.rows.is_empty()) {
            section
                .notes
                .iter()
                .for_each(|note| html += &paragraph("faint", note));
        }
    }
    if !html.is_empty() && of.rows.iter().any(|row| row.oversubscribed) {
        let cores = of.machine.available_cores;
        let note = format!("* oversubscribed: more threads than the {cores} available");
        html += &paragraph("faint", &note);
    }
    html
}

/// A table with what stands above and below it. A script makes its headings sort, by the values given beside the cells' text.
fn table_of(table: &Table) -> String {
    let mut above = table.above.iter().filter(|line| !line.is_empty());
    let mut html = String::from("<div class=\"table\">\n");
    if let Some(title) = above.next() {
        let _ = writeln!(html, "<h3>{}</h3>", escape(title));
    }
    above.for_each(|line| html += &paragraph("faint", line));
    if !table.columns.is_empty() {
        let label = table.above.first().map_or("table", String::as_str);
        let _ = writeln!(
            html,
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">\n<table>\n<thead>\n<tr>{}</tr>\n</thead>\n<tbody>",
            escape(label),
            table.columns.iter().map(heading).collect::<String>()
        );
        for row in &table.rows {
            let cells = table.columns.iter().zip(row).enumerate();
            let cells = cells.map(|(i, (column, cell))| {
                let last = i + 1 == row.len() && row.len() < table.columns.len();
                let span = if last { table.columns.len() - i } else { 1 };
                self::cell(column, cell, i == 0, span)
            });
            let _ = writeln!(html, "<tr>{}</tr>", cells.collect::<String>());
        }
        html += "</tbody>\n</table>\n</div>\n";
    }
    let below = table.below.iter().filter(|line| !line.is_empty());
    below.for_each(|line| html += &paragraph("", line));
    html + "</div>\n"
}

fn heading(column: &Column) -> String {
    let class = if column.words { " class=\"words\"" } else { "" };
    let title = match column.title.trim() {
        "" => "arm",
        title => title,
    };
    format!("<th scope=\"col\"{class}>{}</th>", escape(title))
}

fn cell(column: &Column, cell: &Cell, first: bool, span: usize) -> String {
    let (tag, scope) = if first {
        ("th", " scope=\"row\"")
    } else {
        ("td", "")
    };
    let class = match column.words || span > 1 {
        true => " class=\"words\"",
        false => "",
    };
    let span = match span {
        1 => String::new(),
        span => format!(" colspan=\"{span}\""),
    };
    let value = cell.value.map_or_else(String::new, |value| {
        // As scripts write it.
        let value = value.to_string().replace("inf", "Infinity");
        format!(" data-value=\"{value}\"")
    });
    let text = escape(cell.text.trim());
    format!("<{tag}{scope}{class}{span}{value}>{text}</{tag}>")
}

fn machine(of: &Analysis) -> String {
    // Every field by name: one that is new is not forgotten here.
    let Machine {
        cpu,
        architecture,
        physical_cores,
        logical_cores,
        available_cores,
        affinity,
        quota_cores,
        numa_nodes,
        virtual_machine,
        governor,
        caches,
        memory_bytes,
        memory_available_bytes,
        page_bytes,
        huge_pages,
        system,
        rustc,
        python,
        commit,
        command: _,
        date,
        load_average_before,
        load_average_after,
        load_before,
        load_during,
    } = &of.machine;
    let some = |text: &String| (!text.is_empty()).then(|| text.clone());
    let size = |bytes: u64| (bytes > 0).then(|| words::bytes(bytes));
    let cache = |cache: &Cache| {
        let Cache {
            level,
            kind,
            bytes,
            shared_by,
        } = cache;
        format!("L{level} {kind}, {} KiB, of CPU {shared_by}", bytes >> 10)
    };
    let caches: Vec<_> = caches.iter().map(cache).collect();
    let load = |load: &Load| {
        let Load { others, stolen } = load;
        format!("other processes {others:.2} cores, kept back by the hypervisor {stolen:.2}")
    };
    let facts = [
        ("CPU", some(cpu)),
        ("architecture", some(architecture)),
        ("instruction set", of.declared.level.clone()),
        ("available cores", Some(available_cores.to_string())),
        ("physical cores", physical_cores.map(|n| n.to_string())),
        (
            "hardware threads",
            (*logical_cores > 0).then(|| logical_cores.to_string()),
        ),
        ("CPUs it may run on", affinity.clone()),
        ("quota", quota_cores.map(|cores| format!("{cores} cores"))),
        ("NUMA nodes", numa_nodes.map(|n| n.to_string())),
        (
            "virtual machine",
            virtual_machine.map(|is| if is { "yes" } else { "no" }.to_owned()),
        ),
        ("frequency governor", governor.clone()),
        ("caches", some(&caches.join("; "))),
        ("memory", size(*memory_bytes)),
        ("memory available", size(*memory_available_bytes)),
        ("page", page_bytes.map(|bytes| format!("{bytes} B"))),
        ("2 MiB pages", huge_pages.clone()),
        ("system", some(system)),
        ("compiler", some(rustc)),
        ("Python", python.clone()),
        ("commit", commit.clone()),
        ("date", Some(date.clone())),
        (
            "load average before",
            Some(format!("{load_average_before:.2}")),
        ),
        (
            "load average after",
            load_average_after.map(|load| format!("{load:.2}")),
        ),
        ("just before the run", load_before.as_ref().map(load)),
        ("during the run", load_during.as_ref().map(load)),
    ];
    let facts = facts
        .into_iter()
        .filter_map(|(name, fact)| Some((name, fact?)));
    let facts =
        facts.map(|(name, fact)| format!("<div><dt>{name}</dt><dd>{}</dd></div>\n", escape(&fact)));
    format!("<dl>\n{}</dl>\n", facts.collect::<String>())
}

fn doubtful(of: &Analysis) -> String {
    let doubts: Vec<_> = of
        .doubts()
        .iter()
        .map(|doubt| format!("DOUBTFUL: {doubt}"))
        .collect();
    match doubts.is_empty() {
        true => paragraph("", "None, as far as the system tells."),
        false => format!("<div class=\"alarm\">{}</div>\n", list(&doubts)),
    }
}

fn repeat(of: &Analysis) -> String {
    let mut html = String::new();
    if let Some(commit) = &of.machine.commit {
        let at = commit.trim_end_matches('+');
        let changed = match at == commit {
            true => "",
            false => ", with changes that were not committed",
        };
        html += &paragraph("", &format!("It measured commit {at}{changed}."));
    }
    html += &match &of.machine.command {
        Some(command) => format!("<pre><code>{}</code></pre>\n", escape(command)),
        None => {
            let bench = escape(&of.declared.bench);
            format!("<p>Run the bench <code>{bench}</code> again on this machine.</p>\n")
        }
    };
    html += &paragraph(
        "",
        "Each run has a folder of its own beside this one, and its page says what changed since the run before.",
    );
    let files = [BENCH, ARMS, SAMPLES, MACHINE, FIGURES];
    let links = files.map(|file| format!("<a href=\"./{file}\">{file}</a>"));
    let _ = writeln!(
        html,
        "<p>This page was drawn from the record beside it: {}. <code>redraw</code> draws it again, <code>compare</code> holds two records against each other.</p>",
        links.join(", ")
    );
    html
}

/// A list with an item each; nothing where there is none.
fn list<'a>(items: impl IntoIterator<Item = &'a String>) -> String {
    let items = items.into_iter();
    let items: String = items
        .map(|item| format!("<li>{}</li>\n", escape(item)))
        .collect();
    match items.is_empty() {
        true => items,
        false => format!("<ul>\n{items}</ul>\n"),
    }
}

fn paragraph(class: &str, text: &str) -> String {
    match class {
        "" => format!("<p>{}</p>\n", escape(text)),
        class => format!("<p class=\"{class}\">{}</p>\n", escape(text)),
    }
}

/// `text` as HTML, between tags or in a quoted attribute: what has a meaning there is named, and what can't be seen is shown.
fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in words::readable(text).chars() {
        match c {
            '&' => html += "&amp;",
            '<' => html += "&lt;",
            '>' => html += "&gt;",
            '"' => html += "&quot;",
            '\'' => html += "&#39;",
            c => html.push(c),
        }
    }
    html
}
