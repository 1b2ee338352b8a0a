//! The demonstration: a simulated AWS with a company's estate in it, and an estate folder that points there.

use std::{fs, io::Write as _, net::SocketAddr, path::Path};

use anyhow::{Context as _, Result};
use reeve_time::Clock;
use reeve_twin::{Scenario, SeededEstate, Twin};
use tokio::{net::TcpListener, sync::oneshot};

use crate::exit::WrongInput;

const TAGS: &str = include_str!("../demo/tags.json");

/// What shows that the folder is the demonstration's own, which it may write anew.
const MARK: &str = ".reeve-demo";

/// A running simulated AWS with a seeded estate.
pub(crate) struct Simulation {
    /// The simulated AWS.
    pub(crate) twin: Twin,
    /// Where it is served.
    pub(crate) address: SocketAddr,
    /// How to get in.
    pub(crate) estate: SeededEstate,
    stop: oneshot::Sender<()>,
    serving: tokio::task::JoinHandle<()>,
}

impl Simulation {
    /// Seeds the estate and serves it on this machine.
    pub(crate) async fn start() -> Result<Self> {
        let twin = Twin::new(Clock::system(), 1);
        let scenario = Scenario::named("demo").context("there is no scenario `demo`")?;
        let estate = scenario.begin(&twin).context("the demonstration cannot begin")?;
        let listener = TcpListener::bind("127.0.0.1:0").await.context("cannot listen")?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let served = twin.clone();
        let serving = tokio::spawn(async move {
            let shutdown = async move {
                stopped.await.ok();
            };
            if let Err(error) = served.serve(listener, shutdown).await {
                tracing::error!("the simulated AWS stopped: {error}");
            }
        });
        Ok(Self { twin, address, estate, stop, serving })
    }

    /// Stops serving.
    pub(crate) async fn stop(self) {
        self.stop.send(()).ok();
        self.serving.abort();
        self.serving.await.ok();
    }

    /// Writes an estate folder for the simulated estate, in place of one that an earlier demonstration left.
    pub(crate) fn write_folder(&self, folder: &Path) -> Result<()> {
        if folder.join(MARK).exists() {
            fs::remove_dir_all(folder)
                .with_context(|| format!("cannot remove {}", folder.display()))?;
        } else if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
            let message = format!("{} holds something else than a demonstration", folder.display());
            return Err(WrongInput::new(message).with_hint("`--folder` names another one").into());
        }
        fs::create_dir_all(folder.join("profiles"))
            .with_context(|| format!("cannot make {}", folder.display()))?;
        write(folder, MARK, "The demonstration writes this folder anew each time it starts.\n")?;
        write(folder, "estate.yaml", &self.estate_yaml())?;
        write(folder, "profiles/tags.json", TAGS)?;
        let keys = format!(
            "[demo]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            self.estate.access_key_id, self.estate.secret_access_key
        );
        write(folder, "aws-credentials", &keys)?;
        write(folder, ".gitignore", "data/\naws-credentials\n")
    }

    fn estate_yaml(&self) -> String {
        let regions: Vec<&str> =
            self.estate.regions.iter().map(reeve_types::Region::as_str).collect();
        let mut text = format!(
            "# The demonstration's estate: everything is simulated, on this machine.\n\
             version: 1\n\
             name: harbour\n\
             aws:\n  endpoint-url: http://{}\n  profile: demo\n  credentials-file: aws-credentials\n\
             regions: [{}]\n\
             role: {}\n\
             external-id: {}\n\
             authority:\n  all: propose\n\
             controllers:\n  resource-tagger:\n    every: 1h\n\
             accounts:\n",
            self.address,
            regions.join(", "),
            self.estate.role_name,
            self.estate.external_id,
        );
        for (id, name) in &self.estate.accounts {
            text += &format!("  - id: \"{id}\"\n    name: {name}\n");
        }
        text
    }
}

fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    let path = folder.join(name);
    let written = fs::File::create(&path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write {}", path.display()))
}
