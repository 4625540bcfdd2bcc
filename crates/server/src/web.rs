//! HTTP/1.1 on the same port: health, and a word to those who came with a browser.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use gate::{Prefixed, Ticket};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};

use crate::shared::Shared;
use crate::transport::Transport;

/// Serves one connection.
pub(crate) async fn serve(stream: Transport, first: Vec<u8>, ticket: Ticket, shared: Arc<Shared>) {
    let io = TokioIo::new(Prefixed::new(first, stream));
    let lang = shared.settings.load().language;
    let limit = Duration::from_millis(shared.settings.load().gate.handshake_ms);
    let service = hyper::service::service_fn(move |request| async move { Ok::<_, Infallible>(answer(&request, lang)) });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limit)
        .keep_alive(false)
        .serve_connection(io, service);
    tokio::select! {
        // Whatever a client did wrong, hyper has told it.
        _ = connection => {}
        () = shared.stopping.notified() => {}
    }
    drop(ticket);
}

fn answer(request: &Request<Incoming>, lang: wire::Lang) -> Response<Full<Bytes>> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/healthz") => (StatusCode::OK, "ok\n"),
        (&Method::GET | &Method::HEAD, "/") => (StatusCode::OK, wire::lines::browser(lang)),
        (&Method::GET | &Method::HEAD, _) => (StatusCode::NOT_FOUND, "not found\n"),
        _ => (StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n"),
    };
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}
