//! x
mod runtime;
use crate::contract::*;
use alloc::string::String;
struct C;
impl Guest for C {
    type Client = Cl;
    type Completion = Co;
    type ModelQuery = Q;
    type AccountQuery = A;
    fn describe() -> Description {
        todo!()
    }
}
struct Cl;
struct Co;
struct Q;
struct A;
impl GuestClient for Cl {
    fn open(c: Config) -> Result<Client, Error> {
        Ok(Client::new(Cl))
    }
    fn complete(&self, r: Request) -> Result<Completion, Error> {
        use wasi::http::types::*;
        let r = OutgoingRequest::new(Fields::new());
        let f = wasi::http::outgoing_handler::handle(r, None).unwrap();
        let p = f.subscribe();
        let t = wasi::clocks::monotonic_clock::subscribe_duration(5);
        wasi::io::poll::poll(&[&p, &t]);
        let x = f.get().unwrap().unwrap().unwrap();
        let b = x.consume().unwrap();
        let s = b.stream().unwrap();
        let z = s.read(77);
        if let Err(wasi::io::streams::StreamError::LastOperationFailed(e)) = &z {
            http_error_code(e);
        }
        Ok(Completion::new(Co))
    }
    fn models(&self, _: Discovery, _: u64) -> Result<ModelQuery, Error> {
        todo!()
    }
    fn account(&self) -> Result<AccountQuery, Error> {
        todo!()
    }
}
impl GuestCompletion for Co {
    fn next(&self, _: u32, _: u32) -> Result<Batch, Error> {
        todo!()
    }
}
impl GuestModelQuery for Q {
    fn poll(&self, _: u32) -> Result<Option<ModelList>, Error> {
        todo!()
    }
}
impl GuestAccountQuery for A {
    fn poll(&self, _: u32) -> Result<Option<Account>, Error> {
        todo!()
    }
}
#[allow(unsafe_code)]
mod exported {
    crate::contract::export!(C with_types_in crate::contract);
    use super::C;
}
