//! What may be typed in a conversation.

/// What `/help` shows.
pub(crate) const HELP: &str = "\
/model [ID]       show or change the model
/system [TEXT]    say beforehand, or take back, what the model is told
/image FILE|URL   an image to go with the next message
/reset            forget the conversation
/quit             leave; so does Ctrl-D
A line that ends in \\ goes on in the next. Ctrl-C breaks an answer off.";

/// One line, understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Nothing,
    Text(String),
    Help,
    Quit,
    Reset,
    Model(Option<String>),
    System(Option<String>),
    Image(String),
    /// A command that there is not.
    Unknown(String),
}

/// Reads what was typed. Two slashes at the beginning stand for one that is meant as text.
pub(crate) fn read(text: &str) -> Said {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Said::Nothing;
    }
    let Some(command) = trimmed.strip_prefix('/') else { return Said::Text(text.to_owned()) };
    if command.starts_with('/') {
        return Said::Text(command.to_owned());
    }
    let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let rest = Some(rest.trim()).filter(|rest| !rest.is_empty()).map(str::to_owned);
    match (word, rest) {
        ("help" | "?", _) => Said::Help,
        ("quit" | "exit" | "q", None) => Said::Quit,
        ("reset", None) => Said::Reset,
        ("model", id) => Said::Model(id),
        ("system", text) => Said::System(text),
        ("image", Some(source)) => Said::Image(source),
        _ => Said::Unknown(format!("/{command}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_text_or_a_command() {
        let some = |text: &str| Some(text.to_owned());
        let cases = [
            ("", Said::Nothing),
            (" \t", Said::Nothing),
            ("hello /quit", Said::Text("hello /quit".into())),
            ("  indented", Said::Text("  indented".into())),
            ("//etc/hosts is what?", Said::Text("/etc/hosts is what?".into())),
            ("/help", Said::Help),
            (" /quit ", Said::Quit),
            ("/exit", Said::Quit),
            ("/reset", Said::Reset),
            ("/model", Said::Model(None)),
            ("/model  gpt-5.4 ", Said::Model(some("gpt-5.4"))),
            ("/system be brief\nand kind", Said::System(some("be brief\nand kind"))),
            ("/system", Said::System(None)),
            ("/image my cat.png", Said::Image("my cat.png".into())),
            ("/image", Said::Unknown("/image".into())),
            ("/quit now", Said::Unknown("/quit now".into())),
            ("/nonsense", Said::Unknown("/nonsense".into())),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_help_names_every_command() {
        for word in ["/model", "/system", "/image", "/reset", "/quit"] {
            assert!(HELP.contains(word) && !matches!(read(&format!("{word} ")), Said::Text(_)));
        }
    }
}
