//! What Linux shows in `/proc` and `/sys`; elsewhere nothing is there to be read.

use std::fs;
use std::path::Path;

use super::Cache;

/// A file's text, without the space around it.
fn read(path: impl AsRef<Path>) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

/// The CPUs this process may run on.
pub(super) fn affinity() -> Option<String> {
    let status = read("/proc/self/status")?;
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    Some(list.trim().to_owned())
}

/// The least quota of CPU time on the way from the process's cgroup to the uppermost, in cores; of either version of cgroups, as the
/// files below `root` show it.
pub fn quota(root: &Path) -> Option<f64> {
    groups(root, "cpu", &|group, version| match version {
        Version::One => {
            // Without a quota it is -1.
            let quota = number(&group.join("cpu.cfs_quota_us")).filter(|&quota| quota > 0.0)?;
            Some(quota / number(&group.join("cpu.cfs_period_us"))?)
        }
        Version::Two => {
            let text = read(group.join("cpu.max"))?;
            let (quota, period) = text.split_once(' ')?;
            Some(quota.parse::<f64>().ok()? / period.parse::<f64>().ok()?)
        }
    })
}

/// The least memory that the limits on the way from the process's cgroup to the uppermost leave it, in bytes; of either version of
/// cgroups, as the files below `root` show it. What holds files that can be read again counts as free.
pub fn memory_left(root: &Path) -> Option<u64> {
    let left = groups(root, "memory", &|group, version| {
        let (limit, used, prefix) = match version {
            Version::One => ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
            Version::Two => ("memory.max", "memory.current", ""),
        };
        // Without a limit it is `max`, or more than there is.
        let limit = number(&group.join(limit))?;
        let used = number(&group.join(used))?;
        let table = read(group.join("memory.stat")).unwrap_or_default();
        let files = table.lines().filter_map(|line| {
            let (name, bytes) = line.split_once(' ')?;
            let name = name.strip_prefix(prefix)?;
            let is_file = matches!(name, "active_file" | "inactive_file");
            is_file.then(|| bytes.parse::<f64>().ok()).flatten()
        });
        Some((limit - (used - files.sum::<f64>()).max(0.0)).max(0.0))
    });
    left.map(|bytes| bytes as u64)
}

/// The versions of cgroups.
#[derive(Clone, Copy)]
enum Version {
    One,
    Two,
}

/// The least of what `of` reads from the process's cgroups for `controller`, each and those above it.
fn groups(
    root: &Path,
    controller: &str,
    of: &dyn Fn(&Path, Version) -> Option<f64>,
) -> Option<f64> {
    let own = read(root.join("proc/self/cgroup"))?;
    let mounted = root.join("sys/fs/cgroup");
    let values = own.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?.trim_start_matches('/'));
        let (top, version) = match controllers {
            "" => (mounted.clone(), Version::Two),
            _ if controllers.split(',').any(|name| name == controller) => {
                (mounted.join(controller), Version::One)
            }
            _ => return None,
        };
        // In a container the way may be named from without; what is mounted is then its end.
        let group = top.join(path);
        let up = group
            .ancestors()
            .take_while(|group| group.starts_with(&top));
        up.filter_map(|group| of(group, version))
            .min_by(f64::total_cmp)
    });
    values.min_by(f64::total_cmp)
}

/// The number that is all of a file's text.
fn number(path: &Path) -> Option<f64> {
    read(path)?.parse().ok()
}

/// Nodes of memory.
pub(super) fn numa_nodes() -> Option<usize> {
    let nodes = fs::read_dir("/sys/devices/system/node").ok()?;
    let is_node = |name: &str| {
        let number = name.strip_prefix("node")?;
        number.parse::<u32>().ok()
    };
    let nodes = nodes.filter_map(|entry| is_node(entry.ok()?.file_name().to_str()?));
    Some(nodes.count())
}

/// Whether the CPU says that a hypervisor runs it.
pub(super) fn virtual_machine() -> Option<bool> {
    let cpus = read("/proc/cpuinfo")?;
    let flags = cpus.lines().find(|line| line.starts_with("flags"))?;
    Some(flags.split_whitespace().any(|flag| flag == "hypervisor"))
}

/// What sets the first core's frequency.
pub(super) fn governor() -> Option<String> {
    read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
}

/// When 2 MiB pages are granted: the word in brackets.
pub(super) fn huge_pages() -> Option<String> {
    let modes = read("/sys/kernel/mm/transparent_hugepage/enabled")?;
    let (_, rest) = modes.split_once('[')?;
    Some(rest.split_once(']')?.0.to_owned())
}

/// The first core's caches.
pub(super) fn caches() -> Vec<Cache> {
    let cache = |index: u32| {
        let folder = Path::new("/sys/devices/system/cpu/cpu0/cache").join(format!("index{index}"));
        let size = read(folder.join("size"))?;
        Some(Cache {
            level: read(folder.join("level"))?.parse().ok()?,
            kind: read(folder.join("type"))?,
            bytes: size.strip_suffix('K')?.parse::<u64>().ok()? << 10,
            shared_by: read(folder.join("shared_cpu_list"))?,
        })
    };
    (0..).map_while(cache).collect()
}
