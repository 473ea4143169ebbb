//! What every client is told.

/// Which server to talk to, and how much.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The server's base URL, such as http://127.0.0.1:8080/v1.
    #[arg(long, value_name = "URL")]
    pub base_url: String,
    /// The model to ask for; a stamped server reads from its name what to send.
    #[arg(short, long, value_name = "MODEL")]
    pub model: String,
    /// How many answers in all.
    #[arg(short, long, value_name = "R", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub requests: u32,
    /// How many answers at once, each over a connection of its own.
    #[arg(short, long, value_name = "C", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub concurrency: u32,
}

/// The key that clients send: that of the environment, or one that a server on loopback may ignore.
pub fn key() -> String {
    std::env::var("COMETAPI_KEY")
        .ok()
        .filter(|key| !key.is_empty())
        .unwrap_or_else(|| "sk-measure".to_owned())
}
