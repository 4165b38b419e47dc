//! What was measured, on what, and what makes it doubtful.

use abreast::analyse::doubt::{Doubt, NOISE, When};
use abreast::record::Outcome;
use harness::benches::{BENCHES, PYTHON};
use harness::registry::{Check, SIGMUL};
use serde::Serialize;

use crate::language::Language;
use crate::records::{Record, Records};

/// The machine, and each bench's record.
#[derive(Debug, Serialize)]
pub(super) struct Setting {
    cpu: String,
    architecture: String,
    level: String,
    physical_cores: Option<usize>,
    logical_cores: usize,
    available_cores: usize,
    virtual_machine: Option<bool>,
    numa_nodes: Option<usize>,
    /// Each cache's level, kind and size.
    caches: Vec<(u32, String, String)>,
    memory: String,
    huge_pages: Option<String>,
    governor: Option<String>,
    system: String,
    rustc: String,
    python: Option<String>,
    /// Whether the records are of different machines.
    several: bool,
    records: Vec<Source>,
}

/// A bench's record, or that there is none.
#[derive(Debug, Serialize)]
struct Source {
    bench: &'static str,
    /// What measures it.
    command: String,
    measured: Option<Run>,
}

/// A run.
#[derive(Debug, Serialize)]
struct Run {
    day: String,
    commit: Option<String>,
    arms: usize,
    failed: usize,
    refused: usize,
    skipped: usize,
    /// The fewest and the most samples of an arm.
    samples: Option<(usize, usize)>,
    doubts: Vec<Doubtful>,
}

/// Why a run is doubtful.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Doubtful {
    Others {
        used: String,
        cores: usize,
        before: bool,
    },
    Stolen {
        kept: String,
        cores: usize,
        before: bool,
    },
    Quota {
        cores: String,
    },
    Governor {
        name: String,
    },
    CutShort,
    Noise {
        floor: String,
        shape: String,
        limit: String,
        noisy: usize,
        sizes: usize,
    },
    Baseline {
        name: String,
        shape: String,
        missing: usize,
        sizes: usize,
    },
    Uneven {
        uneven: usize,
        arms: usize,
        worst: String,
    },
}

/// The machine of the main record, and where each record comes from.
pub(super) fn setting(records: &Records, language: Language) -> Setting {
    let machine = &records.main().machine;
    let same = |record: &Record| {
        (&record.machine.cpu, record.machine.available_cores)
            == (&machine.cpu, machine.available_cores)
    };
    let python = records.of(PYTHON);
    Setting {
        cpu: machine.cpu.clone(),
        architecture: machine.architecture.clone(),
        level: records.main().declared.level.clone().unwrap_or_default(),
        physical_cores: machine.physical_cores,
        logical_cores: machine.logical_cores,
        available_cores: machine.available_cores,
        virtual_machine: machine.virtual_machine,
        numa_nodes: machine.numa_nodes,
        caches: machine
            .caches
            .iter()
            .map(|cache| {
                (
                    cache.level,
                    cache.kind.clone(),
                    language.binary(cache.bytes),
                )
            })
            .collect(),
        memory: language.binary(machine.memory_bytes),
        huge_pages: machine.huge_pages.clone(),
        governor: machine.governor.clone(),
        system: machine.system.clone(),
        rustc: machine.rustc.clone(),
        python: python.and_then(|record| record.machine.python.clone()),
        several: !records.iter().all(same),
        records: BENCHES
            .iter()
            .map(|bench| Source {
                bench: bench.name,
                command: match bench.name {
                    name if name == PYTHON.name => "python -m sigmulib.compare".to_owned(),
                    name => format!("cargo bench -p harness --bench {name}"),
                },
                measured: records.of(*bench).map(|record| run(record, language)),
            })
            .collect(),
    }
}

fn run(record: &Record, language: Language) -> Run {
    let count = |is: fn(&Outcome) -> bool| {
        let rows = record.rows.iter();
        rows.filter(|row| is(&row.outcome)).count()
    };
    let samples = || {
        let figures = record.rows.iter().filter_map(|row| row.figures());
        figures.map(|figures| figures.samples)
    };
    Run {
        day: language.day(&record.machine.date),
        commit: record.machine.commit.clone(),
        arms: count(|outcome| matches!(outcome, Outcome::Measured { .. })),
        failed: count(|outcome| matches!(outcome, Outcome::Failed(_))),
        refused: count(|outcome| matches!(outcome, Outcome::Refused(_))),
        skipped: count(|outcome| *outcome == Outcome::Skipped),
        samples: samples().min().zip(samples().max()),
        doubts: record
            .doubts()
            .into_iter()
            .map(|doubt| doubtful(doubt, language))
            .collect(),
    }
}

fn doubtful(doubt: Doubt, language: Language) -> Doubtful {
    match doubt {
        Doubt::Others { used, cores, when } => Doubtful::Others {
            used: language.decimals(used),
            cores,
            before: when == When::Before,
        },
        Doubt::Stolen { kept, cores, when } => Doubtful::Stolen {
            kept: language.decimals(kept),
            cores,
            before: when == When::Before,
        },
        Doubt::Quota(cores) => Doubtful::Quota {
            cores: language.decimals(cores),
        },
        Doubt::Governor(name) => Doubtful::Governor { name },
        Doubt::CutShort => Doubtful::CutShort,
        Doubt::NoBaseline {
            name,
            size,
            missing,
            sizes,
        } => Doubtful::Baseline {
            name,
            shape: language.shape(size),
            missing,
            sizes,
        },
        Doubt::Noise {
            floor,
            size,
            noisy,
            sizes,
        } => Doubtful::Noise {
            floor: language.percent(floor),
            shape: language.shape(size),
            limit: language.percent(NOISE),
            noisy,
            sizes,
        },
        Doubt::Uneven {
            uneven,
            arms,
            worst,
            ..
        } => Doubtful::Uneven {
            uneven,
            arms,
            worst: worst.to_string(),
        },
    }
}

/// The kernel's error bound, in ULP.
pub(super) fn bound() -> f64 {
    match SIGMUL.check {
        Check::Silu(ulp) => ulp,
        Check::Copy => 0.0,
    }
}
