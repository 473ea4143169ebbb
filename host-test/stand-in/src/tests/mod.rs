mod responses;
mod client;
mod control;
mod faults;
mod listing;
mod on_demand;
mod redirects;
mod tls;
