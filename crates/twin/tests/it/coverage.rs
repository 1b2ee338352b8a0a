//! The page of what the twin serves says what it serves.

#[test]
fn the_page_of_what_is_served_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/twin-coverage.md");
    let page = std::fs::read_to_string(path).unwrap();
    assert!(
        page == reeve_twin::coverage(),
        "run `cargo run -p reeve-twin --example coverage > docs/twin-coverage.md`"
    );
}
