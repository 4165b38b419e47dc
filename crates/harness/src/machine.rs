//! The machine that a record was made on: `machine.json`, and the footer of every chart.

mod linux;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sigmul_kernel::Level;
use sigmul_runtime::ThreadCount;
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use crate::grid::Shape;
use crate::load::{Load, Watch};
use crate::{Error, cannot_write};

/// The file beside the record.
pub const MACHINE: &str = "machine.json";

/// What the figures depend on. What a system does not show is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The CPU's name, as it gives it.
    pub cpu: String,
    /// The instruction set architecture the bench was built for.
    pub architecture: String,
    /// Cores with a pipeline of their own, as far as the system tells.
    pub physical_cores: Option<usize>,
    /// Threads of execution the whole machine has.
    pub logical_cores: usize,
    /// Threads this process may run at once, after affinity and quota: from here on thread counts are oversubscribed.
    pub available_cores: usize,
    /// The CPUs this process may run on, as the system lists them.
    pub affinity: Option<String>,
    /// CPU time a cgroup grants, in cores.
    pub quota_cores: Option<f64>,
    /// Nodes of memory that cores reach at different speed.
    pub numa_nodes: Option<usize>,
    /// Whether a hypervisor runs the system.
    pub virtual_machine: Option<bool>,
    /// What sets the first core's frequency.
    pub governor: Option<String>,
    /// The caches that the first core sees.
    pub caches: Vec<Cache>,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Memory that a program could have had when the run started, in bytes.
    pub memory_available_bytes: u64,
    /// The size of a page, in bytes.
    pub page_bytes: Option<usize>,
    /// When the system grants 2 MiB pages: `always`, `madvise` (when asked, as the benches do) or `never`.
    pub huge_pages: Option<String>,
    /// The kernel's level that was measured.
    pub level: String,
    /// The operating system and its version.
    pub system: String,
    /// The compiler.
    pub rustc: String,
    /// The interpreter and its libraries, of a record made from Python.
    #[serde(default)]
    pub python: Option<String>,
    /// The commit that was measured, with `+` where files differed from it.
    pub commit: Option<String>,
    /// When the run started, in UTC.
    pub date: String,
    /// Processes that wanted a core in the minute before the run, on average.
    pub load_average_before: f64,
    /// The same at its end, this process among them; null for a run that was cut short.
    pub load_average_after: Option<f64>,
    /// What else the cores did just before.
    pub load_before: Option<Load>,
    /// What else they did during the run.
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
            available_cores: ThreadCount::available().get(),
            affinity: linux::affinity(),
            quota_cores: linux::quota(),
            numa_nodes: linux::numa_nodes(),
            virtual_machine: linux::virtual_machine(),
            governor: linux::governor(),
            caches: linux::caches(),
            memory_bytes: system.total_memory(),
            memory_available_bytes: available_memory(&system),
            page_bytes: page_bytes(),
            huge_pages: linux::huge_pages(),
            level: Level::best().name().to_owned(),
            system: System::long_os_version()
                .into_iter()
                .chain(System::kernel_version())
                .collect::<Vec<_>>()
                .join(", "),
            rustc: env!("SIGMUL_RUSTC_VERSION").to_owned(),
            python: None,
            commit: commit(root),
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

    /// Reads the machine of `folder`'s record.
    ///
    /// # Errors
    ///
    /// Where there is none or it is damaged.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(MACHINE);
        let refuse = |what: &dyn std::error::Error| {
            Error::new(format!(
                "{}: {what}; measure again with `cargo bench -p harness`",
                path.display()
            ))
        };
        let text = fs::read_to_string(&path).map_err(|error| refuse(&error))?;
        serde_json::from_str(&text).map_err(|error| refuse(&error))
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

    /// Whether input and output of this shape exceed the last-level cache; where none is known, they are taken to.
    pub fn is_in_memory(&self, shape: Shape) -> bool {
        let last = self.caches.iter().max_by_key(|cache| cache.level);
        last.is_none_or(|cache| shape.bytes() as u64 > cache.bytes)
    }

    /// One line for people.
    pub fn summary(&self) -> String {
        let last = self.caches.iter().max_by_key(|cache| cache.level);
        let rustc = self.rustc.split(' ').take(2).collect::<Vec<_>>().join(" ");
        [
            Some(self.cpu.clone()),
            Some(match self.available_cores {
                1 => "1 core".to_owned(),
                cores => format!("{cores} cores"),
            }),
            last.map(|cache| format!("L{} {} MiB", cache.level, cache.bytes >> 20)),
            Some(self.level.clone()),
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

/// Memory a program could have without swapping, within the limit of the process's cgroup, in bytes.
fn available_memory(system: &System) -> u64 {
    let limit = system
        .cgroup_limits()
        .map_or(u64::MAX, |limits| limits.free_memory);
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
    // The record itself is written by the run, and does not count.
    let changed = !git(&["status", "--porcelain", "--", ".", ":!plots"])?.is_empty();
    Some(if changed { commit + "+" } else { commit })
}
