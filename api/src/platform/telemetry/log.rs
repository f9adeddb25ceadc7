//! Where lines and spans go.

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Metadata;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{Config, LogFormat};

/// Spans of operations are exported; those of libraries and whatever is logged inside stay here.
const EXPORTED: &str = "api::platform::operation";

/// The log of the process and, when `otlp_endpoint` is set, its exporter of traces.
#[derive(Debug, Default)]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Starts both. A second start in one process (tests) keeps the first.
    ///
    /// # Errors
    ///
    /// When the exporter cannot be built. A collector that does not answer is no error, now or later: spans are dropped.
    pub fn start(config: &Config) -> Result<Self, opentelemetry_otlp::ExporterBuildError> {
        let traces = match config.otlp_endpoint() {
            Some(endpoint) => Some(provider(endpoint)?),
            None => None,
        };
        let filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
        let filter = filter.and(filter_fn(is_harmless));
        let lines = tracing_subscriber::fmt::layer()
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .with_writer(std::io::stderr);
        let lines = match config.log_format {
            LogFormat::Json => lines.json().with_span_list(false).with_filter(filter).boxed(),
            LogFormat::Text => lines.compact().with_filter(filter).boxed(),
        };
        let exported = traces.as_ref().map(|traces| {
            tracing_opentelemetry::layer()
                .with_tracer(traces.tracer("hikitsugi"))
                .with_location(false)
                .with_threads(false)
                .with_filter(filter_fn(is_exported))
        });
        let _ = tracing_subscriber::registry().with(lines).with(exported).try_init();
        Ok(Self { traces })
    }

    /// Sends what has not been sent. Returns within seconds, whatever the collector does.
    pub async fn finish(self) {
        let Some(traces) = self.traces else { return };
        // It waits for its thread.
        let _ = tokio::task::spawn_blocking(move || traces.shutdown()).await;
    }
}

/// When it connects, a span of sea-orm holds the database's URL, with its password.
fn is_harmless(metadata: &Metadata<'_>) -> bool {
    !(metadata.is_span() && metadata.target().starts_with("sea_orm"))
}

fn is_exported(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target().starts_with(EXPORTED)
}

fn provider(endpoint: &str) -> Result<SdkTracerProvider, opentelemetry_otlp::ExporterBuildError> {
    // The path of OTLP over HTTP; headers and timeouts come from the standard's own variables, `OTEL_EXPORTER_OTLP_…`.
    let endpoint = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let exporter = SpanExporter::builder().with_http().with_endpoint(endpoint).build()?;
    let resource = Resource::builder()
        .with_service_name("hikitsugi")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(SdkTracerProvider::builder()
        .with_resource(resource)
        .with_batch_exporter(exporter)
        .build())
}
