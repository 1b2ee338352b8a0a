//! Builds the crate again when the console was built again: its files become part of the binary.

fn main() {
    println!("cargo:rerun-if-changed=../../console/dist");
}
