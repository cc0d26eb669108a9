//! Less stack than other modules have: each call clears all memory, and this module needs
//! little.

fn main() {
    println!("cargo::rustc-link-arg-cdylib=-zstack-size=16384");
}
