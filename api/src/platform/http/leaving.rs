//! How the process takes leave of its clients: nobody new is let in, and whoever was let in is answered.

use std::io;
use std::net::TcpListener;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use actix_web::web;

use crate::app::App;

/// Lets nobody new in. To close the listener would reset those who have come and were not accepted yet; so the kernel is
/// told to drop the first packet of a handshake, and nothing else. Clients send it again within a second or two and find
/// the port closed by then.
#[cfg(target_os = "linux")]
pub fn let_nobody_in(listener: &TcpListener) -> io::Result<()> {
    use socket2::{SockFilter, SockRef};
    // Classic BPF over the TCP header, whose byte 13 has the flags.
    let (load_byte, and, jump_if_equal, answer) = (0x30, 0x54, 0x15, 0x06);
    let (syn, ack) = (0x02, 0x10);
    SockRef::from(listener).attach_filter(&[
        SockFilter::new(load_byte, 0, 0, 13),
        SockFilter::new(and, 0, 0, syn | ack),
        SockFilter::new(jump_if_equal, 0, 1, syn),
        SockFilter::new(answer, 0, 0, 0),
        SockFilter::new(answer, 0, 0, u32::MAX),
    ])
}

/// Elsewhere the last ones to come may be reset.
#[cfg(not(target_os = "linux"))]
pub fn let_nobody_in(_: &TcpListener) -> io::Result<()> {
    Ok(())
}

/// Tells the client that its connection ends with this answer, once the process is about to stop.
pub async fn last_answers<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let mut response = next.call(request).await?;
    if app.is_some_and(|app| app.closing.has_begun()) {
        let head = response.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}
