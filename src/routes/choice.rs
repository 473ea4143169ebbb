//! Which routes a request may take, the best first.

use alloc::{string::String, vec, vec::Vec};

use super::{ROUTES, Route, chat_completions};
use crate::contract::{Part, Request};
use crate::errors::{Error, unsupported};
use crate::text_search::split_once;

/// What a route may look at to say how well it serves a request.
///
/// A struct, so that more can be known later without a change of each route.
pub struct RouteQuery<'a> {
    /// The model id without white space around it.
    pub model: &'a str,
    /// The request, for options that a route cannot express.
    pub request: &'a Request,
}

/// How well a route serves a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suitability {
    /// Not at all.
    No,
    /// Without some of the request's options.
    Partly,
    /// All of it, if the route serves the model.
    Whole,
    /// Whatever the lists say of the model.
    Always,
}

/// The routes for a request, best first: the one that it names and no other, else those that serve its model. `listed` are
/// the names of these, best first.
///
/// A conversation stays on the route that it began on, if that serves the model: another one cannot send back its
/// reasoning. A route that would lose an option of the request comes after those that do not.
///
/// # Errors
/// `unsupported` where there is no route of that name, or none that serves the model. The message lists the names
/// of the routes that there are.
pub fn choose(request: &Request, listed: &[String]) -> Result<Vec<&'static Route>, Error> {
    choose_from(ROUTES, request, listed)
}

fn choose_from<'r>(
    routes: &'r [Route],
    request: &Request,
    listed: &[String],
) -> Result<Vec<&'r Route>, Error> {
    if let Some(name) = request.route.as_deref() {
        return match routes.iter().find(|route| route.name == name) {
            Some(route) => Ok(vec![route]),
            None => Err(unavailable("this provider does not have the requested route", routes)),
        };
    }
    let query = RouteQuery { model: request.model.trim_ascii(), request };
    let begun_on = begun_on(request);
    // The place among the listed ones, and after all of those where an option would be lost.
    let rank = |route: &Route| {
        let suitability = (route.suits)(&query);
        let place = match listed.is_empty() {
            // Nothing is known of the model. Nearly every one is served there.
            true => (route.name == chat_completions::NAME).then_some(0),
            false => listed.iter().position(|name| name == route.name),
        };
        match (suitability, place) {
            (Suitability::No, _) => None,
            (Suitability::Always, _) => Some(0),
            (_, None) => None,
            (_, Some(_)) if begun_on == Some(route.name) => Some(1),
            (Suitability::Whole, Some(place)) => Some(place.saturating_add(2)),
            (Suitability::Partly, Some(place)) => Some(place.saturating_add(2 + MOST)),
        }
    };
    let ranks: Vec<_> = routes.iter().map(|route| (rank(route), route)).collect();
    // A sort of so few would be most of the code of this.
    let of_rank =
        |wanted| ranks.iter().filter(move |(rank, _)| *rank == Some(wanted)).map(|(_, route)| *route);
    let best_first: Vec<_> = (0..2 + 2 * MOST).flat_map(of_rank).collect();
    match best_first.is_empty() {
        true => Err(unavailable("no route of this provider serves the model", routes)),
        false => Ok(best_first),
    }
}

/// More than there are routes.
const MOST: usize = 8;

/// The route that the last replay of the conversation is of. A replay begins with it: see
/// [`own_replay`](super::encoding::own_replay).
fn begun_on(request: &Request) -> Option<&str> {
    let parts = request.messages.iter().rev().flat_map(|message| message.content.iter().rev());
    parts
        .filter_map(|part| match part {
            Part::Text(part) => part.replay.as_deref(),
            Part::Reasoning(part) => part.replay.as_deref(),
            Part::ToolCall(part) => part.replay.as_deref(),
            _ => None,
        })
        .find_map(|replay| {
            let (name, _) = split_once(replay.strip_prefix(r#"{"route":""#)?, "\"")?;
            Some(name)
        })
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
    use crate::contract::{ErrorKind, ReasoningPart};
    use crate::history::samples;
    use crate::routes::test_route;
    use std::string::ToString;

    const CHAT: &str = chat_completions::NAME;

    fn table() -> [Route; 4] {
        [
            chat_completions::ROUTE,
            Route {
                name: "picky",
                suits: |query| match query.request.seed {
                    Some(_) => Suitability::Partly,
                    None => Suitability::Whole,
                },
                ..chat_completions::ROUTE
            },
            Route { name: "other", ..chat_completions::ROUTE },
            test_route::ROUTE,
        ]
    }

    fn request(model: &str, route: Option<&str>) -> Request {
        Request { model: model.into(), route: route.map(ToString::to_string), ..samples::request(Vec::new()) }
    }

    fn chosen(request: &Request, listed: &str) -> Result<String, String> {
        let listed: Vec<String> = listed.split_ascii_whitespace().map(ToString::to_string).collect();
        let table = table();
        match choose_from(&table, request, &listed) {
            Ok(routes) => Ok(routes.iter().map(|route| route.name).collect::<Vec<_>>().join(" ")),
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::Unsupported);
                Err(error.message)
            }
        }
    }

    #[test]
    fn the_list_decides_and_not_the_order_of_the_table() {
        for (model, listed, expected) in [
            ("gpt-5.4-mini", "", CHAT),
            ("gpt-5.4-mini", "picky chat-completions", "picky chat-completions"),
            ("gpt-5.4-mini", "other picky", "other picky"),
            ("gpt-5.4-mini", "unknown other", "other"),
            (" test/model\n", "", "test-route chat-completions"),
            (" test/model\n", "picky", "test-route picky"),
        ] {
            assert_eq!(chosen(&request(model, None), listed), Ok(expected.into()), "{model:?} {listed}");
        }
    }

    #[test]
    fn a_route_that_would_lose_an_option_comes_last() {
        let request = Request { seed: Some(1), ..request("m", None) };
        assert_eq!(chosen(&request, "picky other").as_deref(), Ok("other picky"));
        assert_eq!(chosen(&request, "picky").as_deref(), Ok("picky"));
    }

    #[test]
    fn a_conversation_stays_on_its_route_if_that_serves_the_model() {
        for (replay, expected) in [
            (r#"{"route":"other","x":1}"#, "other chat-completions picky"),
            (r#"{"route":"picky"}"#, "picky other chat-completions"),
            (r#"{"route":"elsewhere"}"#, "other chat-completions picky"),
            ("half", "other chat-completions picky"),
        ] {
            let part = Part::Reasoning(ReasoningPart { text: String::new(), replay: Some(replay.into()) });
            let messages = vec![samples::assistant(vec![part]), samples::user(vec![samples::text("go on")])];
            let request = Request { seed: Some(1), messages, ..request("m", None) };
            assert_eq!(chosen(&request, "picky other chat-completions").as_deref(), Ok(expected), "{replay}");
        }
    }

    #[test]
    fn a_named_route_is_the_only_one_whatever_the_model() {
        for name in [CHAT, "test-route", "picky"] {
            for model in ["gpt-5.4-mini", "test/model"] {
                assert_eq!(chosen(&request(model, Some(name)), "other").as_deref(), Ok(name), "{model}");
            }
        }
    }

    #[test]
    fn an_unknown_name_is_an_error_that_lists_the_routes_and_repeats_nothing() {
        for unknown in ["", "carrier-pigeon", "Chat-Completions"] {
            let message = chosen(&request("m", Some(unknown)), "").expect_err(unknown);
            assert!(message.contains("chat-completions") && message.contains("test-route"), "{message}");
            assert!(!message.contains("pigeon"), "{message}");
        }
    }

    #[test]
    fn a_model_that_no_route_serves_is_an_error() {
        let message = chosen(&request("m", None), "unknown").expect_err("no route");
        assert!(message.contains("serves the model"), "{message}");
    }
}
