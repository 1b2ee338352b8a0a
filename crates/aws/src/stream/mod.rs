//! Bodies of any length: what comes piece by piece, and what is read while it is sent.

mod download;
mod events;
mod flow;
mod upload;

pub use download::{Download, DownloadBody};
pub use events::Events;
pub use upload::Upload;
