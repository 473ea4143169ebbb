//! Makes the requests, several at the same time, and measures the first one of each connection separately.

use std::future::Future;
use std::time::Instant;

use tokio::task::JoinSet;

use crate::clock::{now, started};
use crate::report::{Phase, Report, cpu, max_rss};
use crate::sample::Sample;

/// A client that makes one request after the other and keeps its connection.
pub trait Client: Send + 'static {
    /// Sends a request, receives the whole response, and passes each text to the sample as soon as it is available.
    ///
    /// # Errors
    /// The request failed, or the response is incomplete: half a response would look like a fast one.
    fn exchange(&mut self, sample: &mut Sample) -> impl Future<Output = Result<(), String>> + Send;
}

/// Makes the requests. Each client makes its share of them, and all clients run at the same time.
pub async fn run<C: Client>(name: &str, requests: u32, clients: Vec<C>) -> Report {
    let lanes = clients.len() as u64;
    let requests = u64::from(requests);
    let shares = |count: u64| (0..lanes).map(move |lane| count / lanes + u64::from(lane < count % lanes));
    let (cold, clients) = round(clients, shares(requests.min(lanes)).collect()).await;
    let start_us =
        started().zip(cold.first_at).map(|(start, first)| first.saturating_sub(start) as f64 / 1e3);
    let later = requests.saturating_sub(lanes);
    let warm = match later {
        0 => None,
        _ => Some(round(clients, shares(later).collect()).await.0),
    };
    let mut all = cold.clone();
    if let Some(warm) = &warm {
        all.add(warm.clone());
    }
    Report {
        client: name.to_owned(),
        all: all.phase(),
        start_us,
        cold: cold.phase(),
        warm: warm.as_ref().map(Round::phase),
        maxrss_kb: max_rss(),
        failed: all.failed,
        error: all.error,
    }
}

/// The combined measurements of several responses.
#[derive(Clone, Default)]
struct Round {
    sample: Sample,
    /// The time of the first text of all responses.
    first_at: Option<u64>,
    requests: u64,
    wall_s: f64,
    cpu: (f64, f64),
    failed: u64,
    error: Option<String>,
}

impl Round {
    /// The figures of these responses.
    fn phase(&self) -> Phase {
        Phase::of(&self.sample, self.requests, self.wall_s, self.cpu)
    }

    /// Adds another round, whose time follows that of this one.
    fn add(&mut self, other: Round) {
        self.sample.add(other.sample);
        self.requests += other.requests;
        self.wall_s += other.wall_s;
        self.cpu = (self.cpu.0 + other.cpu.0, self.cpu.1 + other.cpu.1);
        self.failed += other.failed;
        self.error = self.error.take().or(other.error);
    }
}

/// Lets each client make its share of the requests. The processor time is that of the whole process, so it is measured
/// for the round and not for each response.
async fn round<C: Client>(clients: Vec<C>, shares: Vec<u64>) -> (Round, Vec<C>) {
    let (before, began) = (cpu(), Instant::now());
    let mut tasks = JoinSet::new();
    for (mut client, share) in clients.into_iter().zip(shares) {
        tasks.spawn(async move {
            let mut round = Round { requests: share, ..Round::default() };
            for _ in 0..share {
                let begun = now();
                let mut sample = Sample::begin();
                if let Err(why) = client.exchange(&mut sample).await {
                    round.failed += 1;
                    round.error.get_or_insert(why);
                }
                let first = sample.first.first().map(|after| begun + after);
                round.first_at = round.first_at.or(first);
                round.sample.add(sample);
            }
            (round, client)
        });
    }
    let mut all = Round::default();
    let mut clients = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok((round, client)) => {
                all.first_at = all.first_at.into_iter().chain(round.first_at).min();
                all.add(round);
                clients.push(client);
            }
            Err(why) => {
                all.failed += 1;
                all.error.get_or_insert(why.to_string());
            }
        }
    }
    let after = cpu();
    all.wall_s = began.elapsed().as_secs_f64();
    all.cpu = (after.0 - before.0, after.1 - before.1);
    (all, clients)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(u64);

    impl Client for Counting {
        async fn exchange(&mut self, sample: &mut Sample) -> Result<(), String> {
            self.0 += 1;
            sample.text(&format!("{:016x} text", now()));
            sample.text("no time.");
            if self.0 == 3 { Err("the third fails".to_owned()) } else { Ok(()) }
        }
    }

    async fn report(requests: u32, concurrency: u32) -> Report {
        run("counting", requests, (0..concurrency).map(|_| Counting(0)).collect()).await
    }

    #[tokio::test]
    async fn the_first_response_of_each_client_is_cold_and_the_later_ones_are_warm() {
        let begun = Instant::now();
        let report = report(5, 2).await;
        let took = begun.elapsed().as_secs_f64() * 1e6;
        let warm = report.warm.clone().unwrap();
        assert_eq!((report.all.requests, report.cold.requests, warm.requests), (5, 2, 3));
        assert_eq!((report.all.chunks, report.cold.chunks, warm.chunks), (5, 2, 3));
        assert_eq!(report.all.bytes, 5 * (21 + 8));
        assert!(report.all.max_us.unwrap() <= took && report.all.ttft_us.unwrap() <= took, "{report:?}");
    }

    #[tokio::test]
    async fn a_failed_request_is_counted_and_its_error_reported() {
        let report = report(3, 1).await;
        assert_eq!((report.failed, report.error.as_deref()), (1, Some("the third fails")));
    }

    #[tokio::test]
    async fn fewer_requests_than_clients_have_no_warm_phase() {
        let report = report(2, 4).await;
        assert_eq!((report.all.requests, report.all.chunks), (2, 2));
        assert!(report.warm.is_none());
    }
}
