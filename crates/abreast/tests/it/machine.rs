//! What a cgroup leaves a process, of either version, on the whole way up.

use std::fs;
use std::path::Path;

use abreast::record::machine::linux::{memory_left, quota};
use tempfile::TempDir;

/// A system whose `/proc/self/cgroup` says `own`, with `files` below `/sys/fs/cgroup`.
fn system(own: &str, files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &Path, text: &str| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(&root.path().join("proc/self/cgroup"), own);
    for (path, text) in files {
        write(&root.path().join("sys/fs/cgroup").join(path), text);
    }
    root
}

#[test]
fn where_there_is_no_limit_there_is_none() {
    let nothing = tempfile::tempdir().unwrap();
    assert_eq!(
        (quota(nothing.path()), memory_left(nothing.path())),
        (None, None)
    );
    let two = system(
        "0::/user\n",
        &[
            ("user/cpu.max", "max 100000\n"),
            ("user/memory.max", "max\n"),
            ("user/memory.current", "5000\n"),
        ],
    );
    assert_eq!((quota(two.path()), memory_left(two.path())), (None, None));
    let one = system(
        "4:cpu,cpuacct:/\n",
        &[
            ("cpu/cpu.cfs_quota_us", "-1\n"),
            ("cpu/cpu.cfs_period_us", "100000\n"),
        ],
    );
    assert_eq!(quota(one.path()), None);
}

#[test]
fn the_least_limit_on_the_way_up_holds_of_version_2() {
    let files = [
        ("cpu.max", "400000 100000\n"),
        ("a/cpu.max", "100000 100000\n"),
        ("a/b/cpu.max", "max 100000\n"),
        // 900 of 1000 are used, 300 of them by files that can be read again.
        ("a/memory.max", "1000\n"),
        ("a/memory.current", "900\n"),
        (
            "a/memory.stat",
            "anon 600\nactive_file 100\ninactive_file 200\nfile 900\n",
        ),
        ("a/b/memory.max", "800\n"),
        ("a/b/memory.current", "50\n"),
    ];
    let root = system("0::/a/b\n", &files);
    assert_eq!(quota(root.path()), Some(1.0));
    assert_eq!(memory_left(root.path()), Some(400));
    // Another's limits are not this process's.
    let root = system("0::/\n", &files);
    assert_eq!(
        (quota(root.path()), memory_left(root.path())),
        (Some(4.0), None)
    );
}

#[test]
fn the_least_limit_on_the_way_up_holds_of_version_1() {
    let files = [
        ("cpu/a/cpu.cfs_quota_us", "150000\n"),
        ("cpu/a/cpu.cfs_period_us", "100000\n"),
        ("cpu/a/b/cpu.cfs_quota_us", "-1\n"),
        ("cpu/a/b/cpu.cfs_period_us", "100000\n"),
        ("memory/memory.limit_in_bytes", "9223372036854771712\n"),
        ("memory/memory.usage_in_bytes", "5000\n"),
        ("memory/c/memory.limit_in_bytes", "2000\n"),
        ("memory/c/memory.usage_in_bytes", "1500\n"),
        (
            "memory/c/memory.stat",
            "inactive_file 7\ntotal_inactive_file 400\ntotal_active_file 100\n",
        ),
    ];
    let own = "5:memory:/c\n4:cpuacct,cpu:/a/b\n1:name=systemd:/\n0::/\n";
    let root = system(own, &files);
    assert_eq!(quota(root.path()), Some(1.5));
    assert_eq!(memory_left(root.path()), Some(1000));
    // In a container the way is named from without, and what is mounted is its end.
    let files = [
        ("memory/memory.limit_in_bytes", "300\n"),
        ("memory/memory.usage_in_bytes", "100\n"),
    ];
    let root = system("5:memory:/docker/0123\n", &files);
    assert_eq!(memory_left(root.path()), Some(200));
    // More is used than is allowed.
    let root = system(
        "5:memory:/\n",
        &[files[0], ("memory/memory.usage_in_bytes", "301\n")],
    );
    assert_eq!(memory_left(root.path()), Some(0));
}
