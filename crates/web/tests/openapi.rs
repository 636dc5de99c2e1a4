//! The committed document of the API, from which the page's types are generated, is the present one.

use std::path::Path;

use gregaria_web::model;

#[test]
fn the_committed_document_is_the_present_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/openapi.json");
    let present = model::document();
    // `make api` sets this to write the file in place of checking it.
    if std::env::var_os("GREGARIA_WRITE_OPENAPI").is_some() {
        std::fs::write(&path, &present).expect("ui/openapi.json can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == present,
        "ui/openapi.json is stale: `make api` writes it again"
    );
}
