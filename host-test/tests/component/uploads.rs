//! Large requests go out piece by piece.

use std::time::{Duration, Instant};

use conformance::Hosting;
use provider_host::contract::{Media, MediaSource, Message, Part, Request, Role};
use provider_host::sandbox::KeyMode;
use stand_in::StandIn;

use crate::bench::{config, open};

/// Bytes of the picture.
const PICTURE: usize = 20_000_000;

#[tokio::test]
async fn a_picture_of_20_megabytes_goes_out_and_no_step_blocks() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    for hosting in [Hosting::Waits, Hosting::Steps] {
        // The stand-in parses the whole body before it responds. How long that takes is not the point here.
        let mut config = config(&stand_in.base_url());
        config.timeouts.first_byte_ms = Some(60_000);
        config.timeouts.total_ms = Some(60_000);
        let mut provider = open(&stand_in, hosting, KeyMode::Injected, config).await;
        let source = MediaSource::Inline(vec![0xA5; PICTURE]);
        let picture = Part::Image(Media { source, media_type: "image/png".to_owned(), name: None });
        let mut request = Request::prompt("gpt-5.4-mini", "what is this?");
        request.messages.push(Message { role: Role::User, content: vec![picture], cache_here: false });
        let completion = provider.instance.complete(&provider.client, &request).await.expect("a request");
        let mut longest = Duration::ZERO;
        loop {
            let begun = Instant::now();
            let batch =
                provider.instance.next(&completion, 64, Duration::from_millis(20)).await.expect("no error");
            longest = longest.max(begun.elapsed());
            if batch.done {
                break;
            }
        }
        println!("{hosting:?}: the longest call told to wait 20 ms took {longest:?}");
        // An order, not a figure: a machine under load is slow in everything.
        assert!(longest < Duration::from_secs(2), "{longest:?}");
        let requests = stand_in.requests();
        let sent = requests.last().expect("a request");
        assert!(sent.body_length > PICTURE / 3 * 4, "{}", sent.body_length);
    }
}
