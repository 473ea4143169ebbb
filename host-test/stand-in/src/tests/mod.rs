mod client;
mod control;
mod faults;
mod listing;
mod on_demand;
mod redirects;
mod responses;
mod tls;
