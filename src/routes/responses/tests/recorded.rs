//! The recorded responses of the corpora.

use crate::routes::{recorded, responses::ROUTE};

#[test]
fn every_recording_decodes_as_expected() {
    recorded::check(&ROUTE);
}
