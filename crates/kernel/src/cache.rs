//! The size of the last-level cache, which decides when to stream.

use std::sync::OnceLock;

/// Stands for the size where the CPU does not tell: small for a last-level
/// cache, as streaming too early costs less than a third of the traffic, and
/// too late costs it all.
const UNKNOWN: usize = 8 << 20;

/// Bytes of the largest cache that this CPU reports, shared or not.
pub(crate) fn last_level_bytes() -> usize {
    static BYTES: OnceLock<usize> = OnceLock::new();
    *BYTES.get_or_init(|| reported().unwrap_or(UNKNOWN))
}

/// The cache-properties leaf: 4 at Intel, 0x8000001D in the same layout at AMD.
#[cfg(target_arch = "x86_64")]
#[allow(
    unused_unsafe,
    reason = "__cpuid became a safe function after the minimum version"
)]
fn reported() -> Option<usize> {
    use core::arch::x86_64::{__cpuid, __cpuid_count, CpuidResult};

    const INTEL: u32 = 4;
    const AMD: u32 = 0x8000_001d;
    const LAST_EXTENDED: u32 = 0x8000_0000;

    // SAFETY: every x86-64 CPU has the instruction, and answers for a leaf up
    // to the last one that it names.
    let leaf = |leaf| unsafe { __cpuid(leaf) };
    // SAFETY: as above.
    let subleaf = |leaf, index| unsafe { __cpuid_count(leaf, index) };

    let bytes = |of: CpuidResult| {
        let field = |register: u32, shift: u32, bits: u32| {
            ((register >> shift) & ((1 << bits) - 1)) as usize + 1
        };
        let (line, partitions, ways) = (
            field(of.ebx, 0, 12),
            field(of.ebx, 12, 10),
            field(of.ebx, 22, 10),
        );
        line * partitions * ways * (of.ecx as usize + 1)
    };
    let largest = |of_leaf| {
        (0..)
            .map(|index| subleaf(of_leaf, index))
            // The type, 0 after the last cache.
            .take_while(|cache| cache.eax & 0x1f != 0)
            // More than any CPU has: a bound against a faulty hypervisor.
            .take(16)
            .map(bytes)
            .max()
    };
    let amd = (leaf(LAST_EXTENDED).eax >= AMD)
        .then(|| largest(AMD))
        .flatten();
    amd.or_else(|| (leaf(0).eax >= INTEL).then(|| largest(INTEL)).flatten())
}

#[cfg(not(target_arch = "x86_64"))]
fn reported() -> Option<usize> {
    None
}
