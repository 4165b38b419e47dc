//! What is declared here: the runtimes and what they compute, the benches, and what is shown of them.

mod benches;
mod claims;
mod peers;
mod runtimes;
mod splice;
