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

/// The least quota on the way from the process's cgroup to the root, in cores; of either version of cgroups.
pub(super) fn quota() -> Option<f64> {
    let groups = read("/proc/self/cgroup")?;
    let quotas = groups.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?.trim_start_matches('/'));
        let (root, of): (_, fn(&Path) -> Option<f64>) = match controllers {
            "" => ("/sys/fs/cgroup", quota_of_v2),
            _ if controllers.split(',').any(|name| name == "cpu") => {
                ("/sys/fs/cgroup/cpu", quota_of_v1)
            }
            _ => return None,
        };
        let group = Path::new(root).join(path);
        let groups = group
            .ancestors()
            .take_while(|group| group.starts_with(root));
        groups.filter_map(of).min_by(f64::total_cmp)
    });
    quotas.min_by(f64::total_cmp)
}

fn quota_of_v2(group: &Path) -> Option<f64> {
    let text = read(group.join("cpu.max"))?;
    let (quota, period) = text.split_once(' ')?;
    Some(quota.parse::<f64>().ok()? / period.parse::<f64>().ok()?)
}

fn quota_of_v1(group: &Path) -> Option<f64> {
    let number = |name| read(group.join(name))?.parse::<f64>().ok();
    let quota = number("cpu.cfs_quota_us")?;
    // Without a quota it is -1.
    (quota > 0.0).then_some(quota / number("cpu.cfs_period_us")?)
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
