//! The oracle shares nothing with what it judges.

use std::path::Path;

#[test]
fn the_oracle_uses_no_crate_of_ours_but_the_model() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/oracle");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let names = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let mut ours = names.filter(|name| name.starts_with("gantry_"));
        assert!(ours.all(|name| name == "gantry_model"), "{}", path.display());
        assert!(!text.contains("crate::"), "{} uses the simulator", path.display());
        files += 1;
    }
    assert!(files > 10, "{files} files");
}
