//! How much memory this process may count on.

use std::fs;
use std::path::{Path, PathBuf};

/// Half of what the machine, or the control group around us, has; at least 64 MiB.
/// 1 GiB where neither can be read.
pub(super) fn half_bytes() -> u64 {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits = limit_files(&groups)
        .into_iter()
        .filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
    let machine = fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| total_bytes(&text));
    limits
        .chain(machine)
        .min()
        .map_or(1 << 30, |bytes: u64| (bytes / 2).max(64 << 20))
}

fn total_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim()
        .strip_suffix("kB")?
        .trim_end()
        .parse::<u64>()
        .ok()?
        .checked_mul(1024)
}

/// The limit files of our control group and of those around it, for both versions of
/// control groups. Inside a container the shown path may not exist; the root then does.
fn limit_files(groups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            continue;
        };
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            list if list.split(',').any(|controller| controller == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        for group in Path::new(path).ancestors() {
            let below_root = group.strip_prefix("/").unwrap_or(group);
            files.push(Path::new(root).join(below_root).join(file));
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_around_ours_count_too() {
        let files = limit_files("4:memory:/box\n3:cpuset:/\n0::/a/b\n");
        let shown: Vec<_> = files.iter().map(|file| file.to_str().unwrap()).collect();
        assert_eq!(
            shown,
            [
                "/sys/fs/cgroup/memory/box/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                "/sys/fs/cgroup/a/b/memory.max",
                "/sys/fs/cgroup/a/memory.max",
                "/sys/fs/cgroup/memory.max",
            ]
        );
    }

    #[test]
    fn the_total_is_in_bytes() {
        assert_eq!(
            total_bytes("MemTotal:       24684096 kB\nMemFree: 1 kB\n"),
            Some(24_684_096 * 1024)
        );
        assert_eq!(total_bytes(""), None);
    }
}
