//! The machine that a record was made on: `machine.json`, and the footer of every chart.

pub mod linux;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use super::MACHINE;
use super::load::{Load, Watch};
use super::refuse;
use crate::{Error, cannot_write};

/// What the figures depend on. What a system does not show is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The CPU's name, as it gives it.
    pub cpu: String,
    /// The instruction set architecture the bench was built for.
    #[serde(default)]
    pub architecture: String,
    /// Cores with a pipeline of their own, as far as the system tells.
    #[serde(default)]
    pub physical_cores: Option<usize>,
    /// Threads of execution the whole machine has.
    #[serde(default)]
    pub logical_cores: usize,
    /// Threads this process may run at once, after affinity and quota: from here on thread counts are oversubscribed.
    pub available_cores: usize,
    /// The CPUs this process may run on, as the system lists them.
    #[serde(default)]
    pub affinity: Option<String>,
    /// CPU time a cgroup grants, in cores.
    #[serde(default)]
    pub quota_cores: Option<f64>,
    /// Nodes of memory that cores reach at different speed.
    #[serde(default)]
    pub numa_nodes: Option<usize>,
    /// Whether a hypervisor runs the system.
    #[serde(default)]
    pub virtual_machine: Option<bool>,
    /// What sets the first core's frequency.
    #[serde(default)]
    pub governor: Option<String>,
    /// The caches that the first core sees.
    #[serde(default)]
    pub caches: Vec<Cache>,
    /// Memory in bytes.
    #[serde(default)]
    pub memory_bytes: u64,
    /// Memory that a program could have had when the run started, in bytes.
    #[serde(default)]
    pub memory_available_bytes: u64,
    /// The size of a page, in bytes.
    #[serde(default)]
    pub page_bytes: Option<usize>,
    /// When the system grants 2 MiB pages: `always`, `madvise` (when asked) or `never`.
    #[serde(default)]
    pub huge_pages: Option<String>,
    /// The operating system and its version.
    #[serde(default)]
    pub system: String,
    /// The compiler.
    #[serde(default)]
    pub rustc: String,
    /// The interpreter and its libraries, of a record made from Python.
    #[serde(default)]
    pub python: Option<String>,
    /// The commit that was measured, with `+` where files differed from it.
    #[serde(default)]
    pub commit: Option<String>,
    /// How the run was asked for, to be typed in a shell.
    #[serde(default)]
    pub command: Option<String>,
    /// When the run started, in UTC.
    pub date: String,
    /// Processes that wanted a core in the minute before the run, on average.
    #[serde(default)]
    pub load_average_before: f64,
    /// The same at its end, this process among them; null for a run that was cut short.
    #[serde(default)]
    pub load_average_after: Option<f64>,
    /// What else the cores did just before.
    #[serde(default)]
    pub load_before: Option<Load>,
    /// What else they did during the run.
    #[serde(default)]
    pub load_during: Option<Load>,
}

/// A cache of the first core.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cache {
    /// 1 is nearest to the core.
    pub level: u32,
    /// What it holds: `Data`, `Instruction` or `Unified`.
    pub kind: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The CPUs that share it, as the system lists them.
    pub shared_by: String,
}

impl Machine {
    /// Looks at this machine, and at the repository that holds the folder `root`.
    pub fn look(root: &Path) -> Self {
        let cpu = CpuRefreshKind::nothing();
        let memory = MemoryRefreshKind::nothing().with_ram();
        let system =
            System::new_with_specifics(RefreshKind::nothing().with_cpu(cpu).with_memory(memory));
        Self {
            cpu: system
                .cpus()
                .first()
                .map_or("unknown", |cpu| cpu.brand())
                .trim()
                .to_owned(),
            architecture: std::env::consts::ARCH.to_owned(),
            physical_cores: System::physical_core_count(),
            logical_cores: system.cpus().len(),
            available_cores: available_cores(),
            affinity: linux::affinity(),
            quota_cores: linux::quota("/".as_ref()),
            numa_nodes: linux::numa_nodes(),
            virtual_machine: linux::virtual_machine(),
            governor: linux::governor(),
            caches: linux::caches(),
            memory_bytes: system.total_memory(),
            memory_available_bytes: available_memory(),
            page_bytes: page_bytes(),
            huge_pages: linux::huge_pages(),
            system: System::long_os_version()
                .into_iter()
                .chain(System::kernel_version())
                .collect::<Vec<_>>()
                .join(", "),
            rustc: env!("ABREAST_RUSTC_VERSION").to_owned(),
            python: None,
            commit: commit(root),
            command: None,
            date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            load_average_before: System::load_average().one,
            load_average_after: None,
            load_before: None,
            load_during: None,
        }
    }

    /// Adds what is known at the end of a run that was watched.
    pub fn look_back(&mut self, watch: &Watch) {
        self.load_average_after = Some(System::load_average().one);
        self.load_during = watch.load();
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// Where there is none or it is damaged.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path)
            .map_err(|error| refuse(path, &format!("can't be read ({error})")))?;
        serde_json::from_str(&text).map_err(|error| refuse(path, &error.to_string()))
    }

    /// Writes it beside the record in `folder`.
    ///
    /// # Errors
    ///
    /// Where the file can't be written.
    ///
    /// # Panics
    ///
    /// Never: there is nothing in a machine that JSON can't hold.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(MACHINE);
        let text = serde_json::to_string_pretty(self).expect("strings and numbers");
        fs::write(&path, text + "\n").map_err(|error| cannot_write(&path, &error))
    }

    /// How many CPUs the process may run on: all, where the system does not list them.
    pub fn allowed_cpus(&self) -> usize {
        let listed = self.affinity.as_deref().and_then(cpus);
        listed.unwrap_or(self.logical_cores)
    }

    /// One line for people, with the `level` that was measured.
    pub fn summary(&self, level: Option<&str>) -> String {
        let last = self.caches.iter().max_by_key(|cache| cache.level);
        let rustc = self.rustc.split(' ').take(2).collect::<Vec<_>>().join(" ");
        [
            Some(self.cpu.clone()),
            Some(match self.available_cores {
                1 => "1 core".to_owned(),
                cores => format!("{cores} cores"),
            }),
            last.map(|cache| format!("L{} {} MiB", cache.level, cache.bytes >> 20)),
            level.map(str::to_owned),
            Some(self.system.clone()),
            Some(rustc),
            self.python.clone(),
            self.commit
                .as_ref()
                .map(|commit| format!("commit {commit}")),
            Some(self.date.split('T').next().unwrap_or_default().to_owned()),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ")
    }
}

/// Threads this process may run at once, as the standard library counts them: affinity and quota are heeded.
pub fn available_cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Memory a program could have without swapping, within the limits of the process's cgroups, in bytes.
pub(crate) fn available_memory() -> u64 {
    let memory = MemoryRefreshKind::nothing().with_ram();
    let system = System::new_with_specifics(RefreshKind::nothing().with_memory(memory));
    let limit = linux::memory_left("/".as_ref()).unwrap_or(u64::MAX);
    system.available_memory().min(limit)
}

/// The size of a page, where the system is a Unix.
fn page_bytes() -> Option<usize> {
    #[cfg(unix)]
    {
        Some(rustix::param::page_size())
    }
    #[cfg(not(unix))]
    None
}

/// The commit of the repository that holds `root`, where git tells.
fn commit(root: &Path) -> Option<String> {
    let git = |arguments: &[&str]| {
        let out = Command::new("git")
            .current_dir(root)
            .args(arguments)
            .output()
            .ok()?;
        out.status
            .success()
            .then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=9", "HEAD"])?;
    // Records are written by runs, and do not count.
    let changed = !git(&["status", "--porcelain", "--", ":/", ":(top,exclude)plots"])?.is_empty();
    Some(if changed { commit + "+" } else { commit })
}

/// How many CPUs a list such as `0-3,8` names.
pub fn cpus(list: &str) -> Option<usize> {
    let of = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        (last + 1).checked_sub(first)
    };
    list.trim().split(',').map(of).sum()
}
