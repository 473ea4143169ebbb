//! Context window and output limit where sources disagree.
//!
//! The window is the catalogue's: CometAPI may serve a smaller one than the vendor does, and a request beyond the window
//! fails in the middle of a task. A window that is not even larger than the output limit of the built-in table is
//! a mistake (an agent that trusted 4,000 compacted its history without end), so the table's counts then.
//!
//! The output limit is the table's: the catalogue's is often too small (8,000 for Claude Haiku 4.5, whose limit is
//! 64,000), which cuts responses off, and repeats the window where no limit is known. The catalogue's is taken for a
//! model that the table does not have.
//!
//! A key's list with limits is that of a proxy. They are the limits of the server that is called, so they come first.

use super::Source;

/// A limit and where it comes from.
pub(super) type Limit = Option<(u64, Source)>;

/// Window and output limit of one source.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Limits {
    pub(super) context_window: Option<u64>,
    pub(super) max_output_tokens: Option<u64>,
}

/// The window and the output limit to publish.
pub(super) fn limits(key_list: Limits, catalogue: Limits, built_in: Limits) -> (Limit, Limit) {
    let listed = catalogue.context_window.filter(|window| match built_in.max_output_tokens {
        Some(output) if built_in.context_window.is_some() => *window > output,
        _ => true,
    });
    let from_key_list = |limit: Option<u64>| limit.map(|limit| (limit, Source::KeyList));
    let window = from_key_list(key_list.context_window)
        .or(listed.map(|window| (window, Source::Catalogue)))
        .or(built_in.context_window.map(|window| (window, Source::BuiltIn)));
    let output = from_key_list(key_list.max_output_tokens)
        .or(built_in.max_output_tokens.map(|output| (output, Source::BuiltIn)))
        .or(catalogue.max_output_tokens.map(|output| (output, Source::Catalogue)));
    // Limits of two sources may contradict each other. Then only the window is published, because it matters more.
    let fits = |output: &(u64, Source)| window.is_none_or(|(window, _)| output.0 < window);
    (window, output.filter(fits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Source::{BuiltIn, Catalogue, KeyList};

    #[test]
    fn each_limit_is_taken_from_the_source_that_errs_harmlessly() {
        let of = |context_window, max_output_tokens| Limits { context_window, max_output_tokens };
        let table = of(Some(200_000), Some(64_000));
        let empty = Limits::default();
        for (catalogue, built_in, window, output) in [
            (of(Some(200_000), Some(8_000)), table, Some((200_000, Catalogue)), Some((64_000, BuiltIn))),
            (of(Some(128_000), None), table, Some((128_000, Catalogue)), Some((64_000, BuiltIn))),
            (of(Some(4_000), None), table, Some((200_000, BuiltIn)), Some((64_000, BuiltIn))),
            (of(None, Some(8_000)), empty, None, Some((8_000, Catalogue))),
            (of(Some(8_000), None), of(None, Some(64_000)), Some((8_000, Catalogue)), None),
            (empty, table, Some((200_000, BuiltIn)), Some((64_000, BuiltIn))),
            (empty, of(Some(200_000), None), Some((200_000, BuiltIn)), None),
            (of(Some(100), Some(50)), empty, Some((100, Catalogue)), Some((50, Catalogue))),
            (empty, empty, None, None),
        ] {
            assert_eq!(limits(empty, catalogue, built_in), (window, output), "{catalogue:?}");
        }
        let list = of(Some(100_000), Some(4_000));
        for (list, window, output) in [
            (list, (100_000, KeyList), Some((4_000, KeyList))),
            (of(None, Some(4_000)), (200_000, BuiltIn), Some((4_000, KeyList))),
            (of(Some(100_000), None), (100_000, KeyList), Some((64_000, BuiltIn))),
            (of(Some(64_000), None), (64_000, KeyList), None),
        ] {
            assert_eq!(limits(list, empty, table), (Some(window), output), "{list:?}");
        }
    }
}
