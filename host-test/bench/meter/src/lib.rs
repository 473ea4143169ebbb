//! What a client of a stamped server measures, the same for every client.
//!
//! The text of each chunk that such a server sends begins with the moment at which it was sent: the machine's
//! `CLOCK_MONOTONIC` in nanoseconds, as 16 hexadecimal digits. So any client on the same machine can tell how
//! long a chunk took from the server's hand to the place where a program gets its text. The clock is that of
//! [clock_gettime(2)](https://man7.org/linux/man-pages/man2/clock_gettime.2.html).
//!
//! A client implements [`Client`], hands itself to [`run`], and prints the [`Report`].

mod args;
mod clock;
mod report;
mod run;
mod sample;

pub use args::{Args, key};
pub use clock::{STAMP, now, stamp, started};
pub use report::{Phase, Report, Spread};
pub use run::{Client, run};
pub use sample::Sample;
