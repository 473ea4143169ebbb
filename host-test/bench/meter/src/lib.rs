//! Measures a client of the latency server, in the same way for every client.
//!
//! The text of each chunk that the server sends begins with the time at which it was sent: the machine's
//! `CLOCK_MONOTONIC` in nanoseconds, as 16 hexadecimal digits. So any client on the same machine can measure how long a
//! chunk takes from the server to the program that uses the text. One clock measures both ends, so no clocks have to be
//! synchronised, and no client has to be changed. See
//! [clock_gettime(2)](https://man7.org/linux/man-pages/man2/clock_gettime.2.html).
//!
//! A program implements [`Client`], passes its clients to [`run`], and prints the [`Report`].

mod args;
mod clock;
mod report;
mod run;
mod sample;

pub use args::{Args, key};
pub use clock::{TIMESTAMP_LEN, now, started, timestamp};
pub use report::{Phase, Report, Spread};
pub use run::{Client, run};
pub use sample::Sample;
