//! What the host does to a request before wasmtime's own code sends it: the two things without which no case could run.

use http::HeaderValue;
use http::header::AUTHORIZATION;
use provider_host::sandbox::Secret;
use url::Url;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks, default_send_request};

/// The server of one instance, and the key for it.
pub(crate) struct Hooks {
    base_url: Option<Url>,
    key: Option<HeaderValue>,
    denied: Vec<String>,
}

/// What a request becomes, as `wasmtime-wasi-http` wants it.
type Sent = Box<
    dyn Future<
            Output = wasmtime_wasi_http::Result<(
                http::Response<WasiBody>,
                Box<dyn Future<Output = Result<(), Error>> + Send>,
            )>,
        > + Send,
>;

impl Hooks {
    pub(crate) fn new(base_url: Option<&Url>, key: Option<&Secret>) -> Result<Hooks, String> {
        let bearer = |key: &Secret| HeaderValue::try_from(format!("Bearer {}", key.expose()));
        let key = key.map(bearer).transpose().map_err(|_| "the key fits into no header".to_owned())?;
        Ok(Hooks { base_url: base_url.cloned(), key, denied: Vec::new() })
    }

    pub(crate) fn denied(&self) -> Vec<String> {
        self.denied.clone()
    }

    /// Whether the request is for the server of this instance. The cases must reach no other machine, whatever the
    /// component does.
    fn is_allowed(&self, uri: &http::Uri) -> bool {
        let to: Option<Url> = uri.to_string().parse().ok();
        to.zip(self.base_url.as_ref()).is_some_and(|(to, base)| to.origin() == base.origin())
    }

    /// The key belongs to the requests of the API, and not to the public lists on the same server.
    fn gets_key(uri: &http::Uri) -> bool {
        uri.path().starts_with("/v1/") || uri.path().starts_with("/v1beta/")
    }
}

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        mut request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Sent {
        if !self.is_allowed(request.uri()) {
            self.denied.push(request.uri().to_string());
            return Box::new(async { Err(Error::HttpRequestDenied) });
        }
        if let Some(key) = self.key.as_ref().filter(|_| Self::gets_key(request.uri())) {
            request.headers_mut().insert(AUTHORIZATION, key.clone());
        }
        Box::new(async move {
            let (response, connection) = default_send_request(request, options).await?;
            let connection: Box<dyn Future<Output = _> + Send> = Box::new(connection);
            Ok((response.map(http_body_util::BodyExt::boxed_unsync), connection))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_server_of_the_instance_is_allowed_and_only_its_api_gets_the_key() {
        let base_url: Url = "http://127.0.0.1:8080/v1".parse().unwrap();
        let hooks = Hooks::new(Some(&base_url), Some(&Secret::new("sk-a"))).unwrap();
        let uri = |text: &str| text.parse::<http::Uri>().unwrap();
        for (text, allowed, key) in [
            ("http://127.0.0.1:8080/v1/models", true, true),
            ("http://127.0.0.1:8080/v1beta/models/a:generateContent", true, true),
            ("http://127.0.0.1:8080/api/models", true, false),
            ("http://127.0.0.1:8081/v1/models", false, true),
            ("https://127.0.0.1:8080/v1/models", false, true),
            ("http://provider.example/v1/models", false, true),
        ] {
            assert_eq!(hooks.is_allowed(&uri(text)), allowed, "{text}");
            assert_eq!(Hooks::gets_key(&uri(text)), key, "{text}");
        }
        assert!(!Hooks::new(None, None).unwrap().is_allowed(&uri("http://127.0.0.1:8080/v1/models")));
    }
}
