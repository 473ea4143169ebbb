//! `host-test chat --json` needs the same memory for a response of any length.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use procfs::process::Process;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const MEGABYTE: usize = 1 << 20;

/// A server whose response has so many megabytes of text.
async fn server(megabytes: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base_url = format!("http://{}/v1", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let _ = stream.read(&mut vec![0; MEGABYTE]).await;
        let text = "x".repeat(64 << 10);
        let event = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).await.expect("the head");
        for _ in 0..megabytes * MEGABYTE / text.len() {
            stream.write_all(event.as_bytes()).await.expect("an event");
        }
        let end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        stream.write_all(end.as_bytes()).await.expect("the end");
        // A socket that is closed before all of the request was read resets the connection.
        stream.shutdown().await.expect("a connection");
        while stream.read(&mut [0; 4096]).await.is_ok_and(|bytes| bytes > 0) {}
    });
    base_url
}

/// The most memory that the program had at once in bytes, and the bytes that it printed.
async fn memory(megabytes: usize) -> (u64, usize) {
    let base_url = server(megabytes).await;
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/plugins/cometapi");
    assert!(plugin.join("plugin.toml").is_file(), "there is no packed plugin; run 'make dist'");
    let run = move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_host-test"));
        command.args(["chat", "--json", "hi", "--plugin"]).arg(plugin).env_clear().stdin(Stdio::null());
        command.env("HOST_TEST_CACHE_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
        command.env("COMETAPI_BASE_URL", base_url).env("COMETAPI_KEY", "sk-0123456789abcdef");
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program");
        let process = Process::new(i32::try_from(child.id()).expect("an id")).expect("a process");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let (mut printed, mut line, mut most) = (0, Vec::new(), 0);
        while output.read_until(b'\n', &mut line).expect("a line") > 0 {
            printed += line.len();
            // With each line, since the program may have ended before its last line is read here.
            if let Some(kib) = process.status().ok().and_then(|status| status.vmhwm) {
                most = kib * 1024;
            }
            line.clear();
        }
        assert!(child.wait().expect("its end").success());
        assert!(most > 0, "its memory was never seen");
        (most, printed)
    };
    tokio::task::spawn_blocking(run).await.expect("no panic")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_sixteen_times_as_long_takes_no_more_memory() {
    // The first run may compile the plugin, which takes more memory than anything else.
    memory(1).await;
    let (short, _) = memory(8).await;
    let (long, printed) = memory(128).await;
    assert!(printed > 128 * MEGABYTE, "{printed}");
    let more = long.saturating_sub(short);
    assert!(more < 24 * MEGABYTE as u64, "{short} bytes for 8 MB, and {long} for 128 MB");
}
