//! The estate folder that a new user starts from.

/// One file of the starter folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StarterFile {
    /// Where it goes, from the estate folder.
    pub path: &'static str,
    /// What is in it.
    pub text: &'static str,
}

/// The files of an estate folder to start from, with comments that say what to change.
pub fn starter() -> [StarterFile; 4] {
    [
        StarterFile { path: crate::ESTATE_FILE, text: include_str!("../starter/estate.yaml") },
        StarterFile {
            path: crate::CUSTOM_TAGS_FILE,
            text: include_str!("../starter/profiles/tags.json"),
        },
        StarterFile { path: "README.md", text: include_str!("../starter/README.md") },
        StarterFile { path: ".gitignore", text: include_str!("../starter/gitignore") },
    ]
}
