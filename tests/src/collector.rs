//! A collector of traces, as far as a server needs one: OTLP over HTTP.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, HttpServer, web};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use parking_lot::Mutex;
use prost::Message;

/// One that listens on this machine and keeps what it was sent.
pub struct Collector {
    pub endpoint: String,
    taken: Arc<Mutex<Vec<Taken>>>,
    server: actix_web::dev::ServerHandle,
}

struct Taken {
    headers: String,
    request: ExportTraceServiceRequest,
}

impl Collector {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let taken: Arc<Mutex<Vec<Taken>>> = Arc::default();
        let keeps = web::Data::from(Arc::clone(&taken));
        let server = HttpServer::new(move || {
            actix_web::App::new()
                .app_data(keeps.clone())
                .route("/v1/traces", web::post().to(take))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self {
            endpoint,
            taken,
            server: handle,
        }
    }

    /// All spans so far, with what they come from: the attributes of the resource as text.
    pub fn spans(&self) -> Vec<(String, Span)> {
        let taken = self.taken.lock();
        let resources = taken.iter().flat_map(|taken| &taken.request.resource_spans);
        let spans = resources.flat_map(|of| {
            let resource = format!("{:?}", of.resource);
            let spans = of.scope_spans.iter().flat_map(|scope| scope.spans.clone());
            spans.map(move |span| (resource.clone(), span))
        });
        spans.collect()
    }

    /// Everything so far as text, to be searched.
    pub fn text(&self) -> String {
        format!("{:?}", self.spans())
    }

    /// The headers of all requests so far.
    pub fn headers(&self) -> String {
        self.taken.lock().iter().map(|taken| taken.headers.clone()).collect()
    }

    pub async fn stop(self) {
        self.server.stop(false).await;
    }
}

async fn take(kept: web::Data<Mutex<Vec<Taken>>>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let headers = format!("{:?}", request.headers());
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    kept.lock().push(Taken { headers, request });
    HttpResponse::Ok()
        .content_type("application/x-protobuf")
        .body(Vec::new())
}
