//! The course report, from the records that the benches left.
//!
//! | module | takes | gives |
//! | --- | --- | --- |
//! | [`options`] | the command line | what to write, from what, where to |
//! | [`records`] | a folder | each bench's record, or none |
//! | [`findings`] | records | what was found, typed: every figure and every choice that a sentence makes |
//! | [`language`] | a number | its text in English or French |
//! | [`french`] | a chart, which speaks English | the same in French |
//! | [`source`] | the siblings' files | the lines of them that are shown |
//! | [`typeset`] | templates, findings, charts | PDF |
//!
//! The words are in `templates/en.typ` and `templates/fr.typ`, what both share in `templates/layout.typ`. A template chooses among its
//! own sentences by what the findings say, and computes nothing.
#![forbid(unsafe_code)]

pub mod findings;
pub mod french;
pub mod language;
pub mod options;
pub mod records;
pub mod source;
pub mod typeset;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use abreast::Error;
use abreast::analyse::Analysis;
use abreast::analyse::doubt::doubts;
use abreast::show::chart::Chart;
use abreast::show::files::drawn;
use abreast::show::sections;
use abreast::show::svg::svg;
use harness::benches::PYTHON;
use harness::benches::VIEWS;
use harness::study;

use findings::Findings;
use language::Language;
use options::Options;
use records::{Record, Records};

static TEMPLATES: [(&str, &str); 3] = [
    ("layout.typ", include_str!("../templates/layout.typ")),
    ("en.typ", include_str!("../templates/en.typ")),
    ("fr.typ", include_str!("../templates/fr.typ")),
];

/// Writes the report in each language chosen, and gives the files' paths. All are made before the first is written.
///
/// # Errors
///
/// Where the records can't be read, or a file can't be written.
pub fn write(options: &Options) -> Result<Vec<PathBuf>, Error> {
    let records = Records::read(&options.record)?;
    let reports = options.languages.iter().map(|&language| {
        let name = format!("report-{}.pdf", language.code());
        Ok((options.out.join(name), report(&records, language, options)?))
    });
    let reports = reports.collect::<Result<Vec<_>, Error>>()?;
    reports
        .into_iter()
        .map(|(path, pdf)| save(&path, &pdf).map(|()| path))
        .collect()
}

/// The report in one language, as PDF.
///
/// # Errors
///
/// Where a chart can't be drawn or a template is wrong.
pub fn report(records: &Records, language: Language, options: &Options) -> Result<Vec<u8>, Error> {
    let mut files: BTreeMap<_, _> = TEMPLATES
        .iter()
        .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
        .collect();
    let data = serde_json::json!({
        "language": language.code(),
        "author": options.author,
        "course": options.course,
        "date": options.date,
        "found": Findings::new(records, language),
        "source": source::excerpts()?,
    });
    files.insert("data.json".to_owned(), data.to_string().into_bytes());
    let charts = charts(records, language)?.into_iter();
    files.extend(charts.map(|(name, svg)| (name, larger(&svg).into_bytes())));
    typeset::pdf(&format!("{}.typ", language.code()), files)
}

/// The charts of all records by the names of their files, drawn here and now: they can't be of another record.
///
/// # Errors
///
/// Where one can't be drawn.
pub fn charts(records: &Records, language: Language) -> Result<BTreeMap<String, String>, Error> {
    let charts = records.iter().flat_map(charts_of);
    let charts = charts.map(|(of, chart)| {
        let name = format!("{}.svg", chart.name);
        let drawn = match language {
            Language::English => drawn(&of, &chart)?,
            Language::French => {
                let machine = of.machine.summary(of.declared.level.as_deref());
                let missing = french::missing(&of, doubts(&of.machine, &of.rows).len());
                let below = [&*french::machine(&machine), &*missing];
                french::figures(&svg(&french::chart(chart), below, &[])?)
            }
        };
        Ok((name, drawn))
    });
    charts.collect()
}

/// The charts of a record, each with what of the record it is about.
pub fn charts_of(record: &Record) -> Vec<(Analysis, Chart)> {
    let sections = sections(record, &VIEWS).into_iter();
    let charts = sections.flat_map(|section| section.charts);
    let mut charts: Vec<_> = charts.map(|chart| (record.of.clone(), chart)).collect();
    if record.bench.name == PYTHON.name {
        charts.extend(study::experiments(record));
    }
    charts
}

/// The chart with its text a third larger. Charts reckon with a wide sans-serif; the page's font is narrower by as much, and is
/// read at half the size of a screen's.
fn larger(svg: &str) -> String {
    const SIZE: &str = "font-size=\"";
    let mut parts = svg.split(SIZE);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.find('"').unwrap_or_default();
        let (size, rest) = part.split_at(digits);
        let size: f64 = size.parse().unwrap_or_default();
        text += &format!("{SIZE}{:.1}{rest}", size * 4.0 / 3.0);
    }
    text
}

/// Writes a file beside its place and moves it there whole.
fn save(path: &Path, pdf: &[u8]) -> Result<(), Error> {
    let beside = path.with_extension("pdf.part");
    let folder = path.parent().unwrap_or(Path::new("."));
    let saved = fs::create_dir_all(folder)
        .and_then(|()| fs::write(&beside, pdf))
        .and_then(|()| fs::rename(&beside, path));
    saved.map_err(|error| {
        // What is left of it is of no use; where it was never made there is nothing to remove.
        let _ = fs::remove_file(&beside);
        Error::new(format!(
            "{} can't be written ({error}): choose a folder that can with --out",
            path.display()
        ))
    })
}
