//! The command line that all clients have in common, so that one program can run them all.

/// The server, and the number of requests.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The server's base URL, such as http://127.0.0.1:8080/v1.
    #[arg(long, value_name = "URL")]
    pub base_url: String,
    /// The model to request; the latency server derives the chunks to send from its name.
    #[arg(short, long, value_name = "MODEL")]
    pub model: String,
    /// The number of requests in total.
    #[arg(short, long, value_name = "R", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub requests: u32,
    /// The number of requests at the same time, each over its own connection.
    #[arg(short, long, value_name = "C", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub concurrency: u32,
}

/// The key that clients send: that of the environment, or any text. The latency server checks none, but a gateway may
/// require one.
pub fn key() -> String {
    std::env::var("COMETAPI_KEY")
        .ok()
        .filter(|key| !key.is_empty())
        .unwrap_or_else(|| "sk-measure".to_owned())
}
