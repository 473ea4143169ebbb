//! Which route a request takes.

use alloc::string::String;

use super::{ROUTES, Route};
use crate::contract::Request;
use crate::errors::{Error, unsupported};

/// What a route may look at to say how well it serves a request.
///
/// A struct, so that more can be known later (the endpoint types of the key's list) without a change of each route.
pub struct RouteQuery<'a> {
    /// The model id without white space around it.
    pub model: &'a str,
    /// The request, for example for the replays in its history: a conversation that began on a route loses its
    /// reasoning on another one.
    pub request: &'a Request,
}

/// How well a route serves a model. A better value is a greater one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suitability {
    /// The model is not served there.
    No,
    /// The model is served, maybe without some of its abilities.
    Serves,
    /// The route that the model's vendor made for it: all abilities are there.
    Native,
}

/// The route for a request: the one that it names, else the one that suits its model best.
///
/// # Errors
/// `unsupported` where there is no route of that name, or none that serves the model. The message lists the names
/// of the routes that there are.
pub fn choose(request: &Request) -> Result<&'static Route, Error> {
    choose_from(ROUTES, request)
}

fn choose_from<'r>(routes: &'r [Route], request: &Request) -> Result<&'r Route, Error> {
    if let Some(name) = request.route.as_deref() {
        return routes
            .iter()
            .find(|route| route.name == name)
            .ok_or_else(|| unavailable("this provider does not have the requested route", routes));
    }
    let query = RouteQuery { model: request.model.trim_ascii(), request };
    let mut best = (Suitability::No, None);
    for route in routes {
        let suitability = (route.suits)(&query);
        // Only a better route replaces an earlier one, so the order of the table decides between equals.
        if suitability > best.0 {
            best = (suitability, Some(route));
        }
    }
    best.1.ok_or_else(|| unavailable("no route of this provider serves the model", routes))
}

fn unavailable(reason: &str, routes: &[Route]) -> Error {
    let mut message = String::from(reason);
    message.push_str("; leave the route out, or choose one of these:");
    for route in routes {
        message.push(' ');
        message.push_str(route.name);
    }
    unsupported(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::ErrorKind;
    use crate::history::samples;
    use crate::routes::{chat_completions, test_route};
    use std::{string::ToString, vec::Vec};

    const TABLES: [[Route; 2]; 2] =
        [[chat_completions::ROUTE, test_route::ROUTE], [test_route::ROUTE, chat_completions::ROUTE]];

    fn chosen(model: &str, route: Option<&str>) -> [Result<&'static str, String>; 2] {
        let request = Request {
            model: model.into(),
            route: route.map(ToString::to_string),
            ..samples::request(Vec::new())
        };
        TABLES.each_ref().map(|table| {
            choose_from(table, &request).map(|route| route.name).map_err(|error| {
                assert_eq!(error.kind, ErrorKind::Unsupported);
                error.message
            })
        })
    }

    #[test]
    fn the_model_decides_where_no_route_is_named_and_not_the_order_of_the_table() {
        for (model, expected) in [
            ("gpt-5.4-mini", chat_completions::NAME),
            ("claude-opus-5", chat_completions::NAME),
            ("", chat_completions::NAME),
            (" test/model\n", test_route::NAME),
        ] {
            assert_eq!(chosen(model, None), [Ok(expected), Ok(expected)], "{model:?}");
        }
    }

    #[test]
    fn a_named_route_is_taken_whatever_the_model() {
        for name in [chat_completions::NAME, test_route::NAME] {
            for model in ["gpt-5.4-mini", "test/model"] {
                assert_eq!(chosen(model, Some(name)), [Ok(name), Ok(name)], "{model}");
            }
        }
    }

    #[test]
    fn an_unknown_name_is_an_error_that_lists_the_routes_and_repeats_nothing() {
        for unknown in ["", "carrier-pigeon", "Chat-Completions"] {
            for message in chosen("gpt-5.4-mini", Some(unknown)).map(|result| result.expect_err(unknown)) {
                assert!(message.contains("chat-completions") && message.contains("test-route"), "{message}");
                assert!(!message.contains("pigeon"), "{message}");
            }
        }
    }

    #[test]
    fn a_model_that_no_route_serves_is_an_error() {
        let request = Request { model: "gpt-5.4-mini".into(), ..samples::request(Vec::new()) };
        let error =
            choose_from(&[test_route::ROUTE], &request).map(|route| route.name).expect_err("no route");
        assert!(error.message.contains("serves the model"), "{}", error.message);
    }
}
