//! Responses of this route, natively: bodies, and what each comes to.

use super::ROUTE;
use crate::routes::recorded;

#[test]
fn each_recorded_response_decodes_as_expected() {
    recorded::check(&ROUTE);
}
