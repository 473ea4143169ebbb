//! Builds a request of the contract from options and files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use provider_host::contract::{
    JsonSchema, Media, Message, Part, ReasoningOptions, Request, ResponseFormat, Role,
};
use provider_host::json::request::{self as reader, media, tools};

use super::args::ChatArgs;
use super::failure::Failure;

/// The longest file that is read. Providers refuse much smaller bodies. Without a limit, a device or a pipe that was named
/// by mistake, such as /dev/zero, would fill the memory.
const LONGEST_FILE: u64 = 64 << 20;

/// A request without messages of the user and the assistant: the start of a conversation.
pub(crate) fn template(args: &ChatArgs, model: &str) -> Result<Request, Failure> {
    let mut request = Request::new(model);
    if let Some(system) = &args.system {
        request.messages.push(Message::text(Role::System, system.as_str()));
    }
    if let Some(path) = &args.tools {
        request.tools = tools::parse(&read_text(path)?).map_err(|why| in_file(path, &why))?;
    }
    if let Some(path) = &args.schema {
        request.response_format = Some(ResponseFormat::JsonSchema(schema(path, &read_text(path)?)?));
    }
    request.reasoning = args.reasoning.clone().map(|effort| ReasoningOptions {
        effort: Some(effort),
        budget_tokens: None,
        include_text: None,
    });
    request.max_output_tokens = args.max_tokens;
    request.route.clone_from(&args.route);
    Ok(request)
}

/// The request in a file; `-` is stdin. The model and the route of the command line win over the file's, and `model` is
/// used if neither has one. Files that the request names are relative to its own folder, so it works from any folder.
pub(crate) fn from_file(path: &Path, args: &ChatArgs, model: &str) -> Result<Request, Failure> {
    let text = read_input(path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut load = |name: &str| read(&folder.join(name));
    let mut request = reader::parse(&text, Some(model), &mut load).map_err(|why| in_file(path, &why))?;
    if let Some(model) = &args.model {
        request.model.clone_from(model);
    }
    if args.route.is_some() {
        request.route.clone_from(&args.route);
    }
    Ok(request)
}

/// A message of the user, with the images before the text. Anthropic's guide to vision recommends this order, and no vendor
/// refuses it.
pub(crate) fn user_message(images: Vec<Media>, text: String) -> Message {
    let mut message = Message::user(text);
    message.content.splice(0..0, images.into_iter().map(Part::Image));
    message
}

/// An image from a URL or a file.
pub(crate) fn image(source: &str) -> Result<Media, Failure> {
    let is_address = ["http://", "https://", "data:"].iter().any(|scheme| source.starts_with(scheme));
    if is_address {
        // The contract requires an image type, and a URL without an ending has none. The guess has no effect on the
        // request: for an image at a URL, chat completions have only a field for the URL.
        return Ok(media::from_url(source, "image/jpeg"));
    }
    let media = read(Path::new(source))
        .and_then(|bytes| media::from_file(source, bytes).map_err(|why| why.to_string()))
        .map_err(Failure::Usage)?;
    if media.media_type.starts_with("image/") {
        Ok(media)
    } else {
        Err(Failure::usage(format!(
            "{source} is {}, not an image; send other media with --request",
            media.media_type
        )))
    }
}

/// All of stdin as text.
pub(crate) fn read_stdin() -> Result<String, Failure> {
    let bytes = read_limited(io::stdin().lock())
        .map_err(|why| Failure::usage(format!("stdin cannot be read: {why}; pipe a text into it")))?;
    String::from_utf8(bytes).map_err(|_| Failure::usage("stdin is not UTF-8 text; convert it first"))
}

/// A schema alone, or in OpenAI's wrapper with a name: `{"name":…,"schema":{…},"strict":…}`. Both are in use: a
/// validator needs the first, and examples of OpenAI's API contain the second.
fn schema(path: &Path, text: &str) -> Result<JsonSchema, Failure> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|why| in_file(path, &why))?;
    let Some(fields) = value.as_object() else {
        return Err(in_file(path, &"the JSON schema is not an object; write {\"type\": …}"));
    };
    if let (Some(name), Some(schema)) =
        (fields.get("name").and_then(|name| name.as_str()), fields.get("schema"))
    {
        let strict = fields.get("strict").and_then(serde_json::Value::as_bool);
        return Ok(JsonSchema { name: name.to_owned(), schema_json: schema.to_string(), strict });
    }
    // A bare schema gets the name of its file: the model sees the name, so it should mean something.
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    // OpenAI refuses a schema whose name does not match `[A-Za-z0-9_-]{1,64}`.
    let name: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).take(64).collect();
    let name = if name.is_empty() { "answer".to_owned() } else { name };
    Ok(JsonSchema { name, schema_json: text.trim().to_owned(), strict: None })
}

/// The text of a file; `-` is stdin.
pub(crate) fn read_input(path: &Path) -> Result<String, Failure> {
    if path == Path::new("-") { read_stdin() } else { read_text(path) }
}

fn read_text(path: &Path) -> Result<String, Failure> {
    let bytes = read(path).map_err(Failure::Usage)?;
    String::from_utf8(bytes).map_err(|_| in_file(path, &"is not UTF-8 text; convert it first"))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let named = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    read_limited(File::open(path).map_err(|why| named(&why))?).map_err(|why| named(&why))
}

fn read_limited(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more than the limit: without it, a file of exactly that length looks like a longer one that was cut.
    if from.take(LONGEST_FILE + 1).read_to_end(&mut bytes)? as u64 > LONGEST_FILE {
        return Err(io::Error::other(format!("the file is larger than {} MiB", LONGEST_FILE >> 20)));
    }
    Ok(bytes)
}

fn in_file(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::usage(format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use provider_host::contract::MediaSource;

    use super::*;
    use crate::cli::args::{Cli, Command};

    fn args(line: &[&str]) -> ChatArgs {
        match Cli::try_parse_from(["host-test", "chat"].iter().chain(line)).unwrap().command {
            Command::Chat(args) => *args,
            other => panic!("{other:?}"),
        }
    }

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn write(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> String {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn usage<T: std::fmt::Debug>(result: Result<T, Failure>) -> String {
        match result {
            Err(Failure::Usage(message)) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_option_sets_its_field_of_the_request() {
        let folder = folder();
        let tools = write(&folder, "t.json", br#"[{"type":"function","function":{"name":"f"}}]"#);
        let schema = write(&folder, "my result.json", b" {\"type\": \"object\"}\n");
        let line =
            ["-s", "sys", "--tools", &tools, "--schema", &schema, "--reasoning", "low", "--max-tokens", "7"];
        let line = [&line[..], &["--route", "messages"]].concat();
        let request = template(&args(&line), "m").unwrap();
        assert_eq!(request.route.as_deref(), Some("messages"));
        assert_eq!((request.model.as_str(), request.max_output_tokens), ("m", Some(7)));
        assert_eq!(request.messages, [Message::text(Role::System, "sys")]);
        assert_eq!(request.tools[0].name, "f");
        assert_eq!(request.reasoning.unwrap().effort.as_deref(), Some("low"));
        let expected = JsonSchema {
            name: "my_result".into(),
            schema_json: "{\"type\": \"object\"}".into(),
            strict: None,
        };
        assert_eq!(request.response_format, Some(ResponseFormat::JsonSchema(expected)));
        assert_eq!(template(&args(&[]), "m").unwrap(), Request::new("m"));
    }

    #[test]
    fn a_schema_may_contain_its_name() {
        let wrapped =
            schema(Path::new("x.json"), r#"{"name":"n","strict":true,"schema":{"type":"object"}}"#).unwrap();
        let expected =
            JsonSchema { name: "n".into(), schema_json: r#"{"type":"object"}"#.into(), strict: Some(true) };
        assert_eq!(wrapped, expected);
    }

    #[test]
    fn an_image_is_a_file_or_an_address() {
        let folder = folder();
        let path = write(&folder, "cat.bin", b"\x89PNG\r\n\x1a\n");
        let from_file = image(&path).unwrap();
        assert_eq!(
            (from_file.media_type.as_str(), from_file.name.as_deref()),
            ("image/png", Some("cat.bin"))
        );
        let from_url = image("https://example.org/cat").unwrap();
        assert_eq!(from_url.media_type, "image/jpeg");
        assert_eq!(from_url.source, MediaSource::Url("https://example.org/cat".into()));
        assert!(usage(image(&write(&folder, "a.pdf", b"%PDF-1.7"))).contains("not an image"));
        assert!(usage(image("/nowhere/cat.png")).contains("/nowhere/cat.png"));
    }

    #[test]
    fn images_stand_before_the_text() {
        let message = user_message(vec![image("https://x/y.png").unwrap()], "what?".into());
        assert!(matches!(&message.content[..], [Part::Image(_), Part::Text(text)] if text.text == "what?"));
    }

    #[test]
    fn a_request_file_names_files_relative_to_itself_and_the_options_win() {
        let folder = folder();
        write(&folder, "cat.png", b"\x89PNG\r\n\x1a\n");
        let text =
            br#"{"messages":[{"role":"user","content":[{"part":"image","source":{"file":"cat.png"}}]}]}"#;
        let path = write(&folder, "r.json", text);
        let request = from_file(Path::new(&path), &args(&[]), "default").unwrap();
        assert_eq!(request.model, "default");
        assert!(
            matches!(&request.messages[0].content[0], Part::Image(media) if media.media_type == "image/png")
        );
        let line = ["-m", "x", "--route", "gemini"];
        let request = from_file(Path::new(&path), &args(&line), "default").unwrap();
        assert_eq!((request.model.as_str(), request.route.as_deref()), ("x", Some("gemini")));
    }

    #[test]
    fn an_error_in_a_file_is_wrong_usage_and_names_the_file() {
        let folder = folder();
        let cases = [
            ("a.json", &b"{"[..], "a.json: not JSON"),
            ("b.json", b"\xff", "b.json: is not UTF-8"),
            (
                "c.json",
                br#"{"model":"m","messages":[{"role":"user","content":"x","extra":1}]}"#,
                "unknown key \"extra\"",
            ),
        ];
        for (name, bytes, expected) in cases {
            let path = write(&folder, name, bytes);
            let message = usage(from_file(Path::new(&path), &args(&[]), "m"));
            assert!(message.contains(expected), "{message}");
        }
        assert!(usage(template(&args(&["--tools", "/nowhere/t.json"]), "m")).contains("/nowhere/t.json"));
    }

    #[test]
    fn an_endless_file_is_not_read_forever() {
        assert!(read_limited(io::repeat(0)).is_err());
    }
}
