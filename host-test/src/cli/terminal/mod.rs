//! Output for people: stdout for the response, stderr for everything else.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use provider_host::json;

use super::failure::Failure;

mod sanitize;

pub(crate) use sanitize::{Sanitizer, line};

/// The style of a text. Only a terminal shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Bold,
    Dim,
    Red,
    Yellow,
    Cyan,
}

impl Style {
    /// The parameter of the terminal's SGR sequence (ECMA-48, 8.3.117).
    fn code(self) -> u8 {
        match self {
            Self::Bold => 1,
            Self::Dim => 2,
            Self::Red => 31,
            Self::Yellow => 33,
            Self::Cyan => 36,
        }
    }
}

/// The output streams and their abilities.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    /// Whether stdout is a terminal.
    pub(crate) out_terminal: bool,
    /// Whether stderr is a terminal.
    pub(crate) err_terminal: bool,
    colours: bool,
}

impl Screen {
    /// The process's own streams. Colours follow `NO_COLOR` (no-color.org) and `TERM=dumb`.
    pub(crate) fn new() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let colours = set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb");
        Self { out_terminal: io::stdout().is_terminal(), err_terminal: io::stderr().is_terminal(), colours }
    }

    /// Streams that are no terminals, so that a test gets the same text on every machine.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self { out_terminal: false, err_terminal: false, colours: false }
    }

    /// Whether stdout takes colours.
    pub(crate) fn out_colours(self) -> bool {
        self.colours && self.out_terminal
    }

    /// Writes to stdout and flushes: streamed text must not wait in a buffer.
    pub(crate) fn print(self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::from)
    }

    /// Writes one JSON value on its own line to stdout.
    pub(crate) fn print_json(self, value: &serde_json::Value) -> Result<(), Failure> {
        self.print(&format!("{}\n", json::line::to_line(value)))
    }

    /// Writes to stderr. Errors are ignored: stderr only has notes for people, and a closed stderr must not stop a
    /// command whose result goes to stdout.
    pub(crate) fn aside(self, style: Option<Style>, text: &str) {
        let text = match style {
            Some(style) if self.err_terminal => self.paint(style, text),
            _ => text.to_owned(),
        };
        let mut err = io::stderr().lock();
        let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
    }

    /// A text in a style for stdout. It is plain in a pipe: escape sequences would end up in files and in other programs.
    pub(crate) fn styled(self, style: Style, text: &str) -> String {
        if self.out_terminal { self.paint(style, text) } else { text.to_owned() }
    }

    /// A spinner on stderr while something takes long. Without a terminal there is none: it would fill a log.
    pub(crate) fn spinner(self, message: &str) -> Spinner {
        if !self.err_terminal {
            return Spinner(None);
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(message.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Spinner(Some(bar))
    }

    /// Each text resets its own style, so that an interruption at any point leaves the terminal clean. The reset comes
    /// before the line break, since some terminals otherwise colour the next line.
    fn paint(self, style: Style, text: &str) -> String {
        let shown = text.trim_end_matches('\n');
        if !self.colours || shown.is_empty() {
            return text.to_owned();
        }
        let end = text.get(shown.len()..).unwrap_or_default();
        format!("\x1b[{}m{shown}\x1b[0m{end}", style.code())
    }
}

/// A spinner. Dropping it clears its line.
#[derive(Debug)]
pub(crate) struct Spinner(Option<ProgressBar>);

impl Drop for Spinner {
    fn drop(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}

/// Restores the terminal before an abrupt exit, which runs no destructors.
pub(crate) fn restore() {
    if io::stderr().is_terminal() {
        // Clears the line of a spinner, and resets the style.
        let _ = io::stderr().lock().write_all(b"\r\x1b[K\x1b[0m");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(terminal: bool, colours: bool) -> Screen {
        Screen { out_terminal: terminal, err_terminal: terminal, colours }
    }

    #[test]
    fn only_a_terminal_with_colours_enabled_gets_them() {
        assert_eq!(screen(true, true).styled(Style::Red, "x"), "\x1b[31mx\x1b[0m");
        assert_eq!(screen(true, true).styled(Style::Dim, "x\n"), "\x1b[2mx\x1b[0m\n");
        assert_eq!(screen(true, true).styled(Style::Dim, "\n"), "\n");
        for plain in [screen(false, true), screen(true, false), screen(false, false)] {
            assert_eq!(plain.styled(Style::Red, "x\n"), "x\n");
            assert!(!plain.out_colours());
        }
    }
}
