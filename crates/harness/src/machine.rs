//! The machine that a record was made on: `machine.json`, and the footer of every chart.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sigmul_kernel::Level;
use sigmul_runtime::ThreadCount;
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use crate::record::cannot_write;
use crate::{Error, settings};

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
    /// The caches that the first core sees.
    pub caches: Vec<Cache>,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Memory that a program could have had when the run started, in bytes.
    pub memory_available_bytes: u64,
    /// The kernel's level that was measured.
    pub level: String,
    /// The operating system and its version.
    pub system: String,
    /// The compiler.
    pub rustc: String,
    /// The commit that was measured, with `+` where files differed from it.
    pub commit: Option<String>,
    /// When the run started, in UTC.
    pub date: String,
    /// Processes that wanted a core in the minute before, on average, where the system tells.
    pub load_before: f64,
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
    /// Looks at this machine.
    pub fn look() -> Self {
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
            affinity: affinity(),
            quota_cores: quota(),
            caches: caches(),
            memory_bytes: system.total_memory(),
            memory_available_bytes: available_memory(&system),
            level: Level::best().name().to_owned(),
            system: System::long_os_version()
                .into_iter()
                .chain(System::kernel_version())
                .collect::<Vec<_>>()
                .join(", "),
            rustc: env!("SIGMUL_RUSTC_VERSION").to_owned(),
            commit: commit(),
            date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            load_before: System::load_average().one,
        }
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

/// The CPUs this process may run on, where Linux tells.
fn affinity() -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    Some(list.trim().to_owned())
}

/// The least quota on the way from the process's cgroup (version 2) to the root, in cores.
fn quota() -> Option<f64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let quotas = Path::new("/sys/fs/cgroup").join(own);
    let quotas = quotas.ancestors().filter_map(|group| {
        let text = fs::read_to_string(group.join("cpu.max")).ok()?;
        let (quota, period) = text.trim().split_once(' ')?;
        Some(quota.parse::<f64>().ok()? / period.parse::<f64>().ok()?)
    });
    quotas.min_by(f64::total_cmp)
}

/// The first core's caches, where Linux tells.
fn caches() -> Vec<Cache> {
    let cache = |index: u32| {
        let folder = format!("/sys/devices/system/cpu/cpu0/cache/index{index}");
        let read = |name: &str| {
            fs::read_to_string(format!("{folder}/{name}"))
                .map(|text| text.trim().to_owned())
                .ok()
        };
        let size = read("size")?;
        Some(Cache {
            level: read("level")?.parse().ok()?,
            kind: read("type")?,
            bytes: size.strip_suffix('K')?.parse::<u64>().ok()? << 10,
            shared_by: read("shared_cpu_list")?,
        })
    };
    (0..).map_while(cache).collect()
}

/// The commit of the repository this was built in, where git tells.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let out = Command::new("git")
            .current_dir(settings::repository())
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
