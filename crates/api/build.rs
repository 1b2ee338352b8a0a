//! Builds the crate again when the console was built again: its files become part of the binary.

#[expect(clippy::print_stdout, reason = "cargo reads the standard output of build scripts")]
fn main() {
    println!("cargo:rerun-if-changed=../../console/dist");
}
