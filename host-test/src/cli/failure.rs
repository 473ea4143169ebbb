//! How a command fails: the text for people, the JSON for programs, and the exit code.

use std::io;
use std::process::ExitCode;

use provider_host::contract::{Error, ErrorKind};
use provider_host::json;
use provider_host::sandbox::CallError;
use serde_json::Value;

use super::terminal::{Screen, Style, line};

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Wrong arguments, or a file that cannot be used. Nothing was sent.
    Usage(String),
    /// The provider returned an error of the contract.
    Provider(Box<Error>),
    /// A failure with advice that only the calling code can give, such as where a refused key came from.
    Advised {
        /// The failure itself.
        failure: Box<Failure>,
        /// A hint for people.
        advice: String,
    },
    /// The component or the host failed: for example, the component trapped or missed its deadline.
    Host {
        /// An identifier for programs.
        cause: &'static str,
        /// A sentence for people.
        message: String,
    },
    /// A plugin violates the contract; the report has the details.
    Conformance {
        /// Cases that failed.
        failed: usize,
        /// Cases in all.
        of: usize,
    },
    /// Ctrl-C.
    Interrupted,
    /// The reader of stdout has closed it.
    Closed,
    /// Stdout cannot be written.
    Output(io::Error),
}

impl Failure {
    /// Wrong usage, with a message that says what to do instead.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// The failure with this advice instead of its own hint.
    pub(crate) fn advised(self, advice: String) -> Self {
        Self::Advised { failure: Box::new(self), advice }
    }

    /// The exit code: 1 for a failure of the provider or the component, 2 for wrong usage. Scripts retry on 1 and must
    /// not retry on 2. 130 and 141 are what shells report for SIGINT and SIGPIPE.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Advised { failure, .. } => failure.code(),
            // The configuration came from the command line, so running the command again cannot help.
            Self::Provider(error) if error.kind == ErrorKind::Configuration => 2,
            Self::Provider(_) | Self::Host { .. } | Self::Output(_) | Self::Conformance { .. } => 1,
            Self::Interrupted => 130,
            // Rust programs ignore SIGPIPE, so the code that a shell would report is set here: the output is
            // incomplete, and a script has to notice it.
            Self::Closed => 141,
        }
    }

    /// The error in the contract's JSON. `None` if stdout is closed, or if no call failed: the contract has no error
    /// kind for wrong usage, and inventing one would surprise programs that match on the kind.
    pub(crate) fn json(&self, partial: bool) -> Option<Value> {
        match self {
            Self::Usage(_) | Self::Closed | Self::Output(_) | Self::Conformance { .. } => None,
            Self::Provider(error) => Some(json::error::error(error)),
            Self::Advised { failure, .. } => failure.json(partial),
            Self::Host { cause, message } => Some(json::error::host_error(cause, message, partial)),
            Self::Interrupted => Some(json::error::host_error("cancelled", "cancelled by Ctrl-C", partial)),
        }
    }

    /// Prints the failure on stderr.
    pub(crate) fn print(&self, screen: Screen) {
        match self {
            Self::Advised { failure, advice } => failure.print_with(Some(advice), screen),
            failure => failure.print_with(failure.hint(), screen),
        }
    }

    /// Every text is escaped: a message may quote a server or a plugin, whose control characters a terminal would execute.
    fn print_with(&self, hint: Option<&str>, screen: Screen) {
        let message = match self {
            Self::Usage(message) => line(message).into_owned(),
            Self::Provider(error) => provider_message(error),
            Self::Host { message, .. } => line(message).into_owned(),
            Self::Output(why) => {
                format!("stdout cannot be written: {why}; the output is incomplete, so write it elsewhere")
            }
            Self::Conformance { failed: 0, .. } => {
                "every case was skipped, so nothing was checked; choose other cases, or another plugin"
                    .to_owned()
            }
            Self::Conformance { failed, of } => {
                format!("{failed} of {of} cases failed; stdout has the reasons")
            }
            Self::Advised { failure, .. } => return failure.print_with(hint, screen),
            Self::Interrupted | Self::Closed => return,
        };
        screen.aside(Some(Style::Red), "error: ");
        screen.aside(None, &format!("{message}\n"));
        if let Self::Provider(error) = self
            && let Some(message) = raw_message(error)
        {
            screen.aside(Some(Style::Dim), &format!("  the provider says: {}\n", line(&message)));
        }
        if let Some(hint) = hint {
            screen.aside(Some(Style::Dim), &format!("  {}\n", line(hint)));
        }
    }

    /// Prints the failure and returns the exit code.
    pub(crate) fn exit(&self, screen: Screen) -> ExitCode {
        self.print(screen);
        ExitCode::from(self.code())
    }

    /// The command or option that helps next. The component's own message cannot name them: it is the same in every
    /// host.
    fn hint(&self) -> Option<&'static str> {
        let Self::Provider(error) = self else { return None };
        match error.kind {
            ErrorKind::Permission | ErrorKind::ModelNotFound => {
                Some("'host-test models --kind all' lists the models that this key can use")
            }
            ErrorKind::Billing => Some("'host-test account' shows the balance of the key"),
            ErrorKind::DeniedByHost => Some("'host-test inspect' shows where the plugin may send requests"),
            ErrorKind::ContextLengthExceeded => Some(
                "'host-test models --search ID' shows the model's context window; /reset starts a new conversation",
            ),
            ErrorKind::Network => {
                Some("check the connection and the base URL (--base-url, COMETAPI_BASE_URL)")
            }
            _ => None,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(why: io::Error) -> Self {
        if why.kind() == io::ErrorKind::BrokenPipe { Self::Closed } else { Self::Output(why) }
    }
}

impl From<CallError> for Failure {
    fn from(why: CallError) -> Self {
        match why {
            CallError::Provider(error) => Self::Provider(error),
            CallError::Trapped(_) => Self::Host { cause: "trapped", message: why.to_string() },
            CallError::Deadline { .. } => Self::Host { cause: "deadline", message: why.to_string() },
            CallError::Start(_) => Self::Host { cause: "start", message: why.to_string() },
            CallError::InstanceLost(_) => Self::Host { cause: "instance-lost", message: why.to_string() },
            CallError::Poisoned(_) => Self::Host { cause: "poisoned", message: why.to_string() },
        }
    }
}

/// The message with the facts that a provider's support team needs to find the request.
pub(crate) fn provider_message(error: &Error) -> String {
    let kind = match &error.kind {
        ErrorKind::Other(cause) => cause.as_str(),
        kind => json::error::kind(kind),
    };
    let mut facts = Vec::new();
    // The message of one provider contains status and code already, that of another does not. Neither is printed twice.
    let new = |fact: &String| !error.message.contains(fact.as_str());
    facts.extend(error.http_status.map(|status| format!("HTTP {status}")).filter(new));
    facts.extend(error.provider_code.as_ref().map(|code| format!("code {code}")).filter(new));
    facts.extend(error.request_id.as_ref().map(|id| format!("request {id}")));
    facts.extend(error.retry_after_ms.map(|wait| format!("retry after {:.1} s", wait as f64 / 1000.0)));
    let facts = if facts.is_empty() { String::new() } else { format!(" [{}]", facts.join(", ")) };
    line(&format!("{kind}: {}{facts}", error.message)).into_owned()
}

/// The provider's own message, from the details of its error. It is printed as well, since users search the web for
/// exactly that text.
fn raw_message(error: &Error) -> Option<String> {
    let details: serde_json::Value = serde_json::from_str(error.details_json.as_deref()?).ok()?;
    let message = ["message", "text"].iter().find_map(|field| details.get(field)?.as_str())?.trim();
    (!message.is_empty()).then(|| message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind) -> Error {
        Error {
            kind,
            message: "slow down\u{1b}[2J".into(),
            http_status: Some(429),
            provider_code: Some("rate\nlimit".into()),
            request_id: Some("r1".into()),
            retry_after_ms: Some(1500),
            retryable: true,
            request_sent: true,
            partial: false,
            suggested_model: None,
            details_json: None,
        }
    }

    #[test]
    fn each_failure_has_its_exit_code() {
        let provider = |kind| Failure::Provider(Box::new(error(kind)));
        let cases = [
            (Failure::usage("x"), 2),
            (provider(ErrorKind::Configuration), 2),
            (provider(ErrorKind::Configuration).advised("x".into()), 2),
            (provider(ErrorKind::Authentication).advised("x".into()), 1),
            (provider(ErrorKind::RateLimited), 1),
            (provider(ErrorKind::InvalidRequest), 1),
            (Failure::Host { cause: "trapped", message: "x".into() }, 1),
            (Failure::Conformance { failed: 1, of: 2 }, 1),
            (Failure::Interrupted, 130),
            (Failure::from(io::Error::from(io::ErrorKind::BrokenPipe)), 141),
            (Failure::from(io::Error::from(io::ErrorKind::StorageFull)), 1),
        ];
        for (failure, code) in cases {
            assert_eq!(failure.code(), code, "{failure:?}");
        }
    }

    #[test]
    fn a_provider_message_is_one_line_without_control_characters_and_with_the_facts() {
        assert_eq!(
            provider_message(&error(ErrorKind::RateLimited)),
            r"rate-limited: slow down\x1b[2J [HTTP 429, code rate\nlimit, request r1, retry after 1.5 s]"
        );
        assert!(provider_message(&error(ErrorKind::Other("quota".into()))).starts_with("quota: slow down"));
    }

    #[test]
    fn json_reports_every_failure_except_wrong_usage_and_a_closed_stdout() {
        assert!(Failure::usage("x").json(false).is_none());
        assert!(Failure::Closed.json(false).is_none());
        let cancelled = Failure::Interrupted.json(true).unwrap();
        assert_eq!(
            (cancelled["kind-other"].as_str(), cancelled["partial"].as_bool()),
            (Some("cancelled"), Some(true))
        );
        assert_eq!(
            Failure::Provider(Box::new(error(ErrorKind::Billing))).json(false).unwrap()["kind"],
            "billing"
        );
    }
}
