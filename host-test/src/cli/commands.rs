//! The commands of a conversation, such as `/model`.
//!
//! A text without a slash is a prompt. Parsing is apart from the editor, so that it can be tested without a terminal.

/// The text of `/help`.
pub(crate) const HELP: &str = "\
/model [ID]       show or change the model
/system [TEXT]    set the system prompt, or remove it
/image FILE|URL   send an image with the next message
/reset            start a new conversation
/quit             leave (or Ctrl-D)
A line that starts with // is a prompt that starts with /.
End a line with \\ to continue on the next line. Ctrl-C stops a response.";

/// A parsed line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ReplCommand {
    Nothing,
    Text(String),
    Help,
    Quit,
    Reset,
    Model(Option<String>),
    System(Option<String>),
    Image(String),
    /// An unknown command, or a command with wrong arguments. It is reported and not sent: a misspelt command would
    /// otherwise become a prompt that costs money.
    Unknown(String),
}

/// Parses a line. Two slashes at the start stand for one: otherwise a prompt could not begin with a path like
/// `/etc/hosts`.
pub(crate) fn read(text: &str) -> ReplCommand {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return ReplCommand::Nothing;
    }
    let Some(command) = trimmed.strip_prefix('/') else { return ReplCommand::Text(text.to_owned()) };
    if command.starts_with('/') {
        return ReplCommand::Text(command.to_owned());
    }
    let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let rest = Some(rest.trim()).filter(|rest| !rest.is_empty()).map(str::to_owned);
    match (word, rest) {
        ("help" | "?", _) => ReplCommand::Help,
        // Arguments are refused where none make sense: `/quit smoking is hard` is a prompt with a stray slash.
        ("quit" | "exit" | "q", None) => ReplCommand::Quit,
        ("reset", None) => ReplCommand::Reset,
        ("model", id) => ReplCommand::Model(id),
        ("system", text) => ReplCommand::System(text),
        ("image", Some(source)) => ReplCommand::Image(source),
        _ => ReplCommand::Unknown(format!("/{command}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_text_or_a_command() {
        let some = |text: &str| Some(text.to_owned());
        let cases = [
            ("", ReplCommand::Nothing),
            (" \t", ReplCommand::Nothing),
            ("hello /quit", ReplCommand::Text("hello /quit".into())),
            ("  indented", ReplCommand::Text("  indented".into())),
            ("//etc/hosts is what?", ReplCommand::Text("/etc/hosts is what?".into())),
            ("/help", ReplCommand::Help),
            (" /quit ", ReplCommand::Quit),
            ("/exit", ReplCommand::Quit),
            ("/reset", ReplCommand::Reset),
            ("/model", ReplCommand::Model(None)),
            ("/model  gpt-5.4 ", ReplCommand::Model(some("gpt-5.4"))),
            ("/system be brief\nand kind", ReplCommand::System(some("be brief\nand kind"))),
            ("/system", ReplCommand::System(None)),
            ("/image my cat.png", ReplCommand::Image("my cat.png".into())),
            ("/image", ReplCommand::Unknown("/image".into())),
            ("/quit now", ReplCommand::Unknown("/quit now".into())),
            ("/nonsense", ReplCommand::Unknown("/nonsense".into())),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_help_names_every_command() {
        for word in ["/model", "/system", "/image", "/reset", "/quit"] {
            assert!(HELP.contains(word) && !matches!(read(&format!("{word} ")), ReplCommand::Text(_)));
        }
    }
}
