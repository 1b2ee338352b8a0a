//! moto's server, to ask it the same.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::Result;
use reeve_time::Stopwatch;

/// moto's server, from `scripts/venv`.
pub(super) struct Moto {
    pub(super) child: std::process::Child,
    pub(super) address: String,
}

impl Moto {
    /// Starts it; none if it is not installed.
    pub(super) fn start() -> Result<Option<Self>> {
        const PORT: &str = "45999";
        let program = Path::new(".venv/bin/moto_server");
        if !program.exists() {
            return Ok(None);
        }
        let child = std::process::Command::new(program)
            .args(["-p", PORT, "-H", "127.0.0.1"])
            .env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let moto = Self { child, address: format!("http://127.0.0.1:{PORT}") };
        let watch = Stopwatch::start();
        while std::net::TcpStream::connect(format!("127.0.0.1:{PORT}")).is_err() {
            anyhow::ensure!(watch.elapsed() < Duration::from_mins(1), "moto did not start");
            std::thread::yield_now();
        }
        Ok(Some(moto))
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
