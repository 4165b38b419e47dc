//! The partition, the thread count, and that the conformance suite finds what it is there to find.

mod partition;
mod suite;
mod thread_count;
