mod answers;
mod client;
mod control;
mod faults;
mod listing;
mod on_demand;
mod redirects;
mod tls;
